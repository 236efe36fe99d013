"""A widget that is drawn in an output of static HTML, its place, and is itself never displayed.

A saved notebook then holds an empty element where the panel was, and no view that nobody can draw. The widget's state
is the name of its place and the line that makes another: what there is to see is sent to a page that asks.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import traitlets

from mcp_magics.widgets.fleeting import FleetingWidget

Bundle = dict[str, str]
View = Mapping[str, Any]
STYLE = Path(__file__).with_name("panel.css").read_text("utf-8")


def script(*parts: str) -> str:
    """One script of these files of this room, after what all placed panels share; the last one exports the widget."""
    return "\n".join(Path(__file__).with_name(name).read_text("utf-8") for name in ("placed.js", *parts))


class PlacedWidget(FleetingWidget):
    """What a page draws wherever an output has the element :attr:`place` names; :attr:`again` makes another."""

    _css = STYLE
    place = traitlets.Unicode("").tag(sync=True)
    again = traitlets.Unicode("").tag(sync=True)


class Panel:
    """One placed widget from its making until :meth:`close`; subclasses say what it shows and what its buttons do.

    Messages may come on a thread of their own, for front ends give widgets a subshell (JEP 91).
    """

    kind: type[PlacedWidget] = PlacedWidget

    def __init__(self, again: str, place: str = "") -> None:
        self.place = place or secrets.token_hex(8)
        self.is_drawn = False
        """Whether a page has found its place."""
        self._widget: PlacedWidget | None = self.kind(place=self.place, again=again)
        self._widget.on_msg(self._on_message)

    @property
    def output(self) -> Bundle:
        """The output it is drawn in: nothing at all where no page draws it."""
        return {"text/plain": "", "text/html": f'<div data-mcp-live="{self.place}"></div>'}

    def view(self) -> View:
        """All there is to see now; :meth:`show` sends it to every page."""
        raise NotImplementedError

    def acted(self, content: View) -> None:
        """Do what a person asked for; ``content["do"]`` says what."""
        raise NotImplementedError

    def show(self) -> None:
        """Draw the panel anew in every page."""
        self.tell({"view": dict(self.view())})

    def tell(self, content: dict[str, Any]) -> None:
        """Send ``content`` to every page; nothing where it is closed."""
        if self._widget is not None:
            self._widget.send(content)

    def close(self) -> None:
        """Leave every page."""
        widget, self._widget = self._widget, None
        if widget is not None:
            with contextlib.suppress(RuntimeError):  # the kernel is on its way out, and nobody looks any more
                widget.close()

    @property
    def is_open(self) -> bool:
        """Whether pages still draw it."""
        return self._widget is not None

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        match content:
            case {"do": "open"} if self.is_open:
                self.is_drawn = True
                self.show()
            case {"do": str(), "ask": int(number)} if self.is_open:
                self.tell({"heard": number})
                self.acted(content)
