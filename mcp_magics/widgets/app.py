"""A live app beside a result: the kernel's half. The page's half (``app.js``) has the frame, and what needs no kernel.

Nothing of the app is the widget's state but the name of its place: the document, the tool's input and its result are
sent to a page that asks for them, so that no notebook is saved with them.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from mcp_magics.connection.content.apps import app_request_steps
from mcp_magics.connection.manager import servers
from mcp_magics.connection.questions.inbox import Answer
from mcp_magics.connection.waiting import run_awaiting
from mcp_magics.errors import MCPMagicsError, ProtocolError, RequestError
from mcp_magics.results.app import LARGEST
from mcp_magics.results.sanitise import clean, one_line
from mcp_magics.widgets.app_attendant import AppAttendant
from mcp_magics.widgets.fleeting import FleetingWidget
from mcp_magics.widgets.newest import Newest
from mcp_magics.widgets.placed import STYLE
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.questions.inbox import Question
    from mcp_magics.connection.server import Server
    from mcp_magics.results.app import App
    from mcp_magics.results.call import CallResult

MOST_LIVE = 8
"""Apps that live at a time in one kernel; the oldest gives way."""
MOST_UNDER_WAY = 16
BURST, PER_SECOND = 20.0, 5.0
"""Requests one app may send at once, and how many more a second."""
_FAILED = -32000
_ARGUMENTS_LENGTH = 500


class AppWidget(FleetingWidget):
    """The channel to the page; ``place`` is the card it lives in."""

    _esm = Path(__file__).with_name("app.js").read_text("utf-8")
    _css = STYLE
    place = traitlets.Unicode("").tag(sync=True)


class LiveApp:
    """One app from its first display until a person closes it, or :data:`MOST_LIVE` others have come.

    ``app`` is the app with its place. What a page sends may come on a thread of its own, for front ends give widgets
    a subshell (JEP 91): a request is answered on the loop that brought it, so that apps work while a cell blocks.
    """

    def __init__(self, server: Server, app: App, result: CallResult) -> None:
        self.app = replace(app, place=secrets.token_hex(8))
        self._server = server
        self._result = result
        self._tasks: dict[asyncio.Task[None], asyncio.AbstractEventLoop] = {}
        self._bucket = Bucket(BURST, PER_SECOND)
        self._questions: set[int] = set()
        self._widget: AppWidget | None = AppWidget(place=self.app.place)
        self._widget.on_msg(self._on_message)
        _live.enter(self)

    def close(self) -> None:
        """Leave the page; the card stays. What the app has under way is cancelled."""
        if self._widget is None:
            return
        widget, self._widget = self._widget, None
        _live.leave(self)
        for task, loop in list(self._tasks.items()):
            with suppress(RuntimeError):  # its loop is gone, and the task with it
                loop.call_soon_threadsafe(task.cancel)
        widget.close()

    # -- from the page -------------------------------------------------------------------------------------------

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        match content:
            case {"do": "open", "view": str(view)}:
                self._send({"view": view, "document": self._document()})
            case {"do": "request", "view": str(), "id": str(), "method": str(), "params": dict()}:
                self._begin(content)
            case {"do": "allow" | "refuse" as what, "question": int(number)} if number in self._questions:
                decided = Answer("accept") if what == "allow" else Answer("decline")
                self._server.connection.inbox.settle(number, decided)
            case {"do": "close"}:
                self.close()

    def _document(self) -> dict[str, Any]:
        from mcp_magics import __version__

        tool = self._server.connection.catalog.tools.get(self._result.tool)
        ui = self.app.meta.get("ui")
        return {
            "server": clean(self.app.server),
            "html": self.app.html,
            "policy": self.app.csp.policy,
            "csp": self.app.csp.to_json(),
            "border": ui.get("prefersBorder") if isinstance(ui, dict) else None,
            "version": __version__,
            "tool": dict(tool.raw) if tool else {"name": self._result.tool, "inputSchema": {"type": "object"}},
            "input": _object(self._result.arguments_text),
            "result": _bounded(self._result.raw),
        }

    def _begin(self, asked: Mapping[str, Any]) -> None:
        if len(self._tasks) >= MOST_UNDER_WAY or not self._bucket.spend():
            self._refuse(asked, _FAILED, "too many requests: wait for their answers")
            return
        if self._server.name not in servers:
            self._refuse(asked, _FAILED, f"{self._server.name} was removed")
            return
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._answer(asked))
        self._tasks[task] = loop
        task.add_done_callback(self._tasks.pop)

    async def _answer(self, asked: Mapping[str, Any]) -> None:
        steps = app_request_steps(self._server, asked["method"], asked["params"])
        put = partial(self._put, asked["params"])
        attendant = AppAttendant(self._server.connection.inbox, put, self._settled)
        try:
            result = await run_awaiting(steps, attendant)
            self._send({"view": asked["view"], "id": asked["id"], "result": _sendable(result)})
        except RequestError as error:
            self._refuse(asked, error.code, error.rpc_message)
        except MCPMagicsError as error:
            self._refuse(asked, _FAILED, error.failure.message)
        finally:
            attendant.leave()

    def _refuse(self, asked: Mapping[str, Any], code: int, message: str) -> None:
        error = {"code": code, "message": one_line(message, 500)}
        self._send({"view": asked["view"], "id": asked["id"], "error": error})

    # -- to the page ---------------------------------------------------------------------------------------------

    def _put(self, params: Mapping[str, Any], question: Question) -> None:
        """Show a question that came while a request of the app is under way; only an approval is answered here."""
        if question.kind == "approval":
            self._questions.add(question.number)
            arguments = one_line(json.dumps(params.get("arguments", {}), ensure_ascii=False), _ARGUMENTS_LENGTH)
            text = f"The app asks: {clean(question.message)} With {arguments}"
            self._send({"ask": {"question": question.number, "text": text}})
        else:
            self._send({"line": f"the server asks for {question.kind}: %mcp jobs"})

    def _settled(self, question: Question) -> None:
        self._questions.discard(question.number)
        self._send({"settled": question.number} if question.kind == "approval" else {"line": ""})

    def _send(self, content: dict[str, Any]) -> None:
        if self._widget is not None:
            self._widget.send(content)


class Bucket:
    """So many at once, and so many more a second."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._left = burst
        self._at = time.monotonic()

    def spend(self) -> bool:
        """Take one, if one is left."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


_live = Newest(MOST_LIVE, LiveApp.close)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _bounded(result: Any) -> Any:
    """A result for the app to show; of one that cannot be sent, a text that says so."""
    try:
        return _sendable(result) if isinstance(result, dict) else {"content": []}
    except MCPMagicsError as error:
        return {"content": [{"type": "text", "text": f"({error.failure.message})"}]}


def _sendable(result: Any) -> Any:
    try:
        size = len(compact(result))
    except (ValueError, RecursionError):
        raise _unsendable("it is no JSON that a page can read") from None
    if size > LARGEST:
        raise _unsendable(f"it has {size:,} characters, and {LARGEST:,} may be sent to an app")
    return result


def _unsendable(why: str) -> ProtocolError:
    text = f"the result stays in the kernel: {why}"
    return ProtocolError(text, class_="not_for_apps", phase="result", next_step="result.raw")
