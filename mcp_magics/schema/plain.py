"""Whether a value fits a plain schema, told without a validator: most calls need none.

Importing one takes seconds where Jupyter has installed the checkers of every format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_DIALECTS = ("https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema")
_DEEPEST = 16
_MOST = 20_000
"""Values looked at; a bigger one is for the check that watches the clock."""


def fits_plainly(value: Any, schema: Any) -> bool:
    """Whether ``value`` breaks nothing in ``schema``, as far as that is plain to see.

    False says nothing: the schema has other keywords, or is broken, or ``value`` does break it. Never raises.
    Source: JSON Schema 2020-12, and draft 7 in what both have alike.
    """
    if not isinstance(schema, dict):
        return False
    dialect = schema.get("$schema", _DIALECTS[0])
    if not isinstance(dialect, str) or dialect.removesuffix("#") not in _DIALECTS:
        return False
    plain = {name: each for name, each in schema.items() if name != "$schema"}
    return _is_plain(plain, 0) and _Fitting().fits(value, plain)


def _is_plain(schema: Any, depth: int) -> bool:
    """Whether ``schema`` has only keywords that are known here, each as the dialects demand it."""
    if isinstance(schema, bool):
        return True
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return False
    return all(name in _SOUND and _SOUND[name](each, depth + 1) for name, each in schema.items())


def _is_text(value: Any, _depth: int) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any, _depth: int) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any, _depth: int) -> bool:
    return type(value) is int and value >= 0


def _is_limit(value: Any, _depth: int) -> bool:
    return type(value) in (int, float)


def _is_names(value: Any, _depth: int) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value) and len({*value}) == len(value)


def _is_choice(value: Any, depth: int) -> bool:
    """Texts only: what a number equals is another question."""
    return _is_names(value, depth) and bool(value)


def _is_type(value: Any, depth: int) -> bool:
    names = [value] if isinstance(value, str) else value
    return _is_choice(names, depth) and {*names} <= _TYPES.keys()


def _are_members(value: Any, depth: int) -> bool:
    return isinstance(value, dict) and all(_is_plain(each, depth) for each in value.values())


def _are_branches(value: Any, depth: int) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_plain(each, depth) for each in value)


def _says_nothing(_value: Any, _depth: int) -> bool:
    return True


_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "number": (int, float),
    "integer": (int,),
}
_SOUND: Mapping[str, Callable[[Any, int], bool]] = {
    **dict.fromkeys(("title", "description", "$comment", "format"), _is_text),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "additionalProperties"), _is_flag),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    **dict.fromkeys(("minimum", "maximum"), _is_limit),
    "default": _says_nothing,
    "type": _is_type,
    "enum": _is_choice,
    "required": _is_names,
    "properties": _are_members,
    "items": _is_plain,
    "anyOf": _are_branches,
}


class _Fitting:
    """Holds values against plain schemas, as many as it may."""

    def __init__(self) -> None:
        self._left = _MOST

    def fits(self, value: Any, schema: Any) -> bool:
        self._left -= 1
        if isinstance(schema, bool) or self._left < 0:
            return schema is True and self._left >= 0
        return all(self._keeps(value, name, each, schema) for name, each in schema.items())

    def _keeps(self, value: Any, name: str, wanted: Any, schema: Mapping[str, Any]) -> bool:
        """Whether ``value`` keeps one keyword; those of other types are kept by any value."""
        match name:
            case "type":
                names = [wanted] if isinstance(wanted, str) else wanted
                return any(type(value) in _TYPES[each] for each in names)
            case "enum":
                return isinstance(value, str) and value in wanted
            case "anyOf":
                return any(self.fits(value, each) for each in wanted)
        if isinstance(value, dict):
            return self._object_keeps(value, name, wanted, schema)
        if isinstance(value, list):
            return self._array_keeps(value, name, wanted)
        return isinstance(value, bool) or value is None or _scalar_keeps(value, name, wanted)

    def _object_keeps(self, value: dict[str, Any], name: str, wanted: Any, schema: Mapping[str, Any]) -> bool:
        match name:
            case "required":
                return all(each in value for each in wanted)
            case "additionalProperties":
                return bool(wanted) or value.keys() <= schema.get("properties", {}).keys()
            case "properties":
                return all(self.fits(value[each], inner) for each, inner in wanted.items() if each in value)
        return True

    def _array_keeps(self, value: list[Any], name: str, wanted: Any) -> bool:
        match name:
            case "minItems":
                return bool(len(value) >= wanted)
            case "maxItems":
                return bool(len(value) <= wanted)
            case "items":
                return all(self.fits(each, wanted) for each in value)
        return True


def _scalar_keeps(value: float | str, name: str, wanted: Any) -> bool:
    match name, value:
        case "minLength", str():
            return bool(len(value) >= wanted)
        case "maxLength", str():
            return bool(len(value) <= wanted)
        case "minimum", int() | float():
            return bool(value >= wanted)
        case "maximum", int() | float():
            return bool(value <= wanted)
    return True
