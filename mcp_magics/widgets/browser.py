"""The live browser: ``%mcp browse``. All that the servers offer, found while one types; each opens as a form.

The widget's state is the name of its place. Rows are sent to the page that asks for them, fifty at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import one_line
from mcp_magics.widgets.form_panel import OfferPanel, Servers, style
from mcp_magics.widgets.offer import offers_of
from mcp_magics.widgets.offer_index import OfferIndex
from mcp_magics.widgets.open_form import OpenForm
from mcp_magics.widgets.placed import PlacedWidget, script

if TYPE_CHECKING:
    from mcp_magics.results.browsing import Sheet
    from mcp_magics.widgets.field_view import View
    from mcp_magics.widgets.offer_run import Place

MOST_VIEWS = 8
"""Pages that have something open at a time."""
_MOST_KINDS = 4


class BrowserWidget(PlacedWidget):
    """What the page draws."""

    _esm = script("fields.js", "arguments.js", "insert.js", "form.js", "browser.js")
    _css = style("form.css", "browser.css")


class LiveBrowser(OfferPanel):
    """Everything the servers offer."""

    kind = BrowserWidget

    def __init__(self, servers: Servers, sheet: Sheet, places: tuple[Place, Place, Place]) -> None:
        super().__init__(servers, sheet, places)
        self._index = OfferIndex()
        self._opened: dict[str, OpenForm] = {}
        self._fill()

    def view(self) -> View:
        """The first rows, how the newest run stands, and which servers are not there."""
        with self._lock:
            return {"list": self._index.rows("", (), 0), "run": self._runs.view(), "states": self.states()}

    def heard(self, view: str, content: Mapping[str, Any]) -> None:
        """Rows, an offer to open, what is typed into it, and Run."""
        match content:
            case {"do": "list", "text": str(text), "kinds": list(kinds), "start": int(start), "turn": int(turn)}:
                rows = self._index.rows(text, [str(each) for each in kinds[:_MOST_KINDS]], start)
                self.answer(view, {"list": rows, "turn": turn})
            case {"do": "pick", "n": int(number)}:
                self._pick(view, number)
            case _ if view in self._opened:
                self._opened[view].heard(content, partial(self.answer, view))

    def changed(self) -> None:
        """The lists are others now; what is open, and what was typed into it, stays."""
        self._fill()
        states = self.states()
        self.tell({"states": states, "stale": len(self._index)})
        for view, opened in self._opened.items():
            if one_line(opened.offer.server, 200) in states:
                continue  # nothing is known of a server that is not there
            number = self._index.number(opened.offer.key)
            now = None if number is None else self._index.get(number)
            if now is None or now.raw != opened.offer.raw:
                said = "is no longer offered" if now is None else "has changed: open it again"
                self.answer(view, {"outdated": f"{one_line(opened.offer.name, 100)} {said}"})

    def _fill(self) -> None:
        self._index.fill(offer for server in self._servers() for offer in offers_of(server))

    def _pick(self, view: str, number: int) -> None:
        offer = self._index.get(number)
        if offer is None:
            self.answer(view, {"line": "it is no longer offered"})
            return
        opened = OpenForm(offer, lambda text: self.run(opened, text))
        self._opened.pop(view, None)
        self._opened[view] = opened
        while len(self._opened) > MOST_VIEWS:
            del self._opened[next(iter(self._opened))]
        self.answer(view, {"opened": opened.view(), "n": number})
