"""MIME bundles: what Jupyter front ends show, with the plain form always beside it.

Whatever the server sent is escaped text, a medium whose bytes say that it is one, or a document in a sandbox
(:mod:`~mcp_magics.results.sandbox`). No script is needed, so a saved notebook shows the same.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from itertools import islice
from typing import Any, assert_never

from mcp_magics.results.contrast import contrast_html
from mcp_magics.results.document import (
    HTML_ROOM,
    Anchor,
    Attachment,
    Contrast,
    Document,
    Film,
    Gallery,
    Grid,
    Item,
    Json,
    Line,
    Markdown,
    Medium,
    Picture,
    Placed,
    Rows,
    Sandboxed,
    Sound,
    Tone,
    Verbatim,
    cost,
    fit,
    lay_out,
)
from mcp_magics.results.gallery import gallery_html, gathered
from mcp_magics.results.grid import CELL_LENGTH, cell_text, more_rows, narrowed, rows_to_show
from mcp_magics.results.json_rows import as_rows
from mcp_magics.results.json_tree import is_foldable, tree
from mcp_magics.results.markdown import rendered
from mcp_magics.results.media import (
    Bundle,
    film_html,
    film_label,
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

__all__ = ["Bundle", "bundle", "page", "selected"]

_LINE_LENGTH = 1000
_MORE_ROOM = 300
"""Bytes of a line that says what is missing."""
_ROWS = 500
"""Rows of a table whose plain form is bounded too."""
_WHOLE_ROWS, _WHOLE_COLUMNS = 20, 10
"""Rows and columns up to which a table needs no box to scroll in."""
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
    together = Document(list(gathered(document.body)), document.footer)
    return {"text/plain": plain(document), "text/html": page(together), **raw}


def page(document: Document, room: int = HTML_ROOM) -> str:
    """The document as HTML of at most ``room`` bytes of JSON, media excepted."""
    return f"<div>{''.join(lay_out(document, _item, room))}</div>"


def _item(item: Item, room: int) -> str:  # noqa: C901, PLR0911, PLR0912 - one answer for each kind of item
    match item:
        case Line():
            return _line(item.text, item.tone, room)
        case Verbatim():
            return _cut(*cut_text(item.text, item.where, room, html.escape), item.tone)
        case Json():
            return _json(item, room)
        case Markdown():
            return _markdown(item, room)
        case Sandboxed():
            return _sandboxed(item, room)
        case Anchor():
            return _anchor(item, room)
        case Rows():
            return _scrolled(item, room)
        case Grid():
            return _grid(item, room)
        case Placed():
            return _placed(item, room)
        case Contrast():
            return contrast_html(item, room)
        case Attachment():
            return _attachment(item, room)
        case Picture() | Gallery() | Sound() | Film():
            return _medium(item)
        case _:
            assert_never(item)


def _medium(item: Medium) -> str:
    match item:
        case Picture():
            return picture_html(item.image, picture_label(item.image, item.number))
        case Gallery():
            return gallery_html(item)
        case Sound():
            return sound_html(item.audio, sound_label(item.audio, item.number))
        case Film():
            return film_html(item.video, film_label(item.video, item.number))


def _placed(item: Placed, room: int) -> str:
    """The item, and two empty elements after it: for what stands in its place, and for what stands beside it."""
    begin = f'<div data-mcp-static="{item.name}">'
    end = f'</div><div data-mcp-live="{item.name}"></div><div data-mcp-live="{beside(item.name)}"></div>'
    return begin + _item(item.item, room - cost(begin + end)) + end


def beside(name: str) -> str:
    """The place beside the item of the place ``name``, which stays as it is."""
    return f"{name}-beside"


def _json(item: Json, room: int) -> str:
    """A table, a tree, or a few lines; the first that suits."""
    rows = as_rows(item.value, item.where)
    if rows is not None:
        return _scrolled(rows, room)
    if not is_foldable(item.value):
        return _cut(*cut_json(item.value, item.where, room, html.escape), "plain")
    shown, is_whole = tree(item.value, room - _MORE_ROOM)
    return shown if is_whole else shown + _line(f"… there is more; all of it is in {item.where}", "note", _MORE_ROOM)


def _markdown(item: Markdown, room: int) -> str:
    shown, hidden = rendered(item.text, room - _MORE_ROOM)
    more = f"… {hidden:,} more characters; all of it is in {item.where}"
    return shown + (_line(more, "note", _MORE_ROOM) if hidden else "")


def _attachment(item: Attachment, room: int) -> str:
    """The line, and a link that saves the bytes, which nothing opens by itself."""
    label = _line(item.label, "note", _LINE_LENGTH)
    source = f"data:{item.mime};base64,{base64.b64encode(item.data).decode('ascii')}"
    if len(source) + _MORE_ROOM + cost(label) > room:
        return label
    name = html.escape(item.name)
    return f'{label}<div><a download="{name}" href="{source}">Save {name}</a></div>'


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
    grid, beyond = narrowed(grid)
    head = _grid_row(grid.columns, "th", room // 2)
    shown = _rows(grid, room - cost(head))
    if grid.keeps == "last":
        shown.reverse()
    hidden = len(grid.rows) - len(shown)
    table = f"<table><thead>{head}</thead><tbody>{''.join(shown)}</tbody></table>"
    more = _line(more_rows(hidden, grid), "note", _LINE_LENGTH) if hidden else ""
    more += _line(beyond, "note", _LINE_LENGTH) if beyond else ""
    return more + table if grid.keeps == "last" else table + more


def _scrolled(rows: Rows, room: int) -> str:
    """A table below its size, in a box of its own that the keyboard scrolls too."""
    size = f"{len(rows.rows):,} rows, {len(rows.columns):,} columns"
    head = f"{one_line(rows.member, 100)}: {size}" if rows.member else size
    shown = _line(head, "note", _MORE_ROOM)
    room -= cost(shown) + _MORE_ROOM
    if len(rows.rows) <= _WHOLE_ROWS and len(rows.columns) <= _WHOLE_COLUMNS:
        return shown + _grid(rows, room)
    box = f'<div tabindex="0" role="region" aria-label="{size}" style="overflow:auto;max-height:40em">'
    return f"{shown}{box}{_grid(rows, room)}</div>"


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
    frame, more = framed(
        item.source, "a document of the server", lambda text: fit(text, room - cost(POLICY) * 2, html.escape)
    )
    if not more:
        return frame
    return frame + _line(f"… {more:,} more characters; all of it is in {item.where}", "note", _LINE_LENGTH)
