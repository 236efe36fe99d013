"""HTTP/1.1 (RFC 9112) on asyncio's own streams, as a transport of httpx2: what a call costs is mostly spent here.

httpx2's own transport takes about 1 ms of the processor for a small POST on loopback: a pool that looks at every
connection twice a request, cancel scopes and trace hooks around every read and write, head and body sent apart. Here
h11 still reads and writes the grammar, but a request is one write and an idle connection is the top of a stack.
Client, authentication, cookies and redirects stay httpx2's.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import h11
import httpx2
from aiohappyeyeballs import start_connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

READ_BYTES = 256 * 1024
MAX_HEAD_BYTES = 100 * 1024
"""The stated bound of a response's status line and headers, as in httpx2."""
IDLE_SECONDS = 3.0
"""How long an idle connection is trusted. Uvicorn and Node close theirs after 5 s; a request that crosses that close
is lost, and a tool call must not be sent twice to find out whether it was."""
MAX_IDLE = 100
HAPPY_EYEBALLS_SECONDS = 0.25
"""RFC 8305 §8: how long the first address has before the next one is tried beside it."""

_Origin = tuple[str, str, int]
_DEFAULT_PORTS = {"http": 80, "https": 443}


class DirectTransport(httpx2.AsyncBaseTransport):
    """Connections to whatever origin is asked for, without a proxy; all of it belongs to one loop.

    There is no limit to how many are open at once: a call that takes an hour must not keep others waiting.
    """

    def __init__(self) -> None:
        self._idle: dict[_Origin, deque[_Line]] = {}
        self._tls: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send ``request`` and return once the head of its response has come; raises ``httpx2.TransportError``."""
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        origin = _origin(request.url)
        line = self._take(origin) or await self._dial(origin, timeouts.get("connect"))
        try:
            await line.send(request, timeouts.get("write"))
            head = await line.head(timeouts.get("read"))
        except BaseException:
            line.abort()
            raise
        extensions = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason}
        body = _Body(line, timeouts.get("read"), self, origin)
        return httpx2.Response(head.status_code, headers=head.headers.raw_items(), stream=body, extensions=extensions)

    async def aclose(self) -> None:
        """Close the idle connections; one that is in use is closed by its response."""
        for lines in self._idle.values():
            for line in lines:
                line.abort()
        self._idle.clear()

    def _take(self, origin: _Origin) -> _Line | None:
        """The connection used last, if it is still good."""
        lines = self._idle.get(origin)
        while lines:
            line = lines.pop()
            if line.is_fresh:
                return line
            line.abort()
        return None

    def give_back(self, origin: _Origin, line: _Line) -> None:
        """Keep ``line`` for the next request, if both sides may go on; let go of those kept too long."""
        if not line.begin_anew():
            line.abort()
            return
        lines = self._idle.setdefault(origin, deque())
        lines.append(line)
        while lines and (len(lines) > MAX_IDLE or not lines[0].is_fresh):
            lines.popleft().abort()

    async def _dial(self, origin: _Origin, seconds: float | None) -> _Line:
        scheme, host, port = origin
        try:
            async with asyncio.timeout(seconds):
                sock = await _connected(host, port)
                reader, writer = await asyncio.open_connection(
                    sock=sock,
                    limit=READ_BYTES,
                    ssl=self._context() if scheme == "https" else None,
                    server_hostname=host if scheme == "https" else None,
                )
        except TimeoutError as error:
            raise httpx2.ConnectTimeout(f"no connection to {host}:{port} within {seconds:g} s") from error
        except (OSError, UnicodeError) as error:  # ssl.SSLError is an OSError
            raise httpx2.ConnectError(str(error)) from error
        return _Line(reader, writer)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = httpx2.create_ssl_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls


class _Line:
    """One connection: a request, its response, and again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._clock = asyncio.get_running_loop().time
        self._since = self._clock()

    @property
    def is_fresh(self) -> bool:
        """Whether a request may be sent on it: not closed by the other side, not idle for long."""
        closed = self._reader.at_eof() or self._reader.exception() is not None or self._writer.is_closing()
        return not closed and self._clock() - self._since < IDLE_SECONDS

    async def send(self, request: httpx2.Request, seconds: float | None) -> None:
        """Write head and body as one; a server that refuses the rest may have answered already (RFC 9112 §9.5)."""
        try:
            head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            parts = [self._http.send(head)]
            parts += [self._http.send(h11.Data(data=chunk)) async for chunk in _chunks(request)]
            parts.append(self._http.send(h11.EndOfMessage()))
        except h11.LocalProtocolError as error:
            raise httpx2.LocalProtocolError(str(error)) from error
        self._writer.write(b"".join(part for part in parts if part))
        if self._writer.transport.get_write_buffer_size():
            await self._drained(seconds)

    async def _drained(self, seconds: float | None) -> None:
        with suppress(ConnectionError):
            try:
                async with asyncio.timeout(seconds):
                    await self._writer.drain()
            except TimeoutError as error:
                raise httpx2.WriteTimeout(f"the request was not taken within {seconds:g} s") from error

    async def head(self, seconds: float | None) -> h11.Response:
        """The head of the final response; interim ones (RFC 9110 §15.2) are passed over."""
        while True:
            event = await self.event(seconds)
            if isinstance(event, h11.Response):
                return event

    async def event(self, seconds: float | None) -> Any:
        """What comes next on the line; raises ``httpx2.TransportError``."""
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx2.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            data = await self._read(seconds)
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                raise httpx2.RemoteProtocolError("the server closed the connection without a response")
            self._http.receive_data(data)

    async def _read(self, seconds: float | None) -> bytes:
        try:
            if seconds is None:
                return await self._reader.read(READ_BYTES)
            async with asyncio.timeout(seconds):
                return await self._reader.read(READ_BYTES)
        except TimeoutError as error:
            raise httpx2.ReadTimeout(f"nothing came for {seconds:g} s") from error
        except OSError as error:
            raise httpx2.ReadError(str(error)) from error

    def begin_anew(self) -> bool:
        """Make ready for another request; whether both sides are done and nobody asked to close."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        self._since = self._clock()
        return True

    def abort(self) -> None:
        """Close without a word."""
        self._writer.transport.abort()


class _Body(httpx2.AsyncByteStream):
    """The body of a response as it comes; closing it gives the connection back, or ends one with a rest on it."""

    def __init__(self, line: _Line, seconds: float | None, transport: DirectTransport, origin: _Origin) -> None:
        self._line: _Line | None = line
        self._seconds = seconds
        self._transport = transport
        self._origin = origin

    async def __aiter__(self) -> AsyncIterator[bytes]:
        line = self._line
        while line is not None:
            event = await line.event(self._seconds)
            if not isinstance(event, h11.Data):
                return
            yield bytes(event.data)

    async def aclose(self) -> None:
        """End the use of the connection."""
        line, self._line = self._line, None
        if line is not None:
            self._transport.give_back(self._origin, line)


async def _chunks(request: httpx2.Request) -> AsyncIterator[bytes]:
    stream: Any = request.stream
    if isinstance(stream, httpx2.AsyncByteStream):
        async for chunk in stream:
            yield chunk
        return
    pieces: Iterable[bytes] = stream
    for chunk in pieces:
        yield chunk


async def _connected(host: str, port: int) -> socket.socket:
    """A socket to the first address of ``host`` that answers; asyncio's own race loses sockets when it is cancelled."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return await start_connection(found, happy_eyeballs_delay=HAPPY_EYEBALLS_SECONDS)


def _origin(url: httpx2.URL) -> _Origin:
    if url.scheme not in _DEFAULT_PORTS:
        raise httpx2.UnsupportedProtocol(f"no HTTP address: {url.scheme}://")
    return url.scheme, url.raw_host.decode("ascii"), url.port or _DEFAULT_PORTS[url.scheme]
