"""Who looks after a waiting cell: a progress bar that leaves the saved output, and questions to its person.

In a cell that awaits, and whose front end has answered, each question gets a live panel and the cell waits on, with a
button to end it (:mod:`mcp_magics.magics.cancelling`); anywhere else questions go by ``input()``, one after the other.
"""

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING

from mcp_magics.connection.questions.inbox import Answer
from mcp_magics.magics.cancelling import Buttons
from mcp_magics.magics.interruptible import read_unless
from mcp_magics.magics.questions import ask_person

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_magics.auth.login import Link
    from mcp_magics.connection.questions.inbox import Inbox, Question
    from mcp_magics.connection.waiting import Until
    from mcp_magics.magics.progress import ProgressBar
    from mcp_magics.widgets.frontend import FrontEnds
    from mcp_magics.widgets.question_board import QuestionBoard

current_bar: contextvars.ContextVar[ProgressBar | None] = contextvars.ContextVar("mcp_magics_bar", default=None)
"""The bar of the command being run in this context, where there is one."""


class CellAttendant:
    """Attends to every wait of one shell; questions are put on the shell's main thread only."""

    def __init__(self, inbox: Inbox, front_ends: FrontEnds) -> None:
        self._inbox = inbox
        self._front_ends = front_ends
        self._thread = threading.get_ident()
        self._boards: dict[str, QuestionBoard] = {}
        self._buttons = Buttons(inbox, front_ends)

    def look(self, until: Until) -> None:
        """Draw progress and put an open question to the person at the keyboard."""
        question = self._looked(until)
        if question is not None:
            self._put(question)

    async def alook(self, until: Until) -> None:
        """The same; without a live panel ``input()`` blocks the cell's loop: the question is its person's turn."""
        question = self._looked(until)
        while question is not None:
            if not await self._is_live(question):
                self._put(question)
                return
            self._put_live(question)
            question = self._inbox.take(until.server)
        if (bar := current_bar.get()) is not None and threading.get_ident() == self._thread:
            self._buttons.look(bar, until)

    def _looked(self, until: Until) -> Question | None:
        bar, pending = current_bar.get(), until.pending()
        if bar is not None and pending is not None and not pending.done:
            bar.draw(pending.progress, time.perf_counter() - pending.started, pending)
        if threading.get_ident() != self._thread:
            self._inbox.pass_by(until.server)
            return None
        question = self._inbox.take(until.server)
        if question is not None and bar is not None:
            bar.make_room()
        return question

    def _put(self, question: Question) -> None:
        """Ask with ``input()``; called off when the question is settled elsewhere, or no longer asked."""
        answer: Answer | None = None
        try:
            answer = self._asked(question)
        finally:
            self._inbox.answer(question, answer or Answer("cancel"))

    def _asked(self, question: Question) -> Answer | None:
        if question.kind == "login":  # watches its own end: the browser may come back by itself
            return ask_person(question)

        def when_closed(call_off: Callable[[], None]) -> None:
            self._inbox.when_closed(question, lambda _answer: call_off())

        answer = read_unless(lambda: ask_person(question), when_closed)
        if answer is None:
            print("\n  no longer asked: it was answered elsewhere, or taken back")  # noqa: T201  read in the cell
        return answer

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
        try:
            if question.kind == "login":
                self._put_login(question)
            else:
                self._board().put(question)
        except BaseException:
            self._inbox.answer(question, Answer("cancel"))
            raise

    def _put_login(self, question: Question) -> None:
        from mcp_magics.connection.login.login_job import login_with
        from mcp_magics.widgets.login import LiveLogin

        link: Link = question.params["link"]
        LiveLogin(question.server, link, lambda answer: self._inbox.answer(question, answer), login_with(link))

    def _board(self) -> QuestionBoard:
        """The board of the cell this runs in; those of earlier cells are kept while something on them is open."""
        from mcp_magics.widgets.question_board import QuestionBoard

        cell = self._front_ends.cell()
        for other in [name for name, board in self._boards.items() if board.is_done and name != cell]:
            del self._boards[other]
        if cell not in self._boards:
            self._boards[cell] = QuestionBoard(self._inbox)
        return self._boards[cell]
