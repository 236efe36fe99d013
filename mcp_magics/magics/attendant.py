"""Who looks after a waiting cell: a progress bar that leaves the saved output, and questions by ``input()``."""

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING

from mcp_magics.connection.inbox import Answer
from mcp_magics.magics.questions import ask_person

if TYPE_CHECKING:
    from mcp_magics.connection.inbox import Inbox, Question
    from mcp_magics.connection.waiting import Until
    from mcp_magics.magics.progress import ProgressBar

current_bar: contextvars.ContextVar[ProgressBar | None] = contextvars.ContextVar("mcp_magics_bar", default=None)
"""The bar of the command being run in this context, where there is one."""


class CellAttendant:
    """Attends to every wait of one shell; questions are put on the shell's main thread only."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._thread = threading.get_ident()

    def look(self, until: Until) -> None:
        """Draw progress and put an open question to the person at the keyboard."""
        self._draw(until)
        if threading.get_ident() == self._thread:
            question = self._inbox.take(until.server)
            if question is not None:
                self._put(question)

    async def alook(self, until: Until) -> None:
        """The same; ``input()`` blocks the cell's loop, which is what a question to its person means."""
        self.look(until)

    @staticmethod
    def _draw(until: Until) -> None:
        bar, pending = current_bar.get(), until.pending()
        if bar is not None and pending is not None and not pending.done:
            bar.draw(pending.progress, time.perf_counter() - pending.started)

    def _put(self, question: Question) -> None:
        answer: Answer | None = None
        try:
            answer = ask_person(question)
        finally:
            self._inbox.answer(question, answer or Answer("cancel"))
