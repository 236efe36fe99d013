"""Tables that are longer than what is comfortably seen: where a document has them, and all of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mcp_magics.results.document import Document, Grid, Item, Json, Markdown, Placed, Verbatim
from mcp_magics.results.json_rows import is_cell
from mcp_magics.results.tabular import Table, table_in_json, table_in_text

COMFORTABLE = 20
"""Rows up to which a table is seen at once."""
_BEGINNING = 64 * 1024
"""Characters of a text that are looked at to see whether it begins a long table."""
_LONGEST = 32 * 1024 * 1024
"""Characters of a text up to which it is read for its table."""
_ABOVE = 2
"""Lines of a text table that are no rows: its header, and Markdown's rule below it."""


@dataclass(frozen=True, slots=True)
class LongTable:
    """Every row of one table; ``is_all`` says whether its item shows nothing else, so that it may stand for it.

    ``keeps`` tells which end is looked at first.
    """

    table: Table
    is_all: bool = True
    keeps: Literal["first", "last"] = "first"


def placed(document: Document, names: Sequence[str]) -> Document:
    """``document`` with its first long tables in places of these ``names``; looked at no longer than showing takes."""
    left = iter(names)
    body: list[Item] = []
    for item in document.body:
        name = next(left, "") if _may_be_long(item) else ""
        body.append(Placed(item, name) if name and not isinstance(item, Placed) else item)
    return replace(document, body=body)


def places(document: Document) -> list[Placed]:
    """The items of ``document`` that stand in a place."""
    return [item for item in document.body if isinstance(item, Placed)]


def long_table(item: Item) -> LongTable | None:
    """All of the table ``item`` is or holds, as ``.df`` has it; None where there is no long one. Takes its time."""
    found = _table(item)
    return found if found is not None and found.table.length > COMFORTABLE and found.table.columns else None


def _table(item: Item) -> LongTable | None:
    match item:
        case Grid():
            columns = {name: [row.get(name) for row in item.rows] for name in item.columns}
            return LongTable(Table(columns, len(item.rows)), keeps=item.keeps)
        case Json():
            table = table_in_json(item.value)
            is_all = isinstance(item.value, list) or (isinstance(item.value, dict) and len(item.value) == 1)
            return LongTable(table, is_all and _is_flat(table))
        case Verbatim() | Markdown():
            return _in_text(item.text) if len(item.text) <= _LONGEST else None
        case _:
            return None


def _in_text(text: str) -> LongTable | None:
    table = table_in_text(text)
    if table is None:
        return None
    if _begins_json(text):
        return LongTable(table, _is_flat(table))
    lines = sum(1 for line in text.splitlines() if line.strip())
    return LongTable(table, lines <= table.length + _ABOVE)


def _may_be_long(item: Item) -> bool:
    match item:
        case Grid():
            return len(item.rows) > COMFORTABLE
        case Json():
            return _rows(item.value) > COMFORTABLE
        case Verbatim(tone="plain") | Markdown():
            return _begins_json(item.text) or _begins_long(item.text)
        case _:
            return False


def _rows(value: Any) -> int:
    """How many rows ``value`` has where it is a table of several columns, by a look at no more than its rows."""
    if isinstance(value, list):
        return len(value) if all(isinstance(row, dict) for row in value) else 0
    if not isinstance(value, dict):
        return 0
    lists = {name: item for name, item in value.items() if isinstance(item, list)}
    lengths = {len(item) for item in lists.values()}
    if len(lists) == 1:
        (name,) = lists
        is_page = table_in_json({**value, name: []}).length == 0
        return _rows(lists[name]) if is_page else 0
    return lengths.pop() if len(lists) == len(value) and len(lengths) == 1 else 0


def _begins_json(text: str) -> bool:
    """Whether ``text`` is JSON too long to be looked at: what is shorter was parsed before it came here."""
    return len(text) > _BEGINNING and text.lstrip()[:1] in ("{", "[")


def _begins_long(text: str) -> bool:
    if text.count("\n", 0, _BEGINNING) <= COMFORTABLE:
        return False
    table = table_in_text(text if len(text) <= _BEGINNING else text[:_BEGINNING].rpartition("\n")[0])
    return table is not None and table.length > COMFORTABLE


def _is_flat(table: Table) -> bool:
    return all(is_cell(cell) for column in table.columns.values() for cell in column)
