"""JSON values as what stands in a form of arguments: what a text says, and what a form begins with.

The entries are those of :mod:`~mcp_magics.schema.argument_entries`; what a field cannot hold stands in it as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcp_magics.schema.argument_entries import Entry, Writer, exact
from mcp_magics.schema.exact_value import exact_of, exact_text, exact_value
from mcp_magics.schema.formats import format_problem
from mcp_magics.schema.text import is_holdable

if TYPE_CHECKING:
    from mcp_magics.schema.argument_form import ArgumentForm
    from mcp_magics.schema.form import Field

_MOST = 3_000  # values of one text, or of all defaults of a form, each time a variant is tried
_ROOM = 400_000  # characters of all defaults of a form


def entry_from(form: ArgumentForm, text: str) -> Entry:
    """The entry that says ``text``; raises ``ValueError`` where it is no JSON."""
    return Telling().entry(form.root, exact_value(text))


def begun(field: Field) -> Entry:
    """What a field begins with: its default, the only value it may have, else nothing that would be sent."""
    return Telling().begun(field)


class Telling:
    """Values told as entries, as far as a budget goes; what is beyond it stands in its field as JSON.

    ``is_full`` says that there were more defaults than a form has room for.
    """

    def __init__(self) -> None:
        self._left = _MOST
        self._room = _ROOM

    @property
    def is_full(self) -> bool:
        """Whether a default was left out for its size."""
        return self._room < 0

    def begun(self, field: Field) -> Entry:  # noqa: PLR0911  one answer a kind
        """What ``field`` begins with."""
        if field.has_default and not field.begins_empty:
            return self._default(field)
        if not field.required:
            return _blank(field)
        match field.kind:
            case "object":
                return {"of": {each.name: self.begun(each) for each in field.fields}, "more": ""}
            case "array" | "choices":
                return []
            case "boolean":
                return False
            case "choice":
                return 0 if len(field.choices) == 1 else None
            case "union":
                return {"variant": 0, "entry": self.begun(field.variants[0])}
        return ""

    def _default(self, field: Field) -> Entry:
        if self.is_full:
            return _blank(field)
        try:
            value = exact_of(field.default)
            self._room -= len(exact_text(value))
            return _blank(field) if self.is_full else self.entry(field, value)
        except ValueError:
            return _blank(field)

    def entry(self, field: Field, value: Any) -> Entry:
        """The entry that says ``value``; as JSON where no other of this field does."""
        self._left -= 1
        if self._left < 0:
            return _raw(value)
        entry = self._likely(field, value)
        writer = Writer({})
        said = writer.value(field, entry, ())
        return entry if _same(said, value) and not any(each.blocks for each in writer.problems) else _raw(value)

    def _likely(self, field: Field, value: Any) -> Entry:  # noqa: PLR0911  one answer a kind
        match field.kind:
            case "object" if isinstance(value, Mapping):
                named = {each.name for each in field.fields}
                more = {name: each for name, each in value.items() if name not in named}
                of = {each.name: self._member(each, value) for each in field.fields}
                return {"of": of, "more": exact_text(more, indent=2) if more else ""}
            case "array" if isinstance(value, list) and field.item is not None:
                return [self.entry(field.item, each) for each in value]
            case "union":
                entries = [self.entry(each, value) for each in field.variants]
                number = min(range(len(entries)), key=lambda each: _strangeness(field.variants[each], entries[each]))
                return {"variant": number, "entry": entries[number]}
            case "choices" if isinstance(value, list):
                return [_number_of(field, each) for each in value]
            case "choice":
                return _number_of(field, value)
            case "string" | "number" | "integer":
                return str(value) if isinstance(value, str) and is_holdable(value) else None
            case "json":
                return exact_text(value, indent=2)
        return value if isinstance(value, bool) else None

    def _member(self, field: Field, value: Mapping[str, Any]) -> Entry:
        return self.entry(field, value[field.name]) if field.name in value else _blank(field)


def _blank(field: Field) -> Entry:
    return "" if field.kind in ("string", "number", "integer", "json") else None


def _strangeness(field: Field, entry: Entry) -> int:  # noqa: PLR0911  one answer a kind
    """How much of an entry its field is not made for."""
    if isinstance(entry, Mapping) and "raw" in entry:
        return 1000
    match field.kind:
        case "object" if isinstance(entry, Mapping):
            inner = entry["of"]
            missing = sum(each.required and inner[each.name] in ("", None) for each in field.fields)
            return (
                10 * bool(entry["more"])
                + 10 * missing
                + sum(_strangeness(each, inner[each.name]) for each in field.fields)
            )
        case "array" if isinstance(entry, list) and field.item is not None:
            return sum(_strangeness(field.item, each) for each in entry)
        case "union" if isinstance(entry, Mapping):
            return _strangeness(field.variants[entry["variant"]], entry["entry"])
        case "json":
            return 1
        case "string" if field.format and entry:
            return 5 * (format_problem(entry, field.format) is not None)
        case "integer" if isinstance(entry, str):
            return 5 * any(char in entry for char in ".eE")
    return 0


def _raw(value: Any) -> Entry:
    return {"raw": exact_text(value, indent=2)}


def _number_of(field: Field, value: Any) -> int | None:
    return next((number for number, each in enumerate(field.choices) if _same(exact(each.value), value)), None)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON text: true is not 1, 1 is not 1.0, "1" is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
