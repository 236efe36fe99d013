"""The live panel of a login: a status line, a box for the address the browser ended on, Cancel.

Its state holds no link and no secret: the link stands in the static panel above it, and what is pasted comes as a
message of its own, is judged, and is kept nowhere.
"""

from __future__ import annotations

import asyncio
import contextvars
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from mcp_magics.connection.questions.inbox import Answer
from mcp_magics.results.sanitise import clean
from mcp_magics.widgets.fleeting import FleetingWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.display_functions import DisplayHandle

    from mcp_magics.auth.arrival import Arrival

VIEW = "application/vnd.jupyter.widget-view+json"
_GONE = {"text/plain": "", "text/html": ""}


class LoginWidget(FleetingWidget):
    """What the page shows; ``line`` is the status line."""

    _esm = Path(__file__).with_name("login.js").read_text("utf-8")
    server = traitlets.Unicode("").tag(sync=True)
    line = traitlets.Unicode("waiting for the browser to come back").tag(sync=True)


class LiveLogin:
    """One panel in the running cell's output, from its making until the login no longer waits for an address.

    ``answer`` is called once, on the kernel's loop, with what became of it. Made and used on that loop.
    """

    def __init__(self, server: str, arrival: Arrival, answer: Callable[[Answer], None]) -> None:
        self._arrival = arrival
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._here = contextvars.copy_context()
        self._open = True
        self._widget = LoginWidget(server=clean(server))
        self._widget.on_msg(self._on_message)
        self._handle = _shown(self._widget)
        arrival.when_settled(self._settled)

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        match content:
            case {"do": "paste", "text": str(text)}:
                self._pasted(text)
            case {"do": "cancel"}:
                self._end(Answer("cancel"))

    def _pasted(self, text: str) -> None:
        problem = self._arrival.paste(text)
        if problem is None:
            self._end(Answer("accept"))
        elif self._open:
            self._widget.send({"problem": clean(problem)})

    def _settled(self) -> None:
        """Called on whatever thread settles."""
        try:
            self._loop.call_soon_threadsafe(self._end, Answer("accept", by="handler"))
        except RuntimeError:  # the kernel's loop is closed: nobody looks at its panels any more
            self._open = False

    def _end(self, answer: Answer) -> None:
        if self._open:
            self._open = False
            self._here.run(self._vanish)
            self._answer(answer)

    def _vanish(self) -> None:
        """Leave the output of the cell that made it; the view goes first, for it must not outlive its model."""
        self._handle.update(_GONE, raw=True)
        self._widget.close()


def _shown(widget: LoginWidget) -> DisplayHandle:
    from IPython.display import display

    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    handle: DisplayHandle | None = display({"text/plain": "", VIEW: view}, raw=True, display_id=True)
    assert handle is not None  # a display id was asked for
    return handle
