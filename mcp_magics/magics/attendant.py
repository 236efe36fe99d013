"""Who looks after a waiting cell: a progress bar that leaves the saved output, and questions to its person.

Questions go by ``input()``; in a cell that awaits, and whose front end has answered, a login gets a live panel.
"""

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING

from mcp_magics.connection.inbox import Answer
from mcp_magics.magics.questions import ask_person

if TYPE_CHECKING:
    from mcp_magics.auth.login import Link
    from mcp_magics.connection.inbox import Inbox, Question
    from mcp_magics.connection.waiting import Until
    from mcp_magics.magics.progress import ProgressBar
    from mcp_magics.widgets.frontend import FrontEnds

current_bar: contextvars.ContextVar[ProgressBar | None] = contextvars.ContextVar("mcp_magics_bar", default=None)
"""The bar of the command being run in this context, where there is one."""


class CellAttendant:
    """Attends to every wait of one shell; questions are put on the shell's main thread only."""

    def __init__(self, inbox: Inbox, front_ends: FrontEnds) -> None:
        self._inbox = inbox
        self._front_ends = front_ends
        self._thread = threading.get_ident()

    def look(self, until: Until) -> None:
        """Draw progress and put an open question to the person at the keyboard."""
        question = self._looked(until)
        if question is not None:
            self._put(question)

    async def alook(self, until: Until) -> None:
        """The same; ``input()`` blocks the cell's loop, which is what a question to its person means."""
        question = self._looked(until)
        if question is None:
            return
        if question.kind == "login" and await self._is_live(question):
            self._put_live(question)
        else:
            self._put(question)

    def _looked(self, until: Until) -> Question | None:
        bar, pending = current_bar.get(), until.pending()
        if bar is not None and pending is not None and not pending.done:
            bar.draw(pending.progress, time.perf_counter() - pending.started)
        if threading.get_ident() == self._thread:
            return self._inbox.take(until.server)
        self._inbox.pass_by(until.server)
        return None

    def _put(self, question: Question) -> None:
        answer: Answer | None = None
        try:
            answer = ask_person(question)
        finally:
            self._inbox.answer(question, answer or Answer("cancel"))

    async def _is_live(self, question: Question) -> bool:
        """Whether a front end is there to show a widget."""
        try:
            page = self._front_ends.page()
            return page is not None and await page.front_end() is not None
        except BaseException:
            self._inbox.answer(question, Answer("cancel"))
            raise

    def _put_live(self, question: Question) -> None:
        """Show a panel and go on waiting: it answers by itself."""
        from mcp_magics.widgets.login import LiveLogin

        link: Link = question.params["link"]
        LiveLogin(question.server, link.arrival, lambda answer: self._inbox.answer(question, answer))
