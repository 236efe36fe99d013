"""What stays of a browser and of a form: tables that need no script, and a cell to copy."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_magics.results import mime
from mcp_magics.results.document import Document, Grid, Line, Verbatim
from mcp_magics.results.sanitise import one_line
from mcp_magics.results.tabular import Table
from mcp_magics.results.text import plain

if TYPE_CHECKING:
    import pandas as pd

_REPR_LENGTH = 1900
_DESCRIPTION = 4_000
_SHOWN = 100
"""Rows that are drawn: a page draws a long table slowly, and a notebook is saved with it."""


@dataclass(slots=True, eq=False, repr=False)
class Sheet:
    """A table of what can be asked for; ``line`` makes another one.

    ``cell`` is the newest cell that a panel beside it has run, ``result`` what that gave; each empty until then.
    """

    line: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]
    note: str = ""
    about: str = ""
    example: str = ""
    cell: str = ""
    result: Any = None

    @property
    def df(self) -> pd.DataFrame:
        """All rows as a DataFrame, the shown columns first."""
        from mcp_magics.results.table import frame

        names = dict.fromkeys([*self.columns, *(name for row in self.rows for name in row)])
        return frame(Table({name: [row.get(name) for row in self.rows] for name in names}, len(self.rows)))

    def to_json(self) -> dict[str, Any]:
        """The rows as plain objects, and the example, for ``--json``."""
        told = {"title": self.title, "description": self.about, "example": self.example, "note": self.note}
        return {**{name: each for name, each in told.items() if each}, "rows": [dict(row) for row in self.rows]}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.rows)

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> mime.Bundle:
        return mime.selected(mime.bundle(self._document()), include, exclude)

    def __repr__(self) -> str:
        return plain(self._document(), _REPR_LENGTH)[:_REPR_LENGTH]

    def _document(self) -> Document:
        parts: list[Any] = [Line(one_line(self.title, 400), "title")]
        parts += [Verbatim(self.about[:_DESCRIPTION], f"{self.line} --json")] if self.about else []
        parts += [Grid(self.columns, self.rows[:_SHOWN], ".df")] if self.rows else [Line("(none)", "note")]
        hidden = len(self.rows) - _SHOWN
        parts += [Line(f"… and {hidden:,} more; use .df", "note")] if hidden > 0 else []
        parts += [Line("a cell to begin with", "note"), Verbatim(self.example, ".example")] if self.example else []
        return Document(parts, [Line(self.note, "note")] if self.note else [])
