"""An example of a tool's arguments, from its input schema: a body to run and to edit.

Required members stand first; optional ones follow as comments. Every line is YAML 1.2 whose values are JSON, so
that what is shown is what would travel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeGuard

from mcp_magics.schema.resolve import Root, schemas
from mcp_magics.schema.text import one_line
from mcp_magics.schema.words import in_quotes

_DEEPEST = 8
_MOST_ITEMS = 3
_LONGEST = 50_000  # characters, after which the rest is counted
_MOST = 1_000  # schemas and members looked at for one value
_FORMATS = {
    "date-time": "2025-01-31T12:00:00Z",
    "date": "2025-01-31",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "uri-reference": "/path",
    "url": "https://example.com/",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_PLAIN = re.compile(r"[^\W\d][\w./-]*(?: [\w./-]+)*")
_MEANT = frozenset({"null", "true", "false", "python"})  # plain texts that would be something else


def example_body(schema: Any) -> str:
    """A YAML body with every required argument, the optional ones as comments; ``""`` when there are none."""
    members = _Example(schema)
    required, optional = members.required(schema), members.optional(schema)
    marked = [*(("", each) for each in required), *(("# ", each) for each in optional)]
    lines, length = list[str](), 0
    for mark, (name, each) in marked:
        if length > _LONGEST:
            return "\n".join([*lines, f"# … and {len(marked) - len(lines):,} more"])
        lines.append(f"{mark}{_line(name, members.value(each), each)}")
        length += len(lines[-1])
    return "\n".join(lines)


def example_value(schema: Any) -> Any:
    """A value that ``schema`` most likely accepts: ``const``, ``default``, ``examples``, ``enum`` first."""
    return _Example(schema).value(schema)


class _Example:
    """Examples of what stands in one root schema, as far as its budget goes."""

    def __init__(self, root: Any) -> None:
        self._root = Root(root)
        self._left = _MOST

    def required(self, schema: Any) -> list[tuple[str, Any]]:
        """The members that must be there, in the order the schema has them."""
        flat = self._flat(schema, 0)
        names = _names(flat)
        properties = _properties(flat)
        ordered = [name for name in properties if name in names] + [name for name in names if name not in properties]
        return [(name, properties.get(name, True)) for name in ordered]

    def optional(self, schema: Any) -> list[tuple[str, Any]]:
        """The members that may be there."""
        flat = self._flat(schema, 0)
        names = _names(flat)
        return [(name, each) for name, each in _properties(flat).items() if name not in names]

    def value(self, schema: Any, depth: int = 0) -> Any:
        flat = self._flat(schema, depth)
        for name in ("const", "default", "example"):
            if name in flat:
                return flat[name]
        for name in ("examples", "enum"):
            if values := schemas(flat.get(name)):
                return values[0]
        return self._by_type(_type(flat), flat, depth)

    def _flat(self, schema: Any, depth: int) -> Mapping[str, Any]:
        """``schema`` with its reference, its ``allOf`` and the first of its alternatives written into it."""
        if not isinstance(schema, Mapping) or depth > _DEEPEST or self._left < 0:
            return {}
        self._left -= 1
        flat: dict[str, Any] = {}
        for part in self._parts(schema, depth):
            inner = self._flat(part, depth + 1)
            self._left -= (len(_properties(flat)) + len(_properties(inner))) // 100
            flat = _joined(flat, inner)
        return _joined(flat, schema)

    def _parts(self, schema: Mapping[str, Any], depth: int) -> Iterator[Any]:
        if "$ref" in schema:
            yield self._root.resolve(schema["$ref"])
        yield from schemas(schema.get("allOf"))
        for union in ("anyOf", "oneOf"):
            yield _first(schemas(schema.get(union)), depth)

    def _by_type(self, kind: str, flat: Mapping[str, Any], depth: int) -> Any:
        match kind:
            case "object":
                deeper = depth + 1
                return (
                    {name: self.value(each, deeper) for name, each in self.required(flat)} if deeper < _DEEPEST else {}
                )
            case "array":
                return self._items(flat, depth + 1)
            case "integer" | "number":
                return _number(flat, whole=kind == "integer")
            case "boolean":
                return True
            case "null":
                return None
        return _text(flat)

    def _items(self, flat: Mapping[str, Any], depth: int) -> list[Any]:
        if depth >= _DEEPEST:
            return []
        fixed = [self.value(each, depth) for each in schemas(flat.get("prefixItems"))]
        least = _whole(flat.get("minItems"), 1)
        item = flat.get("items")
        further = max(0, min(least, _MOST_ITEMS) - len(fixed)) if item is not False else 0
        return fixed + [self.value(item, depth)] * further


def _first(branches: tuple[Any, ...], depth: int) -> Any:
    """The first alternative that is more than ``null``; deep down, ``null`` itself: it may end a recursion."""
    nulls = [isinstance(each, Mapping) and each.get("type") == "null" for each in branches]
    if depth > 1 and True in nulls:
        return {"type": "null"}
    return next((each for each, is_null in zip(branches, nulls, strict=True) if not is_null), True)


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    joined = {**one, **other}
    for name in ("properties", "required"):
        if name in one and name in other:
            joined[name] = _both(one[name], other[name])
    return joined


def _both(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {**one, **other}
    return [*schemas(one), *schemas(other)]


def _properties(flat: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = flat.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _names(flat: Mapping[str, Any]) -> Mapping[str, None]:
    """The required names, each once and in their order."""
    return dict.fromkeys(each for each in schemas(flat.get("required")) if isinstance(each, str))


def _type(flat: Mapping[str, Any]) -> str:
    declared = flat.get("type")
    names = [declared] if isinstance(declared, str) else [each for each in schemas(declared) if isinstance(each, str)]
    if names:
        return next((name for name in names if name != "null"), "null")
    if "properties" in flat:
        return "object"
    return "array" if "items" in flat or "prefixItems" in flat else "string"


def _text(flat: Mapping[str, Any]) -> str:
    text = _FORMATS.get(str(flat.get("format")), "text")
    return text.ljust(min(_whole(flat.get("minLength"), 0), 1000), "x")[
        : _whole(flat.get("maxLength"), len(text) + 1000)
    ]


def _number(flat: Mapping[str, Any], *, whole: bool) -> Any:
    """A number within the bounds, the least one above 0 where there are none."""
    least, most = _bound(flat, "inimum", 1), _bound(flat, "aximum", -1)
    value: Any = 1
    if least is not None and value < least:
        value = least
    if most is not None and value > most:
        value = most
    step = flat.get("multipleOf")
    with suppress(OverflowError):  # bounds and steps no float holds: the bound itself is as good
        if _is_number(step) and step > 0 and value % step and math.isfinite(next_ := step * (value // step + 1)):
            value = next_
    return int(value) if whole and value == int(value) else value


def _bound(flat: Mapping[str, Any], name: str, inward: int) -> Any:
    inclusive, exclusive = flat.get(f"m{name}"), flat.get(f"exclusiveM{name}")
    if _is_number(exclusive):
        return exclusive + inward
    return inclusive if _is_number(inclusive) else None


def _is_number(value: Any) -> TypeGuard[float]:
    """Whether it is a number that JSON has."""
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and value >= 0 else default


def _line(name: str, value: Any, schema: Any) -> str:
    about = one_line(schema.get("description") or "", 60) if isinstance(schema, Mapping) else ""
    return f"{_scalar(name)}: {_scalar(value)}" + (f"  # {about}" if about else "")


def _scalar(value: Any) -> str:
    """A text without quotes where YAML reads it as that text; else JSON, which YAML reads as JSON."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _MEANT:
        return value
    return in_quotes(value)
