"""The background loop: one daemon thread on which every session lives, and jobs started on it from anywhere.

Sessions on the kernel's own loop stop answering while a cell computes (a callback waited 9.5 s of a busy cell);
on a thread of their own they answered in 0.02 s. See ``docs/kernel.md`` for the measurement.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mcp_magics.wire.pending import Settling

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


class Job(Settling, Generic[T]):
    """A coroutine running on the background loop; settle, then :meth:`result`."""

    __slots__ = ("_loop", "_task", "_value")

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> None:
        super().__init__()
        self._loop = loop
        self._task: asyncio.Task[T] | None = None
        context = contextvars.copy_context()
        loop.call_soon_threadsafe(lambda: self._begin(work, context), context=context)

    def _begin(self, work: Coroutine[Any, Any, T], context: contextvars.Context) -> None:
        if self.done:
            work.close()
            return
        self._task = self._loop.create_task(work, context=context)
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self.error = asyncio.CancelledError()
        else:
            self.error = task.exception()
            if self.error is None:
                self._value = task.result()
        self._settle()

    def cancel(self) -> None:
        """Ask the coroutine to stop; it settles when it has."""
        self._loop.call_soon_threadsafe(lambda: self._task.cancel() if self._task is not None else None)

    def result(self) -> T:
        """What the coroutine returned; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self._value


class Background:
    """The thread and its loop, started at first use and again in a forked child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop; starts the thread when needed."""
        if self._loop is None or self._pid != os.getpid():
            with self._lock:
                if self._loop is None or self._pid != os.getpid():
                    self._start()
        assert self._loop is not None  # set by _start
        return self._loop

    def _start(self) -> None:
        ready = threading.Event()
        loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=_serve, args=(loop, ready), name="mcp_magics", daemon=True)
        self._thread.start()
        ready.wait()
        self._loop = loop
        self._pid = os.getpid()  # last: in a forked child, whoever does not wait for the lock must not get the parent's

    @property
    def running(self) -> bool:
        """Whether the thread has been started in this process."""
        return self._loop is not None and self._pid == os.getpid()

    def on_loop(self) -> bool:
        """Whether the caller is on the background thread."""
        return self._thread is not None and threading.get_ident() == self._thread.ident

    def start(self, work: Coroutine[Any, Any, T]) -> Job[T]:
        """Run ``work`` on the loop, in a copy of the caller's context (so its output finds the caller's cell)."""
        return Job(self.loop, work)

    def stop(self, seconds: float = 2.0) -> None:
        """Stop the loop and join its thread, for at most ``seconds``."""
        if not self.running or self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(seconds)
        self._loop = None


def _serve(loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    loop.call_soon(ready.set)
    try:
        loop.run_forever()
    finally:
        leftovers = asyncio.all_tasks(loop)
        for task in leftovers:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*leftovers, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


background = Background()
