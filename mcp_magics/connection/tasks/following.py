"""What following a server's task is in both revisions: its clock, its states, and how it is looked at and given up."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_magics.connection.tasks.task import SHORTEST, task_state
from mcp_magics.errors import ConnectionFailedError, MCPMagicsError, ProtocolError, RequestCancelledError, RequestError
from mcp_magics.wire.message import compact
from mcp_magics.wire.pending import Pending, Progress

if TYPE_CHECKING:
    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.exchange import Request
    from mcp_magics.connection.tasks.task import TaskState
    from mcp_magics.results.reply import Reply

FAILURES = 3
"""Looks at a task that may fail in a row, where only the network stood in the way."""
MOST_STATES = 100


class TaskLife(Pending):
    """What a call waits for while it is a task: its clock, its progress and its newest state."""

    __slots__ = ("task",)

    def __init__(self, task: TaskState, started: float) -> None:
        super().__init__(task.id, "tools/call")
        self.started = started
        self.task = task

    def learn(self, task: TaskState, count: int) -> None:
        """Take in a state; where the server reports no progress, its words stand for it."""
        self.task = task
        self.touched = time.perf_counter()
        words = f"{task.status}: {task.message}" if task.message else task.status
        if self.progress is None or self.progress.total is None:
            self.progress = Progress(count, None, words)


class Following:
    """One task from its creation to its end; belongs to the loop, but for ``life`` and ``note``."""

    def __init__(self, connection: Connection, request: Request, reply: Reply, first: TaskState) -> None:
        self.connection = connection
        self.request = request
        self.task_id = first.id
        self.states = [first]
        self.life = TaskLife(first, time.perf_counter() - reply.elapsed)
        self.life.learn(first, 1)
        self.news = asyncio.Event()
        self._created = reply
        self._failures = 0
        self._given_up = False

    # -- for whoever waits ---------------------------------------------------------------------------------

    def overdue(self) -> MCPMagicsError | None:
        """The error of a task that has given no sign of life for too long."""
        if self.life.done:
            return None
        return self.request.patience.exhausted(self.life, self.connection.spec.name)

    @property
    def note(self) -> str:
        """What to say of it beside the result."""
        seen = ", ".join(f"{each.status} at {each.at - self.states[0].at:.1f} s" for each in _changes(self.states))
        return f"ran as task {self.task_id[:80]}: {seen}"

    # -- on the loop -----------------------------------------------------------------------------------------

    async def run(self) -> Reply:
        """Follow it to its end; raises what it failed with."""
        of_tasks, hearing = self.connection.asked.of_tasks, self.request.hearing
        if hearing is not None:
            hearing.begin()
            of_tasks[self.task_id] = hearing
        followers, token = self.connection.dispatcher.followers, compact(self._request_id)
        followers[token] = self.life.sign_of_life
        self.connection.tasks[self.task_id] = self.news.set
        try:
            return await self._to_its_end()
        except BaseException as error:
            if not self.latest.is_final and not isinstance(error, RequestError):
                self.give_up()
            raise
        finally:
            self.connection.tasks.pop(self.task_id, None)
            followers.pop(token, None)
            of_tasks.pop(self.task_id, None)

    async def _to_its_end(self) -> Reply:
        raise NotImplementedError

    @property
    def _request_id(self) -> object:
        return (self._created.message or {}).get("id")

    @property
    def latest(self) -> TaskState:
        """The newest state."""
        return self.states[-1]

    async def _pause(self) -> None:
        """Let the server's interval pass, or less where it has said meanwhile that there is news."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.latest.interval):
                await asyncio.sleep(SHORTEST)  # whoever floods is not asked in a flood
                await self.news.wait()
        self.news.clear()

    async def _look(self) -> Reply | None:
        """Ask how it stands; None where only the network stood in the way, which may happen a few times."""
        look = asyncio.ensure_future(self._asked("tasks/get"))
        look.add_done_callback(_heard)
        try:
            reply = await asyncio.shield(look)  # whoever gives up cancels the task, and not the look at it
        except ConnectionFailedError as error:
            self._failures += 1
            if self._failures >= FAILURES or not error.failure.retryable or self.connection.state != "ready":
                raise
            return None
        self._failures = 0
        self._learn(reply)
        return reply

    def _learn(self, reply: Reply) -> None:
        state = task_state((reply.message or {}).get("result"))
        if state is None or state.id != self.task_id:
            raise ProtocolError(
                "tasks/get was answered with something that is no task",
                class_="no_task",
                phase="call",
                server=self.connection.spec.name,
                evidence=(f"the task was {self.task_id[:200]}",),
                next_step=f"%mcp trace {self.connection.spec.name}",
            )
        if state.says_more_than(self.latest):
            self.states.append(state)
            del self.states[1 : len(self.states) - MOST_STATES]
        else:
            self.states[-1] = replace(state, at=self.latest.at)
        self.life.learn(state, len(self.states))

    async def _asked(self, method: str, members: str = "") -> Reply:
        named = f'"taskId":{compact(self.task_id)}'
        return await self.connection.reply(
            method, f"{named},{members}" if members else named, name=self.task_id, meta=self.request.meta
        )

    def give_up(self) -> None:
        """Tell the server, once, that nobody waits for it; any thread may call this. Its answer is not waited for."""
        if self._given_up:
            return
        self._given_up = True
        if self._may_be_cancelled:
            with suppress(MCPMagicsError):
                self.connection.submit("tasks/cancel", f'"taskId":{compact(self.task_id)}', name=self.task_id)
        else:
            self.connection.log.add("client", f"task {self.task_id} goes on: its server offers no tasks/cancel")

    @property
    def _may_be_cancelled(self) -> bool:
        return True

    def _was_cancelled(self) -> RequestCancelledError:
        return RequestCancelledError(
            "the server cancelled the task" + (f": {self.latest.message}" if self.latest.message else ""),
            class_="task_cancelled",
            phase="call",
            server=self.connection.spec.name,
            evidence=(self.note,),
            next_step=f"%mcp log {self.connection.spec.name}",
        )

    def _ended(self, reply: Reply) -> Reply:
        """``reply`` with the time the whole call took."""
        return replace(reply, elapsed=time.perf_counter() - self.life.started)


def _heard(look: asyncio.Future[Reply]) -> None:
    """What a look that nobody waits for any more has failed with is of no interest."""
    if not look.cancelled():
        look.exception()


def _changes(states: list[TaskState]) -> list[TaskState]:
    """The first of each run of states with the same status."""
    return [each for at, each in enumerate(states) if at == 0 or each.status != states[at - 1].status]
