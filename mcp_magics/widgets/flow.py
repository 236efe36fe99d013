"""The live panel of a flow: its sequence as it grows, any step whole, the next one's fields to change, and Run.

Nothing of the flow is the widget's state: what there is to see is sent to pages that draw it, secrets as placeholders.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.line_word import line_word
from mcp_magics.connection.questions.inbox import Answer, inbox
from mcp_magics.connection.waiting import run_awaiting
from mcp_magics.errors import MCPMagicsError
from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import one_line
from mcp_magics.widgets.flow_view import flow_view, step_detail
from mcp_magics.widgets.login_view import link_view
from mcp_magics.widgets.newest import Newest
from mcp_magics.widgets.placed import Panel, PlacedWidget, View, script

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.login.oauth_flow import OAuthFlow
    from mcp_magics.connection.questions.inbox import Question
    from mcp_magics.connection.waiting import Until

MOST_LIVE = 4
"""Flows with a panel at a time; the oldest gives way."""
MOST_FIELDS = 200
_LONGEST = 400


class FlowWidget(PlacedWidget):
    """What a page draws."""

    _esm = script("login_view.js", "flow.js")


class FlowPanel(Panel):
    """One flow's panel; it attends to the steps it makes, so that the address of a browser's hop is asked for in it."""

    kind = FlowWidget

    def __init__(self, flow: OAuthFlow) -> None:
        self._flow = flow
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._question: Question | None = None
        self._turn = 0
        super().__init__(f"%mcp oauth {line_word(flow.server)} -o flow")
        flow.on_change(self._changed)
        _live.enter(self)

    def view(self) -> View:
        """The flow as it stands; ``turn`` changes with the next request, ``link`` is there while a browser is away."""
        link = self._question.params.get("link") if self._question is not None else None
        return {**flow_view(self._flow), **link_view(link), "turn": self._turn, "busy": self._task is not None}

    def acted(self, content: View) -> None:
        """Do what a button says; two steps at a time are none."""
        match content:
            case {"do": "choose", "number": int(number)}:
                self._choose(number)
            case {"do": "paste", "text": str(text)} if self._question is not None:
                self.tell({"problem": one_line(self._question.params["link"].arrival.paste(text) or "", _LONGEST)})
            case {"do": "cancel"} if self._question is not None:
                inbox.settle(self._question.number, Answer("cancel"))
            case {"do": "again", "name": str(name)} if self._task is None:
                self._rewind(name)
            case {"do": "step" | "run" as what, "edited": list(edited), "added": list(added)} if self._task is None:
                self._begin(_edited(edited), _added(added), whole=what == "run")

    def close(self) -> None:
        """Leave every page; the flow stays as it is, a step under way is given up."""
        super().close()
        _live.leave(self)
        if self._task is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # its loop is gone, and the task with it
                self._loop.call_soon_threadsafe(self._task.cancel)

    # -- what it does ------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._turn += 1
        self.show()

    def _choose(self, number: int) -> None:
        for step in self._flow.steps:
            if step.number == number:
                self.tell({"detail": step_detail(step)})

    def _rewind(self, name: str) -> None:
        try:
            self._flow.rewind(name)
        except MCPMagicsError as error:
            self._said(error)

    def _begin(self, edited: Mapping[int, str | None], added: list[tuple[str, str]], *, whole: bool) -> None:
        following = self._flow.upcoming
        changes = {} if following is None else following.changes(edited, added)
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run(changes, whole=whole))

    async def _run(self, changes: Mapping[str, Any], *, whole: bool) -> None:
        self.tell({"line": ""})
        self.show()
        try:
            await run_awaiting(self._flow.step_steps(changes), self)
            while whole and not self._flow.ended:
                await run_awaiting(self._flow.step_steps({}), self)
        except MCPMagicsError as error:
            self._said(error)
        finally:
            self._task = self._question = None
            self.show()
        if self._flow.steps:
            self._choose(self._flow.steps[-1].number)

    def _said(self, error: MCPMagicsError) -> None:
        text = redactor().text(f"{error.failure.class_}: {error.failure.message}")
        self.tell({"line": one_line(text, _LONGEST)})

    # -- connection.waiting.Attendant --------------------------------------------------------------------------

    def look(self, until: Until) -> None:
        """Nothing: a step of a panel never blocks."""

    async def alook(self, until: Until) -> None:
        """Show the address of the browser's hop while it is asked for."""
        asked = (each for each in inbox.standing() if each.kind == "login" and each.server == until.server)
        question = next(asked, None)
        if question is not self._question:
            self._question = question
            self.show()


def _edited(given: list[Any]) -> dict[int, str | None]:
    """The fields a page says were changed, by their places; what is no such thing is left out."""
    found: dict[int, str | None] = {}
    for each in given[:MOST_FIELDS]:
        match each:
            case [int(place), str() | None as text]:
                found[place] = text
    return found


def _added(given: list[Any]) -> list[tuple[str, str]]:
    pairs = (each for each in given[:MOST_FIELDS] if isinstance(each, list) and len(each) == 2)
    return [(name, value) for name, value in pairs if isinstance(name, str) and isinstance(value, str)]


_live = Newest(MOST_LIVE, FlowPanel.close)
