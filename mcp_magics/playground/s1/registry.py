"""A workbench tool: a function, the schemas it shows, and what one call hands to it."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import mcp_types as types

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from jsonschema.protocols import Validator
    from mcp.server.context import ServerRequestContext

    Body = Callable[["Call"], Awaitable["Outcome"]]
    RawBody = Callable[[Mapping[str, Any]], dict[str, Any]]

Schema = dict[str, Any]
Outcome = types.CallToolResult | types.InputRequiredResult

STRING: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
READ_ONLY = types.ToolAnnotations(read_only_hint=True, open_world_hint=False)

_REMEMBERED = 10_000


@dataclass(slots=True)
class State:
    """What one workbench remembers: cancelled calls, and the messages it received, in order (the last 10,000)."""

    cancelled: list[dict[str, Any]] = field(default_factory=list)
    received: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


@dataclass(frozen=True, slots=True)
class Call:
    """One ``tools/call``: ``arguments`` are as sent, with the schema's defaults filled in."""

    arguments: Mapping[str, Any]
    params: types.CallToolRequestParams
    ctx: ServerRequestContext[Any, Any]
    state: State

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    @property
    def sent(self) -> dict[str, Any]:
        """The arguments exactly as they came."""
        return self.params.arguments or {}


@dataclass(frozen=True)
class BenchTool:
    """A tool as it is listed, and the function behind it."""

    listed: types.Tool
    body: Body

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The arguments a caller may leave out."""
        properties: Schema = self.listed.input_schema.get("properties", {})
        return {name: schema["default"] for name, schema in properties.items() if "default" in schema}

    @cached_property
    def _validator(self) -> Validator:
        from jsonschema import Draft202012Validator

        return Draft202012Validator(self.listed.input_schema)

    def complaint(self, arguments: Mapping[str, Any]) -> str | None:
        """What is wrong with ``arguments``, in one line, or None."""
        from jsonschema.exceptions import best_match

        error = best_match(self._validator.iter_errors(arguments))
        return None if error is None else f"{error.json_path}: {error.message}"


@dataclass(frozen=True)
class RawTool:
    """A tool whose result goes out as it is, past every check of the SDK."""

    listed: types.Tool
    body: RawBody


class Toolbox:
    """Tools under their names, in the order they were written."""

    def __init__(self) -> None:
        self.checked: dict[str, BenchTool] = {}
        self.raw: dict[str, RawTool] = {}
        self._listed: list[types.Tool] = []

    def __iter__(self) -> Iterator[types.Tool]:
        return iter(self._listed)

    def tool(
        self, name: str, properties: Schema | None = None, /, *, required: tuple[str, ...] = (), **listed: Any
    ) -> Callable[[Body], Body]:
        """Register the decorated function; its docstring is the description, ``listed`` fields of the tool."""

        def register(body: Body) -> Body:
            entry = self._list(name, properties, required, body.__doc__, listed)
            self.checked[name] = BenchTool(entry, body)
            return body

        return register

    def raw_tool(
        self, name: str, properties: Schema | None = None, /, *, required: tuple[str, ...] = (), **listed: Any
    ) -> Callable[[RawBody], RawBody]:
        """Register a function that writes the result's JSON itself."""

        def register(body: RawBody) -> RawBody:
            self.raw[name] = RawTool(self._list(name, properties, required, body.__doc__, listed), body)
            return body

        return register

    def update(self, other: Toolbox) -> None:
        """Take over every tool of ``other``."""
        self.checked |= other.checked
        self.raw |= other.raw
        self._listed += other

    def _list(
        self,
        name: str,
        properties: Schema | None,
        required: tuple[str, ...],
        description: str | None,
        fields: Mapping[str, Any],
    ) -> types.Tool:
        schema: Schema = {"type": "object", "properties": properties or {}}
        if required:
            schema["required"] = list(required)
        schema |= fields.get("input_schema", {})
        shown = {"annotations": READ_ONLY, **fields, "input_schema": schema}
        tool = types.Tool(name=name, description=_paragraph(description), **shown)
        self._listed.append(tool)
        return tool


def text(*lines: str, is_error: bool = False) -> types.CallToolResult:
    """A result of text blocks only."""
    return types.CallToolResult(content=[types.TextContent(text=line) for line in lines], is_error=is_error)


def structured(value: dict[str, Any], summary: str | None = None) -> types.CallToolResult:
    """``value`` as structured content, and as text for older clients unless there is a ``summary``."""
    shown = json.dumps(value, ensure_ascii=False) if summary is None else summary
    return types.CallToolResult(content=[types.TextContent(text=shown)], structured_content=value)


def _paragraph(docstring: str | None) -> str:
    return " ".join((docstring or "").split())
