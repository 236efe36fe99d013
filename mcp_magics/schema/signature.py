"""A tool's input schema as a Python signature, type hints and docstring.

All parameters are keywords, for a schema's members have names and no order. Required ones stand first, then the
optional ones, which default to an :class:`Unset`: it is not sent, and the server applies its own default. Members
whose names are no Python identifiers are passed as ``**{"such-a-name": value}``; the docstring lists them.
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Literal

from mcp_magics.schema.resolve import Root, schemas
from mcp_magics.schema.text import one_line, plain

_DEEPEST = 6  # a type hint nested deeper helps nobody
_WIDEST = 20  # members of a Literal or a union that are shown
_MOST_LISTED = 500  # arguments in a docstring
_MOST = 5_000  # schemas looked at for the members of one tool, and for their hints
_NAMES: Mapping[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "null": None,
    "object": dict[str, Any],
}


@dataclass(frozen=True, slots=True)
class Unset:
    """The default of an optional parameter: nothing is sent; ``default`` is what the server says it will use."""

    default: Any = ...

    def __repr__(self) -> str:
        return "..." if self.default is ... else one_line(repr(self.default), 60)


def signature(schema: Any, *, returns: Any = Any) -> inspect.Signature:
    """The signature of a tool with this input schema."""
    members = _Members(schema)
    parameters = [_parameter(name, members) for name in members.usable]
    if members.unusable or members.open:
        parameters.append(inspect.Parameter(members.rest, inspect.Parameter.VAR_KEYWORD, annotation=Any))
    return inspect.Signature(parameters, return_annotation=returns)


def docstring(name: str, description: str, schema: Any) -> str:
    """What a tool says about itself, then every argument with its type, description and default."""
    members = _Members(schema)
    lines = [plain(description).strip() or f"The tool {one_line(name)}, which says nothing about itself."]
    names = [*members.usable, *members.unusable]
    if names:
        lines += ["", "Args:", *(f"    {_argument(each, members)}" for each in names[:_MOST_LISTED])]
        lines += [f"    … and {len(names) - _MOST_LISTED:,} more"] if len(names) > _MOST_LISTED else []
    return "\n".join(lines)


class _Members:
    """The members an object schema knows, wherever in it they are named."""

    def __init__(self, root: Any) -> None:
        self.root = Root(root)
        self.schemas: dict[str, Any] = {}
        self.required: set[str] = set()
        self.open = False
        self._hints = _Hints(self.root)
        self._gather(root)

    def hint(self, name: str) -> Any:
        """The Python type of a member."""
        return self._hints.hint(self.schemas[name], 0)

    @property
    def usable(self) -> list[str]:
        """The names a keyword can have, the required ones first."""
        names = [name for name in self.schemas if _is_name(name)]
        return sorted(names, key=lambda name: name not in self.required)

    @property
    def unusable(self) -> list[str]:
        """The names that only fit into ``**{…}``."""
        return [name for name in self.schemas if not _is_name(name)]

    @property
    def rest(self) -> str:
        """A name for ``**`` that no member has."""
        name = "further"
        while name in self.schemas:
            name += "_"
        return name

    def _gather(self, root: Any) -> None:
        """Of what a schema refers to first; what a union's branches know is optional: only one of them has to hold."""
        waiting, seen = [(root, True)], set[int]()
        while waiting and len(seen) < _MOST:
            schema, holds = waiting.pop()
            if not isinstance(schema, Mapping) or id(schema) in seen:
                continue
            seen.add(id(schema))
            self._take(schema, holds=holds)
            branches = (*schemas(schema.get("anyOf")), *schemas(schema.get("oneOf")))
            parts = schemas(schema.get("allOf"))
            further = [*((each, holds) for each in parts), *((each, False) for each in branches)]
            waiting += reversed([(self.root.resolve(schema.get("$ref")), holds), *further])

    def _take(self, schema: Mapping[str, Any], *, holds: bool) -> None:
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            for name, each in properties.items():
                self.schemas.setdefault(str(name), each)
        if holds:
            self.required |= {each for each in schemas(schema.get("required")) if isinstance(each, str)}
        further = schema.get("additionalProperties")
        self.open = self.open or further is True or isinstance(further, Mapping)


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _parameter(name: str, members: _Members) -> inspect.Parameter:
    schema = members.schemas[name]
    hint = members.hint(name)
    kind = inspect.Parameter.KEYWORD_ONLY
    if name in members.required:
        return inspect.Parameter(name, kind, annotation=hint)
    default = schema.get("default", ...) if isinstance(schema, Mapping) else ...
    return inspect.Parameter(name, kind, annotation=hint, default=Unset(default))


def type_hint(schema: Any, root: Any = None) -> Any:
    """The Python type of a schema's values: ``int``, ``list[str]``, ``Literal['a', 'b']``, ``str | None``, ``Any``."""
    return _Hints(Root(schema if root is None else root)).hint(schema, 0)


class _Hints:
    """The Python types of schemas in one root, as far as its budget goes."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._left = _MOST

    def hint(self, schema: Any, depth: int) -> Any:
        self._left -= 1
        if not isinstance(schema, Mapping) or depth > _DEEPEST or self._left < 0:
            return Any
        if "$ref" in schema:
            return self.hint(self._root.resolve(schema["$ref"]), depth + 1)
        if values := (schema["const"],) if "const" in schema else schemas(schema.get("enum")):
            return _literal(values)
        if branches := schemas(schema.get("anyOf")) or schemas(schema.get("oneOf")):
            return _union([self.hint(each, depth + 1) for each in branches])
        if "type" in schema:
            return self._by_type(schema, depth)
        parts = (self.hint(each, depth + 1) for each in schemas(schema.get("allOf")))
        return next((hint for hint in parts if hint is not Any), Any)

    def _by_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        declared = schema.get("type")
        names = [declared] if isinstance(declared, str) else list(schemas(declared))
        hints = [self._of_type(name, schema, depth) for name in names]
        if schema.get("nullable") is True:
            hints.append(None)
        return _union(hints) if hints else Any

    def _of_type(self, name: Any, schema: Mapping[str, Any], depth: int) -> Any:
        if name == "array":
            item = self.hint(schema.get("items"), depth + 1)
            return list[item] if item is not None else list[None]  # type: ignore[valid-type]
        return _NAMES.get(name, Any) if isinstance(name, str) else Any


def _literal(values: Sequence[Any]) -> Any:
    if len(values) > _WIDEST or not all(value is None or isinstance(value, (str, int)) for value in values):
        kinds = list(dict.fromkeys(None if value is None else type(value) for value in values))
        return _union([kind if kind in (None, str, int, float, bool) else Any for kind in kinds])
    return Literal[tuple(values)]


def _union(hints: Sequence[Any]) -> Any:
    members = list(dict.fromkeys(hints))
    if not members or len(members) > _WIDEST or any(hint is Any for hint in members):
        return Any
    return reduce(or_, members)


def _argument(name: str, members: _Members) -> str:
    schema = members.schemas[name]
    described = schema if isinstance(schema, Mapping) else {}
    hint = inspect.formatannotation(members.hint(name))
    shown = one_line(name, 60) if _is_name(name) else f"**{{{one_line(name, 60)!r}: …}}"
    optional = "" if name in members.required else ", optional"
    about = one_line(described.get("description") or described.get("title") or "", 300)
    default = f"Default: {one_line(repr(described['default']), 60)}." if "default" in described else ""
    says = " ".join(part for part in (about, default) if part)
    return f"{shown} ({one_line(hint, 120)}{optional}){': ' if says else ''}{says}"
