"""The one HTTP client factory: traffic, discovery and login share its proxy, CA and logging behaviour.

Proxies come from ``HTTP(S)_PROXY``/``NO_PROXY`` and certificate authorities from ``SSL_CERT_FILE``/``SSL_CERT_DIR``
as httpx2 reads them. Every exchange is journalled, redacted. Redirects are followed by callers, within an origin.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import httpx2

from mcp_magics.redact import install_log_redaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.wire.journal import Journal

CONNECT_TIMEOUT = 10.0
"""Seconds to reach a host; how long an answer may take is the caller's to say."""
RPC_ID = "mcp_magics.rpc_id"
"""The extension of a request that has the id, as JSON, of the JSON-RPC request it carries."""


def http_client(
    server: str,
    journal: Journal,
    *,
    headers: Mapping[str, str] | None = None,
    auth: httpx2.Auth | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> httpx2.AsyncClient:
    """A client whose exchanges land in ``journal`` under ``server``; close it in the task that opened it."""
    install_log_redaction()  # httpx2 logs whole addresses
    tap = _Tap(server, journal)
    return _Client(
        tap,
        headers=dict(headers or {}),
        auth=auth,
        transport=transport or _direct(),
        timeout=httpx2.Timeout(None, connect=CONNECT_TIMEOUT, write=60.0),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=100),
        event_hooks={"request": [tap.request], "response": [tap.response]},
    )


def _direct() -> httpx2.AsyncBaseTransport | None:
    """The transport of direct connections; None, httpx2's own, where the environment names a proxy."""
    from mcp_magics.wire.http11 import DirectTransport

    return None if getproxies().keys() & {"http", "https", "all"} else DirectTransport()


class _Client(httpx2.AsyncClient):
    """A client that also journals the requests no response came to."""

    def __init__(self, tap: _Tap, **options: Any) -> None:
        super().__init__(**options)
        self._tap = tap

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            return await super().send(request, **options)
        except httpx2.TransportError as error:
            self._tap.broken(request, error)
            raise


class _Tap:
    """Journals each exchange when its response headers arrive, or none will."""

    def __init__(self, server: str, journal: Journal) -> None:
        self._server = server
        self._journal = journal

    async def request(self, request: httpx2.Request) -> None:
        request.extensions["mcp_magics.sent"] = time.perf_counter()

    async def response(self, response: httpx2.Response) -> None:
        self._keep(response.request, status=response.status_code, response_headers=response.headers)

    def broken(self, request: httpx2.Request, error: httpx2.TransportError) -> None:
        """Keep that ``request`` ended with ``error``."""
        self._keep(
            request, status=None, response_headers={}, problem=f"no whole response ({type(error).__name__}: {error})"
        )

    def _keep(self, request: httpx2.Request, **told: Any) -> None:
        self._journal.exchange(
            self._server,
            request.method,
            str(request.url),
            elapsed=time.perf_counter() - request.extensions.get("mcp_magics.sent", time.perf_counter()),
            request_headers=request.headers,
            rpc_id=request.extensions.get(RPC_ID, ""),
            **told,
        )


def within_origin(url: httpx2.URL, location: httpx2.URL) -> bool:
    """Whether ``location`` may be followed from ``url``: the same origin, or its https upgrade on default ports."""
    if location.userinfo and location.userinfo != url.userinfo:
        return False
    if (url.scheme, url.host, url.port) == (location.scheme, location.host, location.port):
        return True
    upgrade = (url.scheme, location.scheme) == ("http", "https") and url.port is None and location.port is None
    return url.host == location.host and upgrade


def proxy_for(url: str) -> str | None:
    """The proxy that the environment puts before ``url``, as httpx2 reads it, or None."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    parts, proxies = urlsplit(url), getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return None if proxy is None or proxy_bypass(parts.hostname or "") else proxy
