"""What stands in a form of arguments, as JSON text that keeps every digit, and JSON text as what stands in the form.

Both ways lose nothing: what a field cannot hold stands in it as JSON. An *entry* is

* of a string, a number and JSON a text; ``""`` is nothing, and a string may be ``{"file": NAME}``;
* of a boolean a bool or None, of a choice its number or None, of choices a list of numbers or None;
* of an array a list of entries or None, of an object ``{"of": {NAME: entry}, "more": JSON}`` or None;
* of a union ``{"variant": NUMBER, "entry": entry}`` or None;
* of any field ``{"raw": JSON}``: the value itself, as JSON.

None is left out.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mcp_magics.schema.arguments import parsed
from mcp_magics.schema.exact_value import NUMBER, Literal, exact_of, exact_text, exact_value
from mcp_magics.schema.form_content import Path, Problem, problems_of
from mcp_magics.schema.formats import format_problem
from mcp_magics.schema.text import one_line
from mcp_magics.schema.violations import find

if TYPE_CHECKING:
    from mcp_magics.schema.argument_form import ArgumentForm
    from mcp_magics.schema.form import Field

Entry = Any
Files = Mapping[str, bytes]

_LEFT_OUT: Final = object()
_MOST = 50


@dataclass(frozen=True, slots=True)
class Written:
    """The arguments as JSON text; ``problems`` are at their fields, ``note`` says why the schema could not be asked."""

    text: str
    problems: tuple[Problem, ...] = ()
    note: str = ""

    @property
    def blocked(self) -> bool:
        """Whether there is nothing that could be sent."""
        return any(problem.blocks for problem in self.problems)


def written(form: ArgumentForm, entry: Entry, files: Files) -> Written:
    """The JSON text of what stands in the form, indented; ``files`` are the bytes of chosen files. Never raises."""
    writer = _Writer(files)
    value = writer.value(form.root, entry, ())
    try:
        text = exact_text({} if value is _LEFT_OUT else value, indent=2)
    except ValueError as error:
        return Written("{}", (Problem((), str(error), blocks=True),))
    found = checked(form, text)
    mine = {problem.path for problem in writer.problems}
    theirs = tuple(each for each in found.problems if not _is_said_inside(each, mine))
    return Written(text, (*writer.problems, *theirs), found.note)


def _is_said_inside(problem: Problem, mine: set[Path]) -> bool:
    """Whether the same is said by a field already: at its place, or of a union at what is wrong inside it."""
    of_a_union = problem.message.endswith("is not valid under any of the given schemas")
    return problem.path in mine or (of_a_union and any(path[: len(problem.path)] == problem.path for path in mine))


def checked(form: ArgumentForm, text: str) -> Written:
    """``text``, as a person wrote it, and what is wrong with it; what is no JSON blocks."""
    try:
        exact_value(text)
        found = find(parsed(text), form.schema, most=_MOST)
    except (ValueError, RecursionError) as error:
        return Written(text, (Problem((), str(error) or "nested too deeply", blocks=True),))
    return Written(
        text, tuple(dict.fromkeys(each for error in found.errors for each in problems_of(error))), found.trouble
    )


def entry_from(form: ArgumentForm, text: str) -> Entry:
    """The entry that says ``text``; raises ``ValueError`` where it is no JSON."""
    return _entry(form.root, exact_value(text))


def begun(field: Field) -> Entry:  # noqa: PLR0911  one answer a kind
    """What a field begins with: its default, the only value it may have, else nothing that would be sent."""
    if field.has_default:
        try:
            return _entry(field, exact_of(field.default))
        except ValueError:
            return _blank(field)
    if not field.required:
        return _blank(field)
    match field.kind:
        case "object":
            return {"of": {each.name: begun(each) for each in field.fields}, "more": ""}
        case "array" | "choices":
            return []
        case "boolean":
            return False
        case "choice":
            return 0 if len(field.choices) == 1 else None
        case "union":
            return {"variant": 0, "entry": begun(field.variants[0])}
    return ""


def _blank(field: Field) -> Entry:
    return "" if field.kind in ("string", "number", "integer", "json") else None


class _Writer:
    """Writes entries one by one and notes what is wrong with each."""

    def __init__(self, files: Files) -> None:
        self.problems: list[Problem] = []
        self._files = files

    def value(self, field: Field, entry: Entry, path: Path) -> Any:
        """The value of one entry; what is required and left out is a problem."""
        if isinstance(entry, Mapping) and "raw" in entry:
            value = self._json(str(entry["raw"]), path)
        else:
            value = self._of_kind(field, entry, path)
        if value is _LEFT_OUT and field.required and path and not any(each.path == path for each in self.problems):
            empty = '; an empty text is written as JSON: ""' if field.kind == "string" else ""
            self._note(path, f"needs a value{empty}")
        return value

    def _of_kind(self, field: Field, entry: Entry, path: Path) -> Any:  # noqa: PLR0911  one answer a kind
        match field.kind:
            case "object":
                return self._object(field, entry, path)
            case "array":
                return self._array(field, entry, path)
            case "union":
                return self._union(field, entry, path)
            case "boolean":
                return entry if isinstance(entry, bool) else _LEFT_OUT
            case "choice":
                return _choice(field, entry)
            case "choices":
                picked = [_choice(field, each) for each in entry] if isinstance(entry, list) else None
                return _LEFT_OUT if picked is None else [each for each in picked if each is not _LEFT_OUT]
            case "string":
                return self._text(field, entry, path)
        typed = entry if isinstance(entry, str) else ""
        return self._json(typed, path) if field.kind == "json" else self._number(field, typed.strip(), path)

    def _object(self, field: Field, entry: Entry, path: Path) -> Any:
        if not isinstance(entry, Mapping):
            return _LEFT_OUT
        given, more = entry.get("of"), self._more(field, str(entry.get("more") or ""), path)
        given = given if isinstance(given, Mapping) else {}
        read = {each.name: self.value(each, given.get(each.name), (*path, each.name)) for each in field.fields}
        return {name: value for name, value in {**read, **more}.items() if value is not _LEFT_OUT}

    def _more(self, field: Field, typed: str, path: Path) -> Mapping[str, Any]:
        """The members that no field is for."""
        more = self._json(typed, path)
        if more is _LEFT_OUT:
            return {}
        if not isinstance(more, Mapping):
            self._note(path, "other members are a JSON object", blocks=True)
            return {}
        twice = [each.name for each in field.fields if each.name in more]
        if twice:
            self._note(path, f"{one_line(twice[0])} has a field of its own", blocks=True)
        return {} if twice else more

    def _array(self, field: Field, entry: Entry, path: Path) -> Any:
        if not isinstance(entry, list) or field.item is None:
            return _LEFT_OUT
        item = field.item
        values = [self.value(item, each, (*path, number)) for number, each in enumerate(entry)]
        return [each for each in values if each is not _LEFT_OUT]

    def _union(self, field: Field, entry: Entry, path: Path) -> Any:
        number = entry.get("variant") if isinstance(entry, Mapping) else None
        if not isinstance(number, int) or not _is_in(number, field.variants):
            return _LEFT_OUT
        return self.value(field.variants[number], entry.get("entry"), path)

    def _text(self, field: Field, entry: Entry, path: Path) -> Any:
        if isinstance(entry, Mapping):
            data = self._files.get(str(entry.get("file")))
            if data is None:
                self._note(path, "the file did not arrive: choose it again", blocks=True)
            return _LEFT_OUT if data is None else base64.b64encode(data).decode()
        if not isinstance(entry, str) or entry == "":
            return _LEFT_OUT
        if problem := format_problem(entry, field.format):
            self._note(path, problem)
        return entry

    def _number(self, field: Field, typed: str, path: Path) -> Any:
        if typed == "":
            return _LEFT_OUT
        if NUMBER.fullmatch(typed) is None:
            wanted = "whole number" if field.kind == "integer" else "number"
            self._note(path, f"{one_line(typed, 60)!r} is no {wanted}; it would travel as a text")
            return typed
        return Literal(typed)

    def _json(self, typed: str, path: Path) -> Any:
        if typed.strip() == "":
            return _LEFT_OUT
        try:
            return exact_value(typed)
        except ValueError as error:
            self._note(path, str(error), blocks=True)
            return _LEFT_OUT

    def _note(self, path: Path, message: str, *, blocks: bool = False) -> None:
        self.problems.append(Problem(path, message, blocks))


def _entry(field: Field, value: Any) -> Entry:
    """The entry that says ``value``; as JSON where no other of this field does."""
    entry = _likely(field, value)
    writer = _Writer({})
    said = writer.value(field, entry, ())
    return entry if _same(said, value) and not any(each.blocks for each in writer.problems) else _raw(value)


def _likely(field: Field, value: Any) -> Entry:  # noqa: PLR0911  one answer a kind
    match field.kind:
        case "object" if isinstance(value, Mapping):
            named = {each.name for each in field.fields}
            more = {name: each for name, each in value.items() if name not in named}
            of = {each.name: _member(each, value) for each in field.fields}
            return {"of": of, "more": exact_text(more, indent=2) if more else ""}
        case "array" if isinstance(value, list) and field.item is not None:
            return [_entry(field.item, each) for each in value]
        case "union":
            entries = [_entry(each, value) for each in field.variants]
            number = min(range(len(entries)), key=lambda each: _strangeness(field.variants[each], entries[each]))
            return {"variant": number, "entry": entries[number]}
        case "choices" if isinstance(value, list):
            return [_number_of(field, each) for each in value]
        case "choice":
            return _number_of(field, value)
        case "string" | "number" | "integer":
            return str(value) if isinstance(value, str) else None
        case "json":
            return exact_text(value, indent=2)
    return value if isinstance(value, bool) else None


def _member(field: Field, value: Mapping[str, Any]) -> Entry:
    return _entry(field, value[field.name]) if field.name in value else _blank(field)


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


def _choice(field: Field, entry: Entry) -> Any:
    return _exact(field.choices[entry].value) if _is_in(entry, field.choices) else _LEFT_OUT


def _number_of(field: Field, value: Any) -> int | None:
    return next((number for number, each in enumerate(field.choices) if _same(_exact(each.value), value)), None)


def _exact(value: Any) -> Any:
    """A value a schema names; one that JSON does not have can neither be chosen nor sent."""
    try:
        return exact_of(value)
    except ValueError:
        return _LEFT_OUT


def _is_in(number: Any, these: tuple[Any, ...]) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(these)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON text: true is not 1, 1 is not 1.0, "1" is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
