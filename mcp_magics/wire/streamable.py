"""Streamable HTTP (basic/transports, both eras) straight on httpx2: one POST a message, a GET for what comes unasked.

Differences between the eras kept here: a session (``Mcp-Session-Id``, GET stream, DELETE, resumption with
``Last-Event-ID``, cancellation as a POST) exists up to 2025-11-25; in 2026-07-28 a request is cancelled by closing
its own response.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_magics.errors import ConnectionFailedError, Failure, MCPMagicsError
from mcp_magics.wire.dispatcher import FrameDispatcher
from mcp_magics.wire.event_stream import EventStream
from mcp_magics.wire.http import RPC_ID, proxy_for, within_origin
from mcp_magics.wire.sse import EventTooLargeError
from mcp_magics.wire.verdict import content_failure, http_failure, network_failure, too_large

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp.shared.dispatcher import CallOptions

    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.observer import Observer
    from mcp_magics.wire.pending import Pending

BODY_HEAD = 8192
MAX_BODY_BYTES = 1024 * 1024 * 1024
"""The stated bound of one body."""
MAX_REDIRECTS = 5
MAX_RESUMPTIONS = 5
TAKEN_SECONDS = 2.0
"""How long the session waits for the answer to a notification of its own; a server may hold that response open."""
STEADY_SECONDS = 5.0
"""A stream that stood so long is opened again however often it ends."""
VERSION_HEADER = "mcp-protocol-version"
SESSION_HEADER = "mcp-session-id"

_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_Outgoing = tuple[bytes, "Pending | None", "dict[str, str] | None"]


class StreamableDispatcher(FrameDispatcher):
    """Messages to one Streamable HTTP endpoint."""

    channel = "http"

    def __init__(self, server: str, url: str, client: httpx2.AsyncClient, journal: Journal, observer: Observer) -> None:
        super().__init__(server, journal, observer)
        self.url = url
        self.session_id: str | None = None
        self._client = client
        self._url = httpx2.URL(url)
        self._version: str | None = None
        self._outbox: deque[_Outgoing] = deque()
        self._scheduled = False
        self._told_last: asyncio.Task[None] | None = None
        self._posts: dict[int | str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ended = asyncio.Event()

    # -- out -----------------------------------------------------------------------------------------------

    def _send(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:
        self._outbox.append((frame, pending, headers))
        if not self._scheduled:
            self._scheduled = True
            self.loop.call_soon_threadsafe(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        while self._outbox:
            frame, pending, headers = self._outbox.popleft()
            if pending is not None and pending.method == "initialize":
                self._version = None
            elif headers and (version := headers.get(VERSION_HEADER) or headers.get("MCP-Protocol-Version")):
                self._version = version
            task = self._start(self._exchange(frame, pending, headers))
            if pending is not None:
                self._posts[pending.id] = task
                if not self._is_awaited(pending):  # given up before it was sent
                    task.cancel()
                    self._posts.pop(pending.id, None)
            else:
                self._told_last = task

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        """Send a notification of the session and wait until it was taken.

        A POST may overtake another, and a request that comes before ``notifications/initialized`` is refused.
        """
        await super().notify(method, params, opts)
        self._flush()
        if self._told_last is not None:
            await asyncio.wait({self._told_last}, timeout=TAKEN_SECONDS)

    def _start(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _cancel(self, pending: Pending, reason: str) -> None:
        modern = (pending.headers or {}).get("MCP-Protocol-Version", self._version) in MODERN_PROTOCOL_VERSIONS
        if not modern:
            super()._cancel(pending, reason)
        post = self._posts.pop(pending.id, None)
        if post is not None:
            self.loop.call_soon_threadsafe(post.cancel)

    def _headers(self, extra: dict[str, str] | None = None) -> dict[str, str]:
        headers = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
        if self.session_id:
            headers[SESSION_HEADER] = self.session_id
        if self._version:
            headers[VERSION_HEADER] = self._version
        for name, value in (extra or {}).items():
            headers[name.lower()] = value
        return headers

    async def _exchange(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:
        """POST one message and deliver whatever comes back for it."""
        try:
            await self._post_frame(frame, pending, headers)
        except httpx2.HTTPError as error:
            failure = network_failure(self.server, self.url, error, proxy=proxy_for(self.url))
            self._failed(pending, _with_doubt(failure) if failure.class_ == "stream_lost" else failure)
        except EventTooLargeError as error:
            self._failed(pending, too_large(self.server, str(error)))
        except MCPMagicsError as error:
            self._failed(pending, error.failure)
        finally:
            if pending is not None:
                self._posts.pop(pending.id, None)

    async def _post_frame(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:
        response = await self._open("POST", self._headers(headers), frame, pending)
        try:
            kind = response.headers.get("content-type", "").lower()
            if response.status_code in (200, 201) and kind.startswith("application/json"):
                await self._json(response, pending)
            elif response.status_code == 200 and kind.startswith("text/event-stream"):
                await self._stream(response, pending)
            else:
                await self._odd(response, pending)
        finally:
            await response.aclose()

    async def _open(
        self, method: str, headers: dict[str, str], content: bytes | None = None, pending: Pending | None = None
    ) -> httpx2.Response:
        """Send and return the response with its body unread, redirects followed within the origin.

        Raises ``httpx2.TooManyRedirects``.
        """
        carried = {} if pending is None else {RPC_ID: json.dumps(pending.id)}
        request = self._client.build_request(method, self._url, headers=headers, content=content, extensions=carried)
        for _ in range(MAX_REDIRECTS):
            response = await self._client.send(request, stream=True, follow_redirects=False)
            following = response.next_request
            if following is None or following.method != request.method or not within_origin(request.url, following.url):
                return response
            await response.aclose()
            request = following
        raise httpx2.TooManyRedirects(f"{MAX_REDIRECTS} redirects, and another one to {request.url}", request=request)

    # -- in ------------------------------------------------------------------------------------------------

    async def _json(self, response: httpx2.Response, pending: Pending | None) -> None:
        self._adopt_session(response, pending)
        body = await _body(response)
        if body.strip():
            self.receive(body, pending)
        if pending is not None and not pending.done:
            self._failed(pending, self._no_answer(response, body))

    def _no_answer(self, response: httpx2.Response, body: bytes) -> Failure:
        """Why a JSON body was not the answer to its own request."""
        if _is_message(body):
            text = "the response's id is not the request's"
            return Failure("wrong_id", text, "call", self.server, (), f"%mcp trace {self.server}")
        return content_failure(self.server, self.url, response.status_code, response.headers, body[:BODY_HEAD])

    async def _stream(self, response: httpx2.Response, pending: Pending | None) -> None:
        self._adopt_session(response, pending)
        stream = EventStream(self.observer)
        try:
            await self._deliver(stream, response, pending)
        except httpx2.HTTPError as error:
            self.observer.remark(f"event stream broke: {type(error).__name__}")
        if pending is not None and not pending.done:
            await self._resume(pending, stream)

    async def _deliver(self, stream: EventStream, response: httpx2.Response, pending: Pending | None) -> None:
        """Take in the messages of ``response`` until its end, or until ``pending`` has its answer."""
        async for message in stream.messages(response):
            self.receive(message)
            if pending is not None and pending.done:
                return

    async def _resume(self, pending: Pending, stream: EventStream) -> None:
        """Fetch the rest of a broken response stream; what is asked to stand is asked for anew by whoever wants it."""
        attempts = 0
        is_resumable = pending.id not in self._standing
        while is_resumable and stream.last_event_id and attempts < MAX_RESUMPTIONS and not pending.done:
            await asyncio.sleep(stream.retry)
            seen, attempts = stream.events, attempts + 1
            if not await self._fetch(stream, pending):
                break
            attempts = 0 if stream.events > seen else attempts
        if not pending.done:
            self._failed(pending, self._stream_lost(pending))

    async def _fetch(self, stream: EventStream, pending: Pending | None) -> bool:
        """GET what comes after the last event of ``stream``, until the response ends; whether to ask again."""
        headers = {**self._headers(), "accept": "text/event-stream"}
        headers.pop("content-type")
        if stream.last_event_id:
            headers["last-event-id"] = stream.last_event_id
        try:
            response = await self._open("GET", headers)
        except httpx2.HTTPError:
            return True
        try:
            kind = response.headers.get("content-type", "").lower()
            if response.status_code != 200 or not kind.startswith("text/event-stream"):
                return response.status_code in _BUSY and stream.events > 0
            await self._deliver(stream, response, pending)
        except httpx2.HTTPError as error:
            self.observer.remark(f"event stream broke: {type(error).__name__}")
        except EventTooLargeError as error:
            self.observer.remark(f"event stream left: {error}")
            return False
        finally:
            await response.aclose()
        return True

    def _stream_lost(self, pending: Pending) -> Failure:
        return Failure(
            "stream_lost",
            f"the event stream ended before the answer to {pending.method}; whether it took effect is unknown",
            "call",
            self.server,
            (),
            f"%mcp trace {self.server}",
            retryable=True,
        )

    async def _odd(self, response: httpx2.Response, pending: Pending | None) -> None:
        """A response that is neither JSON nor events: fine for a notification, a verdict for a request."""
        if response.status_code in (202, 204) and pending is None:
            return
        body = await _body(response, _is_message)
        if pending is not None and _is_message(body):
            self.receive(body, pending)
            if pending.done:
                return
        if response.status_code < 300:
            failure = content_failure(self.server, self.url, response.status_code, response.headers, body[:BODY_HEAD])
        else:
            failure = http_failure(
                self.server,
                self.url,
                response.status_code,
                response.headers,
                body[:BODY_HEAD],
                in_session=self.session_id is not None,
            )
        self._failed(pending, failure, response.headers.get("www-authenticate"))

    def _failed(self, pending: Pending | None, failure: Failure, challenge: str | None = None) -> None:
        if pending is None:
            wanted = "a notification is answered with 202 Accepted (basic/transports: Sending Messages)"
            self.observer.violation(wanted, failure.message)
        elif self._forget(pending):
            error = ConnectionFailedError.of(failure)
            error.challenge = challenge
            pending.fail(error)

    def _adopt_session(self, response: httpx2.Response, pending: Pending | None) -> None:
        if pending is not None and pending.method == "initialize":
            self.session_id = response.headers.get(SESSION_HEADER) or self.session_id

    # -- the session's own streams -------------------------------------------------------------------------

    def listen(self) -> None:
        """Open the GET stream for messages the server sends unasked (up to 2025-11-25)."""
        self._start(self._listen())

    async def _listen(self) -> None:
        stream, attempts = EventStream(self.observer), 0
        while attempts < MAX_RESUMPTIONS:
            seen, opened = stream.events, self.loop.time()
            if not await self._fetch(stream, None):  # most servers have no such stream, and say 405
                return
            is_alive = stream.events > seen or self.loop.time() - opened > STEADY_SECONDS
            attempts = 0 if is_alive else attempts + 1
            await asyncio.sleep(stream.retry)
        self.observer.warning("the stream for messages nobody asked for was lost; requests go on")

    async def _pump(self) -> None:
        await self._ended.wait()

    async def close(self) -> None:
        """End the session politely (DELETE) and every task of this dispatcher."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.session_id is not None:
            headers = self._headers()
            headers.pop("content-type")
            try:
                async with asyncio.timeout(2):
                    response = await self._client.request("DELETE", self._url, headers=headers)
                    await response.aclose()
            except (httpx2.HTTPError, TimeoutError):
                pass
        self.lose(
            ConnectionFailedError("the connection was closed", class_="disconnected", phase="http", server=self.server)
        )
        self._ended.set()


def _is_message(head: bytes) -> bool:
    """Whether a body that begins so may be JSON-RPC."""
    return b'"jsonrpc"' in head[:BODY_HEAD]


async def _body(response: httpx2.Response, is_wanted: Callable[[bytes], bool] = lambda _head: True) -> bytes:
    """The body of ``response``; of one whose head is not wanted no more than that, for it may have no end.

    Raises ``EventTooLargeError`` past :data:`MAX_BODY_BYTES`.
    """
    parts: list[bytes] = []
    size, is_judged = 0, False
    async for chunk in response.aiter_bytes():
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            msg = f"a message of more than {MAX_BODY_BYTES:,} bytes"
            raise EventTooLargeError(msg)
        if size >= BODY_HEAD and not is_judged:
            is_judged = True
            if not is_wanted(b"".join(parts)):
                break
    return b"".join(parts)


def _with_doubt(failure: Failure) -> Failure:
    """``failure`` of a request that had been sent when its connection broke."""
    return replace(failure, evidence=(*failure.evidence, "whether the request took effect is unknown"))
