"""MIME bundles: what Jupyter front ends show, with the plain form always beside it.

Whatever the server sent is escaped text, an image whose bytes say that it is one, or a document in a sandbox
(:mod:`~mcp_magics.results.sandbox`).
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from itertools import islice
from typing import Any, assert_never

from mcp_magics.results.contrast import contrast_html
from mcp_magics.results.document import (
    HTML_ROOM,
    Anchor,
    Contrast,
    Document,
    Grid,
    Item,
    Json,
    Line,
    Picture,
    Sandboxed,
    Sound,
    Tone,
    Verbatim,
    cost,
    fit,
    lay_out,
)
from mcp_magics.results.grid import CELL_LENGTH, cell_text, more_rows, rows_to_show
from mcp_magics.results.media import (
    Bundle,
    image_bundle,
    picture_html,
    picture_label,
    selected,
    sound_html,
    sound_label,
)
from mcp_magics.results.sandbox import POLICY, framed
from mcp_magics.results.sanitise import is_clickable, one_line
from mcp_magics.results.text import (
    anchor_label,
    cut_json,
    cut_text,
    plain,
)

__all__ = ["Bundle", "bundle", "parts", "selected"]

_LINE_LENGTH = 1000
_ROWS = 500
"""Rows of a table whose plain form is bounded too."""
_RED = "var(--jp-error-color1, #b71c1c)"
_TONES: Mapping[Tone, str] = {
    "plain": "",
    "title": ' style="font-weight:600"',
    "note": ' style="opacity:.75"',
    "error": f' style="color:{_RED};font-weight:600"',
}
_FONT = "font-family:var(--jp-code-font-family,monospace)"
_PRE = f"{_FONT};white-space:pre-wrap;overflow:auto;max-height:40em;margin:.2em 0"
_CELL = ' style="text-align:left"'


def bundle(document: Document) -> Bundle:
    """Everything in one bundle; a lone image's bytes also under its own type."""
    pictures = [item for item in document.body if isinstance(item, Picture)]
    if len(pictures) == 1:
        alone = image_bundle(pictures[0].image, pictures[0].number)
        if len(document.body) == 1 and not document.footer:
            return alone
        raw = {mime: data for mime, data in alone.items() if mime.startswith("image/")}
    else:
        raw = {}
    return {"text/plain": plain(document), "text/html": _page(document), **raw}


def parts(document: Document) -> list[Bundle]:
    """The document as outputs of their own: first all that is text, then each image and each sound, in order."""
    text = document.only(Line, Verbatim, Json, Sandboxed, Anchor, Grid, Contrast)
    first = [{"text/plain": plain(text), "text/html": _page(text)}] if text.body or text.footer else []
    return [*first, *(_own_bundle(item) for item in document.body if isinstance(item, Picture | Sound))]


def _own_bundle(item: Picture | Sound) -> Bundle:
    if isinstance(item, Picture):
        return image_bundle(item.image, item.number)
    label = sound_label(item.audio, item.number)
    return {"text/plain": label, "text/html": sound_html(item.audio, label)}


def _page(document: Document, room: int = HTML_ROOM) -> str:
    return f"<div>{''.join(lay_out(document, _item, room))}</div>"


def _item(item: Item, room: int) -> str:  # noqa: PLR0911 - one answer for each kind of item
    match item:
        case Line():
            return _line(item.text, item.tone, room)
        case Verbatim():
            return _cut(*cut_text(item.text, item.where, room, html.escape), item.tone)
        case Json():
            return _cut(*cut_json(item.value, item.where, room, html.escape), "plain")
        case Sandboxed():
            return _sandboxed(item, room)
        case Anchor():
            return _anchor(item, room)
        case Grid():
            return _grid(item, room)
        case Contrast():
            return contrast_html(item, room)
        case Picture():
            return picture_html(item.image, picture_label(item.image, item.number))
        case Sound():
            return sound_html(item.audio, sound_label(item.audio, item.number))
        case _:
            assert_never(item)


def _line(text: str, tone: Tone, room: int) -> str:
    shown = html.escape(fit(one_line(text, _LINE_LENGTH), room, html.escape))
    return f"<div{_TONES[tone]}>{shown}</div>"


def _cut(shown: str, more: str, tone: Tone) -> str:
    colour = f";color:{_RED}" if tone == "error" else ""
    block = f'<pre dir="auto" style="{_PRE}{colour}">{html.escape(shown)}</pre>'
    return block + (_line(more, "note", _LINE_LENGTH) if more else "")


def _anchor(anchor: Anchor, room: int) -> str:
    label = anchor_label(anchor)
    if not is_clickable(anchor.uri) or len(anchor.uri) > _LINE_LENGTH or 2 * cost(html.escape(label)) > room:
        return _line(label, "plain", room)
    href = html.escape(anchor.uri)
    name = html.escape(label.removesuffix(anchor.uri))
    return f'<div>{name}<a href="{href}" target="_blank" rel="noopener noreferrer">{href}</a></div>'


def _grid(grid: Grid, room: int) -> str:
    head = _grid_row(grid.columns, "th", room // 2)
    shown = _rows(grid, room - cost(head))
    if grid.keeps == "last":
        shown.reverse()
    hidden = len(grid.rows) - len(shown)
    table = f"<table><thead>{head}</thead><tbody>{''.join(shown)}</tbody></table>"
    more = _line(more_rows(hidden, grid), "note", _LINE_LENGTH) if hidden else ""
    return more + table if grid.keeps == "last" else table + more


def _rows(grid: Grid, room: int) -> list[str]:
    shown: list[str] = []
    for row in islice(rows_to_show(grid), None if grid.lines is None else _ROWS):
        line = _grid_row([row.get(column) for column in grid.columns], "td", room)
        room -= cost(line)
        if room < 0:
            break
        shown.append(line)
    return shown


def _grid_row(values: Any, tag: str, room: int) -> str:
    cells = []
    for value in values:
        cell = f"<{tag}{_CELL}>{html.escape(cell_text(value, CELL_LENGTH))}</{tag}>"
        room -= cost(cell)
        if room < 0:
            break
        cells.append(cell)
    return f"<tr>{''.join(cells)}</tr>"


def _sandboxed(item: Sandboxed, room: int) -> str:
    frame, more = framed(item.source, lambda text: fit(text, room - cost(POLICY) * 2, html.escape))
    if not more:
        return frame
    return frame + _line(f"… {more:,} more characters; all of it is in {item.where}", "note", _LINE_LENGTH)
