"""Reading one HTTP/1.1 request (RFC 9112) as far as its headers' end, bounded in size and time.

Headers are never kept: a proxy in front of the kernel forwards the cookies of Jupyter.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import h11

_READ_BYTES = 16 * 1024
_REASONS = {
    200: "OK",
    202: "Accepted",
    204: "No Content",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'"
_ALWAYS = (
    "Referrer-Policy: no-referrer",
    "Cache-Control: no-store",
    f"Content-Security-Policy: {_POLICY}",
    "X-Content-Type-Options: nosniff",
    "Cross-Origin-Resource-Policy: same-origin",
    "Connection: close",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take: bytes, and seconds.

    ``hold`` is how long the browser waits for the outcome of the exchange; ``open`` how many connections there may be.
    """

    line_bytes: int = 16 * 1024
    head_bytes: int = 64 * 1024
    head_seconds: float = 10.0
    write_seconds: float = 5.0
    linger_seconds: float = 1.0
    hold_seconds: float = 60.0
    open: int = 32


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request line; ``unread`` says that the peer has more to send."""

    method: str
    path: str
    query: str
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A request that is not answered on its merits; ``status`` says why."""

    status: int


async def read_head(reader: asyncio.StreamReader, limits: Limits) -> RequestHead | Unreadable | None:
    """The next request, why it cannot be read, or None where the peer hung up before it was complete."""
    try:
        async with asyncio.timeout(limits.head_seconds):
            return await _read(reader, limits)
    except TimeoutError:
        return Unreadable(408)


async def _read(reader: asyncio.StreamReader, limits: Limits) -> RequestHead | Unreadable | None:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
    line_bytes, line_ended = 0, False
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            return Unreadable(error.error_status_hint)
        if isinstance(event, h11.Request):
            return _head(event, connection, limits)
        data = await reader.read(_READ_BYTES)
        if not data:
            return None
        if not line_ended:
            end = data.find(b"\n")
            line_ended = end >= 0
            line_bytes += end if line_ended else len(data)
            if line_bytes > limits.line_bytes:
                return Unreadable(414)
        connection.receive_data(data)


def _head(request: h11.Request, connection: h11.Connection, limits: Limits) -> RequestHead | Unreadable:
    if len(request.target) > limits.line_bytes:
        return Unreadable(414)
    if not request.target.startswith(b"/"):
        return Unreadable(400)
    path, _, query = request.target.decode("ascii", "replace").partition("?")
    try:
        unread = not isinstance(connection.next_event(), h11.EndOfMessage)
    except h11.RemoteProtocolError:
        unread = True
    return RequestHead(request.method.decode("ascii"), path, query, unread)


async def write_answer(
    writer: asyncio.StreamWriter, status: int, body: bytes, limits: Limits, *, without_body: bool = False
) -> None:
    """Send an answer and flush it; a peer that is gone, or takes nothing, is left alone."""
    length = [] if status == 204 else [f"Content-Length: {len(body)}", "Content-Type: text/html; charset=utf-8"]
    allow = ["Allow: GET"] if status == 405 else []
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Error')}", *_ALWAYS, *length, *allow, "", ""]
    writer.write("\r\n".join(lines).encode("ascii") + (b"" if without_body else body))
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(limits.write_seconds):
            await writer.drain()


async def let_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits) -> None:
    """Take in and forget what the peer still sends: closing on it would reset the answer away (RFC 9112 §9.6)."""
    with suppress(OSError, TimeoutError):
        writer.write_eof()
        async with asyncio.timeout(limits.linger_seconds):
            while await reader.read(_READ_BYTES):
                pass
