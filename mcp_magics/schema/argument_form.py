"""The arguments of a tool as a form: nested objects, arrays of anything, unions, as deep as a person can follow.

Beside what a question's form has (:mod:`~mcp_magics.schema.form`), for which the specification allows one level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from mcp_magics.schema.form import Choice, Field, Kind, Modeller, joined
from mcp_magics.schema.resolve import schemas
from mcp_magics.schema.text import beginning, one_line

_DEEPEST = 8
_MOST_TURNS = 2
"""How often a schema is drawn inside itself; what is deeper is JSON."""
_MOST_VARIANTS = 50
_UNIONS = ("oneOf", "anyOf")
_SAID_ONCE = ("title", "description", "default", "examples", "$schema", "$id", "$defs", "definitions", "$ref", "allOf")
_TITLE = 60


@dataclass(frozen=True, slots=True)
class ArgumentForm:
    """The one field that all arguments are in, as a rule an object; ``schema`` decides what is right."""

    root: Field
    schema: Any


def argument_form(schema: Any) -> ArgumentForm:
    """The form of any JSON Schema; never raises. Source: server/tools ``inputSchema``, JSON Schema 2020-12."""
    root = _ArgumentModeller(schema).field("", (), schema, required=True)
    if root.kind == "json" and isinstance(schema, Mapping) and schema.get("type", "object") == "object":
        root = replace(root, kind="object", open_ended=True)  # an object that names no member
    return ArgumentForm(root, schema)


class _ArgumentModeller(Modeller):
    """Models what arguments may be; bounded in depth, in fields and in how often a schema contains itself."""

    def __init__(self, root: Any) -> None:
        super().__init__(root)
        self._within: list[str] = []

    def field(self, name: str, path: tuple[str, ...], schema: Any, *, required: bool) -> Field:
        """The field of ``schema``, JSON where it is drawn inside itself for the third time."""
        with self._inside(schema) as too_often:
            return super().field(name, path, True if too_often else schema, required=required)

    @contextmanager
    def _inside(self, schema: Any) -> Iterator[bool]:
        """While inside, what ``schema`` refers to is being drawn; whether that was so too often already."""
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        if not isinstance(reference, str):
            yield False
            return
        self._within.append(reference)
        try:
            yield self._within.count(reference) > _MOST_TURNS + 1
        finally:
            self._within.pop()

    def _without_null(self, flat: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        less, nullable = super()._without_null(flat)
        for union in _UNIONS:
            branches = schemas(less.get(union))
            rest = [each for each in branches if not (isinstance(each, Mapping) and each.get("type") == "null")]
            if 0 < len(rest) < len(branches):
                return less | {union: rest}, True
        return less, nullable

    def _kind(self, flat: Mapping[str, Any], *, nullable: bool) -> tuple[Kind, tuple[Choice, ...]]:
        choices = self._choices(flat)
        if not choices and _branches(flat):
            return "union", ()
        if not choices and flat.get("type") == "null":
            return "choice", (Choice(None, "null"),)
        return super()._kind(flat, nullable=nullable)

    def _array(self, flat: Mapping[str, Any]) -> tuple[Kind, tuple[Choice, ...]]:
        items = flat.get("items")
        if not isinstance(items, Mapping) or "prefixItems" in flat or self._left <= 0:
            return "json", ()
        if flat.get("uniqueItems") is True and (choices := self._choices(self.flat(items))):
            return "choices", choices
        return "array", ()

    def _item(self, flat: Mapping[str, Any], path: tuple[str, ...]) -> Field | None:
        return self.field("", (*path, "[]"), flat["items"], required=True) if len(path) < _DEEPEST else None

    def _variants(self, flat: Mapping[str, Any], path: tuple[str, ...]) -> tuple[Field, ...]:
        branches = _branches(flat)
        if len(path) >= _DEEPEST or len(branches) > min(_MOST_VARIANTS, max(self._left, 0)):
            return ()
        common = {name: each for name, each in flat.items() if name not in (*_SAID_ONCE, _union(flat))}
        return tuple(self._variant(branch, common, path, number) for number, branch in enumerate(branches))

    def _variant(self, branch: Any, common: Mapping[str, Any], path: tuple[str, ...], number: int) -> Field:
        own = self.flat(branch)
        whole = {name: each for name, each in joined(own, common).items() if name not in ("$ref", "allOf")}
        if members := _joined_members(own, common):
            whole["properties"] = members
        with self._inside(branch) as too_often:
            made = self.field("", (*path, f"|{number}"), True if too_often else whole, required=True)
        return replace(made, title=_title(made, whole, number))


def _union(flat: Mapping[str, Any]) -> str:
    return next((name for name in _UNIONS if schemas(flat.get(name))), "type")


def _branches(flat: Mapping[str, Any]) -> tuple[Any, ...]:
    """The schemas a value may be one of: of ``oneOf``, ``anyOf`` or several types; none where there is one only."""
    name = _union(flat)
    if name != "type":
        return schemas(flat.get(name))
    types = flat.get("type")
    several = isinstance(types, Sequence) and not isinstance(types, str) and len(types) > 1
    return tuple({"type": each} for each in schemas(types)) if several else ()


def _joined_members(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The members both name, those all variants have first; the variant's own reading of one counts."""
    mine, common = (each.get("properties") for each in (one, other))
    return {**(common if isinstance(common, Mapping) else {}), **(mine if isinstance(mine, Mapping) else {})}


def _title(field: Field, whole: Mapping[str, Any], number: int) -> str:
    """What a variant is called: its title, the constants that tell it from others, what it needs, its type."""
    if field.title:
        return field.title
    constants = [
        f"{each.name}: {_shown(each.choices[0].value)}"
        for each in field.fields
        if each.kind == "choice" and len(each.choices) == 1
    ]
    if constants:
        return one_line(", ".join(constants), _TITLE)
    needed = [each.name for each in field.fields if each.required]
    if needed:
        return one_line(f"with {', '.join(needed)}", _TITLE)
    kind = whole.get("format") or whole.get("type") or field.kind
    return f"{number + 1}: {one_line(kind, _TITLE) if isinstance(kind, str) else field.kind}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else beginning(value, _TITLE)
