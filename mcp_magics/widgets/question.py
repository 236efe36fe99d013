"""The live panel of one question: an elicitation's form or address, a completion to write, an approval.

Its state is the name of its place: what the server asked is sent to a page that draws it. What a person enters comes as
one message, is read against the schema, becomes the answer, and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.questions.inbox import Answer
from mcp_magics.results.sanitise import clean
from mcp_magics.schema.form_content import Reading, content_of
from mcp_magics.schema.problems import Problem
from mcp_magics.widgets.placed import STYLE, Panel, PlacedWidget, View, script
from mcp_magics.widgets.question_view import panel_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_magics.connection.questions.question import Question

_SHOWN = 60
"""Problems that are told at a time."""


class QuestionWidget(PlacedWidget):
    """What the page draws."""

    _esm = script("fields.js", "question.js")
    _css = STYLE + Path(__file__).with_name("question.css").read_text("utf-8")


class QuestionPanel(Panel):
    """One panel from its making until :meth:`close`; ``answer`` is called once."""

    kind = QuestionWidget

    def __init__(self, question: Question, answer: Callable[[Answer], None]) -> None:
        asked = panel_of(question)
        self._question = question
        self._view = asked.view
        self._form = asked.form
        self._answer = answer
        self._asked = True
        super().__init__("the cell")

    def view(self) -> View:
        """What the server asked."""
        return self._view

    def acted(self, content: View) -> None:
        """Read what was entered, and answer."""
        if not self._asked:
            return
        match content:
            case {"do": "answer", "action": "accept", "entries": dict(entries)}:
                self._accepted(entries, anyway=content.get("anyway") is True)
            case {"do": "answer", "action": "decline" | "cancel" as action}:
                self._end(Answer(action))

    def _accepted(self, entries: Mapping[str, Any], *, anyway: bool) -> None:
        reading = self._read(entries)
        if reading.blocked or (reading.problems and not anyway):
            self.tell(_told(reading))
        else:
            self._end(Answer("accept", reading.content))

    def _read(self, entries: Mapping[str, Any]) -> Reading:
        if self._question.kind == "sampling":
            text = entries.get("text")
            if isinstance(text, str) and text.strip() != "":
                return Reading({"text": text})
            return Reading({"text": ""}, (Problem(("text",), "nothing was written"),))
        if self._form is None:
            return Reading(None)
        whole = self._form.whole is not None
        reading = content_of(self._form, entries.get("") if whole else entries)
        if not isinstance(reading.content, Mapping):
            problem = Problem((), "the content of a form is a JSON object", blocks=True)
            return Reading({}, (*reading.problems, problem), reading.note)
        return reading

    def _end(self, answer: Answer) -> None:
        self._asked = False
        self._answer(answer)


def _told(reading: Reading) -> dict[str, Any]:
    problems = reading.problems[:_SHOWN]
    told = [{"path": list(each.path), "message": clean(each.message)} for each in problems]
    return {"problems": told, "blocked": reading.blocked, "note": clean(reading.note), "line": ""}
