"""Questions for a person, from whatever connection they come: asked on the background loop, answered by a waiting cell.

A registered Python handler comes first; then the :class:`Attendant` of a cell that waits for that server; where
nobody can answer, the question is declined and the note says so. Never does an answer claim that a person acted
when none did.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import deque
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal["approval", "elicitation", "sampling", "login"]
Action = Literal["accept", "decline", "cancel"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a question; ``by`` says who decided: ``person``, ``handler`` or ``nobody``."""

    action: Action
    content: Mapping[str, Any] | None = None
    by: Literal["person", "handler", "nobody"] = "person"


NOBODY = Answer("decline", by="nobody")


class Hearing:
    """What one request is told about the questions that came while it was under way."""

    __slots__ = ("notes", "server")

    def __init__(self, server: str) -> None:
        self.server = server
        self.notes: tuple[str, ...] = ()

    def begin(self) -> None:
        """From here on, questions of the running task (and of those it starts) belong to this request alone."""
        _HEARING.set(self)


_HEARING: ContextVar[Hearing | None] = ContextVar("hearing", default=None)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask a person; ``params`` are the server's own, as sent.

    ``asker`` is the request it belongs to, where that is known: what a server pushes on its own account says no
    request it is for.
    """

    number: int
    kind: Kind
    server: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    asker: Hearing | None = None


@dataclass(slots=True)
class _Open:
    question: Question
    answered: asyncio.Future[Answer]
    loop: asyncio.AbstractEventLoop
    taken: bool = False


GRACE = 1.0
"""Seconds a question stands open for a waiting cell to take it; a cell that waits looks every twentieth of one."""


class Inbox:
    """The open questions of all connections, and who is there to answer them."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._open: deque[_Open] = deque()
        self._hearings: set[Hearing] = set()
        self._lock = threading.Lock()

    def question(
        self,
        kind: Kind,
        server: str,
        message: str,
        params: Mapping[str, Any] | None = None,
        asker: Hearing | None = None,
    ) -> Question:
        """A new question with the next number; it belongs to ``asker``, else to the request the running task is for."""
        return Question(next(self._numbers), kind, server, message, params or {}, asker or _HEARING.get())

    @contextmanager
    def hearing(self, server: str) -> Iterator[Hearing]:
        """While inside, a request to ``server`` hears what becomes of the questions it causes."""
        mine = Hearing(server)
        with self._lock:
            self._hearings.add(mine)
        try:
            yield mine
        finally:
            with self._lock:
                self._hearings.discard(mine)

    async def ask(self, question: Question) -> Answer:
        """Put ``question`` to the cell that waits for its server; declined when none takes it."""
        loop = asyncio.get_running_loop()
        entry = _Open(question, loop.create_future(), loop)
        self._open.append(entry)
        loop.call_later(GRACE, self._give_up, entry)
        try:
            return await entry.answered
        finally:
            if entry in self._open:
                self._open.remove(entry)

    def _give_up(self, entry: _Open) -> None:
        if not entry.taken and not entry.answered.done():
            entry.answered.set_result(self._nobody(entry.question))

    def take(self, server: str) -> Question | None:
        """The next open question of ``server``; whoever takes it must :meth:`answer` it."""
        for entry in list(self._open):
            if entry.question.server == server and not entry.taken:
                entry.taken = True
                return entry.question
        return None

    def answer(self, question: Question, answer: Answer) -> None:
        """Settle ``question``; called on the waiting cell's thread."""
        if answer.by == "nobody":
            self._nobody(question)
        for entry in list(self._open):
            if entry.question is question:
                self._open.remove(entry)
                entry.loop.call_soon_threadsafe(_settle, entry.answered, answer)

    def _nobody(self, question: Question) -> Answer:
        """A note for the request the question belongs to; where that is not known, for each that is under way."""
        text = f"{question.kind} “{question.message[:120]}” declined: no one here can answer"
        with self._lock:
            under_way = [hearing for hearing in self._hearings if hearing.server == question.server]
            for hearing in [question.asker] if question.asker else under_way:
                hearing.notes += (text,)
        return NOBODY


def _settle(answered: asyncio.Future[Answer], answer: Answer) -> None:
    if not answered.done():
        answered.set_result(answer)


inbox = Inbox()
