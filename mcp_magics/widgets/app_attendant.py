"""Who looks after one request of a live app: what it makes somebody ask is put to the panel, never to ``input()``.

A page's message has no cell whose front end would show an ``input()``: the kernel would wait for it for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_magics.connection.questions.inbox import Inbox, Question
    from mcp_magics.connection.waiting import Until


class AppAttendant:
    """Tells the panel which questions came while its request was under way, and when they are settled."""

    def __init__(self, inbox: Inbox, put: Callable[[Question], None], settled: Callable[[Question], None]) -> None:
        self._inbox = inbox
        self._put = put
        self._settled = settled
        self._before = {question.number for question in inbox.standing()}
        self._shown: dict[int, Question] = {}

    def look(self, until: Until) -> None:
        """Nothing: a request of an app never blocks."""

    async def alook(self, until: Until) -> None:
        """Show what is new, take away what is settled."""
        standing = {each.number: each for each in self._inbox.standing() if each.server == until.server}
        for number, question in standing.items():
            if number not in self._before and number not in self._shown:
                self._shown[number] = question
                self._put(question)
        self._take_away([number for number in self._shown if number not in standing])

    def leave(self) -> None:
        """The request is over: nothing of it is asked any more."""
        self._take_away(list(self._shown))

    def _take_away(self, numbers: list[int]) -> None:
        for number in numbers:
            self._settled(self._shown.pop(number))
