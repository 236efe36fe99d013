"""Two things side by side as HTML: escaped, bounded, what differs in colour and marked for who sees none."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from mcp_magics.results.document import cost
from mcp_magics.results.grid import CELL_LENGTH, cell_text, more_rows

if TYPE_CHECKING:
    from mcp_magics.results.document import Contrast, Facing

_CELL = "text-align:left;vertical-align:top;white-space:pre-wrap"
_SIDES = ("rgba(207, 34, 46, .14)", "rgba(26, 127, 55, .14)")
"""Washes that can be read on a light and on a dark page."""


def contrast_html(contrast: Contrast, room: int) -> str:
    """``contrast`` as a table of at most ``room`` bytes as JSON; what is missing is counted below it."""
    heads = "".join(f'<th style="{_CELL}">{_text(head)}</th>' for head in ("", "", *contrast.heads))
    shown = [f"<tr>{heads}</tr>"]
    room -= cost(shown[0])
    for row in contrast.rows:
        line = _row(row)
        room -= cost(line)
        if room < 0:
            break
        shown.append(line)
    hidden = len(contrast.rows) + 1 - len(shown)
    more = f"<div>{html.escape(more_rows(hidden, contrast.grid))}</div>" if hidden else ""
    return f"<table>{''.join(shown)}</table>{more}"


def _row(row: Facing) -> str:
    mark = "≠" if row.is_different else ""
    cells = [_cell(mark), _cell(_text(row.name))]
    for value, wash in zip((row.left, row.right), _SIDES, strict=True):
        cells.append(_cell(_text(value), f";background:{wash}" if row.is_different else ""))
    return f"<tr>{''.join(cells)}</tr>"


def _cell(text: str, more: str = "") -> str:
    return f'<td style="{_CELL}{more}">{text}</td>'


def _text(value: object) -> str:
    return html.escape(cell_text(value, CELL_LENGTH))
