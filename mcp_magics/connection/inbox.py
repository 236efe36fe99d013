"""Questions for a person, from whatever connection they come: asked on the background loop, answered by a waiting cell.

A registered Python handler comes first; then the :class:`Attendant` of a cell that waits for that server; where
nobody can answer, the question is declined and the note says so. Never does an answer claim that a person acted
when none did.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["approval", "elicitation", "sampling"]
Action = Literal["accept", "decline", "cancel"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a question; ``by`` says who decided: ``person``, ``handler`` or ``nobody``."""

    action: Action
    content: Mapping[str, Any] | None = None
    by: Literal["person", "handler", "nobody"] = "person"


NOBODY = Answer("decline", by="nobody")


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask a person; ``params`` are the server's own, as sent."""

    number: int
    kind: Kind
    server: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)


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
        self.notes: deque[tuple[str, str]] = deque(maxlen=200)

    def question(self, kind: Kind, server: str, message: str, params: Mapping[str, Any] | None = None) -> Question:
        """A new question with the next number."""
        return Question(next(self._numbers), kind, server, message, params or {})

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
        text = f"{question.kind} “{question.message[:120]}” declined: no one here can answer"
        self.notes.append((question.server, text))
        return NOBODY

    def take_notes(self, server: str) -> tuple[str, ...]:
        """The notes about ``server`` since they were last taken."""
        mine = tuple(note for name, note in self.notes if name == server)
        for note in mine:
            self.notes.remove((server, note))
        return mine


def _settle(answered: asyncio.Future[Answer], answer: Answer) -> None:
    if not answered.done():
        answered.set_result(answer)


inbox = Inbox()
