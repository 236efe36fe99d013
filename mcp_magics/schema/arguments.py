"""What there is to say about arguments beside a tool's input schema: notes for a person, never a refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from mcp_magics.schema.text import one_line
from mcp_magics.schema.violations import check

_DIGITS = 4000  # Python turns longer integer literals into an error (sys.set_int_max_str_digits)
_NAMED_ELSEWHERE = frozenset(
    {"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "patternProperties"}
)
_SAYS_ITSELF = frozenset({"additionalProperties", "unevaluatedProperties"})
_OPTIONS: Mapping[str, str] = {"timeout": "--timeout", "max_time": "--max-time"}
_MOST = 5


def argument_notes(text: str, schema: Any) -> tuple[str, ...]:
    """Where the arguments ``text`` (JSON) break ``schema`` or say what it does not name; never raises.

    A server that ignores what it does not know answers as if a misspelt argument had not been given.
    """
    try:
        value = parsed(text)
    except ValueError as error:
        return (f"arguments: not JSON: {error}",)
    except RecursionError:
        return ("arguments: nested too deeply to be checked here",)
    return (*check(value, schema), *_unnamed(value, schema))


def parsed(text: str) -> Any:
    """The value of a JSON text, integers of any length included; raises ``ValueError`` where it is none."""
    return json.loads(text, parse_int=_integer)


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < _DIGITS else Decimal(digits)


def _unnamed(value: Any, schema: Any) -> Iterator[str]:
    """The arguments that the schema does not name: options of ours that went to the tool, and others it may ignore."""
    if not isinstance(value, dict) or not isinstance(schema, Mapping) or _NAMED_ELSEWHERE & schema.keys():
        return
    properties = schema.get("properties")
    names = list(properties) if isinstance(properties, dict) else []
    unnamed = [name for name in value if name not in names]
    for name in unnamed[:_MOST]:
        if name in _OPTIONS:
            yield _option(name, value[name])
        elif not _SAYS_ITSELF & schema.keys() and (names or schema.get("type") == "object"):
            yield unnamed_note(name, names, "the tool's schema names no such argument")


def unnamed_note(name: str, names: Sequence[str], why: str) -> str:
    """The note on an argument that is not among ``names``."""
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    hint = f"did you mean {one_line(near[0])!r}?" if near else "a server may ignore it"
    return f"arguments.{one_line(name)}: {why}; {hint}"


def _option(name: str, value: Any) -> str:
    shown = one_line(value, 40)
    ways = f"{_OPTIONS[name]} {shown} on a line, .with_options({name}={shown}) in Python"
    return f"arguments.{name}: sent to the tool, whose schema names no such argument; to wait so long: {ways}"
