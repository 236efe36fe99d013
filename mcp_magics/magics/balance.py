"""The end of a bracketed piece of Python or JSON: brackets nest, strings and comments are skipped."""

from __future__ import annotations

import re

from mcp_magics.errors import CommandError
from mcp_magics.magics.pointer import place

_CLOSING = {"(": ")", "[": "]", "{": "}"}
# Triple-quoted strings first: their opening begins like an empty string.
_STRING = re.compile(
    r"(?s)'''(?:[^\\]|\\.)*?'''"
    r'|"""(?:[^\\]|\\.)*?"""'
    r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
)
_NEXT = re.compile(r"[()\[\]{}'\"#]")
_END_OF_LINE = re.compile(r"$", re.MULTILINE)


def closing(text: str, start: int) -> int:
    """The offset just behind the bracket that closes the one at ``start``; ``CommandError`` when none does."""
    awaited: list[tuple[str, int]] = []
    at = start
    while found := _NEXT.search(text, at):
        at, char = found.start(), found.group()
        if char in "'\"":
            at = _behind_string(text, at)
        elif char == "#":
            at = _end_of_line(text, at)
        elif char in _CLOSING:
            awaited.append((_CLOSING[char], at))
            at += 1
        elif char != awaited[-1][0]:
            raise unbalanced(text, at, f"{char} where {awaited[-1][0]} should close the bracket")
        else:
            awaited.pop()
            at += 1
            if not awaited:
                return at
    raise unbalanced(text, awaited[-1][1], f"{text[awaited[-1][1]]} is never closed")


def unbalanced(text: str, offset: int, problem: str) -> CommandError:
    """The error for a quote or bracket without its partner; its evidence is the line with a caret."""
    where = place(text, offset)
    position = f"column {where.column}" if "\n" not in text else str(where)
    return CommandError(
        f"{problem} ({position})",
        class_="unbalanced",
        phase="parse",
        evidence=where.shown,
        next_step="close it, or put the text that contains it in quotes: key='…'",
    )


def _behind_string(text: str, at: int) -> int:
    string = _STRING.match(text, at)
    if string is None:
        raise unbalanced(text, at, f"the quote {text[at]} is never closed")
    return string.end()


def _end_of_line(text: str, at: int) -> int:
    found = _END_OF_LINE.search(text, at)
    return found.end() if found else len(text)
