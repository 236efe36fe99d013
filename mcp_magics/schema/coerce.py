"""Which JSON types a schema allows where: what ``key=value`` on a line becomes.

Sound where a schema is plain, generous where it is not: what cannot be decided here is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

from mcp_magics.schema.resolve import Root, schemas

JSONType = Literal["null", "boolean", "integer", "number", "string", "array", "object"]

_EVERY: frozenset[str] = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_DEEPEST = 32  # levels of $ref, anyOf … that are followed; deeper, anything goes
_WIDEST = 1000  # schemas looked at for one answer: a hostile schema is not worth more time


@dataclass(frozen=True, slots=True)
class Allowed:
    """The JSON types that may stand somewhere; ``strings`` lists the texts where not every text may.

    ``number`` without ``integer`` never occurs: an integer is a number (JSON Schema 2020-12 §6.1.1).
    """

    types: frozenset[str]
    strings: frozenset[str] | None = None

    def text(self, value: str) -> bool:
        """Whether ``value`` may stand as a string."""
        return "string" in self.types and (self.strings is None or value in self.strings)

    def literal(self, kind: str, literal: str) -> bool:
        """Whether a JSON value of this kind may stand; of a number, ``1.0`` and ``1e3`` are integers too."""
        if kind == "number":
            return "number" in self.types or ("integer" in self.types and _is_whole(literal))
        return kind in self.types

    def __and__(self, other: Allowed) -> Allowed:
        if self.strings is None or other.strings is None:
            strings = self.strings if other.strings is None else other.strings
        else:
            strings = self.strings & other.strings
        return Allowed(self.types & other.types, strings)

    def __or__(self, other: Allowed) -> Allowed:
        mine, others = self._texts(), other._texts()
        strings = None if mine is None or others is None else mine | others
        return Allowed(self.types | other.types, strings)

    def _texts(self) -> frozenset[str] | None:
        return self.strings if "string" in self.types else frozenset()


ANYTHING = Allowed(_EVERY)
NOTHING = Allowed(frozenset())


def allowed(schema: Any, root: Any = None) -> Allowed:
    """What ``schema`` allows; ``root`` is the schema its local references point into (itself by default)."""
    return _Looker(schema if root is None else root).allowed(schema, 0)


def allowed_at(schema: Any, key: str) -> Allowed:
    """What an object schema allows as its member ``key``; anything where it says nothing about it."""
    return _Looker(schema).member(schema, key, 0) or ANYTHING


class _Looker:
    """Looks through one root schema, for a bounded time."""

    def __init__(self, root: Any) -> None:
        self._root = Root(root)
        self._looked = 0

    def _tired(self, depth: int) -> bool:
        self._looked += 1
        return depth > _DEEPEST or self._looked > _WIDEST

    def allowed(self, schema: Any, depth: int) -> Allowed:
        if schema is False:
            return NOTHING
        if not isinstance(schema, Mapping) or self._tired(depth):
            return ANYTHING
        here = _types(schema) & _listed(schema)
        for reference in _references(schema):
            here &= self.allowed(self._root.resolve(reference), depth + 1)
        for each in schemas(schema.get("allOf")):
            here &= self.allowed(each, depth + 1)
        for union in ("anyOf", "oneOf"):
            if branches := schemas(schema.get(union)):
                here &= _any(self.allowed(each, depth + 1) for each in branches)
        return here | Allowed(frozenset({"null"})) if schema.get("nullable") is True else here

    def member(self, schema: Any, key: str, depth: int) -> Allowed | None:
        """What is allowed at ``key``, or None where the schema does not speak of it."""
        if not isinstance(schema, Mapping) or self._tired(depth):
            return None
        found = [self.allowed(each, depth + 1) for each in _at(schema, key)]
        further = [*(self._root.resolve(each) for each in _references(schema)), *schemas(schema.get("allOf"))]
        found += _said(self.member(each, key, depth + 1) for each in further)
        for union in (schemas(schema.get("anyOf")), schemas(schema.get("oneOf")), _conditional(schema)):
            # A branch that does not mention the key says nothing about how to write it.
            if branches := _said(self.member(each, key, depth + 1) for each in union):
                found.append(_any(branches))
        return reduce(Allowed.__and__, found) if found else None


def _said(found: Iterable[Allowed | None]) -> list[Allowed]:
    return [each for each in found if each is not None]


def _any(branches: Iterable[Allowed]) -> Allowed:
    return reduce(Allowed.__or__, branches, NOTHING)


def _references(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(schema[name] for name in ("$ref", "$dynamicRef", "$recursiveRef") if name in schema)


def _conditional(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(schema[name] for name in ("then", "else") if name in schema)


def _at(schema: Mapping[str, Any], key: str) -> list[Any]:
    """The subschemas that apply to the member ``key`` (JSON Schema 2020-12 §10.3.2)."""
    properties, patterns = schema.get("properties"), schema.get("patternProperties")
    found = [properties[key]] if isinstance(properties, Mapping) and key in properties else []
    if isinstance(patterns, Mapping):
        found += [each for pattern, each in patterns.items() if _matches(pattern, key)]
    further = schema.get("additionalProperties", True)
    return found or ([further] if isinstance(further, Mapping) else [])


def _matches(pattern: object, key: str) -> bool:
    from mcp_magics.schema.patterns import matches

    return matches(str(pattern), key) is True


def _types(schema: Mapping[str, Any]) -> Allowed:
    declared = schema.get("type")
    names = (declared,) if isinstance(declared, str) else schemas(declared)
    known = {name for name in names if isinstance(name, str) and name in _EVERY}
    if not known:
        return ANYTHING
    return Allowed(frozenset(known | ({"integer"} if "number" in known else set())))


def _listed(schema: Mapping[str, Any]) -> Allowed:
    if "const" in schema:
        return _of_values((schema["const"],))
    values = schemas(schema.get("enum"))
    return _of_values(values) if values else ANYTHING


def _of_values(values: Iterable[Any]) -> Allowed:
    kept = list(values)
    return Allowed(
        frozenset(name for value in kept for name in _types_of(value)),
        frozenset(value for value in kept if isinstance(value, str)),
    )


def _types_of(value: Any) -> tuple[str, ...]:
    if value is None:
        return ("null",)
    kinds = ((bool, ("boolean",)), (int, ("integer",)), (float, ("number", "integer")), (str, ("string",)))
    known = next((names for kind, names in kinds if isinstance(value, kind)), None)
    return known or (("object",) if isinstance(value, Mapping) else ("array",))


def _is_whole(literal: str) -> bool:
    """Whether a number literal is an integer's: 5, 5.0 and 5e1 are, 5.1 is not."""
    found = re.fullmatch(r"-?[0-9]+(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,9}))?", literal)
    if found is None:
        return False
    return int(found[2] or 0) >= len((found[1] or "").rstrip("0"))
