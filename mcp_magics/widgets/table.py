"""The live form of a long table: sorted and found in the kernel, a page of rows sent where one is looked at.

It stands in the place of the static table, which is what a saved notebook has. Its state is the name of that place.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from mcp_magics.widgets.newest import Newest
from mcp_magics.widgets.placed import STYLE, Panel, PlacedWidget, View, script
from mcp_magics.widgets.table_rows import PAGE, Arrangement, TableRows

MOST_LIVE = 4
"""Panels that live at a time in one kernel; the oldest gives way."""
MOST_ROWS = 300_000
"""Rows a page has room for: browsers draw nothing higher than some ten million pixels."""


class TableWidget(PlacedWidget):
    """What the page draws."""

    _esm = script("table_head.js", "table_cell.js", "table.js")
    _css = STYLE + Path(__file__).with_name("table.css").read_text("utf-8")


class LiveTable(Panel):
    """One live table, from :meth:`begin` until :data:`MOST_LIVE` others have come.

    ``keeps`` tells which end is looked at first. Made on the kernel's loop; messages may come on another thread.
    """

    kind = TableWidget

    def __init__(self, rows: TableRows, keeps: Literal["first", "last"], place: str) -> None:
        self._rows = rows
        self._keeps = keeps
        self._lock = threading.Lock()
        self._wanted = Arrangement()
        self._order: Sequence[int] = range(rows.length)
        self._version = 0
        super().__init__("its cell", place)

    def begin(self) -> None:
        """Live from now on."""
        _live.enter(self)

    def view(self) -> View:
        """The columns, and the rows as they are arranged now."""
        rows = self._rows
        with self._lock:
            return {
                "heads": rows.heads,
                "hidden": rows.hidden,
                "length": rows.length,
                "most": MOST_ROWS,
                "page": PAGE,
                "keeps": self._keeps,
                "arranged": self._arranged(),
            }

    def acted(self, content: View) -> None:
        """Sort, filter, send more rows, show one cell whole."""
        match content:
            case {"do": "sort"}:
                self._arrange(self._wanted.sorted_by(content, len(self._rows.heads)))
            case {"do": "filter", "text": str(text)}:
                self._arrange(self._wanted.filtered_by(text))
            case {"do": "rows", "version": int(version), "start": int(start)} if 0 <= start < self._rows.length:
                self._send(version, start)
            case {"do": "whole", "row": int(row), "column": int(column)}:
                self._send_whole(row, column)

    def _arrange(self, wanted: Arrangement) -> None:
        with self._lock:
            order = self._rows.arranged(wanted)
            self._wanted, self._order = wanted, order
            self._version += 1
            arranged = self._arranged()
        self.tell({"arranged": arranged, "line": ""})

    def _arranged(self) -> dict[str, Any]:
        wanted = self._wanted
        return {
            "version": self._version,
            "column": wanted.column,
            "descending": wanted.descending,
            "text": wanted.text,
            "count": len(self._order),
            "rows": self._rows.page(self._order[:PAGE]),
        }

    def _send(self, version: int, start: int) -> None:
        """The rows from ``start`` on, unless they are in another order by now, which the page is told of."""
        with self._lock:
            numbers = self._order[start : start + PAGE] if version == self._version else ()
            rows = self._rows.page(numbers)
        if rows:
            self.tell({"rows": {"version": version, "start": start, "rows": rows}, "line": ""})

    def _send_whole(self, row: int, column: int) -> None:
        if 0 <= row < self._rows.length and 0 <= column < len(self._rows.heads):
            text, more = self._rows.whole(row, column)
            self.tell({"whole": {"row": row, "column": column, "text": text, "more": more}, "line": ""})


_live = Newest(MOST_LIVE, LiveTable.close)
