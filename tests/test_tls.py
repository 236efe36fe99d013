"""https: a certificate of an authority this machine was told of is trusted, any other is named as what is wrong."""

from __future__ import annotations

import ssl

import pytest
import trustme
from support.odd_http import OddServer


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def odd_https(authority, nothing_leaks):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = OddServer(context)
    yield server
    server.close()


def test_a_certificate_authority_in_ssl_cert_file_is_trusted(shell, odd_https, authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    shell(f"%mcp add safe {odd_https.url}")
    shell("%mcp call safe.echo text='over TLS' -o said")
    assert shell.value("said.text") == "over TLS"


def test_a_certificate_nobody_here_trusts_is_named_with_the_variable_to_set(shell, odd_https):
    failure = shell.fails(f"%mcp add unsafe {odd_https.url}", "tls_untrusted")
    assert "SSL_CERT_FILE" in str(failure)
    assert odd_https.asked == []
