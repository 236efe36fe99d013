"""JSON for the eye: indented, short lists on one line, and written only as far as it is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_DEEPEST = 64
_SLICE = 4096
_SHORT_ITEMS = 16
_SHORT_LINE = 72


def pretty(value: Any, limit: int) -> tuple[str, bool]:
    """``value`` as indented JSON of at most ``limit`` characters, and whether that is all of it.

    Takes time and memory for what it shows, however large ``value`` is.
    """
    shown: list[str] = []
    room = limit
    for chunk in _chunks(value, 0):
        shown.append(chunk)
        room -= len(chunk)
        if room < 0:
            return "".join(shown)[:limit], False
    return "".join(shown), True


def _chunks(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield from _string(value)
    elif not isinstance(value, dict | list) or not value:
        yield json.dumps(value, ensure_ascii=False, default=str)
    elif depth >= _DEEPEST:
        yield "{ … }" if isinstance(value, dict) else "[ … ]"
    elif isinstance(value, list) and (line := _on_one_line(value)):
        yield line
    else:
        yield from _container(value, depth)


def _string(value: str) -> Iterator[str]:
    yield '"'
    for start in range(0, len(value), _SLICE):
        yield json.dumps(value[start : start + _SLICE], ensure_ascii=False)[1:-1]
    yield '"'


def _container(value: dict[str, Any] | list[Any], depth: int) -> Iterator[str]:
    inner = "\n" + "  " * (depth + 1)
    is_object = isinstance(value, dict)
    separator = "{" if is_object else "["
    for item in value.items() if isinstance(value, dict) else value:
        yield separator + inner
        if is_object:
            key, item = item  # noqa: PLW2901 - the pair's second half is the item
            yield from _string(str(key))
            yield ": "
        yield from _chunks(item, depth + 1)
        separator = ","
    yield inner[:-2] + ("}" if is_object else "]")


def _on_one_line(items: list[Any]) -> str:
    """A short list of short scalars as ``[1, 2, 3]``, else nothing."""
    if len(items) > _SHORT_ITEMS or any(
        isinstance(item, dict | list) or (isinstance(item, str) and len(item) > _SHORT_LINE) for item in items
    ):
        return ""
    line = json.dumps(items, ensure_ascii=False, default=str)
    return line if len(line) <= _SHORT_LINE else ""
