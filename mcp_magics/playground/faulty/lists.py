"""Faults of lists: pages without an end, tools that are none."""

from __future__ import annotations

from typing import Any

from mcp_magics.playground.plain_server import ECHO, Message, WellBehaved, object_schema

_PAGES = 200


class _SameCursor(WellBehaved):
    """Sends its tools in 200 pages, each but the last with the same cursor."""

    name = "same-cursor"
    sent = 0

    def tools(self, _params: Message) -> Message:
        self.sent += 1
        page: Message = {"tools": [ECHO | {"name": f"echo{self.sent}"}]}
        return page if self.sent % _PAGES == 0 else page | {"nextCursor": "again"}


class _BadToolSchema(WellBehaved):
    """Lists tools whose schemas are missing, of no type or in a circle, beside a good one."""

    name = "bad-tool-schema"

    def tools(self, _params: Message) -> Message:
        circle = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
        return {
            "tools": [
                ECHO,
                _bad_tool("schema_missing"),
                _bad_tool("schema_null", inputSchema=None),
                _bad_tool("schema_a_string", inputSchema="object"),
                _bad_tool("schema_an_array", inputSchema={"type": "array"}),
                _bad_tool("type_unknown", inputSchema={"type": "object", "properties": {"x": {"type": "banana"}}}),
                _bad_tool("properties_a_list", inputSchema={"type": "object", "properties": ["x"]}),
                _bad_tool("required_a_string", inputSchema={"type": "object", "required": "x"}),
                _bad_tool("pattern_broken", inputSchema=object_schema({"x": {"type": "string", "pattern": "("}})),
                _bad_tool("circle", inputSchema=object_schema({"x": circle})),
                _bad_tool("remote", inputSchema=object_schema({"x": {"$ref": "https://example.org/schema.json"}})),
            ]
        }


class _BadTools(WellBehaved):
    """Lists, around a good tool, what is no tool: a string, null, one without a name, one named 7, one twice."""

    name = "bad-tools"

    def tools(self, _params: Message) -> Message:
        nameless = {"description": "It has no name.", "inputSchema": {"type": "object"}}
        return {"tools": ["echo", None, nameless, _bad_tool("", inputSchema={"type": "object"}), ECHO,
                          nameless | {"name": 7}, ECHO | {"description": "The same name again."}]}  # fmt: skip


def _bad_tool(name: str, **fields: Any) -> Message:
    return {"name": name, "description": "Its schema is bad."} | fields


KINDS: tuple[type[WellBehaved], ...] = (_SameCursor, _BadToolSchema, _BadTools)
"""The faults of this file."""
