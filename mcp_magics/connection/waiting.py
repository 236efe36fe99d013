"""Waiting for something the background loop will settle: blocking a thread, or awaiting on another loop.

What a caller does is written once, as a *steps* coroutine: a coroutine whose only awaits are :class:`Until`. It does
no waiting itself; :func:`run_blocking` runs it on a thread that blocks, :func:`run_awaiting` on a loop that goes on.

While it waits, a cell renders progress and answers questions: :class:`Attendant`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from mcp_magics.connection.arrivals import TICK, Arrival, waiting_room
from mcp_magics.errors import RequestTimeoutError
from mcp_magics.wire.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

    from mcp_magics.connection.arrivals import WaitingRoom
    from mcp_magics.wire.pending import Settling

T = TypeVar("T")


class Attendant(Protocol):
    """Who looks after a waiting cell: draws its progress, puts its server's questions to a person."""

    def look(self, until: Until) -> None:
        """Called at every tick of a blocking wait; may block in ``input()``."""

    async def alook(self, until: Until) -> None:
        """The same for a cell that awaits."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: ``timeout`` seconds since the last sign of life, ``max_time`` seconds in all."""

    timeout: float | None = 300.0
    max_time: float | None = None

    def exhausted(self, pending: Pending, server: str, began: float | None = None) -> RequestTimeoutError | None:
        """The error of a request that has waited too long, else None; ``began``: when its first round was sent."""
        waited = pending.elapsed if began is None else time.perf_counter() - began
        if self.max_time is not None and waited > self.max_time:
            return self._error("max_time", self.max_time, pending, server)
        if self.timeout is not None and not pending.done and pending.silent_for > self.timeout:
            return self._error("timeout", self.timeout, pending, server)
        return None

    @staticmethod
    def _error(which: str, seconds: float, pending: Pending, server: str) -> RequestTimeoutError:
        told = _last_progress(pending)
        option = which.replace("_", "-")
        return RequestTimeoutError(
            f"no answer to {pending.method} within --{option} {seconds:g} s",
            class_=which,
            phase="call",
            server=server,
            evidence=(told,),
            next_step=f"repeat with --{option} {seconds * 2:g}, or %mcp log {server}",
            retryable=True,
        )


def _last_progress(pending: Pending) -> str:
    last = pending.progress
    return "the server sent no progress" if last is None else f"last progress: {last.text}"


Overdue = Callable[[], "BaseException | None"]
"""Looks at the clock: the error to raise if the wait has lasted too long."""


class Until:
    """One wait of a steps coroutine: for ``job``, on behalf of ``server``; ``pending`` is what is on the wire."""

    __slots__ = ("job", "overdue", "pending", "server")

    def __init__(
        self,
        job: Settling,
        server: str,
        overdue: Overdue | None = None,
        pending: Callable[[], Pending | None] | None = None,
    ) -> None:
        self.job = job
        self.server = server
        self.overdue = overdue
        self.pending = pending or (lambda: job if isinstance(job, Pending) else None)

    def __await__(self) -> Generator[Until, None, None]:
        yield self


LINGER = 0.001
"""Seconds an awaiting cell waits on the spot where nothing else is to be done: a local server answers within them,
and to leave the loop and come back takes a fifth of the whole call."""


def run_blocking(steps: Coroutine[Until, None, T], attendant: Attendant | None = None) -> T:
    """Run a steps coroutine on this thread, blocking at each of its waits.

    Ctrl-C stays a ``KeyboardInterrupt``, without the frames of the wait: they say nothing to who pressed it.
    """
    try:
        until = steps.send(None)
        while True:
            try:
                _wait(until, attendant)
            except BaseException as error:  # noqa: BLE001  the coroutine decides what an interrupt means to it
                until = steps.throw(error)
            else:
                until = steps.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    except KeyboardInterrupt as interrupt:
        raise interrupt.with_traceback(None) from None
    finally:
        steps.close()


async def run_awaiting(steps: Coroutine[Until, None, T], attendant: Attendant | None = None) -> T:
    """Run a steps coroutine on this loop, awaiting at each of its waits; a cancellation too is without their frames."""
    room = waiting_room()
    try:
        until = room.step(steps.send, None)
        while True:
            try:
                await _arrive(until, room, attendant)
            except BaseException as error:  # noqa: BLE001  the coroutine decides what a cancellation means to it
                until = room.step(steps.throw, error)
            else:
                until = room.step(steps.send, None)
    except StopIteration as stop:
        return cast("T", stop.value)
    except asyncio.CancelledError as cancelled:
        raise cancelled.with_traceback(None) from None
    finally:
        steps.close()


def _wait(until: Until, attendant: Attendant | None) -> None:
    """Block until settled; raises what ``overdue`` returns; a KeyboardInterrupt passes through at once."""
    job, overdue = until.job, until.overdue
    while not job.wait(TICK if overdue or attendant else 3600):
        if attendant is not None:
            attendant.look(until)
        if overdue is not None and (error := overdue()) is not None:
            raise error


async def _arrive(until: Until, room: WaitingRoom, attendant: Attendant | None) -> None:
    """Await until settled; raises what ``overdue`` returns."""
    job, overdue = until.job, until.overdue
    if not job.done and room.may_linger():
        job.wait(LINGER)
    if job.done:
        await room.take_turns()
    while not job.done:
        await Arrival(room, job, overdue, look_up=attendant is not None)
        if job.done:
            return
        if attendant is not None:
            await attendant.alook(until)
        if overdue is not None and (error := overdue()) is not None:
            raise error
