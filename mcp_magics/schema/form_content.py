"""What a person entered into a form, as the JSON value that travels, and what is wrong with it, field by field.

Nothing is converted silently: a text that is no number stays that text, and a problem says so. An empty optional field
is left out. A problem that only the schema has with a value does not block: whoever tests a server may send it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mcp_magics.schema.formats import format_problem
from mcp_magics.schema.problems import Path, Problem, named, needs, problems_of
from mcp_magics.schema.text import is_holdable, one_line
from mcp_magics.schema.values import surrogates_escaped
from mcp_magics.schema.violations import find

if TYPE_CHECKING:
    from mcp_magics.schema.form import Field, Form

Entry = Any
"""What a field holds while it is filled in: a text (string, number, json), a bool or None (boolean), the number of a
choice or None (choice), a list of such numbers (choices), a mapping by name (object), a list of entries (array)."""

_LEFT_OUT: Final = object()
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 300
_MOST = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a filled-in form; ``note`` says why the schema could not be held against it, where it could not."""

    content: Any
    problems: tuple[Problem, ...] = ()
    note: str = ""

    @property
    def blocked(self) -> bool:
        """Whether there is nothing to send yet."""
        return any(problem.blocks for problem in self.problems)


def content_of(form: Form, entries: Mapping[str, Entry] | Entry) -> Reading:
    """What ``entries`` (by field name; one entry where the form is ``whole``) say, held against the form's schema.

    Never raises. Source: client/elicitation, "validate user input against the requested schema".
    """
    reader = _Reader()
    if form.whole is not None:
        value = reader.value(form.whole, entries, ())
        content = None if value is _LEFT_OUT else value
    else:
        content = reader.members(form.fields, entries, ())
    found = find(content, form.schema, most=_MOST)
    mine = {problem.path for problem in reader.problems}
    theirs = dict.fromkeys(each for error in found.errors for each in problems_of(error) if each.path not in mine)
    return Reading(content, (*reader.problems, *theirs), found.trouble)


def prefilled(form: Form) -> Any:
    """The entries a form begins with: the defaults of its schema (SEP-1034), else nothing."""
    return entry_of(form.whole) if form.whole is not None else {each.name: entry_of(each) for each in form.fields}


def entry_of(field: Field) -> Entry:
    """What ``field`` begins with. A default that its kind cannot hold is not shown as another one."""
    default, given = field.default, field.has_default and not field.begins_empty
    match field.kind:
        case "object":
            inner = default if given and isinstance(default, Mapping) else {}
            return {each.name: _begun(each, inner) for each in field.fields}
        case "array":
            return [_typed(field.item, each) for each in default] if given and _is_list(default) else []
        case "boolean":
            return default if given and isinstance(default, bool) else (False if field.required else None)
        case "choice":
            return _number_of(field, default) if given else None
        case "choices":
            listed = default if given and _is_list(default) else ()
            return [number for each in listed if (number := _number_of(field, each)) is not None]
    return _typed(field, default) if given else ""


def _begun(field: Field, given: Mapping[str, Any]) -> Entry:
    from dataclasses import replace

    return entry_of(replace(field, default=given[field.name]) if field.name in given else field)


def _typed(field: Field | None, value: Any) -> str:
    """``value`` as one would type it into ``field``."""
    if isinstance(value, str) and (field is None or field.kind != "json"):
        return value if is_holdable(value) else ""
    if value is None and field is not None and field.kind != "json":
        return ""
    try:
        return surrogates_escaped(json.dumps(value, ensure_ascii=False))
    except (RecursionError, ValueError, TypeError):
        return ""


def _number_of(field: Field, value: Any) -> int | None:
    return next((number for number, each in enumerate(field.choices) if _same(each.value, value)), None)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    return type(one) is type(other) and bool(one == other)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


class _Reader:
    """Reads entries one by one and notes what is wrong with each."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def members(self, fields: tuple[Field, ...], entries: Any, path: Path) -> dict[str, Any]:
        given = entries if isinstance(entries, Mapping) else {}
        read = {each.name: self.value(each, given.get(each.name), (*path, each.name)) for each in fields}
        return {name: value for name, value in read.items() if value is not _LEFT_OUT}

    def value(self, field: Field, entry: Entry, path: Path) -> Any:
        """The value of one entry; what is required and empty is a problem."""
        match field.kind:
            case "object":
                inner = self._object(field, entry, path)
            case "array":
                inner = self._array(field, entry, path)
            case "choices":
                inner = self._choices(field, entry)
            case "choice":
                inner = self._choice(field, entry)
            case "boolean":
                inner = entry if isinstance(entry, bool) else _LEFT_OUT
            case _:
                inner = self._text(field, entry if isinstance(entry, str) else "", path)
        return self._empty(field, path) if inner is _LEFT_OUT else inner

    def _empty(self, field: Field, path: Path) -> Any:
        if not field.required or any(problem.path == path for problem in self.problems):
            return _LEFT_OUT
        if field.nullable:
            return None
        if field.kind == "string":
            if field.bounds.shortest == 0 or (field.bounds.shortest is None and field.has_default):
                return ""  # the schema says that an empty text will do
            self._note(path, f"{needs(field)}; it would travel as an empty text")
            return ""
        if field.kind == "choices":
            return []
        self._note(path, needs(field))
        return _LEFT_OUT

    def _object(self, field: Field, entry: Entry, path: Path) -> Any:
        if not field.required and _is_blank(entry):
            return _LEFT_OUT  # what is left out as a whole lacks nothing
        return self.members(field.fields, entry, path)

    def _array(self, field: Field, entry: Entry, path: Path) -> Any:
        rows = entry if _is_list(entry) else ()
        if field.item is None or (not rows and not field.required):
            return _LEFT_OUT
        item = field.item
        values = [self.value(item, each, (*path, number)) for number, each in enumerate(rows)]
        return [each for each in values if each is not _LEFT_OUT]

    @staticmethod
    def _choice(field: Field, entry: Entry) -> Any:
        return field.choices[entry].value if _is_number_in(field, entry) else _LEFT_OUT

    @staticmethod
    def _choices(field: Field, entry: Entry) -> Any:
        picked = [each for each in entry if _is_number_in(field, each)] if _is_list(entry) else []
        return [field.choices[each].value for each in picked] or _LEFT_OUT

    def _text(self, field: Field, typed: str, path: Path) -> Any:
        if field.kind == "string":
            if typed == "":
                return _LEFT_OUT
            if problem := format_problem(typed, field.format):
                self._note(path, problem)
            return typed
        if typed.strip() == "":
            return _LEFT_OUT
        return self._json(typed, path) if field.kind == "json" else self._number(field, typed.strip(), path)

    def _number(self, field: Field, typed: str, path: Path) -> Any:
        literal = _NUMBER.fullmatch(typed)
        if literal is None or len(typed) > _LONGEST_NUMBER:
            wanted = "whole number" if field.kind == "integer" else "number"
            self._note(path, f"{named(typed)} is no {wanted}; it would travel as a text")
            return typed
        if literal[1] is None and literal[2] is None:
            return int(typed)
        number = float(typed)
        if Decimal(typed) != Decimal(repr(number)):
            said = f"so many digits cannot be kept; it would travel as {number!r}"
            self._note(path, said, blocks=not math.isfinite(number))
        return number

    def _json(self, typed: str, path: Path) -> Any:
        try:
            return json.loads(typed, parse_constant=_no_number, object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError) as error:
            self._note(path, f"no JSON: {one_line(str(error) or 'nested too deeply', 120)}", blocks=True)
            return _LEFT_OUT

    def _note(self, path: Path, message: str, *, blocks: bool = False) -> None:
        self.problems.append(Problem(path, message, blocks))


def _is_blank(entry: Any) -> bool:
    """Whether nothing was entered anywhere in it."""
    if isinstance(entry, Mapping):
        return all(map(_is_blank, entry.values()))
    return entry in ("", None, False) or (_is_list(entry) and not entry)


def _is_number_in(field: Field, entry: Any) -> bool:
    return isinstance(entry, int) and not isinstance(entry, bool) and 0 <= entry < len(field.choices)


def _no_number(literal: str) -> Any:
    raise ValueError(f"{literal} is no JSON number")


def _without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(members)
    if len(read) < len(members):
        raise ValueError("a name stands twice, and only one of its values would travel")
    return read
