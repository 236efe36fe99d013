"""A table of anything the toolkit lists: tools, resources, servers, messages on the wire."""

from __future__ import annotations

import difflib
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, overload

from mcp_magics.errors import CommandError
from mcp_magics.results import mime
from mcp_magics.results.document import LINES, Change, Document, Grid, Line, unchanged
from mcp_magics.results.sanitise import one_line
from mcp_magics.results.tabular import Table
from mcp_magics.results.text import plain

if TYPE_CHECKING:
    import pandas as pd

_REPR_LENGTH = 1900


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Listing:
    """Rows to look at, to index and to compute with.

    ``columns`` are the members of ``rows`` that are shown, in that order; ``rows`` may hold more, which ``.df`` and
    ``to_json()`` have too. ``items`` are the values behind the rows, one each, where there are such. ``where`` is what
    to type for the rows that are not shown; ``keeps`` and ``lines`` are :class:`~mcp_magics.results.document.Grid`'s.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]
    items: Sequence[Any] = ()
    note: str = ""
    where: str = ".df"
    keeps: Literal["first", "last"] = "first"
    lines: int | None = LINES
    fresh_until: float | None = None
    is_cached: bool = False

    @property
    def cached(self) -> bool:
        """Whether it comes from memory, as its server allowed (2026-07-28 server/utilities/caching)."""
        return self.is_cached

    @property
    def fresh_for(self) -> float:
        """Seconds for which the same list comes from memory; 0 where the server allowed none."""
        return max(self.fresh_until - time.monotonic(), 0.0) if self.fresh_until is not None else 0.0

    @property
    def df(self) -> pd.DataFrame:
        """All rows as a DataFrame, the shown columns first."""
        from mcp_magics.results.table import frame

        names = dict.fromkeys([*self.columns, *(name for row in self.rows for name in row)])
        return frame(Table({name: [row.get(name) for row in self.rows] for name in names}, len(self.rows)))

    def to_json(self) -> list[dict[str, Any]]:
        """The rows as plain objects, for ``--json``."""
        return [dict(row) for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.rows)

    @overload
    def __getitem__(self, key: slice) -> Listing: ...
    @overload
    def __getitem__(self, key: int | str) -> Any: ...
    def __getitem__(self, key: int | str | slice) -> Any:
        """The item (or row) by position or by its name in the first column; a slice is a shorter listing.

        Raises :class:`CommandError` for a name that is not listed, ``IndexError`` for such a position.
        """
        if isinstance(key, slice):
            return replace(self, rows=self.rows[key], items=self.items[key])
        index = self._index(key) if isinstance(key, str) else key
        return self.items[index] if self.items else self.rows[index]

    def _index(self, name: str) -> int:
        names = [str(row.get(self._key)) for row in self.rows]
        if name in names:
            return names.index(name)
        near = difflib.get_close_matches(name, names[:1000], n=1)
        msg = f"{name!r} is not among the {len(names):,} listed"
        next_step = f"did you mean {near[0]!r}?" if near else f"one of: {one_line(', '.join(names[:20]), 300)}"
        raise CommandError(msg, class_="not_listed", next_step=next_step)

    @property
    def _key(self) -> str:
        return "name" if "name" in self.columns else next(iter(self.columns), "")

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> mime.Bundle:
        return mime.selected(mime.bundle(self._document()), include, exclude)

    def display_parts(self, change: Change = unchanged) -> list[mime.Bundle]:
        """The one output it is."""
        return [mime.bundle(change(self._document()))]

    def __repr__(self) -> str:
        shown = plain(self._document(), 4 * _REPR_LENGTH)
        return shown if len(shown) <= _REPR_LENGTH else shown[: _REPR_LENGTH - 1] + "…"

    def _document(self) -> Document:
        title = [Line(self.title, "title")] if self.title else []
        note = [Line(self.note, "note")] if self.note else []
        rows = (
            Grid(self.columns, self.rows, self.where, self.keeps, self.lines) if self.rows else Line("(none)", "note")
        )
        return Document([*title, rows], note)


def counted(number: int, noun: str) -> str:
    """``1 server``, ``2,000 servers``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
