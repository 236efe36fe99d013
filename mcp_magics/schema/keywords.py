"""The keywords of JSON Schema whose usual implementation a hostile schema can make run for years.

Same meaning and messages as in ``jsonschema``; patterns in linear time, uniqueness by comparing canonical forms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mcp_magics.schema.patterns import is_broken, matches

if TYPE_CHECKING:
    from jsonschema import ValidationError


def _pattern(validator: Any, pattern: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "string"):
        return
    found = matches(pattern, instance)
    if found is None and is_broken(pattern):
        message = f"{pattern!r} is no regular expression"
        raise ValueError(message)
    if found is False:
        yield _error(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, subschema in patterns.items():
        for name, value in instance.items():
            if matches(pattern, name):
                yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, further: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    extras = [name for name in instance if not _is_declared(name, schema)]
    if validator.is_type(further, "object"):
        for name in extras:
            yield from validator.descend(instance[name], further, path=name)
    elif further is False and extras:
        names = ", ".join(map(repr, extras))
        yield _error(
            f"Additional properties are not allowed ({names} {'was' if len(extras) == 1 else 'were'} unexpected)"
        )


def _is_declared(name: str, schema: Any) -> bool:
    patterns = schema.get("patternProperties", {})
    # A pattern this engine does not know might match: what cannot be decided is no violation.
    return name in schema.get("properties", {}) or any(matches(each, name) is not False for each in patterns)


def _unique_items(validator: Any, unique: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if unique and validator.is_type(instance, "array"):
        forms = {_canonical(each) for each in instance}
        if len(forms) < len(instance):
            yield _error(f"{instance!r} has non-unique elements")


def _canonical(value: Any) -> str:
    """One text for equal JSON values: members sorted, 1.0 as 1, but ``true`` not as 1."""
    return json.dumps(_whole(value), sort_keys=True, default=str)


def _whole(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _whole(each) for name, each in value.items()}
        case list():
            return [_whole(each) for each in value]
    return value


def _error(message: str) -> ValidationError:
    from jsonschema import ValidationError

    return ValidationError(message)


SAFE: Mapping[str, Callable[..., Iterator[ValidationError]]] = MappingProxyType(
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
)
"""Replacements by keyword, for the dialects that have it."""
