"""Addresses of servers: ``http`` and ``https`` only."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from mcp_magics.errors import ConfigurationError
from mcp_magics.redact import redactor

SCHEMES = ("http", "https")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]")


def check_address(url: str, server: str) -> str:
    """``url``, if a server can be asked there; references may stand for any part. Raises ``ConfigurationError``."""
    scheme = _SCHEME.match(url)
    if scheme is None:
        if url.startswith("${"):
            return url
        raise _bad(url, "it does not begin with http:// or https://", server, f"https://{url}")
    if scheme["scheme"].lower() not in SCHEMES:
        raise _unsupported(url, scheme["scheme"], server)
    if _SPACE.search(url):
        raise _bad(url, "it has a space or a control character in it", server)
    if "${" not in url:
        _check_host(url, server)
    return url


def _check_host(url: str, server: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _bad(url, str(error).lower(), server) from None
    if not host:
        raise _bad(url, "it names no host", server)


def _bad(url: str, why: str, server: str, instead: str = "https://HOST/mcp") -> ConfigurationError:
    shown = redactor().url(url)
    return ConfigurationError(
        f"{shown!r} is no address of a server: {why}",
        class_="url_invalid",
        phase="config",
        server=server,
        next_step=f"%mcp add {server} {redactor().url(instead)}",
    )


def _unsupported(url: str, scheme: str, server: str) -> ConfigurationError:
    secure = scheme.lower() in ("wss", "https")
    instead = f"http{'s' if secure else ''}://{url.partition('://')[2]}"
    shown = redactor().url(url)
    return ConfigurationError(
        f"unsupported transport {scheme}:// in {shown!r}: "
        "a server is a command (stdio) or an http(s) address (streamable_http)",
        class_="unsupported_transport",
        phase="config",
        server=server,
        next_step=f"%mcp add {server} {redactor().url(instead)}",
    )
