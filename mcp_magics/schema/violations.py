"""Where a value breaks a JSON Schema, as notes for a person: local, bounded, and never an exception.

The schema comes from a server, so it may be broken, recursive without end, exponential or slow on purpose: nothing
is fetched, its patterns cannot backtrack, and the whole check stops after a while and says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache, wraps
from itertools import islice
from typing import TYPE_CHECKING, Any

from mcp_magics.schema import keywords
from mcp_magics.schema.plain import fits_plainly
from mcp_magics.schema.text import one_line

if TYPE_CHECKING:
    from jsonschema import ValidationError

Keyword = Callable[[Any, Any, Any, Any], "Iterable[ValidationError] | None"]

SECONDS = 1.0
"""Seconds a check may take, unless told otherwise."""
_MOST_NOTES = 20
_LARGE, _LARGEST = 100_000, 4_000_000  # characters of a schema: not kept for the next check, not looked at
_DATA = ("const", "enum", "default", "examples")  # these hold values, not schemas
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")  # maps from names to schemas
_deadline: ContextVar[float] = ContextVar("deadline")


class _OutOfTimeError(Exception):
    """The time for one check is over."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found, in order; ``trouble`` says why it came to no end, and is empty where it did."""

    errors: tuple[ValidationError, ...] = ()
    trouble: str = ""


def check(value: Any, schema: Any, *, root: str = "arguments", seconds: float = SECONDS) -> tuple[str, ...]:
    """Every place where ``value`` breaks ``schema``, as ``path: what is wrong``, at most 20 of them.

    A schema that cannot be used, or not to the end, is a note itself. Never raises; see :func:`find`.
    """
    found = find(value, schema, most=_MOST_NOTES + 1, seconds=seconds)
    notes = [note_of(error, root) for error in found.errors[:_MOST_NOTES]]
    if len(found.errors) > _MOST_NOTES:
        notes.append("and more")
    return (*notes, found.trouble) if found.trouble else tuple(notes)


def find(value: Any, schema: Any, *, most: int, seconds: float = SECONDS) -> Findings:
    """The first ``most`` places where ``value`` breaks ``schema``, looked for during about ``seconds``.

    The dialect is the schema's own ``$schema``, by default JSON Schema 2020-12. Never raises.
    """
    if schema is True or fits_plainly(value, schema):
        return Findings()
    errors: list[ValidationError] = []
    try:
        validator = _validator(json.dumps(schema))  # outside the clock: the first one has to be imported
        errors.extend(_found_within(seconds, validator, value, most))
    except Exception as error:  # noqa: BLE001 - the schema is a stranger's; whatever it breaks is a finding
        return Findings(tuple(errors), _trouble(error, seconds))
    return Findings(tuple(errors))


def _found_within(seconds: float, validator: Any, value: Any, most: int) -> Iterator[ValidationError]:
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield from islice(validator.iter_errors(value), most)
    finally:
        _deadline.reset(token)


def _trouble(error: Exception, seconds: float) -> str:
    from jsonschema.exceptions import SchemaError

    match error:
        case SchemaError():
            return f"the schema is broken at {error.json_path}: {one_line(error.message)}"
        case _OutOfTimeError():
            return f"not checked to the end: the schema took longer than {seconds:g} s"
        case RecursionError():
            return "not checked: the schema or the value is nested too deeply"
    return f"not checked: the schema cannot be used: {one_line(str(error) or type(error).__name__)}"


def _validator(text: str) -> Any:
    """The validator for a schema given as JSON text: a tool is called more often than its schema changes."""
    if len(text) > _LARGEST:
        raise ValueError(f"it has {len(text):,} characters")
    return (_made if len(text) <= _LARGE else _made_of_large)(text)


def _new_validator(text: str) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

    schema = json.loads(text)
    dialect: type[Any] = validator_for(schema, default=Draft202012Validator)
    bounded = _bounded(dialect)  # type: ignore[arg-type]  # mypy takes no class for hashable
    _refuse_broken(schema, bounded(dialect.META_SCHEMA, registry=REGISTRY))
    return bounded(_tamed(schema), registry=REGISTRY)


_made = lru_cache(maxsize=128)(_new_validator)
_made_of_large = lru_cache(maxsize=2)(_new_validator)


def _refuse_broken(schema: Any, rules: Any) -> None:
    """Raise ``SchemaError`` where ``schema`` breaks the ``rules`` of its dialect.

    What there was no time to look at is found where it is used.
    """
    from jsonschema.exceptions import SchemaError

    with suppress(_OutOfTimeError):
        for error in _found_within(SECONDS, rules, schema, 1):
            raise SchemaError.create_from(error)


def note_of(error: ValidationError, root: str) -> str:
    """One breach in a line: the path below ``root``, and what is wrong there."""
    path = root
    for part in error.absolute_path:
        if isinstance(part, str):
            path += f".{part}" if part.isidentifier() else f"[{part!r:.60}]"
        else:
            path += f"[{part}]"
    return f"{one_line(path)}: {one_line(error.message)}"


@cache
def _bounded(dialect: type[Any]) -> type[Any]:
    """The validator of a dialect with every keyword watching the clock and none that can run away."""
    from jsonschema.validators import extend

    own = {name: keyword for name, keyword in keywords.SAFE.items() if name in dialect.VALIDATORS}
    timed = {name: _timed(keyword) for name, keyword in {**dialect.VALIDATORS, **own}.items()}
    bounded: type[Any] = extend(dialect, timed)  # type: ignore[no-untyped-call]
    bounded.evolve = _evolved
    return bounded


def _evolved(validator: Any, **changes: Any) -> Any:
    """The same validator for another schema: jsonschema's own would leave it wherever it meets a ``$schema``."""
    kept = {"schema": validator.schema, "registry": validator._registry, "_resolver": validator._resolver}  # noqa: SLF001
    return type(validator)(**{**kept, **changes})


def _timed(keyword: Keyword) -> Keyword:
    @wraps(keyword)
    def timed(validator: Any, value: Any, instance: Any, schema: Any) -> Iterable[ValidationError]:
        if time.monotonic() > _deadline.get():
            raise _OutOfTimeError
        return keyword(validator, value, instance, schema) or ()

    return timed


def _tamed(schema: Any) -> Any:
    """``schema`` without what would take the check out of our hands.

    On meeting ``$schema``, jsonschema goes on with that dialect's own, unbounded validator; its
    ``unevaluatedProperties`` runs the patterns and dependent schemas beside it without asking any keyword.
    """
    unsafe = {"$schema"}
    if _mentions(schema, ("patternProperties", "dependentSchemas")):
        unsafe.add("unevaluatedProperties")
    return _without(schema, unsafe)


def _without(schema: Any, names: set[str]) -> Any:
    if isinstance(schema, list):
        return [_without(each, names) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        name: _members_without(each, names) if name in _NAMED else each if name in _DATA else _without(each, names)
        for name, each in schema.items()
        if name not in names
    }


def _members_without(members: Any, names: set[str]) -> Any:
    """The same for a map from names to schemas, whose own keys are not keywords."""
    if not isinstance(members, Mapping):
        return members
    return {name: _without(each, names) for name, each in members.items()}


def _mentions(schema: Any, names: tuple[str, ...]) -> bool:
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Mapping):
            if any(name in found for name in names):
                return True
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)
    return False
