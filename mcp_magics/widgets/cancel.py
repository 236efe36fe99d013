"""The panel that ends what a notebook waits for or has left to run: one button, the seconds so far, the progress.

A call that a cell waits for has it (:mod:`mcp_magics.magics.cancelling`), and so has a job that runs
(:mod:`mcp_magics.widgets.job`).
"""

from __future__ import annotations

import html
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import one_line
from mcp_magics.widgets.placed import STYLE, Bundle, Panel, PlacedWidget, View, script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LONGEST = 200


class CancelWidget(PlacedWidget):
    """What a page draws."""

    _esm = script("cancel.js")
    _css = STYLE + Path(__file__).with_name("cancel.css").read_text("utf-8")


class CancelPanel(Panel):
    """The button for ``name``, which began ``elapsed`` seconds ago; ``cancel`` may be called on any thread."""

    kind = CancelWidget

    def __init__(self, name: str, elapsed: float, cancel: Callable[[], None]) -> None:
        self.name = one_line(name, _LONGEST)
        self._began = time.monotonic() - elapsed
        self._since = time.strftime("%H:%M UTC", time.gmtime(time.time() - elapsed))
        self._cancel = cancel
        self._bars: list[View] = []
        self._more = ""
        self._aside = False
        super().__init__("the cell")

    def view(self) -> View:
        """The button's name, the seconds so far and the bars; ``aside``: the button is not to be seen."""
        seconds = time.monotonic() - self._began
        return {"name": self.name, "seconds": seconds, "bars": self._bars, "more": self._more, "aside": self._aside}

    def acted(self, content: View) -> None:
        """End it."""
        if content["do"] == "cancel":
            self._cancel()

    def show_bars(self, bars: Sequence[View], more: str = "") -> None:
        """Draw these bars (``share`` of the whole or None, ``text``) where they are others than before."""
        if (bars, more) != (self._bars, self._more):
            self._bars, self._more = list(bars), more
            self.show()

    def stand_aside(self, *, aside: bool) -> None:
        """Hide the button while something else is to be answered first, or show it again."""
        if aside != self._aside:
            self._aside = aside
            self.show()

    def beside(self, static: Bundle) -> dict[str, Any]:
        """The output it is drawn in: ``static`` is what there is to see wherever no page draws it."""
        seen = static if static["text/plain"] else self._standing()
        hidden = f'<div data-mcp-static="{self.place}">{seen["text/html"]}</div>'
        return {"text/plain": seen["text/plain"], "text/html": hidden + self.output["text/html"]}

    def _standing(self) -> Bundle:
        line = f"{self.name}: under way since {self._since}"
        return {"text/plain": line, "text/html": f"<small>{html.escape(line)}</small>"}
