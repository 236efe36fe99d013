"""A stranger's text on its way into a docstring, a comment or a note: no control or invisible characters."""

from __future__ import annotations

import unicodedata


def plain(text: object) -> str:
    """``text`` without control, format and unassigned characters; line breaks and tabs stay."""
    return "".join(char for char in str(text) if char in "\n\t" or not unicodedata.category(char).startswith("C"))


def one_line(text: object, limit: int = 200) -> str:
    """``text`` on one line of at most ``limit`` characters, an ellipsis where it was cut."""
    head = str(text)[: limit * 8]  # a bound on the work; white space may collapse
    line = " ".join(plain(head).split())
    return line if len(line) <= limit and len(head) == len(str(text)) else f"{line[: limit - 1]}…"
