"""Where the questions of one cell are put: a line each that stays, and beside them a few live panels that do not.

However many are asked at once, at most :data:`MOST` panels are open; the rest wait their turn. The places of panels
are used again, so that a cell which is asked a thousand times has no more outputs than one that is asked five times.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mcp_magics.connection.questions.inbox import Answer
from mcp_magics.results.sanitise import clean, escaped
from mcp_magics.widgets.question import QuestionPanel
from mcp_magics.widgets.question_view import headline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.display_functions import DisplayHandle

    from mcp_magics.connection.questions.inbox import Inbox
    from mcp_magics.connection.questions.question import Question

MOST = 5
"""Panels open at once."""
_LINES = 20
"""Questions that keep a line of their own; of earlier ones their number stays."""
_GONE = {"text/plain": "", "text/html": ""}
_ACTIONS = {"accept": "accepted", "decline": "declined", "cancel": "cancelled"}


@dataclass(slots=True)
class _Line:
    """One question in what stays of it."""

    text: str
    outcome: str = ""


class QuestionBoard:
    """The panels and the lines of one cell's output. Used on the kernel's loop, in the cell's own context."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._loop = asyncio.get_running_loop()
        self._here = contextvars.copy_context()
        self._lines: dict[int, _Line] = {}
        self._earlier = 0
        self._record: DisplayHandle | None = None
        self._free: list[DisplayHandle] = []
        self._panels: dict[int, tuple[QuestionPanel, DisplayHandle]] = {}
        self._waiting: deque[Question] = deque()
        self._to_draw = False

    @property
    def is_done(self) -> bool:
        """Whether nothing on it can be answered any more."""
        return not self._panels and not self._waiting

    def put(self, question: Question) -> None:
        """Show ``question``, now or when a panel before it is done, until it is settled by whomever."""
        self._lines[question.number] = _Line(headline(question))
        self._waiting.append(question)
        self._draw_soon()
        self._inbox.when_closed(question, lambda answer: self._closed(question, answer))

    def _closed(self, question: Question, answer: Answer | None) -> None:
        """Called on whatever thread settles."""
        try:
            self._loop.call_soon_threadsafe(self._take_down, question, answer)
        except RuntimeError:  # the kernel's loop is closed: nobody looks at its panels any more
            return

    def _take_down(self, question: Question, answer: Answer | None) -> None:
        if question in self._waiting:
            self._waiting.remove(question)
        self._vanish(question.number)
        if (line := self._lines.get(question.number)) is not None:
            line.outcome = _outcome(answer)
        self._draw_soon()

    def _vanish(self, number: int) -> None:
        """Take a panel away, and leave its place for another."""
        panel, place = self._panels.pop(number, (None, None))
        if panel is not None and place is not None:
            panel.close()
            self._here.run(place.update, _GONE, raw=True)
            self._free.append(place)

    def _draw_soon(self) -> None:
        """Draw once for all that changes in this turn of the loop: a hundred questions may go at once."""
        if not self._to_draw:
            self._to_draw = True
            self._loop.call_soon(self._draw)

    def _draw(self) -> None:
        """Draw the lines, and open panels for those whose turn it is."""
        self._to_draw = False
        self._here.run(self._draw_here)

    def _draw_here(self) -> None:
        turns = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST - len(self._panels)))]
        self._forget()
        self._record = _drawn(self._record, self._bundle())
        for question in turns:
            try:
                self._open(question)
            except Exception as error:  # noqa: BLE001  nobody must wait for a panel that is not there
                note = f"its panel could not be drawn: {error}"
                self._inbox.answer(question, Answer("cancel", by="nobody", note=note))

    def _open(self, question: Question) -> None:
        panel = QuestionPanel(question, partial(self._inbox.answer, question))
        place = self._free.pop() if self._free else None
        self._panels[question.number] = (panel, _drawn(place, panel.output))

    def _forget(self) -> None:
        """Keep the lines few: the first ones that are settled go."""
        settled = [number for number, line in self._lines.items() if line.outcome]
        for number in settled[: max(0, len(settled) - _LINES)]:
            del self._lines[number]
            self._earlier += 1

    def _bundle(self) -> dict[str, str]:
        """What stays: which questions there were, and what became of each; no answer's content."""
        shown = [f"{line.text} → {line.outcome}" for line in self._lines.values() if line.outcome]
        open_ones = [line.text for line in self._lines.values() if not line.outcome]
        shown += [f"{text} → waiting for an answer" for text in open_ones[:MOST]]
        if len(open_ones) > MOST:
            shown.append(f"{len(open_ones) - MOST:,} more questions wait their turn")
        if self._earlier:
            shown.insert(0, f"{self._earlier:,} earlier questions are not listed")
        return {
            "text/plain": "\n".join(map(clean, shown)),
            "text/html": "<br>".join(f"<small>{escaped(each)}</small>" for each in shown),
        }


def _drawn(place: DisplayHandle | None, bundle: Mapping[str, object]) -> DisplayHandle:
    """``bundle`` in ``place``, or in a new one at the end of the output."""
    from IPython.display import display

    if place is not None:
        place.update(bundle, raw=True)
        return place
    made: DisplayHandle | None = display(bundle, raw=True, display_id=True)
    assert made is not None  # a display id was asked for
    return made


def _outcome(answer: Answer | None) -> str:
    """What became of a question, and when; a person is named only where one acted."""
    at = time.strftime("at %H:%M UTC", time.gmtime())
    if answer is None:
        return f"no longer asked, {at}"
    by = {"person": "", "handler": " by a handler", "script": " by a script", "nobody": ", nobody answered,"}[answer.by]
    return f"{_ACTIONS[answer.action]}{by} {at}"
