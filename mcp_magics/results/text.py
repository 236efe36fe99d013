"""The plain form: what a terminal, a CI log and ``nbconvert --to markdown`` show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, assert_never

from mcp_magics.results.blocks import Audio, Image
from mcp_magics.results.document import (
    PLAIN_ROOM,
    Anchor,
    Document,
    Grid,
    Item,
    Json,
    Line,
    Picture,
    Sandboxed,
    Sound,
    Verbatim,
    cost,
    fit,
    lay_out,
)
from mcp_magics.results.pretty import pretty
from mcp_magics.results.sanitise import clean, columns_of, one_line, within

LINE_WIDTH = 100
"""Columns of a plain table."""

_LINE_LENGTH = 1000
_NAME_WIDTH = 36
"""What the first column, which names its row, may take before the others are narrowed."""
_NARROWEST = 6
_GAP = "  "
_KILO = 1000


def plain(document: Document, room: int = PLAIN_ROOM) -> str:
    """``document`` as text without control sequences, at most ``room`` bytes of JSON."""
    return "\n".join(lay_out(document, _item, room))


def cut_text(text: str, where: str, room: int, form: Callable[[str], str] = str) -> tuple[str, str]:
    """The beginning of ``text`` that fits, cleaned, and a line that says what is missing, or nothing."""
    head = clean(text[:room])
    shown = fit(head, room, form)
    hidden = len(text) - min(len(text), room) + len(head) - len(shown)
    return shown, f"… {hidden:,} more characters; all of it is in {where}" if hidden else ""


def cut_json(value: Any, where: str, room: int, form: Callable[[str], str] = str) -> tuple[str, str]:
    """The beginning of ``value`` as indented JSON, cleaned, and a line that says that something is missing."""
    text, is_whole = pretty(value, room)
    head = clean(text)
    shown = fit(head, room, form)
    return shown, "" if is_whole and shown == head else f"… there is more; all of it is in {where}"


def cell_text(value: Any, width: int) -> str:
    """A value in a table: text as it is, nothing for None, the rest as JSON, on one line."""
    if value is None:
        return ""
    return one_line(value if isinstance(value, str) else pretty(value, 4 * width)[0], width)


def picture_label(image: Image, number: int) -> str:
    """``[image 1: PNG 640 by 480, 12.3 kB]``, with a multiplication sign."""
    pixels = " " + "\u00d7".join(map(str, image.size)) if image.size else ""
    return f"[image {number}: {image.format}{pixels}, {size_text(len(image.data))}]"


def sound_label(audio: Audio, number: int) -> str:
    """``[audio 1: WAV, 12.3 kB]``."""
    return f"[audio {number}: {audio.format}, {size_text(len(audio.data))}]"


def anchor_label(anchor: Anchor) -> str:
    """``label: uri`` or the address alone."""
    uri = one_line(anchor.uri, _LINE_LENGTH)
    label = one_line(anchor.label, _LINE_LENGTH)
    return f"{label}: {uri}" if label and label != uri else uri


def size_text(count: int) -> str:
    """A number of bytes for people, decimal: ``70 B``, ``12.3 kB``, ``1.2 MB``."""
    if count < _KILO:
        return f"{count} B"
    size = count / _KILO
    for unit in ("kB", "MB"):
        if round(size, 1) < _KILO:
            return f"{size:.1f} {unit}"
        size /= _KILO
    return f"{size:.1f} GB"


def _item(item: Item, room: int) -> str:  # noqa: PLR0911 - one answer for each kind of item
    match item:
        case Line():
            return fit(one_line(item.text, _LINE_LENGTH), room)
        case Verbatim():
            return "\n".join(filter(None, cut_text(item.text, item.where, room)))
        case Json():
            return "\n".join(filter(None, cut_json(item.value, item.where, room)))
        case Sandboxed():
            return "\n".join(filter(None, cut_text(item.source, item.where, room)))
        case Anchor():
            return fit(anchor_label(item), room)
        case Grid():
            return "\n".join(_grid(item, room))
        case Picture():
            return picture_label(item.image, item.number)
        case Sound():
            return sound_label(item.audio, item.number)
        case _:
            assert_never(item)


def _grid(grid: Grid, room: int) -> list[str]:
    candidates = list(_candidates(grid, room))
    header = [one_line(column, LINE_WIDTH) for column in grid.columns]
    widths = _widths([header, *candidates])
    lines = [_row(header, widths), "-" * min(sum(widths) + len(_GAP) * (len(widths) - 1), LINE_WIDTH)]
    room -= sum(map(cost, lines)) + 4
    shown = 0
    for cells in candidates:
        line = _row(cells, widths)
        room -= cost(line) + 2
        if room < 0:
            break
        lines.append(line)
        shown += 1
    hidden = len(grid.rows) - shown
    return [*lines, more_rows(hidden, grid.where)] if hidden else lines


def _candidates(grid: Grid, room: int) -> Iterator[list[str]]:
    """The cells of as many rows as there may be room for."""
    for row in grid.rows:
        if room < 0:
            return
        cells = [cell_text(row.get(column), LINE_WIDTH) for column in grid.columns]
        room -= min(sum(map(len, cells)), LINE_WIDTH) + 1
        yield cells


def more_rows(count: int, where: str) -> str:
    """The line under a table that was cut."""
    return f"… and {count:,} more; use {where}"


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns' widths: what their cells need, the widest narrowed until a line fits, the first one last of all."""
    widths = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    room = LINE_WIDTH - len(_GAP) * (len(widths) - 1)
    name = min(widths[0], _NAME_WIDTH)
    others = _narrowed(widths[1:], room - name)
    return _narrowed([name, *others], room)


def _narrowed(widths: list[int], room: int) -> list[int]:
    """``widths`` made to fit ``room`` by lowering the highest, none below the narrowest."""
    widths = list(widths)
    while sum(widths) > room and max(widths, default=0) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(_padded(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _padded(cell: str, width: int) -> str:
    shown = within(cell, width)
    return shown + " " * (width - columns_of(shown))
