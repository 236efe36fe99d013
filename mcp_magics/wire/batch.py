"""Messages sent together: what the tasks of one loop submit in one turn of it leaves in one write a channel.

A write is not only a system call. It lets go of the interpreter, and another thread takes it, for longer than the
write takes; so ten messages in ten writes cost several times what they cost in one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable


class Batch:
    """The sendings of one turn of ``loop``; belongs to that loop's thread."""

    __slots__ = ("_flushes", "_loop", "_turn", "crowded")

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._flushes: dict[Callable[[], None], None] = {}
        self._turn = False
        self.crowded = False

    def add(self, flush: Callable[[], None]) -> None:
        """Call ``flush`` when the turn ends."""
        if not self._flushes and not self._turn:
            self._loop.call_soon(self.flush)
        self._flushes[flush] = None

    def begin(self, *, crowded: bool) -> None:
        """A turn begins that ends with :meth:`end`; ``crowded`` says that several tasks go on in it."""
        self._turn, self.crowded = True, crowded

    def end(self) -> None:
        """The turn is over."""
        self._turn = self.crowded = False
        self.flush()

    def flush(self) -> None:
        """Send what has been added."""
        if self._flushes:
            flushes, self._flushes = self._flushes, {}
            for flush in flushes:
                flush()


class _Current(threading.local):
    batch: Batch | None = None


current = _Current()
"""The batch that what this thread now submits may wait for; None where it has to leave at once."""
