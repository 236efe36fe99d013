"""A form filled in with ``input()``, field by field: what is typed becomes an entry, and is held against the schema."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import clean, one_line
from mcp_magics.schema.form_content import content_of, entry_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_magics.schema.form import Choice, Field, Form

ATTEMPTS = 3
MOST_ON_A_LINE = 8
"""Choices that stand in the prompt itself; more are a list above it."""
_YES, _NO = ("y", "yes", "true"), ("n", "no", "false")
_TITLE, _DESCRIPTION = 200, 1_000


class TooManyAttemptsError(Exception):
    """What was typed was wrong each time."""


class TypedForm:
    """One form being filled in; ``ask`` shows a prompt and gives the line, ``say`` shows a line."""

    def __init__(self, form: Form, ask: Callable[[str], str], say: Callable[[str], None]) -> None:
        self._form = form
        self._ask = ask
        self._say = say
        self._entries: Any = {}

    def fill_in(self) -> Any:
        """The content; raises ``TooManyAttemptsError``, and what ``ask`` raises."""
        form = self._form
        if form.whole is not None:
            self._field(form.whole, self._put_whole)
        else:
            self._members(form.fields, self._entries)
        return content_of(form, self._entries).content

    def _put_whole(self, entry: Any) -> None:
        self._entries = entry

    def _members(self, fields: tuple[Field, ...], entries: dict[str, Any]) -> None:
        for field in fields:
            if field.kind == "object":
                self._object(field, entries)
            else:
                self._field(field, partial(entries.__setitem__, field.name))

    def _object(self, field: Field, entries: dict[str, Any]) -> None:
        title = one_line(field.title, _TITLE)
        if not field.required and self._ask(f"  {title}: fill it in? [y/N] ").lower() not in _YES:
            return
        self._say(f"  {title}:")
        entries[field.name] = {}
        self._members(field.fields, entries[field.name])

    def _field(self, field: Field, put: Callable[[Any], None]) -> None:
        """Ask until the entry is right, at most :data:`ATTEMPTS` times."""
        self._introduce(field)
        prompt = _prompt(field)
        for _ in range(ATTEMPTS):
            typed = self._ask(prompt)
            try:
                put(_entry(typed, field))
            except ValueError as error:
                self._say(f"  {error}")
                continue
            problem = self._problem(field)
            if problem is None:
                return
            self._say(f"  {problem}")
        raise TooManyAttemptsError

    def _introduce(self, field: Field) -> None:
        if len(field.choices) > MOST_ON_A_LINE:
            for number, choice in enumerate(field.choices, 1):
                self._say(f"    {number}  {one_line(choice.title, _TITLE)}")

    def _problem(self, field: Field) -> str | None:
        """What is wrong at ``field`` in all that has been entered so far."""
        for problem in content_of(self._form, self._entries).problems:
            if problem.path[: len(field.path)] == field.path and (field.path or not problem.path):
                return clean(problem.message)
        return None


def _prompt(field: Field) -> str:
    few = field.choices if len(field.choices) <= MOST_ON_A_LINE else ()
    hints = [one_line(field.description, _DESCRIPTION)] if field.description else []
    hints += (
        [" | ".join(f"{number} {_called(choice)}" for number, choice in enumerate(few, 1))] if few else [_wants(field)]
    )
    hints += ["several with commas"] if field.kind in ("choices", "array") else []
    hints += [f"default {_default(field)}"] if _can_be_entered(field) else [] if field.required else ["optional"]
    return f"  {one_line(field.title, _TITLE) or 'value'} ({', '.join(filter(None, hints))}): "


def _wants(field: Field) -> str:
    if field.kind in ("choice", "choices"):
        return "a number of the list"
    if field.kind == "boolean":
        return "y or n"
    if field.kind == "array" and field.item is not None:
        return f"{field.item.kind}s"
    return field.format or {"json": "JSON"}.get(field.kind, field.kind)


def _called(choice: Choice) -> str:
    return one_line(choice.title, _TITLE)


def _can_be_entered(field: Field) -> bool:
    """Whether Enter means the schema's default: one that the field's kind can hold."""
    return field.has_default and entry_of(field) not in (None, "")


def _default(field: Field) -> str:
    entry = entry_of(field)
    if field.kind == "choice":
        return _called(field.choices[entry])
    if field.kind == "choices":
        return ", ".join(_called(field.choices[each]) for each in entry) or "none"
    if isinstance(entry, bool):
        return "y" if entry else "n"
    return one_line(", ".join(map(str, entry)) if isinstance(entry, list) else str(entry), _TITLE)


def _entry(typed: str, field: Field) -> Any:
    """What was typed, as the form's entry; raises ``ValueError`` saying what is wanted."""
    if not typed:
        return entry_of(field) if _can_be_entered(field) else None
    match field.kind:
        case "boolean":
            return _yes_or_no(typed)
        case "choice":
            return _number_of(typed, field)
        case "choices":
            return [_number_of(part, field) for part in _parts(typed)]
        case "array":
            parts = _parts(typed)
            return [_yes_or_no(part) for part in parts] if field.item and field.item.kind == "boolean" else parts
    return typed


def _parts(typed: str) -> list[str]:
    return [part.strip() for part in typed.split(",") if part.strip()]


def _yes_or_no(typed: str) -> bool:
    if typed.lower() not in (*_YES, *_NO):
        raise ValueError("y or n, please")
    return typed.lower() in _YES


def _number_of(typed: str, field: Field) -> int:
    """Which choice was meant: by its title or value, else by its number in the prompt."""
    for number, choice in enumerate(field.choices):
        if typed in (choice.title, str(choice.value)):
            return number
    if typed.isdecimal() and 0 < int(typed[:9]) <= len(field.choices):
        return int(typed[:9]) - 1
    shown = [_called(choice) for choice in field.choices[:MOST_ON_A_LINE]]
    raise ValueError(f"{one_line(typed, 60)!r} is not one of {shown}")
