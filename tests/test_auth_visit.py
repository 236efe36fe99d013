"""What a person has to know of an address before they agree to open it."""

from __future__ import annotations

import pytest

from mcp_magics.auth.visit import visit_of


def test_a_plain_address_is_shown_with_its_host_and_nothing_is_wrong_with_it():
    visit = visit_of("https://example.org:8443/confirm?id=7#top")
    assert (visit.address, visit.host) == ("https://example.org:8443/confirm?id=7#top", "example.org:8443")
    assert (visit.refusal, visit.warnings) == ("", ())


@pytest.mark.parametrize("url", ["https://xn--pple-43d.com/", "https://аpple.com/"])  # noqa: RUF001  the point
def test_a_host_in_other_letters_is_shown_in_both_spellings_with_its_script(url):
    (warning,) = visit_of(url).warnings
    assert "xn--pple-43d.com" in warning
    assert "CYRILLIC" in warning


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("javascript:alert(1)", "javascript"),
        ("file:///etc/passwd", "file"),
        ("http://example.org/", "neither https nor loopback"),
        ("https://ada:secret@example.org/", "password"),
        ("http://169.254.169.254/latest", "link-local"),
        ("https://[x", "no URL"),
        ("https://example.org/\u202egpj.exe", "no URL has"),
        ("https://example.org/a b", "no URL has"),
        ("", "missing"),
        (None, "no URL"),
        ({"href": "https://example.org"}, "no URL"),
    ],
)
def test_what_must_not_be_opened_is_refused_and_still_shown(url, why):
    visit = visit_of(url)
    assert why in visit.refusal
    assert "\u202e" not in visit.address


def test_this_machine_and_a_private_network_are_pointed_out():
    assert visit_of("http://127.0.0.1:8000/").warnings == ("the host is this machine",)
    assert visit_of("https://10.0.0.7/").warnings == ("the host is in a private network",)
