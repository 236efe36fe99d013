"""One request in flight: written by the connection's loop, waited for by whoever asked.

A :class:`Pending` costs less than a ``concurrent.futures.Future`` and knows what a call has to know: when the
server last gave a sign of life, and whether the clock stands still because a person is being asked.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Progress:
    """The newest ``notifications/progress`` of a request."""

    progress: float
    total: float | None = None
    message: str | None = None

    @property
    def text(self) -> str:
        """``reading (3 of 10)``, as much of it as the server has said; the number alone where it said no more."""
        count = f"{self.progress:g}" + (f" of {self.total:g}" if self.total else "")
        return f"{self.message} ({count})" if self.message else count


class Settling:
    """Something that is settled once, on one thread, and waited for on another."""

    __slots__ = ("_wake", "done", "error")

    def __init__(self) -> None:
        self.done = False
        self.error: BaseException | None = None
        self._wake: Callable[[], object] | None = None

    def _settle(self) -> None:
        self.done = True
        if self._wake is not None:
            self._wake()

    def on_done(self, wake: Callable[[], object]) -> None:
        """Call ``wake`` when settled, from whatever thread settles; at once if that has happened."""
        self._wake = wake
        if self.done:
            wake()

    def wait(self, seconds: float | None = None) -> bool:
        """Block this thread until settled or ``seconds`` have passed; whether it is settled."""
        if self.done:
            return True
        gate = threading.Lock()
        gate.acquire()
        self._wake = lambda: _open(gate)
        if not self.done:
            gate.acquire(timeout=-1 if seconds is None else max(seconds, 0))
        return self.done


class Pending(Settling):
    """A request on the wire.

    The dispatcher calls :meth:`answer` or :meth:`fail`, once; one waiter calls :meth:`wait` or :meth:`on_done`.
    """

    __slots__ = (
        "_paused_at",
        "finished",
        "frame",
        "headers",
        "id",
        "message",
        "method",
        "on_progress",
        "progress",
        "started",
        "touched",
        "uneven",
    )

    def __init__(self, request_id: int | str, method: str) -> None:
        super().__init__()
        self.id = request_id
        self.method = method
        self.started = self.touched = time.perf_counter()
        self.finished = 0.0
        self.frame: bytes | bytearray = b""
        self.message: dict[str, Any] | None = None
        self.progress: Progress | None = None
        self.on_progress: Callable[[Progress], None] | None = None
        self.headers: dict[str, str] | None = None
        self.uneven = False
        self._paused_at: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds from sending to the answer, or so far."""
        return (self.finished or time.perf_counter()) - self.started

    def answer(self, frame: bytes | bytearray, message: dict[str, Any]) -> None:
        """Settle with the response's bytes and its parsed value."""
        self.frame = frame
        self.message = message
        self.finished = time.perf_counter()
        self._settle()

    def fail(self, error: BaseException) -> None:
        """Settle with an error: no response can come any more."""
        self.error = error
        self.finished = time.perf_counter()
        self._settle()

    def sign_of_life(self, progress: Progress) -> None:
        """Take in a progress notification: the timeout starts anew."""
        self.progress = progress
        self.touched = time.perf_counter()
        if self.on_progress is not None:
            self.on_progress(progress)

    def pause(self) -> None:
        """Stop the clock: a person is being asked."""
        if self._paused_at is None:
            self._paused_at = time.perf_counter()

    def resume(self) -> None:
        """Let the clock run on from where it stood."""
        if self._paused_at is not None:
            self.touched += time.perf_counter() - self._paused_at
            self._paused_at = None

    @property
    def silent_for(self) -> float:
        """Seconds of the server's own time since its last sign of life."""
        return (self._paused_at or time.perf_counter()) - self.touched


def _open(gate: threading.Lock) -> None:
    """Release a gate that may have been released already."""
    if gate.locked():
        gate.release()
