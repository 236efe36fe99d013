"""What is to be written to a pipe, from any thread, in the order it came.

A message that is the only one under way is written by the thread that sends it, provided the system takes it whole: a
write of at most ``PIPE_BUF`` bytes is atomic (POSIX write(2)), and under the lock nothing can come between. What is
submitted in a :class:`~mcp_magics.wire.batch.Batch` waits for the end of its turn. All else is queued for the loop.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from typing import TYPE_CHECKING

from mcp_magics.wire.batch import current

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from mcp_magics.wire.process import ServerProcess

ATOMIC = select.PIPE_BUF
JOINED = 64 * 1024
"""Bytes of small messages that are written together: what a pipe holds."""
GUARD_SECONDS = 0.002
"""How long a batch may keep messages back: its turn may hold a cell that computes."""


class Outbox:
    """The input of ``process``; ``broken`` is called on ``loop`` when nobody reads it any more."""

    def __init__(self, process: ServerProcess, loop: AbstractEventLoop, broken: Callable[[], None]) -> None:
        self._process = process
        self._loop = loop
        self._broken = broken
        self._queue: deque[memoryview] = deque()
        self._lock = threading.Lock()
        self._called = False
        self._watching = False
        self._guarded = False
        self._batches = 0

    # -- from any thread -----------------------------------------------------------------------------------

    def put(self, line: bytes, *, alone: bool) -> None:
        """Send ``line``; ``alone`` says that no other message waits for its answer."""
        batch = current.batch
        at_once = alone and len(line) <= ATOMIC and not (batch is not None and batch.crowded)
        with self._lock:
            if at_once and not self._queue and self._write_now(line):
                return
            self._queue.append(memoryview(line))
            if batch is None:
                self._call_loop()
                return
            self._batches += 1
            guarded, self._guarded = self._guarded, True
        batch.add(self._flush_here)
        if not guarded:
            self._loop.call_soon_threadsafe(self._guard)

    def _write_now(self, line: bytes) -> bool:
        try:
            os.write(self._process.stdin_fd, line)
        except BlockingIOError:
            return False
        except OSError:
            # The process has gone; stdout's end says how, and settles every request.
            self._loop.call_soon_threadsafe(self._broken)
        return True

    def _call_loop(self) -> None:
        if not self._called:
            self._called = True
            self._loop.call_soon_threadsafe(self._flush)

    def _flush_here(self) -> None:
        """The end of a batch: write on this thread what the pipe takes, and leave the rest to the loop."""
        with self._lock:
            if self._watching or not self._queue:
                return
            try:
                self._write_all()
            except OSError:  # a full pipe too: the loop finds out which
                self._call_loop()

    # -- on the loop ---------------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Write what the pipe takes; the rest when it takes more."""
        is_broken = False
        with self._lock:
            self._called = False
            try:
                self._write_all()
            except BlockingIOError:
                self._watch()
                return
            except OSError:
                self._queue.clear()
                is_broken = True
            self._unwatch()
        if is_broken:
            self._broken()

    def _guard(self) -> None:
        """From now on, while batches come, look now and then whether one is kept from its end."""
        self._loop.call_later(GUARD_SECONDS, self._look, self._batches)

    def _look(self, seen: int) -> None:
        if self._queue:
            self._flush()
        self._guarded = False  # first, for a batch may begin at this moment
        if self._batches != seen:
            self._guarded = True
            self._guard()

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            self._loop.add_writer(self._process.stdin_fd, self._flush)

    def _unwatch(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_writer(self._process.stdin_fd)

    def close(self) -> None:
        """Forget what waits and end the input."""
        self._unwatch()
        with self._lock:  # no other thread may write to a descriptor that is being closed
            self._queue.clear()
            self._process.close_stdin()

    # -- under the lock ------------------------------------------------------------------------------------

    def _write_all(self) -> None:
        while self._queue:
            joined, written = self._joined(), 0
            try:
                written = os.write(self._process.stdin_fd, joined)
            finally:
                if written < len(joined):
                    self._queue.appendleft(joined[written:])

    def _joined(self) -> memoryview:
        """The first of the queue, small messages joined: a write for each would cost more than what it carries."""
        first = self._queue.popleft()
        if not self._queue or len(first) + len(self._queue[0]) > JOINED:
            return first
        joined = bytearray(first)
        while self._queue and len(joined) + len(self._queue[0]) <= JOINED:
            joined += self._queue.popleft()
        return memoryview(joined)
