"""JSON values whose numbers keep every digit: read as they stand, written as they were read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from mcp_magics.schema.text import one_line
from mcp_magics.schema.values import json_string

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BETWEEN_TOKENS = re.compile(r'("(?:[^"\\]|\\.)*+")|[ \t\r\n]++', re.DOTALL)


class Literal(str):
    """A number as it is spelt in JSON (RFC 8259 §6)."""

    __slots__ = ()


def exact_value(text: str) -> Any:
    """The value of a JSON text: numbers are :class:`Literal`; raises ``ValueError`` with a line for a person."""
    try:
        return json.loads(
            text,
            parse_float=Literal,
            parse_int=Literal,
            parse_constant=_no_number,
            object_pairs_hook=_without_repeats,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"no JSON: {one_line(error.msg)} ({where})") from None
    except RecursionError:
        raise ValueError("no JSON that can be read here: it is nested too deeply") from None


def exact_of(value: Any) -> Any:
    """A value of Python's JSON (a schema's default) as an exact one; raises ``ValueError`` where it is none."""
    try:
        return exact_value(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"no JSON: {one_line(error)}") from None


def exact_text(value: Any, *, indent: int | None = None) -> str:
    """``value`` as JSON text, on one line without ``indent``; raises ``ValueError`` where it is nested too deeply."""
    try:
        return _text(value, indent, "\n")
    except RecursionError:
        raise ValueError("it is nested too deeply to be written") from None


def on_one_line(text: str) -> str:
    """A JSON text without white space between its tokens; every token stays as it is."""
    return _BETWEEN_TOKENS.sub(lambda found: found[1] or "", text)


def _text(value: Any, indent: int | None, line: str) -> str:
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, str):
        return json_string(value)
    deeper = line + " " * (indent or 0)
    if isinstance(value, Mapping):
        inner = [
            f"{json_string(name)}:{'' if indent is None else ' '}{_text(each, indent, deeper)}"
            for name, each in value.items()
        ]
        return _between("{", inner, "}", indent, line)
    if isinstance(value, (list, tuple)):
        return _between("[", [_text(each, indent, deeper) for each in value], "]", indent, line)
    return json.dumps(value)


def _between(opening: str, inner: list[str], closing: str, indent: int | None, line: str) -> str:
    if indent is None or not inner:
        return f"{opening}{','.join(inner)}{closing}"
    deeper = line + " " * indent
    return f"{opening}{deeper}{f',{deeper}'.join(inner)}{line}{closing}"


def _no_number(literal: str) -> Any:
    raise ValueError(f"no JSON: {literal} is no JSON number")


def _without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(members)
    if len(read) < len(members):
        raise ValueError("no JSON that means one thing: a name stands twice, and only one of its values would travel")
    return read
