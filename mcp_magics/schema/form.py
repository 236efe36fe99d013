"""A JSON Schema as a form to fill in: which fields, of which kind, with which hints.

The schema comes from a server. Whatever it is (recursive, 60 levels deep, no object at all), a form comes out, in
bounded time, and nothing is fetched for a ``$ref``. What has no field of its own kind is a ``json`` field. The hints
are a person's help; what is right the schema itself decides (:func:`~mcp_magics.schema.form_content.content_of`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mcp_magics.schema.resolve import Root, schemas
from mcp_magics.schema.text import beginning, is_member

Kind = Literal["string", "number", "integer", "boolean", "choice", "choices", "object", "array", "union", "json"]

MISSING: Final = object()
"""The default of a field that has none: ``None`` would be JSON's null."""

_DEEPEST = 8  # levels of nested fields; what is deeper is JSON
_MOST_FIELDS = 500
_MOST_CHOICES = 1000
_MOST_CHOICES_IN_ALL = 5000
_CALLED = 1000  # characters of a value that is its own title
_MOST_PARTS = 64  # references and allOf parts of one field
_MOST_JOINED = 200_000  # keywords, members and names put together for one form
_MOST_REFERENCES = 200  # an anchor is looked for in the whole schema
_PLAIN: Mapping[str, Kind] = {"string": "string", "number": "number", "integer": "integer", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value a field may have, and what it is called."""

    value: Any
    title: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits a schema gives, each None where it gives none.

    ``least`` and ``most`` are a number's (``above``, ``below`` where it may not be reached), ``step`` what it is a
    multiple of; ``shortest``, ``longest`` a text's characters, ``fewest``, ``most_items`` an array's items.
    """

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    step: float | None = None
    shortest: int | None = None
    longest: int | None = None
    fewest: int | None = None
    most_items: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field: all texts are the server's own, as sent.

    ``path`` are the names that lead to it; ``fields`` are an object's, ``item`` is what an array repeats; ``choices``
    belong to ``choice`` (one of them) and ``choices`` (any of them). A ``union`` is one of its ``variants``;
    ``encoding`` is how bytes are written in a text, ``open_ended`` says that an object takes members that are not
    named. ``schema`` is its own, for hints only.
    """

    name: str
    path: tuple[str, ...]
    kind: Kind
    title: str
    description: str = ""
    required: bool = False
    nullable: bool = False
    default: Any = MISSING
    choices: tuple[Choice, ...] = ()
    format: str = ""
    pattern: str = ""
    write_only: bool = False
    bounds: Bounds = Bounds()
    fields: tuple[Field, ...] = ()
    item: Field | None = None
    schema: Any = field(default=True, compare=False)
    variants: tuple[Field, ...] = ()
    encoding: str = ""
    open_ended: bool = False

    @property
    def has_default(self) -> bool:
        """Whether the schema says what it is where nobody says otherwise (SEP-1034)."""
        return self.default is not MISSING

    @property
    def begins_empty(self) -> bool:
        """Whether its default is nothing to begin with: null or an empty text, of what may as well be left out."""
        return not self.required and (self.default is None or (self.default == "" and self.kind == "string"))


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one schema. Where the schema is of no object, ``whole`` is the one field that is all there is."""

    fields: tuple[Field, ...]
    schema: Any
    title: str = ""
    description: str = ""
    whole: Field | None = None


def form_of(schema: Any) -> Form:
    """The form of any JSON Schema; never raises. Source: client/elicitation, JSON Schema 2020-12."""
    modeller = Modeller(schema)
    flat = modeller.flat(schema)
    title, description = _text(flat, "title"), _text(flat, "description")
    whole = modeller.field("", (), schema, required=True)
    if whole.kind == "object":
        return Form(whole.fields, schema, title, description)
    no_members = isinstance(schema, Mapping) and whole.kind == "json" and _is_empty_object(flat)
    return Form((), schema, title, description, None if no_members else whole)


class Modeller:
    """Models one root schema, as far as its budget goes: one level of plain fields, as questions have them."""

    def __init__(self, root: Any) -> None:
        self._root = Root(root)
        self._left = _MOST_FIELDS
        self._choices_left = _MOST_CHOICES_IN_ALL
        self._joins_left = _MOST_JOINED
        self._found: dict[str, Any] = {}

    def field(self, name: str, path: tuple[str, ...], schema: Any, *, required: bool) -> Field:
        """The field of ``schema``; of kind ``json`` where nothing better is to be had."""
        self._left -= 1
        given = self.flat(schema)
        flat, nullable = self._without_null(given)
        kind, choices = self._kind(flat, nullable=nullable)
        self._choices_left -= len(choices)
        fields = self._members(flat, path) if kind == "object" else ()
        item = self._item(flat, path) if kind == "array" else None
        variants = self._variants(flat, path) if kind == "union" else ()
        has_parts = fields or item or variants or kind not in ("object", "array", "union")
        return Field(
            name,
            path,
            kind if has_parts else "json",
            _text(given, "title") or _text(flat, "title") or name,
            _text(given, "description") or _text(flat, "description"),
            required,
            nullable,
            given.get("default", flat.get("default", MISSING)),
            choices,
            _text(flat, "format"),
            _text(flat, "pattern"),
            flat.get("writeOnly") is True,
            _bounds(flat),
            fields,
            item,
            schema,
            variants,
            _encoding(flat),
            _is_open_ended(flat),
        )

    def _item(self, flat: Mapping[str, Any], path: tuple[str, ...]) -> Field | None:
        """What an array repeats."""
        return self.field("", path, flat["items"], required=True)

    def _variants(self, flat: Mapping[str, Any], path: tuple[str, ...]) -> tuple[Field, ...]:  # noqa: ARG002
        """What a value may be one of; questions have no such fields."""
        return ()

    def _members(self, flat: Mapping[str, Any], path: tuple[str, ...]) -> tuple[Field, ...]:
        properties = flat["properties"]
        if len(path) >= _DEEPEST or len(properties) > self._left or not all(map(is_member, properties)):
            return ()
        required = {each for each in schemas(flat.get("required")) if isinstance(each, str)}
        return tuple(
            self.field(str(name), (*path, str(name)), each, required=name in required)
            for name, each in properties.items()
        )

    def flat(self, schema: Any) -> dict[str, Any]:
        """``schema`` with its local references and its ``allOf`` written into it."""
        flat: dict[str, Any] = {}
        waiting, seen = [schema], 0
        while waiting and seen < _MOST_PARTS:
            part, seen = waiting.pop(), seen + 1
            if not isinstance(part, Mapping):
                continue
            waiting += [self._referred(part["$ref"])] if "$ref" in part else []
            waiting += schemas(part.get("allOf"))
            self._joins_left -= _weight(part) + _weight(flat)
            if self._joins_left < 0:
                return {}
            flat = joined(part, flat)
        return {} if waiting else flat

    def _referred(self, reference: Any) -> Any:
        """What a local reference points at, looked up once; after :data:`_MOST_REFERENCES` of them, anything."""
        key = str(reference)
        if key not in self._found and len(self._found) < _MOST_REFERENCES:
            self._found[key] = self._root.resolve(reference)
        return self._found.get(key, True)

    def _without_null(self, flat: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """``flat`` without its null, and whether it had one."""
        if isinstance(types := flat.get("type"), Sequence) and not isinstance(types, str) and "null" in types:
            rest = [each for each in types if each != "null"]
            return flat | {"type": rest[0] if len(rest) == 1 else rest}, True
        for union in ("anyOf", "oneOf"):
            branches = schemas(flat.get(union))
            rest = [each for each in branches if not (isinstance(each, Mapping) and each.get("type") == "null")]
            if len(branches) > len(rest) == 1:
                inner = self.flat(rest[0])
                return {**inner, **{key: each for key, each in flat.items() if key != union}}, True
        return flat, False

    def _kind(self, flat: Mapping[str, Any], *, nullable: bool) -> tuple[Kind, tuple[Choice, ...]]:
        choices = self._choices(flat)
        if choices:
            return "choice", tuple(each for each in choices if not (nullable and each.value is None)) or choices
        if schemas(flat.get("anyOf")) or schemas(flat.get("oneOf")):
            return ("object" if _has_members(flat) else "json"), ()
        match flat.get("type"):
            case "array":
                return self._array(flat)
            case str(name) if name in _PLAIN:
                return _PLAIN[name], ()
            case "object" | None if _has_members(flat):
                return "object", ()
        return "json", ()

    def _array(self, flat: Mapping[str, Any]) -> tuple[Kind, tuple[Choice, ...]]:
        items = flat.get("items")
        if not isinstance(items, Mapping) or "prefixItems" in flat or self._left <= 0:
            return "json", ()
        item = self.flat(items)
        if choices := self._choices(item):
            return "choices", choices
        return ("array" if item.get("type") in _PLAIN else "json"), ()

    def _choices(self, flat: Mapping[str, Any]) -> tuple[Choice, ...]:
        if "const" in flat:
            return (Choice(flat["const"], _called(flat["const"])),)
        values = schemas(flat.get("enum"))
        if values:
            titles = [each if isinstance(each, str) else "" for each in schemas(flat.get("enumNames"))]
            titles += [""] * len(values)
            named = zip(values, titles, strict=False)
            few = len(values) <= min(_MOST_CHOICES, self._choices_left)
            return tuple(Choice(value, title or _called(value)) for value, title in named) if few else ()
        branches = schemas(flat.get("oneOf")) or schemas(flat.get("anyOf"))
        consts = [each for each in branches if isinstance(each, Mapping) and "const" in each]
        if not consts or len(consts) < len(branches) or len(consts) > min(_MOST_CHOICES, self._choices_left):
            return ()
        return tuple(Choice(each["const"], _text(each, "title") or _called(each["const"])) for each in consts)


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both schemas in one; where they differ ``other`` counts, whose members and required ones are added."""
    joined = {**one, **other}
    if isinstance(one.get("properties"), Mapping) and isinstance(other.get("properties"), Mapping):
        joined["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        joined["required"] = [*schemas(one["required"]), *schemas(other["required"])]
    return joined


def _weight(schema: Mapping[str, Any]) -> int:
    """How much there is to copy where a schema is joined with another."""
    inner = (schema.get("properties"), schema.get("required"))
    return len(schema) + sum(len(each) for each in inner if isinstance(each, (Mapping, Sequence)))


def _has_members(flat: Mapping[str, Any]) -> bool:
    return isinstance(flat.get("properties"), Mapping) and bool(flat["properties"])


def _is_empty_object(flat: Mapping[str, Any]) -> bool:
    """A form without fields: an object that names no member, or a schema that says nothing at all."""
    if flat.get("type") not in ("object", None) or _has_members(flat):
        return False
    return not set(flat) - {"type", "properties", "required", "title", "description", "$schema", "additionalProperties"}


def _encoding(flat: Mapping[str, Any]) -> str:
    """``base64`` or ``base64url`` where a text is bytes.

    Source: JSON Schema 2020-12 validation §8.3; OpenAPI's formats ``byte`` and ``binary``, pydantic's two others.
    """
    encoding, form = _text(flat, "contentEncoding").lower(), _text(flat, "format")
    if "base64url" in (encoding, form):
        return "base64url"
    return "base64" if encoding == "base64" or form in ("byte", "binary", "base64") else ""


def _is_open_ended(flat: Mapping[str, Any]) -> bool:
    """Whether the schema says of members it does not name that they may be there."""
    return flat.get("additionalProperties", False) is not False or isinstance(flat.get("patternProperties"), Mapping)


def _called(value: Any) -> str:
    """What a value without a title is called."""
    return value if isinstance(value, str) else beginning(value, _CALLED)


def _text(flat: Mapping[str, Any], name: str) -> str:
    value = flat.get(name)
    return value if isinstance(value, str) else ""


def _bounds(flat: Mapping[str, Any]) -> Bounds:
    step = _number(flat, "multipleOf")
    return Bounds(
        _number(flat, "minimum"),
        _number(flat, "maximum"),
        _number(flat, "exclusiveMinimum"),
        _number(flat, "exclusiveMaximum"),
        step if step is not None and step > 0 else None,
        _count(flat, "minLength"),
        _count(flat, "maxLength"),
        _count(flat, "minItems"),
        _count(flat, "maxItems"),
    )


def _number(flat: Mapping[str, Any], name: str) -> float | None:
    value = flat.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def _count(flat: Mapping[str, Any], name: str) -> int | None:
    value = _number(flat, name)
    return int(value) if value is not None and value >= 0 and value == int(value) else None
