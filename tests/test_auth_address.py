"""Which addresses a server may send us to: RFC 6749 §3.1.2.1, RFC 8252 §7.3, and server-side request forgery."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_magics.auth.address import (
    browser_refusal,
    is_forbidden,
    is_loopback,
    is_plain,
    is_private,
    refusal,
    split,
)

PUBLIC = "https://mcp.example.com/mcp"
LOCAL = "http://127.0.0.1:8931/mcp"
INSIDE = "http://10.0.0.7/mcp"

METADATA_HOSTS = [
    "169.254.169.254",
    "[fe80::1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::1]",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "metadata",
    "metadata.google.internal",
    "METADATA.GOOGLE.INTERNAL.",
    "metadata.goog",
    "instance-data",
    "2852039166",
    "0xA9FEA9FE",
    "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.254.169.254.",
    "0.0.0.0",
    "[::]",
    "224.0.0.1",
]


@pytest.mark.parametrize("host", METADATA_HOSTS)
@pytest.mark.parametrize("server", [PUBLIC, LOCAL, INSIDE])
def test_nothing_is_fetched_from_where_clouds_keep_credentials_however_it_is_spelt(host, server):
    assert "link-local or cloud-metadata" in refusal(f"https://{host}/latest", server)
    assert is_forbidden(host)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "a.localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0x7f.0.0.1", "2130706433"],
)
def test_loopback_is_loopback_in_every_spelling_rfc8252_7_3(host):
    assert is_loopback(host)
    assert refusal(f"http://{host}/x", LOCAL) is None
    assert "private address" in refusal(f"https://{host}/x", PUBLIC)


@pytest.mark.parametrize(
    "host",
    ["10.1.2.3", "192.168.0.1", "172.16.9.9", "[fd12::1]", "intranet", "nas.local", "sso.internal", "0x0a.1.2.3"],
)
def test_a_public_server_sends_nobody_to_a_private_address_and_a_private_one_may(host):
    assert is_private(host)
    assert refusal(f"https://{host}/x", PUBLIC) == f"{host.strip('[]')} is a private address and mcp.example.com is not"
    assert refusal(f"https://{host}/x", INSIDE) is None


@pytest.mark.parametrize("host", ["as.example.com", "8.8.8.8", "[2606:4700::1111]", "1e100.net", "3com.com", "x.1a"])
def test_public_hosts_are_neither_private_nor_forbidden(host):
    assert not is_private(host)
    assert not is_forbidden(host)
    assert refusal(f"https://{host}/x", PUBLIC) is None


def test_plain_http_is_for_loopback_and_for_a_server_that_is_itself_configured_so():
    assert refusal("http://127.0.0.1:1/x", LOCAL) is None
    assert refusal("http://10.0.0.7:9/token", INSIDE) is None
    assert "neither https nor loopback" in refusal("http://10.0.0.8/token", INSIDE)
    assert "neither https nor loopback" in refusal("http://as.example.com/token", PUBLIC)


def test_an_https_server_cannot_send_us_to_its_own_host_in_the_clear():
    assert "neither https nor loopback" in refusal("http://mcp.example.com/token", PUBLIC)


def test_a_browser_goes_to_https_or_loopback_only_rfc6749_3_1_2_1():
    assert browser_refusal("https://as.example.com/authorize", PUBLIC) is None
    assert browser_refusal("http://localhost:8/authorize", LOCAL) is None
    assert "neither https nor loopback" in browser_refusal("http://10.0.0.7/authorize", INSIDE)
    assert "link-local" in browser_refusal("https://169.254.1.1/", PUBLIC)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("javascript:alert(1)", "its scheme is javascript"),
        ("file:///etc/passwd", "its scheme is file"),
        ("data:text/html,x", "its scheme is data"),
        ("as.example.com/token", "its scheme is missing"),
        ("", "its scheme is missing"),
        ("https:///token", "it names no host"),
        ("https://as.example.com:0/token", "it names no host"),
        ("https://as.example.com:99999/token", "it is no URL"),
        ("https://as.example.com:x/token", "it is no URL"),
        ("http://[bad", "it is no URL"),
        ("https://\u2100.example.com/", "it is no URL"),
        ("https://user@as.example.com/token", "a user name or a password"),
        ("https://as.example.com:x@evil.example/token", "a user name or a password"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(url, reason):
    assert reason in refusal(url, PUBLIC)
    assert reason in browser_refusal(url, PUBLIC)


@given(st.text(max_size=60) | st.text(alphabet="htps:/[]@.%0123456789xaf?#\\", max_size=30).map("https://".__add__))
def test_no_text_makes_the_judgement_raise_and_what_it_lets_pass_is_public_https(url):
    if refusal(url, PUBLIC) is None:
        parts = split(url)
        assert parts.scheme == "https"
        assert not is_private(parts.hostname or "")


def test_an_address_that_cannot_be_read_is_all_path():
    assert split("http://[bad") == ("", "", "http://[bad", "", "")
    assert split("https://h/p?q").netloc == "h"


@pytest.mark.parametrize("text", ["https://h/mcp", "https://h:8/a-b_c~d?x=1&y=%20", "tools:read,files.write"])
def test_plain_text_of_a_server_may_stand_in_a_line_to_type(text):
    assert is_plain(text)


@pytest.mark.parametrize(
    "text", ["", "a b", "a\nb", "{x}", "$x", "a;b", "`a`", "'a'", '"a"', "a|b", "#a", "(a)", "é", "x" * 501]
)
def test_text_a_line_or_a_shell_would_read_may_not_stand_in_one(text):
    assert not is_plain(text)
