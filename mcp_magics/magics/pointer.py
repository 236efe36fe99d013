"""Where in a text something is, and the two lines that show it to a person."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_BEFORE, _AFTER = 60, 30  # characters of a long line shown around the place


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text: ``line`` and ``column`` count from 1; ``shown`` is the line and a caret below it."""

    line: int
    column: int
    shown: tuple[str, str]

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


def place(text: str, offset: int) -> Place:
    """The place of the character at ``offset`` (from 0) of ``text``; the end of the text is a place too."""
    offset = min(max(offset, 0), len(text))
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : len(text) if end < 0 else end]
    return Place(text.count("\n", 0, offset) + 1, offset - start + 1, _shown(line, offset - start))


def _shown(line: str, column: int) -> tuple[str, str]:
    first = max(0, column - _BEFORE)
    last = min(len(line), column + _AFTER)
    before, after = _printable(line[first:column]), _printable(line[column:last])
    lead = "…" if first else ""
    tail = "…" if last < len(line) else ""
    return f"{lead}{before}{after}{tail}", " " * _width(lead + before) + "^"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " if char == "\t" else "�" for char in text)


def _width(text: str) -> int:
    """How many cells of a terminal ``text`` takes (UAX #11; combining characters take none)."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)
