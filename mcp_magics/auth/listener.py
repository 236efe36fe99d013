"""The callback listener: a small HTTP server in the kernel that a login's browser ends on (RFC 8252 §7.3).

It answers GET on its exact paths, takes one callback, and holds the browser's request until the outcome is known, so
that the page tells the truth; where a person takes the steps it says at once that nothing is decided. What strangers
send changes nothing, is neither kept nor logged, and takes bounded room: where more connections come than there may be,
the oldest that is not held makes way.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from mcp_magics.auth import pages
from mcp_magics.auth.callback import parse_callback
from mcp_magics.auth.port import LOOPBACK, BoundPort, bind_port
from mcp_magics.auth.request_head import Limits, RequestHead, Unreadable, let_read, read_head, write_answer
from mcp_magics.errors import MCPMagicsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from mcp_magics.auth.arrival import Arrival
    from mcp_magics.auth.callback import Callback

_LAST_WORDS_SECONDS = 2.0
_BACKLOG = 128
_BUFFER = 16 * 1024


async def open_listener(
    server: str, paths: Iterable[str], *, port: int = 0, bind: str = LOOPBACK, limits: Limits | None = None
) -> Listener:
    """Listen for the callback of a login at ``server`` on the running loop; ``port`` 0 is any free one.

    Raises ``MCPMagicsError`` of class ``callback_port_busy``, and ``ConfigurationError``.
    """
    bound = bind_port(port, bind, server)
    listener = Listener(bound, frozenset(paths), limits or Limits())
    try:
        await listener.open()
    except BaseException:
        bound.socket.close()
        bound.release()
        raise
    return listener


class Listener:
    """One login's listener; ``rejected`` counts the requests on its paths that were not for this login.

    Use it as an async context manager, or :meth:`close` it. ``probe_path`` answers 204 to whoever asks, to find out
    whether a proxy in front of the kernel reaches this port. Without ``holds`` nobody knows when the code is exchanged:
    the browser is answered at once that it was received.
    """

    def __init__(self, bound: BoundPort, paths: frozenset[str], limits: Limits) -> None:
        self.port = bound.port
        self.warnings = bound.warnings
        self.probe_path = f"/ping-{secrets.token_urlsafe(12)}"
        self.rejected = 0
        self.holds = True
        self._bound = bound
        self._paths = paths
        self._limits = limits
        self._arrival: Arrival | None = None
        self._server: asyncio.Server | None = None
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._movable: dict[asyncio.Task[None], None] = {}
        self._held: set[asyncio.Task[None]] = set()
        self._outcome: asyncio.Future[pages.Outcome] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_server(
            self._accepted, sock=self._bound.socket, backlog=_BACKLOG, limit=_BUFFER
        )

    def expect(self, arrival: Arrival) -> None:
        """Offer callbacks to ``arrival`` from now on, no longer to an earlier one; before the first each is refused."""
        self._arrival = arrival
        if self._outcome.done():  # of an earlier attempt
            self._outcome = asyncio.get_running_loop().create_future()

    async def tell(self, outcome: pages.Outcome) -> None:
        """Tell the waiting browser how this attempt ended; another may follow."""
        if not self._outcome.done():
            self._outcome.set_result(outcome)
        if self._held:
            await asyncio.wait(self._held, timeout=_LAST_WORDS_SECONDS)

    async def finish(self, outcome: pages.Outcome) -> None:
        """Tell the waiting browser how the login ended, and close."""
        await self.tell(outcome)
        await self._shut()

    async def close(self) -> None:
        """Close; a browser that still waits is told that the login ended."""
        await self.finish(pages.ENDED)

    async def _shut(self) -> None:
        if self._closed or self._server is None:
            return
        self._closed = True
        self._server.close()
        self._bound.release()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer in a task of our own: asyncio's streams log an error where the one they make is cancelled."""
        if self._closed:
            _hang_up(writer)
            return
        if len(self._movable) >= self._limits.open:
            self._make_way()
        task = asyncio.get_running_loop().create_task(self._answer(reader, writer))
        self._tasks.add(task)
        self._movable[task] = None
        task.add_done_callback(lambda ended: self._ended(ended, writer))

    def _make_way(self) -> None:
        oldest = next(iter(self._movable))
        del self._movable[oldest]
        oldest.cancel()

    def _ended(self, task: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        self._tasks.discard(task)
        self._movable.pop(task, None)
        self._held.discard(task)
        _hang_up(writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            head = await read_head(reader, self._limits)
            if head is None:
                return
            page = pages.refused(head.status) if isinstance(head, Unreadable) else self._page(head)
            if page is None:
                page = await self._told()
            without_body = isinstance(head, RequestHead) and head.method == "HEAD"
            body = b"" if page.status == 204 else page.html()
            await write_answer(writer, page.status, body, self._limits, without_body=without_body)
            if isinstance(head, Unreadable) or head.unread:
                await let_read(reader, writer, self._limits)

    def _page(self, head: RequestHead) -> pages.Page | None:
        """What to answer at once; None where the answer is the outcome."""
        if head.path == self.probe_path:
            return pages.PRESENT if head.method == "GET" else pages.NOT_ALLOWED
        if head.path not in self._paths:
            return pages.NOT_FOUND
        if head.method != "GET":
            return pages.NOT_ALLOWED
        try:
            callback = parse_callback(head.query)
        except MCPMagicsError as error:
            self.rejected += 1
            return pages.invalid_callback(error.failure.message)
        return self._received(callback)

    def _received(self, callback: Callback) -> pages.Page | None:
        reception = "not_expected" if self._arrival is None else self._arrival.offer(callback)
        if reception == "taken":
            if callback.error is not None:
                return pages.of_error(callback)
            return None if self.holds else pages.RECEIVED
        self.rejected += 1
        return _REFUSALS[reception]

    async def _told(self) -> pages.Page:
        """The page of the outcome; whoever waits for it is not pushed out by others."""
        task = asyncio.current_task()
        assert task is not None  # _accepted made it
        self._movable.pop(task, None)
        self._held.add(task)
        try:
            async with asyncio.timeout(self._limits.hold_seconds):
                return pages.of_outcome(await asyncio.shield(self._outcome))
        except TimeoutError:
            return pages.STILL_EXCHANGING


_REFUSALS = {
    "not_expected": pages.NOT_LISTENING_YET,
    "not_ours": pages.NOT_OURS,
    "incomplete": pages.invalid_callback("it holds neither a code nor an error"),
    "used": pages.ALREADY_USED,
}


def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Close; what the peer has not taken by now is dropped, so that no connection outlives its answer."""
    if writer.transport.get_write_buffer_size():
        writer.transport.abort()
    else:
        writer.close()
