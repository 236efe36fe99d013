"""The waiters of one loop, and what settles on another thread and wakes them.

Completions arrive in one wake-up however many they are, a task goes on in the callback that learns of its completion,
and what the woken tasks send leaves together. A tick keeps an idle loop's SIGINT alive (ipython/ipykernel#881).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, TypeVar

from mcp_magics.wire.batch import Batch, current

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context

    from mcp_magics.wire.pending import Settling

    Overdue = Callable[[], BaseException | None]
    Wake = Callable[["Arrival"], object]

TURN = 0.005
"""Seconds after which a task whose calls are all answered on the spot lets the others of its loop go on."""

T = TypeVar("T")
U = TypeVar("U")

TICK = 0.05
"""Seconds between two looks at the clock, at progress and at questions."""


class Arrival:
    """The wait of one task: over when ``job`` is settled or ``overdue``, or (``look_up``) at the next tick.

    To the task it is a future (asyncio: Extending, Future-like objects) that resumes it in :meth:`resume`, where one
    of asyncio's would ask its loop to do so in the next turn.
    """

    __slots__ = ("_asyncio_future_blocking", "_cancelled", "_context", "_over", "_room", "_wake", "look_up", "overdue")

    def __init__(self, room: WaitingRoom, job: Settling, overdue: Overdue | None, *, look_up: bool) -> None:
        self._room = room
        self._over = self._cancelled = False
        self._wake: Wake | None = None
        self._context: Context | None = None
        self._asyncio_future_blocking = False
        self.overdue = overdue
        self.look_up = look_up
        room.enter(self)
        job.on_done(self._settled)

    def _settled(self) -> None:
        """Called on the settling thread."""
        self._room.ring(self)

    def resume(self) -> None:
        """Let the task go on, now."""
        if not self._over:
            self._over = True
            if self._wake is not None and self._context is not None:
                self._context.run(self._wake, self)

    @property
    def is_due(self) -> bool:
        """Whether its task has something to look at at this tick."""
        return not self._over and (self.look_up or (self.overdue is not None and self.overdue() is not None))

    def __await__(self) -> Generator[Arrival, None, None]:
        try:
            if not self._over:
                self._asyncio_future_blocking = True
                yield self
        finally:
            self._over = True
            self._room.leave(self)

    # -- what a task asks of a future ----------------------------------------------------------------------

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the waiter."""
        return self._room.loop

    def add_done_callback(self, wake: Wake, *, context: Context) -> None:
        """What the task gives to be woken with."""
        self._wake, self._context = wake, context

    def cancel(self, msg: object = None) -> bool:  # noqa: ARG002  the task keeps the message
        """The task is cancelled; like a future, in the next turn."""
        if self._over:
            return False
        self._over = self._cancelled = True
        if self._wake is not None:
            self._room.loop.call_soon(self._wake, self, context=self._context)
        return True

    def result(self) -> None:
        """Nothing, or the cancellation."""
        if self._cancelled:
            raise asyncio.CancelledError


class WaitingRoom:
    """All that one loop waits for; :meth:`ring` may be called on any thread, the rest belongs to the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._batch = Batch(loop)
        self._settled: deque[Arrival] = deque()
        self._rung = False
        self._turned = 0.0
        self._waiting: set[Arrival] = set()
        self._ticking = False

    def step(self, go_on: Callable[[T], U], value: T) -> U:
        """Run one step of a steps coroutine; what it sends may wait for what other tasks send in this turn."""
        current.batch = self._batch
        try:
            return go_on(value)
        finally:
            current.batch = None

    def may_linger(self) -> bool:
        """Whether hardly anybody else has anything to do on this loop just now, as far as it tells.

        One more may be ready: after a call from another thread that is the reader of the loop's own wake-up pipe.
        """
        ready = getattr(self.loop, "_ready", None)  # asyncio's own loops only
        return ready is not None and len(ready) <= 1 and not self._waiting

    async def take_turns(self) -> None:
        """Let the others of this loop have theirs, after :data:`TURN` seconds without one."""
        now = self.loop.time()
        if now - self._turned > TURN:
            self._turned = now
            await asyncio.sleep(0)

    def enter(self, arrival: Arrival) -> None:
        """``arrival`` is waited for."""
        self._waiting.add(arrival)
        if not self._ticking:
            self._ticking = True
            self.loop.call_later(TICK, self._tick)

    def leave(self, arrival: Arrival) -> None:
        """``arrival`` is over."""
        self._waiting.discard(arrival)

    def _tick(self) -> None:
        self._ticking = bool(self._waiting)
        if not self._ticking:
            return
        self.loop.call_later(TICK, self._tick)
        for arrival in [each for each in self._waiting if each.is_due]:
            self._settled.append(arrival)
        self._open()

    def ring(self, arrival: Arrival) -> None:
        """``arrival``'s job is settled. With others waiting too, what else the settling loop has comes along."""
        self._settled.append(arrival)
        if self._rung:
            return
        self._rung = True
        settling = asyncio._get_running_loop() if len(self._waiting) > 1 else None  # noqa: SLF001  the one that may be None
        if settling is None or settling is self.loop:
            self._bell()
        else:
            settling.call_soon(self._bell)

    def _bell(self) -> None:
        try:
            self.loop.call_soon_threadsafe(self._open)
        except RuntimeError:  # the waiter's loop was closed meanwhile: nobody waits any more
            self._settled.clear()

    def _open(self) -> None:
        """Let those go on who are here by now; who comes meanwhile rings again."""
        self._rung = False
        count = len(self._settled)
        self._batch.begin(crowded=count > 1)
        try:
            while count > 0 and self._settled:
                count -= 1
                self._settled.popleft().resume()
        finally:
            self._batch.end()
            if self._settled and not self._rung:  # a task was interrupted
                self._rung = True
                self._bell()


_ROOMS: dict[asyncio.AbstractEventLoop, WaitingRoom] = {}


def waiting_room() -> WaitingRoom:
    """The running loop's waiting room."""
    loop = asyncio.get_running_loop()
    room = _ROOMS.get(loop)
    if room is None:
        for closed in [each for each in list(_ROOMS) if each.is_closed()]:
            _ROOMS.pop(closed, None)
        room = _ROOMS[loop] = WaitingRoom(loop)
    return room
