"""A JSON value as a tree to unfold, in HTML alone: nested ``<details>``, which the keyboard opens by nature."""

from __future__ import annotations

import html
import json
from itertools import islice
from typing import Any

from mcp_magics.results.document import cost
from mcp_magics.results.pretty import pretty
from mcp_magics.results.sanitise import clean

OPEN_DEPTH = 2
"""Levels that are open at first."""
_DEEPEST = 40
_NODES = 1000
_CHILDREN = 200
_LONGEST = 300
_SMALL = 400
_FLAT_LINES = 8
_ROOT = '<div style="line-height:max(1.6em,24px)">'
"""Lines as high as what is pressed has to be at least (WCAG 2.2, 2.5.8)."""
_LIST = '<ul style="list-style:none;margin:0;padding-left:1.3em">'
_MORE_ROOM = 200
"""Bytes kept for the lines that say how much is missing, and for the closing tags, of each level."""


def is_foldable(value: Any) -> bool:
    """Whether a tree helps: what has a few lines as indented JSON is read at a glance."""
    if not isinstance(value, dict | list) or not value:
        return False
    text, is_whole = pretty(value, _SMALL)
    return not is_whole or text.count("\n") >= _FLAT_LINES


def tree(value: Any, room: int) -> tuple[str, bool]:
    """``value`` as HTML of at most ``room`` bytes as JSON, and whether all of it is there."""
    growing = _Tree(room)
    growing.grow("", value, 0)
    return f"{_ROOT}{''.join(growing.parts)}</div>", growing.is_whole


class _Tree:
    """A tree being written; what finds no room is counted where it would stand."""

    def __init__(self, room: int) -> None:
        self.parts: list[str] = []
        self.is_whole = True
        self._room = room - 2 * _MORE_ROOM
        self._nodes = _NODES

    def grow(self, label: str, value: Any, depth: int) -> None:
        """Write one node after its ``label``, which is HTML."""
        self._nodes -= 1
        if isinstance(value, dict | list) and value:
            self._branch(label, value, depth)
        else:
            self._write(label + self._leaf(value))

    def _branch(self, label: str, value: dict[str, Any] | list[Any], depth: int) -> None:
        is_open = " open" if depth < OPEN_DEPTH else ""
        self._write(f"<details{is_open}><summary>{label}{_size(value)}</summary>{_LIST}")
        self._room -= _MORE_ROOM
        left = len(value) - self._children(value, depth)
        if left:
            self.is_whole = False
            self.parts.append(f"<li><i>… {left:,} more</i></li>")
        self._room += _MORE_ROOM
        self._write("</ul></details>")

    def _children(self, value: dict[str, Any] | list[Any], depth: int) -> int:
        """Write as many as there is room for; how many."""
        if depth >= _DEEPEST:
            return 0
        written = 0
        for name, child in islice(_pairs(value), _CHILDREN):
            label = _label(name)
            if self._nodes <= 0 or self._room < cost(label) + cost(self._leaf_bound(child)) + _MORE_ROOM:
                break
            self.is_whole = self.is_whole and len(str(name)) <= 2 * _LONGEST
            self._write("<li>")
            self.grow(label, child, depth + 1)
            self._write("</li>")
            written += 1
        return written

    def _leaf_bound(self, value: Any) -> str:
        return _size(value) + _LIST if isinstance(value, dict | list) else _leaf(value)[0]

    def _leaf(self, value: Any) -> str:
        shown, is_whole = _leaf(value)
        self.is_whole = self.is_whole and is_whole
        return shown

    def _write(self, part: str) -> None:
        self.parts.append(part)
        self._room -= cost(part)


def _pairs(value: dict[str, Any] | list[Any]) -> Any:
    return value.items() if isinstance(value, dict) else enumerate(value)


def _label(name: Any) -> str:
    if isinstance(name, int):
        return f"<i>{name}</i>: "
    text, _ = _cut(str(name))
    return f"<b>{text}</b>: "


def _size(value: dict[str, Any] | list[Any]) -> str:
    kind, unit = ("object", "member") if isinstance(value, dict) else ("array", "item")
    return f"<i>{kind}, {len(value):,} {unit}{'' if len(value) == 1 else 's'}</i>"


def _leaf(value: Any) -> tuple[str, bool]:
    """A scalar as JSON spells it, which shows its type; a long text is cut and its length told."""
    if not isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False, default=str)
        return f"<code>{_cut(text)[0]}</code>", len(text) <= _LONGEST
    if len(value) <= _LONGEST:
        return f"<code>{_cut(json.dumps(value, ensure_ascii=False))[0]}</code>", True
    head = json.dumps(value[:_LONGEST], ensure_ascii=False)[:-1]
    return f"<code>{_cut(head)[0]}…</code> <i>({len(value):,} characters)</i>", False


def _cut(text: str) -> tuple[str, bool]:
    """At most some characters of ``text`` as HTML; escapes may make a text longer than it was."""
    most = 2 * _LONGEST
    return html.escape(clean(text[:most])) + ("…" if len(text) > most else ""), len(text) <= most
