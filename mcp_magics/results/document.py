"""What a result looks like before it is plain text or HTML: a sequence of things to show.

The two renderers, :mod:`~mcp_magics.results.text` and :mod:`~mcp_magics.results.mime`, take these and nothing else,
so escaping and capping have one home each.
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mcp_magics.results.binary import Audio, Image, Video

Tone = Literal["plain", "title", "note", "error"]

PLAIN_ROOM = 84 * 1024
HTML_ROOM = 140 * 1024
"""Bytes of the two forms of one output, as JSON; with the labels of its images below 256 KiB together."""

LINES = 200
"""Lines of a plain table, for a terminal is no place to read more."""

_SMALLEST = 512
"""Room below which nothing more is begun: enough for a line that says how much is missing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, ours or the server's."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text as the server sent it; ``where`` is the expression that holds it whole."""

    text: str
    where: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON value, shown indented or to be unfolded; ``sent`` is its text where it came as text."""

    value: Any
    where: str
    sent: str = ""


@dataclass(frozen=True, slots=True)
class Markdown:
    """A Markdown text of the server; its plain form is the text."""

    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Sandboxed:
    """An HTML or SVG document of the server, shown without scripts, network or origin."""

    source: str
    where: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link to a resource."""

    uri: str
    label: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; ``where`` holds it whole, ``keeps`` says which rows go last when there is too little room.

    ``lines`` is how many lines its plain form may have, None as many as there is room for.
    """

    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]
    where: str
    keeps: Literal["first", "last"] = "first"
    lines: int | None = LINES


@dataclass(frozen=True, slots=True)
class Rows(Grid):
    """A table of what the server sent, to be scrolled where it is long; ``member`` is what held its rows."""

    member: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image to show; ``number`` counts from 1."""

    image: Image
    number: int


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound to play; ``number`` counts from 1."""

    audio: Audio
    number: int


@dataclass(frozen=True, slots=True)
class Film:
    """A video to play; ``number`` counts from 1."""

    video: Video
    number: int


@dataclass(frozen=True, slots=True)
class Gallery:
    """Several images to look at side by side; ``where`` holds those that were received."""

    pictures: tuple[Picture, ...]
    where: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """Bytes nothing is shown of: what they are in a line, and a link to save them as ``name`` where there is room."""

    label: str
    data: bytes
    mime: str
    name: str


@dataclass(frozen=True, slots=True)
class Facing:
    """One row of a :class:`Contrast`: a name, and what each side has there."""

    name: str
    left: Any
    right: Any
    is_different: bool = False


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two things side by side under their ``heads``; ``where`` holds it whole."""

    heads: tuple[str, str]
    rows: Sequence[Facing]
    where: str

    @property
    def grid(self) -> Grid:
        """The same as a table, a row that differs marked in its first column."""
        left, right = (f"{head} " if head in ("", "at") else head for head in self.heads)
        rows = [
            {"": "≠" if row.is_different else "", "at": row.name, left: row.left, right: row.right} for row in self.rows
        ]
        return Grid(("", "at", left, right), rows, self.where)


@dataclass(frozen=True, slots=True)
class Placed:
    """An item whose place something live may take, for as long as a page draws it; ``name`` is the place's."""

    item: Item
    name: str


Medium = Picture | Sound | Film | Gallery
"""What is shown by its bytes, which have bounds of their own."""
Item = Line | Verbatim | Json | Markdown | Sandboxed | Anchor | Grid | Rows | Contrast | Attachment | Placed | Medium


@dataclass(frozen=True, slots=True)
class Document:
    """A body, cut where it is too long, and a footer for which there is always room."""

    body: Sequence[Item]
    footer: Sequence[Line] = ()


Change = Callable[[Document], Document]
"""A document before it is shown, as it is to be shown."""


def unchanged(document: Document) -> Document:
    """The same document."""
    return document


Render = Callable[[Item, int], str]
"""One item in a form, costing at most so many bytes (media excepted)."""


def cost(text: str) -> int:
    """The bytes ``text`` takes as a JSON string in ASCII: never less than in a notebook file or a message."""
    return len(json.dumps(text)) - 2


def fit(text: str, room: int, form: Callable[[str], str] = str) -> str:
    """The longest beginning of ``text`` whose ``form`` costs at most ``room``."""
    head = text[: max(room, 0)]
    if cost(form(head)) <= room:
        return head
    return head[: bisect.bisect_right(range(len(head) + 1), room, key=lambda end: cost(form(head[:end]))) - 1]


def lay_out(document: Document, render: Render, room: int) -> list[str]:
    """The items of ``document`` rendered one after the other into ``room``; what is left out is counted at its end."""
    footer = _fill(document.footer, render, room // 4)
    return [*_fill(document.body, render, room - sum(map(cost, footer))), *footer]


def _fill(items: Sequence[Item], render: Render, room: int) -> list[str]:
    shown: list[str] = []
    for index, item in enumerate(items):
        if room < 2 * _SMALLEST:
            rest = f"… {len(items) - index:,} more not shown; all of it is in .raw"
            return [*shown, render(Line(rest, "note"), _SMALLEST)]
        text = render(item, room - _SMALLEST)
        if not isinstance(item, Medium):
            room -= cost(text) + 2
        shown.append(text)
    return shown
