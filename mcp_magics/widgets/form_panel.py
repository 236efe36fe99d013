"""The live form of one tool: ``%mcp form``; and what it shares with the browser, whose detail is such a form."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.loop import background
from mcp_magics.results.sanitise import one_line
from mcp_magics.widgets.field_view import View
from mcp_magics.widgets.newest import Newest
from mcp_magics.widgets.offer_run import OfferRuns
from mcp_magics.widgets.open_form import OpenForm
from mcp_magics.widgets.placed import STYLE, Bundle, Panel, PlacedWidget, script

if TYPE_CHECKING:
    from mcp_magics.connection.loop import Job
    from mcp_magics.connection.server import Server
    from mcp_magics.results.browsing import Sheet
    from mcp_magics.widgets.offer import Offer
from mcp_magics.widgets.offer_run import Place

Servers = Callable[[], Iterable["Server"]]

LOOK_EVERY = 0.5
"""Seconds between two looks at what is in memory of the servers."""
MOST_LIVE = 4
"""Panels that live at a time in one kernel; the oldest gives way."""
_NOTHING_YET = {"text/plain": "", "text/html": ""}
_LISTS = ("prompts", "resources", "templates")


def style(*names: str) -> str:
    """The style sheet of a panel with forms."""
    return STYLE + "".join(Path(__file__).with_name(name).read_text("utf-8") for name in ("question.css", *names))


class FormWidget(PlacedWidget):
    """What the page draws."""

    _esm = script("fields.js", "arguments.js", "insert.js", "form.js", "form_panel.js")
    _css = style("form.css")


class OfferPanel(Panel):
    """A panel of offers, from :meth:`begin` until :data:`MOST_LIVE` others have come.

    ``places`` are for the static sheet, for the panel and for results: sheet and result are what a saved notebook has.
    Made on the kernel's loop; messages may come on another thread.
    """

    def __init__(self, servers: Servers, sheet: Sheet, places: tuple[Place, Place, Place]) -> None:
        super().__init__(sheet.line)
        self._servers = servers
        self._sheet = sheet
        self._static, self._live, result = places
        self._result = result
        self._here = contextvars.copy_context()
        self._lock = threading.RLock()
        self._runs = OfferRuns(result, self._told_run, self.place)
        self._watch: Job[None] | None = None

    def begin(self) -> None:
        """Show the sheet and the panel, and keep the panel true from now on."""
        self._static.show(self._sheet_output())
        self._live.show(self.output)
        self._result.show(_NOTHING_YET)
        _live.enter(self)
        self._watch = background.start(self._follow())

    def show(self) -> None:
        """Draw the panel in every page, and make a page look anew how high the output is now.

        Notebook 7 puts what is high into a small frame, and looks only where an output changes: it has seen the sheet,
        which is hidden by now.
        """
        super().show()
        with self._lock:
            if not self._runs.view():
                self._here.copy().run(self._result.show, _NOTHING_YET)

    def end(self) -> None:
        """Leave every page; the sheet and the newest result stay."""
        _live.leave(self)
        if self._watch is not None and not self._watch.done:
            self._watch.cancel()
        if self.is_open:
            self.close()

    def _sheet_output(self) -> Bundle:
        """The static sheet, which a page that draws the panel hides."""
        bundle = dict(self._sheet._repr_mimebundle_())
        return {**bundle, "text/html": f'<div data-mcp-static="{self.place}">{bundle["text/html"]}</div>'}

    # -- from the page -------------------------------------------------------------------------------------------

    def acted(self, content: Mapping[str, Any]) -> None:
        """Do what a person asked for, one thing after the other."""
        with self._lock:
            match content:
                case {"do": "cancel"}:
                    self._runs.cancel()
                case {"do": "result", "view": str(view)}:
                    self.answer(view, {"result": self._runs.text})
                case {"view": str(view)}:
                    self.heard(view, content)

    def heard(self, view: str, content: Mapping[str, Any]) -> None:
        """Do what the page ``view`` asks for."""
        raise NotImplementedError

    def answer(self, view: str, content: View) -> None:
        """Send ``content`` to that page alone."""
        self.tell({"to": view, **content})

    def run(self, opened: OpenForm, text: str) -> None:
        """Send what a person filled in; the cell that says the same is kept."""
        self._sheet.cell = opened.cell
        server = next((each for each in self._servers() if each.name == opened.offer.server), None)
        if server is None:
            self.tell({"run": {"state": "failed", "line": f"{one_line(opened.offer.server, 100)} was removed"}})
            return
        self._runs.begin(server, opened.offer, text, opened.cell)

    def _told_run(self, run: View) -> None:
        if self._runs.result is not None:
            self._sheet.result = self._runs.result
        self.tell({"run": run})

    # -- from the servers ----------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        before = self._trace()
        while self.is_open:
            await asyncio.sleep(LOOK_EVERY)
            now = self._trace()
            if now != before:
                before = now
                contextvars.Context().run(self._news)

    def _news(self) -> None:
        with self._lock:
            self.changed()

    def _trace(self) -> list[tuple[object, ...]]:
        """What tells, without asking anybody, that a list or a connection has changed."""
        return [_seen(server) for server in self._servers()]

    def changed(self) -> None:
        """A list or a connection has changed; called with the lock held."""
        self.tell({"states": self.states()})

    def states(self) -> dict[str, str]:
        """What is wrong with each server that is not connected."""
        return {
            one_line(each.name, 200): _problem(each) for each in self._servers() if each.connection.state != "ready"
        }


class LiveForm(OfferPanel):
    """One tool's form."""

    kind = FormWidget

    def __init__(self, offer: Offer, servers: Servers, sheet: Sheet, places: tuple[Place, Place, Place]) -> None:
        super().__init__(servers, sheet, places)
        self._opened = OpenForm(offer, lambda text: self.run(self._opened, text))

    def view(self) -> View:
        """The form, how its run stands, and whether its server is there."""
        return {"opened": self._opened.view(), "run": self._runs.view(), "states": self.states()}

    def heard(self, view: str, content: Mapping[str, Any]) -> None:
        """What is typed, and Run."""
        self._opened.heard(content, partial(self.answer, view))

    def changed(self) -> None:
        """The tool may be another now; what was typed stays."""
        super().changed()
        offer = self._opened.offer
        for server in self._servers():
            now = server.connection.catalog.tools.get(offer.name)
            if server.connection.state == "ready" and (now is None or now.raw != offer.raw):
                said = "is no longer offered" if now is None else "has changed: open it again"
                self.tell({"outdated": f"{one_line(offer.name, 100)} {said}"})


def _seen(server: Server) -> tuple[object, ...]:
    connection = server.connection
    lists = (connection.catalog, *(connection.known.get(each) for each in _LISTS))
    return server.name, connection.state, *map(_Itself, lists)


class _Itself:
    """Equal to the same object alone. It is held: another one made later could have its number."""

    def __init__(self, held: object) -> None:
        self._held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other._held is self._held

    def __hash__(self) -> int:
        return id(self._held)


def _problem(server: Server) -> str:
    failure = server.failure
    said = f": {one_line(failure.message, 200)}" if failure is not None else ""
    return f"{server.connection.state}{said}"


_live = Newest(MOST_LIVE, OfferPanel.end)
