"""What stands in a form of arguments, as JSON text that keeps every digit; the way back is ``argument_values.py``.

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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mcp_magics.schema.arguments import parsed
from mcp_magics.schema.exact_value import NUMBER, Literal, exact_of, exact_text, exact_value
from mcp_magics.schema.formats import format_problem
from mcp_magics.schema.problems import NO_VARIANT, Chosen, Path, Problem, named, needs, problems_of
from mcp_magics.schema.text import one_line
from mcp_magics.schema.values import surrogates_escaped
from mcp_magics.schema.violations import find

if TYPE_CHECKING:
    from mcp_magics.schema.argument_form import ArgumentForm
    from mcp_magics.schema.form import Field

Entry = Any
Files = Mapping[str, bytes]

LEFT_OUT: Final = object()
"""What nobody entered."""
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
    writer = Writer(files)
    value = writer.value(form.root, entry, ())
    try:
        text = exact_text({} if value is LEFT_OUT else value, indent=2)
    except ValueError as error:
        return Written("{}", (Problem((), str(error), blocks=True),))
    found = checked(form, text, writer.chosen)
    mine = {problem.path for problem in writer.problems}
    theirs = tuple(each for each in found.problems if not _is_said_inside(each, mine))
    return Written(text, (*writer.problems, *theirs), found.note)


def _is_said_inside(problem: Problem, mine: set[Path]) -> bool:
    """Whether the same is said by a field already: at its place, or of a union at what is wrong inside it."""
    of_a_union = problem.message == NO_VARIANT
    return problem.path in mine or (of_a_union and any(path[: len(problem.path)] == problem.path for path in mine))


def checked(form: ArgumentForm, text: str, chosen: Chosen | None = None) -> Written:
    """``text``, as a person wrote it, and what is wrong with it; what is no JSON blocks.

    ``chosen`` are the variants of unions that were chosen: what is wrong is said of these.
    """
    text = surrogates_escaped(text)
    try:
        exact_value(text)
        found = find(parsed(text), form.schema, most=_MOST)
    except (ValueError, RecursionError) as error:
        return Written(text, (Problem((), str(error) or "nested too deeply", blocks=True),))
    problems = dict.fromkeys(each for error in found.errors for each in problems_of(error, chosen))
    return Written(text, tuple(problems), found.trouble)


class Writer:
    """Writes entries one by one and notes what is wrong with each, and which variants were ``chosen``."""

    def __init__(self, files: Files) -> None:
        self.problems: list[Problem] = []
        self.chosen: dict[Path, list[int]] = {}
        self._files = files
        self._ways_out: list[str] = []

    def value(self, field: Field, entry: Entry, path: Path) -> Any:
        """The value of one entry; what is required and left out is a problem."""
        if isinstance(entry, Mapping) and "raw" in entry:
            value = self._json(str(entry["raw"]), path)
        else:
            value = self._of_kind(field, entry, path)
        if value is LEFT_OUT and field.required and path and not any(each.path == path for each in self.problems):
            self._note(path, ", or ".join([needs(field), *self._ways_out[-1:]]))
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
                return entry if isinstance(entry, bool) else LEFT_OUT
            case "choice":
                return _choice(field, entry)
            case "choices":
                picked = [_choice(field, each) for each in entry] if isinstance(entry, list) else None
                return LEFT_OUT if picked is None else [each for each in picked if each is not LEFT_OUT]
            case "string":
                return self._text(field, entry, path)
        typed = entry if isinstance(entry, str) else ""
        return self._json(typed, path) if field.kind == "json" else self._number(field, typed.strip(), path)

    def _object(self, field: Field, entry: Entry, path: Path) -> Any:
        if not isinstance(entry, Mapping):
            return LEFT_OUT
        given, more = entry.get("of"), self._more(field, str(entry.get("more") or ""), path)
        given = given if isinstance(given, Mapping) else {}
        with self._way_out("" if field.required else f"leave {one_line(field.name, 60)} out"):
            read = {each.name: self.value(each, given.get(each.name), (*path, each.name)) for each in field.fields}
        return {name: value for name, value in {**read, **more}.items() if value is not LEFT_OUT}

    def _more(self, field: Field, typed: str, path: Path) -> Mapping[str, Any]:
        """The members that no field is for."""
        more = self._json(typed, path)
        if more is LEFT_OUT:
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
            return LEFT_OUT
        item = field.item
        with self._way_out("remove the row"):
            values = [self.value(item, each, (*path, number)) for number, each in enumerate(entry)]
        return [each for each in values if each is not LEFT_OUT]

    def _union(self, field: Field, entry: Entry, path: Path) -> Any:
        number = entry.get("variant") if isinstance(entry, Mapping) else None
        if not isinstance(number, int) or not _is_in(number, field.variants):
            return LEFT_OUT
        self.chosen.setdefault(path, []).append(number)
        return self.value(field.variants[number], entry.get("entry"), path)

    def _text(self, field: Field, entry: Entry, path: Path) -> Any:
        if isinstance(entry, Mapping):
            data = self._files.get(str(entry.get("file")))
            if data is None:
                self._note(path, "the file did not arrive: choose it again", blocks=True)
            encode = base64.urlsafe_b64encode if field.encoding == "base64url" else base64.b64encode
            return LEFT_OUT if data is None else encode(data).decode()
        if not isinstance(entry, str) or entry == "":
            return LEFT_OUT
        if problem := format_problem(entry, field.format):
            self._note(path, problem if field.required else f"{problem}, or leave it out")
        return entry

    def _number(self, field: Field, typed: str, path: Path) -> Any:
        if typed == "":
            return LEFT_OUT
        if NUMBER.fullmatch(typed) is None:
            wanted = "whole number" if field.kind == "integer" else "number"
            self._note(path, f"{named(typed)} is no {wanted}; it would travel as a text")
            return typed
        return Literal(typed)

    def _json(self, typed: str, path: Path) -> Any:
        if typed.strip() == "":
            return LEFT_OUT
        try:
            return exact_value(typed)
        except ValueError as error:
            self._note(path, str(error), blocks=True)
            return LEFT_OUT

    @contextmanager
    def _way_out(self, said: str) -> Iterator[None]:
        """While inside, what may be done instead of filling in; nothing else where that is empty."""
        self._ways_out += [said] if said else []
        try:
            yield
        finally:
            del self._ways_out[len(self._ways_out) - bool(said) :]

    def _note(self, path: Path, message: str, *, blocks: bool = False) -> None:
        self.problems.append(Problem(path, message, blocks))


def _choice(field: Field, entry: Entry) -> Any:
    return exact(field.choices[entry].value) if _is_in(entry, field.choices) else LEFT_OUT


def exact(value: Any) -> Any:
    """A value a schema names; one that JSON does not have can neither be chosen nor sent."""
    try:
        return exact_of(value)
    except ValueError:
        return LEFT_OUT


def _is_in(number: Any, these: tuple[Any, ...]) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(these)
