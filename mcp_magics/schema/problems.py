"""What a schema holds against a form, in plain words, at the field where it can be mended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mcp_magics.schema.resolve import schemas
from mcp_magics.schema.text import beginning, one_line

if TYPE_CHECKING:
    from jsonschema import ValidationError

    from mcp_magics.schema.form import Field

Path = tuple[str | int, ...]
Chosen = Mapping[Path, Sequence[int]]
"""The variants a person chose, by place: of a union inside a union at the same place the outer one first."""

NO_VARIANT: Final = "fits none of the variants"
_UNIONS = ("anyOf", "oneOf")
_LONGEST = 60  # characters of a value that is named
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at ``path`` (empty: the whole form). One that ``blocks`` leaves nothing that could be sent."""

    path: Path
    message: str
    blocks: bool = False


def problems_of(error: ValidationError, chosen: Chosen | None = None, within: tuple[Path, ...] = ()) -> list[Problem]:
    """What one breach of a schema says: at the member that is missing, inside the variant that was chosen.

    ``within`` are the places of the unions that were entered on the way.
    """
    at: Path = tuple(error.absolute_path)
    wanted, instance = error.validator_value, error.instance
    if error.validator in _UNIONS and (inner := _inside(error, _number(at, chosen or {}, within))):
        entered = (*within, at) if len(_variants(wanted)) > 1 else within
        return [each for one in inner for each in problems_of(one, chosen, entered)]
    if error.validator == "required" and isinstance(wanted, list) and isinstance(instance, Mapping):
        return [Problem((*at, name), "needs a value") for name in wanted if name not in instance]
    return [Problem(at, said(error))]


def needs(field: Field) -> str:
    """What to do with a field that must not be empty: ``needs a date``."""
    if field.kind == "string":
        what = "a file, or base64" if field.encoding else _FORMATS.get(field.format, "a value")
    else:
        what = _KINDS.get(field.kind, "a value")
    return f"needs {what}"


def said(error: ValidationError) -> str:
    """What is wrong with one value, without Python's quotes."""
    keyword = str(error.validator)
    if keyword in _LIMITS:
        before, one, many = _LIMITS[keyword]
        return " ".join(
            filter(None, (before, named(error.validator_value), one if error.validator_value == 1 else many))
        )
    words = _SAID.get(keyword)
    return words(error) if words is not None else one_line(error.message)


def named(value: Any) -> str:
    """A value as JSON, or its beginning."""
    text = beginning(value, _LONGEST + 1)
    return one_line(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _listed(values: Sequence[Any]) -> str:
    more = [f"… ({len(values)} in all)"] if len(values) > _MOST_NAMED else []
    return ", ".join([*map(named, values[:_MOST_NAMED]), *more])


def _of_type(error: ValidationError) -> str:
    wanted = error.validator_value
    kinds = [wanted] if isinstance(wanted, str) else schemas(wanted)
    return f"{named(error.instance)} is no {' or '.join(_TYPES.get(str(each), str(each)) for each in kinds)}"


def _unnamed(error: ValidationError) -> str:
    if not isinstance(error.instance, Mapping):
        return one_line(error.message)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    known = schema.get("properties")
    if "patternProperties" in schema or not isinstance(known, (Mapping, type(None))):
        return "has members that the schema does not allow"
    extra = [each for each in error.instance if each not in (known or {})]
    return f"may not have the members {_listed(extra)}"


def _number(at: Path, chosen: Chosen, within: tuple[Path, ...]) -> int | None:
    numbers, turn = chosen.get(at, ()), within.count(at)
    return numbers[turn] if turn < len(numbers) else None


def _variants(branches: Any) -> list[int]:
    """The branches of a union that are variants of a form: all but null."""
    return [
        number
        for number, each in enumerate(schemas(branches))
        if not (isinstance(each, Mapping) and each.get("type") == "null")
    ]


def _inside(error: ValidationError, chosen: int | None) -> list[ValidationError]:
    """What is wrong with the chosen variant, else with the one that was meant; nothing where none can be told."""
    found: dict[int, list[ValidationError]] = {number: [] for number in _variants(error.validator_value)}
    for each in error.context or ():
        branch = each.relative_schema_path[0]
        if branch in found:
            found[branch].append(each)
    branches = list(found.values())
    if len(branches) == 1:
        return branches[0]
    if chosen is not None and chosen < len(branches):
        return branches[chosen]
    meant = [each for each in branches if each and not any(map(_is_of_another, each))]
    return min(meant, key=len) if meant else []


def _is_of_another(error: ValidationError) -> bool:
    """Whether a breach says that another variant is meant: another type, another constant."""
    depth = len(error.relative_path)
    return (error.validator == "type" and depth == 0) or (error.validator in ("const", "enum") and depth <= 1)


_FORMATS: Mapping[str, str] = {
    "date": "a date",
    "date-time": "a moment, as 2025-01-31T12:00:00Z",
    "time": "a time, as 12:00:00Z",
    "email": "an e-mail address",
    "uri": "an address",
}
_KINDS: Mapping[str, str] = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "yes or no",
    "choice": "a choice",
    "union": "a choice",
}
_TYPES: Mapping[str, str] = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "array": "list",
}
_LIMITS: Mapping[str, tuple[str, str, str]] = {
    "minimum": ("has to be at least", "", ""),
    "maximum": ("has to be at most", "", ""),
    "exclusiveMinimum": ("has to be more than", "", ""),
    "exclusiveMaximum": ("has to be less than", "", ""),
    "multipleOf": ("has to be a multiple of", "", ""),
    "minLength": ("needs at least", "character", "characters"),
    "maxLength": ("may have at most", "character", "characters"),
    "minItems": ("needs at least", "item", "items"),
    "maxItems": ("may have at most", "item", "items"),
    "minProperties": ("needs at least", "member", "members"),
    "maxProperties": ("may have at most", "member", "members"),
}
_SAID: Mapping[str, Callable[[ValidationError], str]] = {
    "None": lambda error: f"{named(error.instance)} may not be there",
    "type": _of_type,
    "enum": lambda error: f"{named(error.instance)} is none of {_listed(schemas(error.validator_value))}",
    "const": lambda error: f"has to be {named(error.validator_value)}",
    "pattern": lambda error: f"does not match the pattern {one_line(error.validator_value, 80)}",
    "uniqueItems": lambda _error: "has the same item twice",
    "anyOf": lambda _error: NO_VARIANT,
    "oneOf": lambda error: NO_VARIANT if error.context else "fits more than one of the variants",
    "not": lambda error: f"{named(error.instance)} is what the schema excludes",
    "additionalProperties": _unnamed,
}
