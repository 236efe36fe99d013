"""Rows as text: JSON, CSV, Markdown."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Format = Literal["csv", "json", "markdown"]
Row = dict[str, Any]


def as_text(rows: Sequence[Row], wanted: Format) -> str:
    """``rows``, which all have the same keys, in the format wanted; lines end in a line feed."""
    match wanted:
        case "csv":
            return as_csv(rows)
        case "json":
            return json.dumps(list(rows), ensure_ascii=False, indent=1)
        case "markdown":
            return _as_markdown(rows)


def as_csv(rows: Sequence[Row]) -> str:
    """``rows`` as CSV (RFC 4180, with line feeds), headed by their keys."""
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def _as_markdown(rows: Sequence[Row]) -> str:
    names = list(rows[0]) if rows else []
    numeric = {name for name in names if isinstance(rows[0][name], int | float)}
    rule = [" ---: " if name in numeric else " --- " for name in names]
    lines = [_line(f" {name} " for name in names), _line(rule)]
    lines += [_line(f" {_cell(row[name])} " for name in names) for row in rows]
    return "\n".join(lines) + "\n"


def _line(cells: Any) -> str:
    return f"|{'|'.join(cells)}|"


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|")
