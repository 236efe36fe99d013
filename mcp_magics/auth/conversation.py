"""The only I/O of the authorization floor: requests through the same HTTP client as the traffic, answers whole.

Bounded: :data:`MAX_BODY` bytes a body, :data:`MAX_REDIRECTS` redirects (GET only, within the origin), ``timeout``
seconds an exchange. What goes wrong on the way is part of the :class:`Answer`, never an exception.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx2

from mcp_magics.auth.address import is_forbidden, is_loopback, is_private, refusal
from mcp_magics.auth.message import Answer
from mcp_magics.errors import Failure
from mcp_magics.redact import redactor
from mcp_magics.wire.http import proxy_for, within_origin
from mcp_magics.wire.verdict import network_failure

if TYPE_CHECKING:
    from mcp_magics.auth.message import Ask

MAX_BODY = 1024 * 1024
MAX_REDIRECTS = 5
TIMEOUT = 5.0
"""Seconds for one exchange of the discovery."""


class HttpConversation:
    """Requests on behalf of one server; ``client`` is closed by whoever opened it."""

    def __init__(self, server: str, server_url: str, client: httpx2.AsyncClient, timeout: float = TIMEOUT) -> None:
        self._server = server
        self._server_url = server_url
        self._client = client
        self._timeout = timeout

    async def send(self, ask: Ask) -> Answer:
        """Send ``ask``; raises nothing but cancellation."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(ask, began)
        except TimeoutError:
            failure = self._failure("no_response", f"{_shown(ask.url)} did not answer within {self._timeout:g} s")
        except httpx2.HTTPError as error:
            failure = network_failure(self._server, ask.url, error, proxy=proxy_for(ask.url))
        except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
            failure = self._failure("address_refused", f"{_shown(ask.url)} cannot be requested: {error}")
        return Answer(ask.url, elapsed=time.perf_counter() - began, failure=failure)

    async def _exchange(self, ask: Ask, began: float) -> Answer:
        request = self._request(ask)
        for _ in range(MAX_REDIRECTS + 1):
            reason = refusal(str(request.url), self._server_url) or await self._resolved(request.url)
            if reason is not None:
                text = f"{_shown(str(request.url))} is not requested: {reason}"
                return Answer(ask.url, failure=self._failure("address_refused", text))
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                following = response.next_request if ask.method == "GET" else None
                if following is None or not within_origin(request.url, following.url):
                    return await self._answer(response, began)
            finally:
                await response.aclose()
            request = following
        return Answer(ask.url, failure=self._failure("redirected", f"{_shown(ask.url)} redirects without end"))

    def _request(self, ask: Ask) -> httpx2.Request:
        headers = [("accept", "application/json"), *ask.headers]
        content: bytes | None = None
        if ask.form is not None:
            headers.append(("content-type", "application/x-www-form-urlencoded"))
            content = urlencode(ask.form).encode()
        elif ask.body is not None:
            headers.append(("content-type", "application/json"))
            content = json.dumps(ask.body).encode()
        merged = {name.lower(): value for name, value in headers}
        return self._client.build_request(ask.method, ask.url, headers=merged, content=content)

    async def _answer(self, response: httpx2.Response, began: float) -> Answer:
        body = bytearray()
        oversized = False
        if not response.headers.get("content-type", "").lower().startswith("text/event-stream"):
            async for chunk in response.aiter_bytes():
                body += chunk
                if oversized := len(body) > MAX_BODY:
                    break
        url, status = str(response.url), response.status_code
        failure = self._failure("too_large", f"{_shown(url)} sent more than {MAX_BODY:,} bytes") if oversized else None
        headers = {name.lower(): ", ".join(response.headers.get_list(name)) for name in response.headers}
        return Answer(url, status, headers, bytes(body[:MAX_BODY]), time.perf_counter() - began, failure)

    async def _resolved(self, url: httpx2.URL) -> str | None:
        """Why the addresses behind a name are refused; a proxy resolves names itself."""
        if proxy_for(str(url)) is not None:
            return None
        found = await _addresses(url.host)
        if hidden := [each for each in found if is_forbidden(each)]:
            return f"{url.host} is {hidden[0]}, a link-local or cloud-metadata address"
        here = [each for each in found if is_loopback(each)]
        server_host = httpx2.URL(self._server_url).host
        if not here or is_private(server_host) or any(map(is_loopback, await _addresses(server_host))):
            return None
        return f"{url.host} is {here[0]}, this machine, and {server_host} is not"

    def _failure(self, class_: str, message: str) -> Failure:
        return Failure(class_, message, "discovery", self._server, retryable=class_ == "no_response")


async def _addresses(host: str) -> list[str]:
    """What ``host`` resolves to; nothing where it does not: the request will say so, with its own words."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(address[4][0]) for address in found]


def _shown(url: str) -> str:
    return redactor().url(url)
