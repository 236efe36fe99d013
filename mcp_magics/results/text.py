"""The plain form: what a terminal, a CI log and ``nbconvert --to markdown`` show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_never

from mcp_magics.results.document import (
    PLAIN_ROOM,
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
    Picture,
    Placed,
    Sandboxed,
    Sound,
    Verbatim,
    fit,
    lay_out,
)
from mcp_magics.results.grid import grid_lines
from mcp_magics.results.media import film_label, picture_label, sound_label
from mcp_magics.results.pretty import pretty
from mcp_magics.results.sanitise import clean, one_line
from mcp_magics.results.width import line_width

_LINE_LENGTH = 1000


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


def anchor_label(anchor: Anchor) -> str:
    """``label: uri`` or the address alone."""
    uri = one_line(anchor.uri, _LINE_LENGTH)
    label = one_line(anchor.label, _LINE_LENGTH)
    return f"{label}: {uri}" if label and label != uri else uri


def _item(item: Item, room: int) -> str:  # noqa: C901, PLR0911, PLR0912 - one answer for each kind of item
    match item:
        case Line():
            return fit(one_line(item.text, _LINE_LENGTH), room)
        case Verbatim() | Markdown():
            return "\n".join(filter(None, cut_text(item.text, item.where, room)))
        case Json():
            cut = cut_text(item.sent, item.where, room) if item.sent else cut_json(item.value, item.where, room)
            return "\n".join(filter(None, cut))
        case Sandboxed():
            return "\n".join(filter(None, cut_text(item.source, item.where, room)))
        case Anchor():
            return fit(anchor_label(item), room)
        case Grid():
            return "\n".join(grid_lines(item, room, line_width()))
        case Placed():
            return _item(item.item, room)
        case Contrast():
            return "\n".join(grid_lines(item.grid, room, line_width()))
        case Picture():
            return picture_label(item.image, item.number)
        case Gallery():
            return "\n".join(picture_label(each.image, each.number) for each in item.pictures)
        case Sound():
            return sound_label(item.audio, item.number)
        case Film():
            return film_label(item.video, item.number)
        case Attachment():
            return fit(one_line(item.label, _LINE_LENGTH), room)
        case _:
            assert_never(item)
