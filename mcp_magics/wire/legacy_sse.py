"""The HTTP+SSE transport of 2024-11-05: one long event stream in, a POST to the endpoint it names out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import httpx2

from mcp_magics.errors import ConnectionFailedError, Failure
from mcp_magics.wire.dispatcher import FrameDispatcher
from mcp_magics.wire.http import proxy_for, within_origin
from mcp_magics.wire.sse import Event, EventDecoder, EventTooLargeError
from mcp_magics.wire.verdict import content_failure, http_failure, network_failure, too_large

if TYPE_CHECKING:
    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.observer import Observer
    from mcp_magics.wire.pending import Pending

BODY_HEAD = 8192


class LegacySseDispatcher(FrameDispatcher):
    """Messages to a server that speaks only the older HTTP+SSE transport."""

    channel = "sse"

    def __init__(self, server: str, url: str, client: httpx2.AsyncClient, journal: Journal, observer: Observer) -> None:
        super().__init__(server, journal, observer)
        self.url = url
        self._client = client
        self._url = httpx2.URL(url)
        self._endpoint: asyncio.Future[httpx2.URL] = self.loop.create_future()
        self._outbox: asyncio.Queue[tuple[bytes, Pending | None]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Open the event stream and wait for the endpoint it names; raises ``ConnectionFailedError``."""
        self._tasks.append(self.loop.create_task(self._read()))
        await asyncio.shield(self._endpoint)
        self._tasks.append(self.loop.create_task(self._write()))

    async def _read(self) -> None:
        try:
            failure = await self._read_stream()
        except httpx2.HTTPError as error:
            failure = network_failure(self.server, self.url, error, proxy=proxy_for(self.url))
        except EventTooLargeError as error:
            failure = too_large(self.server, str(error))
        if not self._endpoint.done():
            self._endpoint.set_exception(ConnectionFailedError.of(failure))
        self.lose(ConnectionFailedError.of(failure))

    async def _read_stream(self) -> Failure:
        async with self._client.stream("GET", self._url, headers={"accept": "text/event-stream"}) as response:
            kind = response.headers.get("content-type", "").lower()
            if response.status_code != 200 or not kind.startswith("text/event-stream"):
                return await self._refused(response)
            decoder = EventDecoder()
            async for chunk in response.aiter_bytes():
                for event in decoder.feed(chunk):
                    self._take_event(event)
        text, step = "the server closed its event stream", f"%mcp trace {self.server}"
        return Failure("stream_lost", text, "http", self.server, (), step, retryable=True)

    async def _refused(self, response: httpx2.Response) -> Failure:
        body = await _head(response)
        judge = content_failure if response.status_code < 300 else http_failure
        extra = {} if response.status_code < 300 else {"in_session": False}
        return judge(self.server, self.url, response.status_code, response.headers, body, **extra)

    def _take_event(self, event: Event) -> None:
        if event.event == "endpoint" and not self._endpoint.done():
            try:
                self._endpoint.set_result(self._named(event.data))
            except ConnectionFailedError as error:
                self._endpoint.set_exception(error)
        elif event.event == "message" and event.data:
            self.receive(event.data)

    def _named(self, data: bytes) -> httpx2.URL:
        """The address that an ``endpoint`` event names; raises ``ConnectionFailedError``."""
        try:
            target = httpx2.URL(urljoin(self.url, data.decode()))
        except (ValueError, httpx2.InvalidURL):
            text = f"the server names an endpoint that is no address: {data[:100]!r}"
            failure = Failure("unexpected_content", text, "http", self.server, (), f"%mcp trace {self.server}")
        else:
            if within_origin(self._url, target):
                return target
            text, step = f"the server names an endpoint on another origin: {target.host}", f"%mcp trace {self.server}"
            failure = Failure("redirected", text, "http", self.server, (), step)
        raise ConnectionFailedError.of(failure)

    def _send(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:  # noqa: ARG002
        self.loop.call_soon_threadsafe(self._outbox.put_nowait, (frame, pending))

    async def _write(self) -> None:
        while True:
            frame, pending = await self._outbox.get()
            try:
                failure = await self._post_frame(frame)
            except httpx2.HTTPError as error:
                failure = network_failure(self.server, self.url, error, proxy=proxy_for(self.url))
            if failure is not None:
                self._failed(pending, failure)

    async def _post_frame(self, frame: bytes) -> Failure | None:
        headers = {"content-type": "application/json"}
        async with self._client.stream("POST", self._endpoint.result(), content=frame, headers=headers) as response:
            body = await _head(response)
        if response.status_code < 300:
            return None
        return http_failure(self.server, self.url, response.status_code, response.headers, body, in_session=True)

    def _failed(self, pending: Pending | None, failure: Failure) -> None:
        if pending is not None and self._forget(pending):
            pending.fail(ConnectionFailedError.of(failure))

    async def _pump(self) -> None:
        await asyncio.wait([self._tasks[0]])

    async def close(self) -> None:
        """End both tasks; the server sees its stream close."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._endpoint.done() and not self._endpoint.cancelled():
            self._endpoint.exception()
        self.lose(
            ConnectionFailedError("the connection was closed", class_="disconnected", phase="http", server=self.server)
        )


async def _head(response: httpx2.Response) -> bytes:
    """The beginning of a body: whole where it is short, and never waited for where it has no end."""
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > BODY_HEAD:
            break
    return body[:BODY_HEAD]
