"""Whether a JSON value is best looked at as rows and columns."""

from __future__ import annotations

from typing import Any

from mcp_magics.results.document import Rows
from mcp_magics.results.tabular import table_in_json

_MOST_COLUMNS = 30
_MOST_ROWS = 50_000
"""Rows of more than which none is looked at, for that takes its time."""
_SHORT_LIST = 10
_FEWEST = 2


def as_rows(value: Any, where: str) -> Rows | None:
    """``value`` as a table where it is a list of flat, alike objects (also as the one page or ``result`` of an object).

    Cells hold scalars and short lists of them; objects inside get columns of their own, as in ``.df``.
    """
    member, rows = _rows(value)
    if not _FEWEST <= len(rows) <= _MOST_ROWS or not all(isinstance(row, dict) and row for row in rows):
        return None
    if len(set().union(*rows)) > _MOST_COLUMNS:
        return None
    table = table_in_json(rows)
    is_flat = all(is_cell(cell) for column in table.columns.values() for cell in column)
    if len(table.columns) > _MOST_COLUMNS or not is_flat:
        return None
    return Rows(table.names, table.records(), where, member=member)


def _rows(value: Any) -> tuple[str, list[Any]]:
    """The list that is meant, the value or the only member of an object, and the name of that."""
    member = ""
    if isinstance(value, dict) and len(value) == 1:
        ((member, value),) = value.items()
    return (member, value) if isinstance(value, list) else ("", [])


def is_cell(value: Any) -> bool:
    """Whether a table's cell has room for ``value``: a scalar, or a short list of them."""
    if isinstance(value, list):
        return len(value) <= _SHORT_LIST and not any(isinstance(item, dict | list) for item in value)
    return not isinstance(value, dict) or not value
