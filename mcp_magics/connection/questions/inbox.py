"""Questions for a person, from whatever connection they come: asked on the background loop, answered from any thread.

What a call brought along to answer (its ``--answer``) and registered handlers come first
(:mod:`mcp_magics.connection.questions.asked`). Then the :class:`~mcp_magics.connection.waiting.Attendant` of a
cell that waits for that server takes the question. Where no cell waits and somebody may be at the keyboard it stands
until it is answered; else it is declined, and a note says so. Never does an answer claim that a person acted when
none did.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.questions.handlers import Handlers
from mcp_magics.connection.questions.question import (
    NOBODY,
    Action,
    Answer,
    Hearing,
    Kind,
    Question,
    current_hearing,
    heard,
)
from mcp_magics.errors import ProtocolError, RequestCancelledError, RequestError, RequestTimeoutError
from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mcp_magics.connection.questions.script import Script

__all__ = ["NOBODY", "Action", "Answer", "Hearing", "Inbox", "Kind", "Question", "inbox"]

GRACE = 1.0
"""Seconds a question stands open for a waiting cell to take it; a cell that waits looks every twentieth of one."""
MOST_STANDING = 100
"""Open questions of one server; what it asks beyond them is declined."""


@dataclass(slots=True, eq=False)
class _Open:
    """A question that waits. ``parked``: no cell waits for it. ``passed_by``: whoever waits cannot ask a person."""

    question: Question
    answered: asyncio.Future[Answer]
    loop: asyncio.AbstractEventLoop
    askers: frozenset[Hearing]
    settled: bool = False
    taken: bool = False
    parked: bool = False
    passed_by: bool = False
    withdrawn: Callable[[Answer | None], None] | None = None

    @property
    def is_free(self) -> bool:
        """Whether this thread may put it to a person."""
        is_mine = any(each.thread == threading.get_ident() for each in self.askers)
        return not self.taken and not self.settled and (is_mine or not self.parked)


class Inbox:
    """The open questions of all connections, and who is there to answer them.

    ``attended``: somebody may be at the keyboard, so that a question nobody waits for is worth keeping.
    """

    def __init__(self) -> None:
        self.attended = False
        self.handlers = Handlers()
        self._numbers = itertools.count(1)
        self._open: dict[int, _Open] = {}
        self._hearings: dict[Hearing, None] = {}
        self._looked: dict[str, float] = {}
        self._watchers: list[Callable[[], None]] = []
        self._lock = threading.RLock()

    # -- asking, on the loop ---------------------------------------------------------------------------------

    def question(
        self,
        kind: Kind,
        server: str,
        message: str,
        params: Mapping[str, Any] | None = None,
        asker: Hearing | None = None,
    ) -> Question:
        """A new question; it belongs to ``asker``, else to the request the running task is for.

        It gets a number when it is put to a person (:meth:`ask`): numbers count what may stand open.
        """
        return Question(0, kind, server, message, params or {}, asker or current_hearing())

    @contextmanager
    def hearing(self, server: str, script: Script | None = None) -> Iterator[Hearing]:
        """While inside, a request to ``server`` hears what becomes of the questions it causes.

        ``script`` answers them. Once the request is given up, so are the questions that can only be its own. An error
        of the request tells what was noted of them.
        """
        mine = Hearing(server, script)
        with self._lock:
            self._hearings[mine] = None
        try:
            yield mine
            if mine.failed is not None:  # the server went on without an answer
                raise mine.failed
        except (RequestCancelledError, RequestTimeoutError, KeyboardInterrupt, asyncio.CancelledError, GeneratorExit):
            self._given_up(mine)
            raise
        except (RequestError, ProtocolError) as error:
            if mine.failed is not None:
                raise mine.failed from None
            error.failure = heard(error.failure, mine)
            raise
        finally:
            with self._lock:
                self._hearings.pop(mine, None)
            if script is not None:
                for text in script.left_over:
                    mine.note(text)

    async def ask(self, question: Question) -> Answer:
        """Put ``question`` to a person: the cell that waits for its server, else whoever looks at what stands.

        Declined, with a note, where there is nobody. Cancelled with the task that asks.
        """
        loop = asyncio.get_running_loop()
        question = replace(question, number=next(self._numbers))
        entry = _Open(question, loop.create_future(), loop, frozenset(self.askers(question)))
        with self._lock:
            if sum(each.question.server == question.server for each in self._open.values()) >= MOST_STANDING:
                return self._nobody(question, f"{MOST_STANDING} others of {question.server} are open already")
            self._open[question.number] = entry
        loop.call_later(GRACE, self._review, entry)
        self._tell()
        try:
            return await entry.answered
        finally:
            self._close(entry)

    def askers(self, question: Question) -> tuple[Hearing, ...]:
        """The request ``question`` belongs to; where that is not known, each one to its server that is under way."""
        return (question.asker,) if question.asker is not None else self.under_way(question.server)

    def under_way(self, server: str) -> tuple[Hearing, ...]:
        """Every request to ``server`` that is under way."""
        with self._lock:
            return tuple(hearing for hearing in self._hearings if hearing.server == server)

    def note(self, question: Question, text: str) -> None:
        """Tell whoever made the call that ``question`` may belong to."""
        for hearing in self.askers(question):
            hearing.note(text)

    def _review(self, entry: _Open) -> None:
        """Nobody has taken it at once: it waits for its turn, or stands, or is declined."""
        if entry.settled or entry.taken or entry.parked:
            return
        with self._lock:
            busy = any(each.taken and not each.settled for each in self._open.values())
            looked = self._looked.get(entry.question.server, -GRACE)
        is_waited_for = busy or time.monotonic() - looked < GRACE
        if is_waited_for and not entry.passed_by:  # whoever answers one question cannot take the next meanwhile
            entry.loop.call_later(GRACE, self._review, entry)
        elif self.attended and not entry.passed_by:
            entry.parked = True
            self._tell()
        else:
            self._settle(entry, self._nobody(entry.question, "no one here can answer"))

    # -- answering, from any thread --------------------------------------------------------------------------

    def standing(self) -> tuple[Question, ...]:
        """The open questions, oldest first."""
        with self._lock:
            return tuple(entry.question for entry in self._open.values() if not entry.settled)

    def take(self, server: str) -> Question | None:
        """The next open question of ``server`` that a waiting cell should put; whoever takes it answers it.

        One that stands is taken too where it may be of a request of this thread: a kernel that was busy for longer
        than :data:`GRACE` has not looked in time.
        """
        if not self._open:
            return None
        with self._lock:
            self._looked[server] = time.monotonic()
            for entry in self._open.values():
                if entry.question.server == server and entry.is_free:
                    entry.taken, entry.parked = True, False
                    return entry.question
        return None

    def offer(self, server: str) -> None:
        """A cell waits now for what ``server`` asked before: what stands may be taken again."""
        with self._lock:
            for entry in self._open.values():
                if entry.question.server == server and entry.parked:
                    entry.parked = False
                    entry.loop.call_soon_threadsafe(entry.loop.call_later, GRACE, self._review, entry)

    def pass_by(self, server: str) -> None:
        """A thread waits for ``server`` on which no person can be asked: its questions must not stand for ever."""
        if not self._open:
            return
        with self._lock:
            for entry in self._open.values():
                if entry.question.server == server:
                    entry.passed_by = True

    def answer(self, question: Question, answer: Answer) -> None:
        """Settle a ``question`` that was taken; one that is settled already stays as it is."""
        if answer.by == "nobody" and not answer.note:
            answer = self._nobody(question, "no one here can answer")
        self.settle(question.number, answer)

    def settle(self, number: int, answer: Answer) -> bool:
        """Answer the question of that number; whether it was still open, so that this answer counts."""
        with self._lock:
            entry = self._open.get(number)
        return entry is not None and self._settle(entry, answer)

    def when_closed(self, question: Question, withdrawn: Callable[[Answer | None], None]) -> None:
        """Call ``withdrawn``, on any thread, with the answer of ``question``, with None when it is no longer asked.

        At once, with None, if it is closed already.
        """
        with self._lock:
            entry = self._open.get(question.number)
            if entry is not None and not entry.settled:
                entry.withdrawn = withdrawn
                return
        withdrawn(None)

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback``, on any thread, whenever the open questions change; returns what ends that."""
        with self._lock:
            self._watchers.append(callback)

        def end() -> None:
            with self._lock, suppress(ValueError):
                self._watchers.remove(callback)

        return end

    # -- ends ------------------------------------------------------------------------------------------------

    def _given_up(self, hearing: Hearing) -> None:
        """``hearing``'s request was given up: a question that no other request can have asked is cancelled."""
        if not self._open:
            return
        with self._lock:
            its_own = [entry for entry in self._open.values() if hearing in entry.askers]
            for entry in its_own:
                entry.askers -= {hearing}
        for entry in its_own:
            if not entry.askers:
                self._settle(entry, Answer("cancel", by="nobody"))

    def _settle(self, entry: _Open, answer: Answer) -> bool:
        with self._lock:
            if entry.settled:
                return False
            entry.settled = True
            withdrawn, entry.withdrawn = entry.withdrawn, None
        with suppress(RuntimeError):  # its loop is gone, and so is whoever asked
            entry.loop.call_soon_threadsafe(_resolve, entry.answered, answer)
        if withdrawn is not None:
            withdrawn(answer)
        self._tell()
        return True

    def _close(self, entry: _Open) -> None:
        with self._lock:
            self._open.pop(entry.question.number, None)
            was_open, entry.settled = not entry.settled, True
            withdrawn, entry.withdrawn = entry.withdrawn, None
        if withdrawn is not None:
            withdrawn(None)
        if was_open:
            self._tell()

    def _nobody(self, question: Question, why: str) -> Answer:
        """Declined, with a note for the request the question belongs to."""
        text = f"{question.kind} “{clean(question.message[:120])}” declined: {why}"
        self.note(question, text)
        for hearing in self.askers(question):
            hearing.unanswered = question.kind
        return replace(NOBODY, note=text)

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()


def _resolve(answered: asyncio.Future[Answer], answer: Answer) -> None:
    if not answered.done():
        answered.set_result(answer)


inbox = Inbox()
