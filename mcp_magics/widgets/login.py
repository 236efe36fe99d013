"""The live panel of a login: its steps with their times, the link, a box for the address the browser ended on, Cancel.

Its state holds no link and no secret: what there is to see is sent to pages that draw it, and what is pasted comes as a
message of its own, is judged, and is kept nowhere.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.line_word import line_word
from mcp_magics.connection.questions.inbox import Answer
from mcp_magics.results.sanitise import clean, one_line
from mcp_magics.widgets.login_view import link_view, login_view, place_of
from mcp_magics.widgets.placed import Panel, PlacedWidget, View, script

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.display_functions import DisplayHandle

    from mcp_magics.auth.login import Link
    from mcp_magics.connection.login.login_job import LoginJob

_GONE = {"text/plain": "", "text/html": ""}
_LONGEST = 400
_WAITING = "waiting for the browser to come back"


class LoginWidget(PlacedWidget):
    """What a page draws."""

    _esm = script("login_view.js", "login.js")


class LoginPanel(Panel):
    """What is seen of one login, and what a person may do about it; ``job`` is None for a flow taken apart."""

    kind = LoginWidget

    def __init__(self, server: str, link: Link | None, job: LoginJob | None, act: Callable[[View], None]) -> None:
        self._server = server
        self._link = link
        self._job = job
        self._act = act
        self._began = time.time()
        super().__init__(f"%mcp login {line_word(server)}", place_of(job) if job is not None else "")

    def view(self) -> View:
        """How the login stands."""
        if self._job is not None:
            return login_view(self._job)
        told = {"server": clean(self._server), "line": _WAITING, "waits": True, "began": self._began, "steps": []}
        return {**told, **link_view(self._link)}

    def show(self) -> None:
        """Draw it; the output beside it lets go of the link as soon as a page has it."""
        super().show()
        if self.is_drawn and self._job is not None:
            self._job.drawn()

    def acted(self, content: View) -> None:
        """Pass on what a button says."""
        self._act(content)


class LiveLogin:
    """One panel in the running cell's output, from its making until the login is over.

    ``answer`` is called once, on the kernel's loop, with what became of the wait for an address. Made on that loop.
    """

    def __init__(self, server: str, link: Link, answer: Callable[[Answer], None], job: LoginJob | None = None) -> None:
        self._link = link
        self._answer = answer
        self._job = job
        self._loop = asyncio.get_running_loop()
        self._here = contextvars.copy_context()
        self._asked = True
        self._panel = LoginPanel(server, link, job, self._acted)
        self._handle = _shown(self._panel)
        link.arrival.when_settled(self._from_anywhere(self._settled))
        if job is not None:
            job.on_change(self._from_anywhere(self._changed))
            self._changed()  # it may have ended since it was asked

    def _acted(self, content: Any) -> None:
        match content:
            case {"do": "paste", "text": str(text)}:
                self._pasted(text)
            case {"do": "cancel"}:
                self._loop.call_soon_threadsafe(self._end_wait, Answer("cancel"))

    def _pasted(self, text: str) -> None:
        problem = self._link.arrival.paste(text)
        if problem is None:
            self._loop.call_soon_threadsafe(self._end_wait, Answer("accept"))
        else:
            self._panel.tell({"problem": one_line(problem, _LONGEST)})

    def _from_anywhere(self, work: Callable[[], None]) -> Callable[[], None]:
        """``work`` done on the kernel's loop, called on whatever thread."""

        def call() -> None:
            try:
                self._loop.call_soon_threadsafe(work)
            except RuntimeError:  # the kernel's loop is closed: nobody looks at its panels any more
                self._asked = False

        return call

    def _settled(self) -> None:
        self._end_wait(Answer("accept", by="handler"))

    def _end_wait(self, answer: Answer) -> None:
        if self._asked:
            self._asked = False
            self._answer(answer)
        if self._job is None or answer.action == "cancel":
            self._vanish()

    def _changed(self) -> None:
        if self._job is not None and self._job.done:
            self._vanish()
        else:
            self._panel.show()

    def _vanish(self) -> None:
        """Leave the output of the cell that made it."""
        if self._panel.is_open:
            self._panel.close()
            self._here.run(self._handle.update, _GONE, raw=True)


class LeftLogin:
    """The panel of a login that no cell waits for, in the output of the cell that began it."""

    def __init__(self, job: LoginJob) -> None:
        self._job = job
        self._panel = LoginPanel(job.server, None, job, self._acted)
        self.output = self._panel.output
        job.on_change(self._changed)
        self._changed()  # it may have ended meanwhile

    def _acted(self, content: Any) -> None:
        match content:
            case {"do": "paste", "text": str(text)}:
                self._panel.tell({"problem": one_line(self._job.paste(text) or "", _LONGEST)})
            case {"do": "cancel"}:
                self._job.cancel()

    def _changed(self) -> None:
        if self._job.done:
            self._panel.close()
        else:
            self._panel.show()


def _shown(panel: Panel) -> DisplayHandle:
    from IPython.display import display

    handle: DisplayHandle | None = display(panel.output, raw=True, display_id=True)
    assert handle is not None  # a display id was asked for
    return handle
