"""Finding tables: in JSON values, and in text that is JSON, CSV, TSV or a Markdown table. No pandas here."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_DEEPEST = 32
_HOLES = 16
_HOLES_AT_LEAST = 100_000
"""Empty cells for each filled one, and altogether, above which something is no table: it would not fit into memory."""
_PAGING = frozenset(
    {
        *("count", "total", "totalcount", "totalitems", "totalpages", "size", "truncated"),
        *("page", "pages", "pagesize", "perpage", "limit", "offset", "skip"),
        *("next", "nextpage", "nextcursor", "cursor", "previous", "prev", "prevcursor", "hasmore", "hasnext"),
    }
)
"""Names (lower case, without ``_`` and ``-``) of the members that stand beside the rows of one page of a list."""

_DELIMITERS = ",\t;|"
_RULE = re.compile(r"\s*+\|?\s*+:?-++:?\s*+(?:\|\s*+:?-++:?\s*+)*+\|?\s*+\Z")
_PIPE = re.compile(r"(?<!\\)\|")
_FENCED = re.compile(r"\s*+(`{3,}|~{3,})[^\n]*+\n(.*?)\n\s*\1\s*\Z", re.DOTALL)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length, in the order they were sent; a value that is missing is None."""

    columns: dict[str, list[Any]]
    length: int

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(self.columns)

    def records(self) -> list[dict[str, Any]]:
        """The rows as objects."""
        return [{name: column[row] for name, column in self.columns.items()} for row in range(self.length)]


def table_in_json(value: Any) -> Table:
    """The table a JSON value is.

    A list of objects is its rows, an object of equally long lists its columns, any other object one row, other
    values a column ``value``. Objects inside get dotted names (``a.b``), lists stay values. An object that holds one
    list of objects and otherwise at most paging (``total``, ``next_cursor`` …) stands for that list.
    """
    if isinstance(value, list):
        return _rows(value)
    if not isinstance(value, dict):
        return Table({"value": [value]}, 1)
    inner = _page_of_rows(value)
    if inner is not None:
        return _rows(inner)
    lists = list(value.values())
    if lists and all(isinstance(column, list) and len(column) == len(lists[0]) for column in lists):
        return Table({name: list(column) for name, column in value.items()}, len(lists[0]))
    return _rows([value])


def table_in_texts(texts: Sequence[tuple[str, str]]) -> Table | None:
    """The table in the texts (each with its MIME type or ``""``) of one result, or None.

    Several texts that are each a JSON object are its rows; otherwise the first text that is or holds a table.
    """
    values = [value for text, _ in texts if (value := json_container(text)) is not None]
    if len(values) > 1 and all(isinstance(value, dict) for value in values):
        return _rows(values)
    return next((table for text, media_type in texts if (table := table_in_text(text, media_type))), None)


def table_in_text(text: str, media_type: str = "") -> Table | None:
    """The table ``text`` is: JSON, a Markdown table anywhere in it, or CSV with a header; else None."""
    if media_type in {"text/csv", "text/tab-separated-values"}:
        return _delimited(text, "\t" if media_type != "text/csv" else _delimiter(text) or ",")
    fenced = _FENCED.match(text)
    body = fenced[2] if fenced else text
    value = json_container(body)
    if value is not None:
        return table_in_json(value)
    table = _markdown(body)
    mark = _delimiter(body) if table is None else None
    return _delimited(body, mark) if mark else table


def json_container(text: str) -> Any:
    """The object or array ``text`` is in JSON, or None."""
    value = json_value(text) if text.lstrip()[:1] in ("{", "[") else None
    return value if isinstance(value, dict | list) else None


def json_value(text: str) -> Any:
    """The value ``text`` is in JSON (RFC 8259: no NaN), or None; ``null`` is None too."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _page_of_rows(value: dict[str, Any]) -> list[Any] | None:
    lists = [item for item in value.values() if isinstance(item, list)]
    others = [name for name, item in value.items() if not isinstance(item, list)]
    is_rows = len(lists) == 1 and all(isinstance(row, dict) for row in lists[0])
    return lists[0] if is_rows and all(_is_paging(name) for name in others) else None


def _is_paging(name: str) -> bool:
    return name.replace("_", "").replace("-", "").lower() in _PAGING


def _rows(rows: list[Any]) -> Table:
    if not rows:
        return Table({}, 0)
    if all(isinstance(row, dict) for row in rows):
        columns = _columns((_flat(row) for row in rows), len(rows))
        return columns or Table({"value": list(rows)}, len(rows))
    if all(isinstance(row, list) and len(row) == len(rows[0]) for row in rows):
        return Table({str(index): list(column) for index, column in enumerate(zip(*rows, strict=True))}, len(rows))
    return Table({"value": list(rows)}, len(rows))


def _columns(rows: Iterable[Iterator[tuple[str, Any]]], length: int) -> Table | None:
    """The columns of rows that are objects; None where hardly two have a member in common."""
    columns: dict[str, list[Any]] = {}
    filled = 0
    for index, row in enumerate(rows):
        if _is_mostly_holes(filled, len(columns) * index):
            return None
        for name, value in row:
            filled += 1
            column = columns.setdefault(name, [])
            if len(column) > index:  # {"a": {"b": 1}, "a.b": 2} has that name twice
                column = columns.setdefault(_another(name, columns, index), [])
            column.extend([None] * (index - len(column)))
            column.append(value)
    if _is_mostly_holes(filled, len(columns) * length):
        return None
    for column in columns.values():
        column.extend([None] * (length - len(column)))
    return Table(columns, length)


def _is_mostly_holes(filled: int, cells: int) -> bool:
    return cells - filled > max(_HOLES * filled, _HOLES_AT_LEAST)


def _another(name: str, columns: dict[str, list[Any]], index: int) -> str:
    number = 2
    while len(columns.get(f"{name} ({number})", ())) > index:
        number += 1
    return f"{name} ({number})"


def _flat(row: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, dict) and value and depth < _DEEPEST:
            yield from _flat(value, f"{prefix}{name}.", depth + 1)
        else:
            yield prefix + name, value


def _markdown(text: str) -> Table | None:
    """The first pipe table (GitHub Flavored Markdown §4.10)."""
    lines = text.splitlines()
    for index in range(1, len(lines)):
        header = _pipe_cells(lines[index - 1])
        if "|" in lines[index - 1] and _RULE.match(lines[index]) and len(_pipe_cells(lines[index])) == len(header):
            return _cells_table(header, list(_pipe_rows(lines[index + 1 :], len(header))))
    return None


def _pipe_rows(lines: Iterable[str], width: int) -> Iterator[list[str]]:
    for line in lines:
        if "|" not in line:
            return
        cells = _pipe_cells(line)[:width]
        yield cells + [""] * (width - len(cells))


def _pipe_cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner if inner.endswith("\\|") else inner.removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in _PIPE.split(inner)]


def _delimiter(text: str) -> str | None:
    """The delimiter that gives every line the same number of cells, two at least, under a header of names."""
    if "\n" not in text.strip():
        return None
    return next((mark for mark in _DELIMITERS if mark in text and _is_delimited(text, mark)), None)


def _is_delimited(text: str, mark: str) -> bool:
    rows = _csv_rows(text, mark)
    header = next(rows, [])
    return (
        len(header) > 1
        and all(name.strip() for name in header)
        and len(set(header)) == len(header)
        and all(len(row) == len(header) for row in rows)
    )


def _csv_rows(text: str, mark: str) -> Iterator[list[str]]:
    """The rows of RFC 4180, blank lines left out."""
    allowed = csv.field_size_limit(len(text) + 1)  # the module's default loses fields above 128 KiB
    try:
        source = io.StringIO(text.removeprefix("\ufeff"), newline="")
        yield from filter(None, csv.reader(source, delimiter=mark, skipinitialspace=True))
    finally:
        csv.field_size_limit(allowed)


def _delimited(text: str, mark: str) -> Table | None:
    header, *rows = list(_csv_rows(text, mark)) or [[]]
    width = max(map(len, [header, *rows]))
    if _is_mostly_holes(sum(map(len, rows)), width * len(rows)):
        return None
    padded = [row + [""] * (width - len(row)) for row in [header, *rows]]
    return _cells_table(padded[0], padded[1:]) if width else None


def _cells_table(header: list[str], rows: list[list[str]]) -> Table:
    names: dict[str, int] = {}
    for index, title in enumerate(header):
        name = title.strip() or f"column {index + 1}"
        while name in names:
            name = f"{name} ({index + 1})"
        names[name] = index
    return Table({name: _typed([row[index] for row in rows]) for name, index in names.items()}, len(rows))


def _typed(cells: list[str]) -> list[Any]:
    """Cells as numbers or truth values where every one of them is spelt as one (``007`` is not); empty ones None."""
    filled = [cell for cell in cells if cell]
    if filled and all(map(_INTEGER.match, filled)):
        return [_integer(cell) if cell else None for cell in cells]
    if filled and all(map(_NUMBER.match, filled)):
        return [float(cell) if cell else None for cell in cells]
    if filled and all(cell.lower() in _TRUTH for cell in filled):
        return [_TRUTH[cell.lower()] if cell else None for cell in cells]
    return [cell or None for cell in cells] if not filled else list(cells)


def _integer(cell: str) -> int | str:
    try:
        return int(cell)
    except ValueError:  # more digits than Python converts
        return cell
