"""The exact text of one member of a JSON object, found in its bytes without building its value."""

from __future__ import annotations

import json
import re

# Possessive quantifiers: no backtracking, so time and memory stay linear in whatever a server sends.
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_OPENING = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\{", re.DOTALL)
_KEY = re.compile(rb"\s*+(" + _STRING + rb")\s*+:\s*+", re.DOTALL)
_TEXT = re.compile(_STRING, re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]}]++")
_FLAT = rb'[^"\[\]{}]++|' + _STRING
_LOW = _FLAT + rb"|[\[{](?:" + _FLAT + rb")*+[\]}]"
_SHALLOW = _FLAT + rb"|[\[{](?:" + _LOW + rb")*+[\]}]"
_TO_BRACKET = re.compile(rb"(?:" + _SHALLOW + rb")*+(?=[\[\]{}])", re.DOTALL)
"""Everything up to the next bracket that is not that of a shallow value: those are passed over in one go."""
_COMMA = re.compile(rb"\s*+,")

_Bytes = bytes | bytearray


def member_text(frame: _Bytes, name: str) -> str | None:
    """The text of member ``name`` of the object in ``frame`` (UTF-8), byte for byte, or None where it has none.

    Of repeated names the last one counts, as it does for JSON parsers (RFC 8259 §4). Nothing but the member itself
    is copied.
    """
    found: tuple[int, int] | None = None
    opening = _OPENING.match(frame)
    at = opening.end() if opening else len(frame)
    while key := _KEY.match(frame, at):
        end = _end_of_value(frame, key.end())
        if end is None:
            break
        if json.loads(key[1]) == name:
            found = key.end(), end
        comma = _COMMA.match(frame, end)
        if comma is None:
            break
        at = comma.end()
    return str(memoryview(frame)[slice(*found)], "utf-8", "surrogateescape") if found else None


def _end_of_value(frame: _Bytes, start: int) -> int | None:
    """Where the value that starts at ``start`` ends, or None where the text ends before it does."""
    first = frame[start : start + 1]
    if first in (b"{", b"["):
        return _end_of_container(frame, start)
    value = (_TEXT if first == b'"' else _SCALAR).match(frame, start)
    return value.end() if value else None


def _end_of_container(frame: _Bytes, start: int) -> int | None:
    depth, at = 1, start + 1
    while depth:
        jump = _TO_BRACKET.match(frame, at)
        if jump is None:
            return None
        depth += 1 if frame[jump.end()] in b"[{" else -1
        at = jump.end() + 1
    return at
