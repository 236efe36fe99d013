"""The rows of a long table, put in order and found: pure, and exact for every value JSON has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from mcp_magics.results.grid import MOST_COLUMNS, cell_text
from mcp_magics.results.pretty import pretty
from mcp_magics.results.sanitise import clean, columns_of, one_line

if TYPE_CHECKING:
    from mcp_magics.results.tabular import Table

PAGE = 50
"""Rows of one message to a page."""
CELL = 200
"""Characters of a cell among others."""
WHOLE = 64 * 1024
"""Characters of a cell that is shown whole."""
_PAGE_ROOM = 64 * 1024
"""Characters of the cells of one message; longer ones are cut shorter where there are many."""
_NARROWEST_CELL = 20
_SEARCHED = 2_000
"""Characters of a cell in which a word is found."""
_COMPARED = 500
"""Characters of a text that are compared without regard to case; all of it decides between what is equal there."""
_MOST_WORDS = 20
_LONGEST_FILTER = 200
_SAMPLE = 100
"""Rows at either end that say how wide columns are."""
_WIDEST, _ROOM_FOR_ARROW = 40, 3

Key = tuple[int, Any, Any]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which rows are seen, and how they are ordered: ``column`` None is as they were sent."""

    column: int | None = None
    descending: bool = False
    text: str = ""

    def sorted_by(self, content: Mapping[str, Any], columns: int) -> Arrangement:
        """This with the order a page asked for; as sent where it names none of so many columns."""
        column = content.get("column")
        is_one = isinstance(column, int) and not isinstance(column, bool) and 0 <= column < columns
        return Arrangement(column if is_one else None, is_one and content.get("descending") is True, self.text)

    def filtered_by(self, text: str) -> Arrangement:
        """This with other words, all of which stand in a row that is seen."""
        return Arrangement(self.column, self.descending, text[:_LONGEST_FILTER])

    @property
    def words(self) -> list[str]:
        """The words to be found, without regard to case."""
        return self.text.casefold().split()[:_MOST_WORDS]


class TableRows:
    """The rows of ``table`` by their numbers as they were sent, from 0."""

    def __init__(self, table: Table) -> None:
        self.length = table.length
        self.names = table.names[:MOST_COLUMNS]
        self.hidden = len(table.names) - len(self.names)
        self._columns: list[list[Any]] = [table.columns[name] for name in self.names]
        self.heads = [self._head(name, values) for name, values in zip(self.names, self._columns, strict=True)]

    def arranged(self, wanted: Arrangement) -> Sequence[int]:
        """The numbers of the rows that are seen, in their order."""
        words = wanted.words
        found: Sequence[int] = range(self.length)
        if words:
            found = [row for row, text in enumerate(self._texts) if all(word in text for word in words)]
        return found if wanted.column is None else ordered(self._columns[wanted.column], found, wanted.descending)

    def page(self, numbers: Sequence[int]) -> list[tuple[int, list[str]]]:
        """These rows, each with its number: cells as short texts, fewer characters each where they are many."""
        cells = [[cell_text(column[row], CELL) for column in self._columns] for row in numbers]
        long = sum(len(cell) for row in cells for cell in row)
        if long > _PAGE_ROOM:
            width = max(_PAGE_ROOM // (len(cells) * len(self._columns)), _NARROWEST_CELL)
            cells = [[one_line(cell, width) for cell in row] for row in cells]
        return list(zip(numbers, cells, strict=True))

    def whole(self, row: int, column: int) -> tuple[str, str]:
        """One cell as it is, at most :data:`WHOLE` characters, and a line that says what is missing, or nothing."""
        value = self._columns[column][row]
        if not isinstance(value, str):
            text, is_whole = ("", True) if value is None else pretty(value, WHOLE)
            return clean(text)[:WHOLE], "" if is_whole else "… there is more in .df"
        shown = clean(value[:WHOLE])[:WHOLE]
        return shown, f"… {len(value) - WHOLE:,} more characters in .df" if len(value) > WHOLE else ""

    @staticmethod
    def _head(name: str, values: list[Any]) -> dict[str, Any]:
        """A column's name, whether it holds numbers only, and its width in digits."""
        ends = chain(values[:_SAMPLE], islice(reversed(values), _SAMPLE))
        widest = max((columns_of(cell_text(value, _WIDEST)) for value in ends), default=0)
        width = min(max(widest, columns_of(one_line(name, _WIDEST)) + _ROOM_FOR_ARROW), _WIDEST)
        return {"name": one_line(name, CELL), "numeric": _is_numeric(values), "width": width}

    @cached_property
    def _texts(self) -> list[str]:
        """Each row as one text in which words are found; made at the first search."""
        rows = zip(*([_searched(value) for value in column] for column in self._columns), strict=True)
        return ["\n".join(cells) for cells in rows]


def ordered(values: Sequence[Any], rows: Sequence[int], descending: bool) -> list[int]:  # noqa: FBT001  of a column
    """``rows`` by their values: numbers, truth values, texts, all else, then what is empty; equal ones as they were.

    Integers are compared exactly, with floats too; texts without regard to case first.
    """
    keys = {row: key for row in rows if (key := _key(values[row])) is not None}
    filled = sorted(keys, key=keys.__getitem__, reverse=descending)
    return [*filled, *(row for row in rows if row not in keys)]


def _key(value: Any) -> Key | None:
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return 1, value, ""
    if isinstance(value, int | float):
        return 0, value, ""
    if isinstance(value, str):
        return 2, value[:_COMPARED].casefold(), value
    return 3, cell_text(value, _COMPARED), ""


def _is_numeric(values: Sequence[Any]) -> bool:
    kinds = {type(value) for value in values} - {type(None)}
    return bool(kinds) and kinds <= {int, float}


def _searched(value: Any) -> str:
    return cell_text(value if not isinstance(value, str) else value[:_SEARCHED], _SEARCHED).casefold()
