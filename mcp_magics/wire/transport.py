"""From a spec to a :class:`Channel`: the dispatcher of its transport, with everything opened and everything closed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.config.model import HttpTransport, ObjectTransport, StdioTransport
from mcp_magics.errors import MCPMagicsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    import httpx2

    from mcp_magics.config.model import ServerSpec
    from mcp_magics.wire.dispatcher import FrameDispatcher
    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.observer import Observer
    from mcp_magics.wire.process import ServerProcess

Candidate = Literal["stdio", "streamable_http", "sse", "object"]


def candidates(spec: ServerSpec) -> tuple[Candidate, ...]:
    """The transports to try, in order: a Streamable HTTP address may turn out to speak only the older SSE."""
    transport = spec.transport
    if isinstance(transport, HttpTransport) and transport.type == "streamable_http":
        return ("streamable_http", "sse")
    return (transport.type,)


class Channel:
    """An open transport; hears of its end before the connection does."""

    def __init__(self, kind: Candidate, observer: Observer) -> None:
        self.type = kind
        self.lost = asyncio.Event()
        self.error: MCPMagicsError | None = None
        self.process: ServerProcess | None = None
        self._observer = observer
        self._dispatcher: FrameDispatcher | None = None

    @property
    def dispatcher(self) -> FrameDispatcher:
        """Where messages go."""
        assert self._dispatcher is not None  # set before the channel is handed out
        return self._dispatcher

    @property
    def wants_headers(self) -> bool:
        """Whether requests carry per-message HTTP headers."""
        return self.type == "streamable_http"

    def carries(self, dispatcher: FrameDispatcher) -> None:
        """Put ``dispatcher`` in charge of the messages."""
        self._dispatcher = dispatcher

    def negotiated(self, version: str) -> None:
        """The protocol version is known: open what it needs."""
        from mcp_types.version import MODERN_PROTOCOL_VERSIONS

        from mcp_magics.wire.streamable import StreamableDispatcher

        if isinstance(self._dispatcher, StreamableDispatcher) and version not in MODERN_PROTOCOL_VERSIONS:
            self._dispatcher.listen()

    @property
    def fell_silent(self) -> bool:
        """Whether the other side ended without a word at what it was asked first, having read it."""
        is_begun = self._dispatcher is not None and not self._dispatcher.has_answered
        return is_begun and self.lost.is_set() and (self.process is None or self.process.unread == 0)

    def explain(self, error: MCPMagicsError) -> MCPMagicsError:
        """The reason behind ``error``, where the channel knows a better one."""
        return self.error or error

    @contextmanager
    def clock_stopped(self) -> Iterator[None]:
        """While inside, a person is being asked: no request in flight runs out of time."""
        asked = self.dispatcher.in_flight
        for pending in asked:
            pending.pause()
        try:
            yield
        finally:
            for pending in asked:
                pending.resume()

    # -- wire.observer.Observer, with the end kept here --------------------------------------------------

    def notification(self, method: str, params: Mapping[str, object]) -> None:
        """Passed on."""
        self._observer.notification(method, params)

    def noise(self, text: str) -> None:
        """Passed on."""
        self._observer.noise(text)

    def remark(self, text: str) -> None:
        """Passed on."""
        self._observer.remark(text)

    def warning(self, text: str) -> None:
        """Passed on."""
        self._observer.warning(text)

    def violation(self, rule: str, message: str, *, path: str = "", value: Any = None, where: str = "") -> None:
        """Passed on."""
        self._observer.violation(rule, message, path=path, value=value, where=where)

    def stderr(self, line: str) -> None:
        """Passed on."""
        self._observer.stderr(line)

    def closed(self, error: MCPMagicsError) -> None:
        """Remember why, and wake the owner."""
        self.error = error
        self.lost.set()
        self._observer.closed(error)


@asynccontextmanager
async def open_channel(
    spec: ServerSpec, candidate: Candidate, journal: Journal, observer: Observer, auth: httpx2.Auth | None = None
) -> AsyncIterator[Channel]:
    """An open channel to ``spec`` over ``candidate``; leaving it ends processes, tasks and sockets.

    ``auth`` puts a credential on each HTTP request.

    Raises ``ConnectionFailedError`` or ``ConfigurationError``.
    """
    channel = Channel(candidate, observer)
    if candidate == "stdio":
        opened = _stdio(spec, channel, journal)
    elif candidate == "object":
        opened = _object(spec, channel, journal)
    else:
        opened = _http(spec, candidate, channel, journal, auth)
    async with opened:
        yield channel


@asynccontextmanager
async def _stdio(spec: ServerSpec, channel: Channel, journal: Journal) -> AsyncIterator[None]:
    from mcp_magics.config.expand import expand_stdio
    from mcp_magics.wire.pipe import PipeDispatcher

    assert isinstance(spec.transport, StdioTransport)  # by candidates()
    expanded = expand_stdio(spec)
    _warn(channel, expanded.warnings)
    dispatcher = PipeDispatcher(spec.name, expanded, journal, channel)
    channel.carries(dispatcher)
    channel.process = dispatcher.process
    try:
        yield
    finally:
        await dispatcher.close()


@asynccontextmanager
async def _object(spec: ServerSpec, channel: Channel, journal: Journal) -> AsyncIterator[None]:
    from mcp_magics.wire.memory import MemoryDispatcher

    assert isinstance(spec.transport, ObjectTransport)  # by candidates()
    dispatcher = MemoryDispatcher(spec.name, spec.transport.server, journal, channel)
    channel.carries(dispatcher)
    dispatcher.open()
    try:
        yield
    finally:
        await dispatcher.close()


@asynccontextmanager
async def _http(
    spec: ServerSpec, candidate: Candidate, channel: Channel, journal: Journal, auth: httpx2.Auth | None
) -> AsyncIterator[None]:
    from mcp_magics.config.expand import expand_http
    from mcp_magics.wire.http import http_client
    from mcp_magics.wire.legacy_sse import LegacySseDispatcher
    from mcp_magics.wire.streamable import StreamableDispatcher

    expanded = expand_http(spec)
    _warn(channel, expanded.warnings)
    async with http_client(spec.name, journal, headers=expanded.headers, auth=auth) as client:
        kind = LegacySseDispatcher if candidate == "sse" else StreamableDispatcher
        dispatcher = kind(spec.name, expanded.url, client, journal, channel)
        channel.carries(dispatcher)
        try:
            if isinstance(dispatcher, LegacySseDispatcher):
                await dispatcher.open()
            yield
        finally:
            await dispatcher.close()


def _warn(channel: Channel, warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        channel.warning(warning)
