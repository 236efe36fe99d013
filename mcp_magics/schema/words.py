"""A server's name for something, as a word of a line: whatever it is, the line stays one line and says just that."""

from __future__ import annotations

import json
import re

_NOT_ASCII = re.compile(r"[^\x20-\x7e]")
_REORDERS = re.compile("[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def word(name: str, plain: str = "_-/") -> str:
    """``name`` as a line has it: bare where it is letters, digits and ``plain``, else in quotes."""
    is_plain = name != "" and all(char.isalnum() or char in plain for char in name) and not name.startswith("-")
    return name if is_plain else in_quotes(name)


def address(uri: str) -> str:
    """``uri`` as a line has it."""
    return word(uri, "_-/:.?&%+~@,")


def in_quotes(value: object) -> str:
    """``value`` as JSON in which all that cannot be seen is an escape.

    Python and IPython end a line at U+0085 and U+2028 too: a name with one would go on as code in the next line.
    """
    return _NOT_ASCII.sub(_escaped, json.dumps(value, ensure_ascii=False))


def as_written(text: str) -> str:
    """``text`` (JSON) in which marks that turn the direction of writing (UAX #9), and odd line ends, are escapes."""
    return _REORDERS.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    char = found.group()
    return char if char.isprintable() else json.dumps(char)[1:-1]
