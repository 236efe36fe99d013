"""A form as rows to read: each argument with its type, whether it must be there, what it may be, what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_magics.schema.text import beginning

if TYPE_CHECKING:
    from mcp_magics.schema.form import Bounds, Choice, Field

_MOST_CHOICES = 12
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One argument, ``depth`` levels inside another; texts are the server's own, as sent."""

    depth: int
    name: str
    type: str
    required: bool
    default: str
    allowed: str
    description: str


def field_rows(root: Field) -> Iterator[FieldRow]:
    """Every field of a form, outside in; of a root object its members only."""
    if root.kind == "object":
        for each in root.fields:
            yield from _rows(each, 0)
    else:
        yield from _rows(root, 0, "" if root.name else "the arguments")


def _rows(field: Field, depth: int, name: str = "") -> Iterator[FieldRow]:
    yield FieldRow(
        depth,
        name or field.name,
        kind_of(field),
        field.required and not name,  # of a variant or an item there is nothing to say
        _text(field.default) if field.has_default else "",
        _allowed(field),
        field.description,
    )
    yield from _inside(field, depth + 1)


def _inside(field: Field, depth: int) -> Iterator[FieldRow]:
    for each in field.fields:
        yield from _rows(each, depth)
    for number, variant in enumerate(field.variants, 1):
        yield from _rows(variant, depth, f"({number}) {variant.title.removeprefix(f'{number}: ')}")
    if field.item is not None and (field.item.fields or field.item.variants or field.item.item):
        yield from _rows(field.item, depth, "each item")


def kind_of(field: Field) -> str:
    """The type in words: ``string (date)``, ``array of integer``, ``one of 2``."""
    match field.kind:
        case "union":
            kind = f"one of {len(field.variants)}"
        case "choice":
            kind = "constant" if len(field.choices) == 1 else "choice"
        case "choices":
            kind = "several of a list"
        case "array":
            kind = f"array of {kind_of(field.item)}" if field.item is not None else "array"
        case "json":
            kind = _json_kind(field.schema)
        case _:
            kind = field.kind
    form = field.format or field.encoding
    return f"{kind}{f' ({form})' if form else ''}{' or null' if field.nullable else ''}"


def _json_kind(schema: Any) -> str:
    """What JSON a box of it is for, as far as the schema says."""
    said = schema.get("type") if isinstance(schema, Mapping) else None
    return said if said in ("object", "array") else "any JSON"


def _allowed(field: Field) -> str:
    said = [_choices(field.choices), bounds_text(field.bounds, field.kind)]
    said += [f"a pattern: {field.pattern[:80]}"] if field.pattern else []
    return ", ".join(filter(None, said))


def _choices(choices: tuple[Choice, ...]) -> str:
    shown = " | ".join(_called(each) for each in choices[:_MOST_CHOICES])
    return f"{shown} | … ({len(choices)} in all)" if len(choices) > _MOST_CHOICES else shown


def _called(choice: Choice) -> str:
    value = _text(choice.value)
    return value if choice.title in (choice.value, value) else f"{value} ({choice.title[:60]})"


def bounds_text(bounds: Bounds, kind: str) -> str:
    """The limits a schema gives, in words."""
    said = [
        f"{word} {_number(limit)}"
        for word, limit in (
            ("at least", bounds.least),
            ("above", bounds.above),
            ("at most", bounds.most),
            ("below", bounds.below),
            ("in steps of", bounds.step),
        )
        if limit is not None
    ]
    said += [_range(bounds.shortest, bounds.longest, "character")]
    said += [_range(bounds.fewest, bounds.most_items, "choice" if kind == "choices" else "item")]
    return ", ".join(filter(None, said))


def _number(bound: float) -> str:
    return f"{bound:,}" if abs(bound) <= _EXACT else "a very large number"


def _range(least: int | None, most: int | None, what: str) -> str:
    if not least and most is None:
        return ""
    if least == most:
        return _count(least or 0, what)
    if most is None:
        return f"at least {_count(least or 0, what)}"
    return f"{least} to {_count(most, what)}" if least else f"at most {_count(most, what)}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number if number <= _EXACT else 'very many'} {what}s"


def _text(value: Any) -> str:
    return beginning(value, 200)
