"""A call that goes on while nobody waits for it: looked at from anywhere, waited for, cancelled.

A job runs on the background loop, whatever the notebook does meanwhile. Interrupting ``job.wait()`` ends the waiting;
only ``job.cancel()`` ends the job, and tells the server so.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from mcp_magics.connection.jobs.ends import Ends
from mcp_magics.connection.jobs.told import cancelled, going_on, news_text, still_running
from mcp_magics.connection.loop import background
from mcp_magics.connection.questions.inbox import inbox
from mcp_magics.connection.questions.question import overhear
from mcp_magics.connection.waiting import Attendant, Until, run_awaiting, run_blocking
from mcp_magics.errors import Failure, MCPMagicsError, RequestCancelledError
from mcp_magics.results.job import Glance

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Mapping

    from mcp_magics.connection.jobs.listed import State
    from mcp_magics.connection.loop import Job as Running
    from mcp_magics.connection.questions.inbox import Hearing
    from mcp_magics.connection.questions.question import Question
    from mcp_magics.connection.tasks.task import TaskState
    from mcp_magics.errors import StillRunningError
    from mcp_magics.wire.pending import Pending, Progress

T = TypeVar("T")
Attends = Callable[[], "Attendant | None"]

REDRAW = 0.2
"""Seconds between two tellings of progress."""


class Job(Generic[T]):
    """One call left to run; its attributes may be read from any thread, and any number may wait for it.

    ``result`` is what it gave and ``error`` why it failed, each None until then; ``began`` and ``finished`` are seconds
    since the epoch. ``job.wait()`` blocks, ``await job`` does not; both give the result or raise the error.
    """

    def __init__(self, server: str, what: str, attends: Attends = lambda: None) -> None:
        self.number = 0
        self.server = server
        self.what = what
        self.began = time.time()
        self.finished: float | None = None
        self.result: T | None = None
        self.error: BaseException | None = None
        self._attends = attends
        self._started = time.perf_counter()
        self._took: float | None = None
        self._running: Running[T] | None = None
        self._pending: Pending | None = None
        self._hearings: list[Hearing] = []
        self._lock = threading.Lock()
        self._ends = Ends()
        self._watchers: list[Callable[[], None]] = []
        self._told: tuple[object, ...] = ()
        self._told_at = 0.0

    # -- running ---------------------------------------------------------------------------------------------

    def start(self, steps: Coroutine[Until, None, T]) -> None:
        """Begin: run a steps coroutine on the background loop, in a copy of this context."""
        self._running = background.start(self._run(steps))
        self._running.on_done(self._over)

    async def _run(self, steps: Coroutine[Until, None, T]) -> T:
        self._hearings = overhear()
        return await run_awaiting(steps, _Watch(self._look))

    def _look(self, until: Until) -> None:
        """Called on the loop at every tick of a wait: keep what is known, tell what is new, not too often."""
        self._pending = until.pending() or self._pending
        seen = (self.state, self.progress, self.task)
        now = time.perf_counter()
        if seen != self._told and now - self._told_at >= REDRAW:
            self._told, self._told_at = seen, now
            self._tell()

    def _over(self) -> None:
        """Called on the loop when it has ended."""
        running = self._running
        if running is None or self.done:
            return
        error = running.error
        if isinstance(error, asyncio.CancelledError):
            error = cancelled(self)
        elif error is None:
            self.result = running.result()
        with self._lock:
            self.error, self._took, self.finished = error, time.perf_counter() - self._started, time.time()
        try:
            self._tell()
        finally:
            self._release()

    def _release(self) -> None:
        """Let those go on who wait: what they see next comes after what was shown of the end."""
        with self._lock:
            self._watchers.clear()
        self._ends.release()

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher()

    def on_change(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` on the loop's thread when anything shown here changes, and once at the end."""
        with self._lock:
            over = self.done
            if not over:
                self._watchers.append(watcher)
        if over:
            watcher()

    # -- from anywhere ---------------------------------------------------------------------------------------

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.finished is not None

    @property
    def state(self) -> State:
        """One word for where it stands; ``waiting`` is for a person to answer its server's question."""
        if not self.done:
            return "waiting" if self._questions else "running"
        if self.error is None:
            return "succeeded"
        return "cancelled" if isinstance(self.error, RequestCancelledError) else "failed"

    @property
    def verdict(self) -> str:
        """The state as it is listed: of a call that gave an error result, ``succeeded (isError)``."""
        return self.glance.verdict

    @property
    def _questions(self) -> list[Question]:
        """The open questions that this job caused, as far as its server says what caused them; the oldest first."""
        mine = [each for each in inbox.standing() if each.server == self.server]
        return [each for each in mine if each.asker is None or each.asker in self._hearings]

    @property
    def elapsed(self) -> float:
        """Seconds it took, or has taken so far."""
        return time.perf_counter() - self._started if self._took is None else self._took

    @property
    def progress(self) -> Progress | None:
        """The newest progress its server has reported."""
        return self._pending.progress if self._pending is not None else None

    @property
    def task(self) -> TaskState | None:
        """The server's task that runs it, where it is one (basic/utilities/tasks)."""
        return getattr(self._pending, "task", None)

    @property
    def line(self) -> str:
        """One line for where it stands."""
        return self.glance.line

    @property
    def glance(self) -> Glance:
        """How it stands now, to be shown."""
        failure = self.error.failure if isinstance(self.error, MCPMagicsError) else None
        if failure is None and self.error is not None:
            failure = Failure("error", f"{type(self.error).__name__}: {self.error}", "call", self.server)
        task = self.task
        return Glance(
            self.number,
            self.server,
            self.what,
            self.state,
            self.began,
            self.finished or time.time(),
            self.elapsed,
            "" if self.done else news_text(self.progress, task),
            "" if task is None else task.id,
            failure,
            self.result,
            None if self.done or not (asked := self._questions) else asked[0].number,
        )

    def cancel(self) -> None:
        """End it, and tell the server; nothing happens where it has ended already."""
        if not self.done:
            background.start(self._cancel())

    async def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()  # from a task: it comes after the first step of the job, which has to be told of it

    def wait(self, timeout: float | None = None) -> T:
        """Block until it has ended; its result, or its error raised.

        Raises ``StillRunningError`` (a ``TimeoutError``) after ``timeout`` seconds; the job goes on. Questions of its
        server are asked here meanwhile.
        """
        stopped: KeyboardInterrupt
        try:
            return run_blocking(self._end_of(timeout), self._attendant())
        except KeyboardInterrupt as error:
            stopped = going_on(error, self)
        raise stopped

    def __await__(self) -> Generator[Any, None, T]:
        """The same, without blocking; whoever is cancelled here stops waiting, and the job goes on."""
        return self._awaited().__await__()

    async def _awaited(self) -> T:
        try:
            return await run_awaiting(self._end_of(None), self._attendant())
        except asyncio.CancelledError as error:
            going_on(error, self)
            raise
        except KeyboardInterrupt as error:
            going_on(error, self)
            raise

    def _attendant(self) -> Attendant | None:
        """Who looks after a wait for this job; what its server has asked already is put to them too."""
        attendant = self._attends()
        if attendant is not None:
            inbox.offer(self.server)
        return attendant

    async def _end_of(self, seconds: float | None) -> T:
        deadline = None if seconds is None else time.monotonic() + seconds
        await Until(self._ends.another(), self.server, lambda: self._late(deadline, seconds), lambda: self._pending)
        if self.error is not None:
            raise self.error.with_traceback(None)
        return cast("T", self.result)

    def _late(self, deadline: float | None, timeout: float | None) -> StillRunningError | None:
        if deadline is None or timeout is None or time.monotonic() < deadline:
            return None
        return still_running(self, timeout)

    # -- shown -----------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Where it stands, with its result or its failure, for ``--json``."""
        document = self.glance.to_json()
        if self.done and self.error is None:
            result: Any = self.result
            document["result"] = result.to_json() if hasattr(result, "to_json") else result
        if isinstance(self.error, MCPMagicsError):
            document["failure"] = self.error.failure.to_json()
        return document

    def __repr__(self) -> str:
        return f"<Job {self.number} {self.glance.plain}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:  # noqa: ARG002
        return self.glance.bundle()


class _Watch:
    """Attends to a job's own waits: it only looks, for a question waits until somebody is asked elsewhere."""

    def __init__(self, look: Callable[[Until], None]) -> None:
        self._look = look

    def look(self, until: Until) -> None:
        """Keep what is known of the wait."""
        self._look(until)

    async def alook(self, until: Until) -> None:
        """The same, on a loop."""
        self._look(until)
