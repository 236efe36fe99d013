"""Tools that answer at once: arguments, numbers, the environment, schemas worth a form."""

from __future__ import annotations

import os
from typing import Any

from mcp.shared.exceptions import MCPError

from mcp_magics.playground.s1.registry import INTEGER, NUMBER, STRING, Call, Outcome, Schema, Toolbox, structured, text

box = Toolbox()

_ANY: Schema = {"description": "Anything JSON can say."}
_ORDER: Schema = {
    "type": "object",
    "required": ["customer", "lines"],
    "additionalProperties": False,
    "properties": {
        "customer": {"$ref": "#/$defs/customer"},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
        "paid_with": {
            "oneOf": [
                {"title": "Card", "$ref": "#/$defs/card"},
                {"title": "Invoice", "type": "object", "required": ["iban"], "properties": {"iban": STRING}},
            ]
        },
        "priority": {"type": "string", "enum": ["low", "normal", "high"], "default": "normal"},
        "due": {"type": "string", "format": "date", "description": "A day, as in 2026-07-28."},
        "note": {"anyOf": [STRING, {"type": "null"}], "default": None},
        "labels": {"type": "array", "uniqueItems": True, "items": STRING},
        "discount": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "$defs": {
        "customer": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "minLength": 1}, "email": {"type": "string", "format": "email"}},
        },
        "line": {
            "type": "object",
            "required": ["sku"],
            "properties": {
                "sku": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"},
                "quantity": {"type": "integer", "minimum": 1, "default": 1},
            },
        },
        "card": {
            "type": "object",
            "required": ["number"],
            "properties": {"number": STRING, "kind": {"const": "card"}},
        },
    },
}
_TREE: Schema = {
    "type": "object",
    "required": ["label"],
    "properties": {"label": STRING, "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
}


@box.tool(
    "echo",
    {"text": {"type": "string", "description": "Comes back as the text block."}, "value": _ANY},
    output_schema={"type": "object"},
)
async def echo(call: Call) -> Outcome:
    """Send every argument back, as structured content and as text."""
    return structured(call.sent, call.sent.get("text"))


@box.tool(
    "add",
    {"a": NUMBER, "b": NUMBER},
    required=("a", "b"),
    title="Add two numbers",
    output_schema={"type": "object", "required": ["sum"], "properties": {"sum": NUMBER}},
)
async def add(call: Call) -> Outcome:
    """Add two numbers; integers stay exact whatever their size."""
    total = call["a"] + call["b"]
    return structured({"sum": total}, str(total))


@box.tool(
    "env", {"names": {"type": "array", "items": STRING, "description": "Variables to look up."}}, required=("names",)
)
async def env(call: Call) -> Outcome:
    """Tell the value of each named environment variable, null where it is not set, and of no other one."""
    return structured({name: os.environ.get(name) for name in call["names"]})


@box.tool("cwd")
async def cwd(_call: Call) -> Outcome:
    """Tell the directory the server runs in."""
    here = os.getcwd()  # noqa: PTH109 - exactly what the process sees, symlinks resolved by the system
    return structured({"cwd": here}, here)


@box.tool("headers")
async def headers(call: Call) -> Outcome:
    """Tell the HTTP headers this very request came with; null over stdio."""
    request = call.ctx.request
    return structured({"headers": None if request is None else dict(request.headers)})


@box.tool("client")
async def client(call: Call) -> Outcome:
    """Tell what the client said about itself: protocol version, capabilities, the request's own metadata."""
    capabilities = call.ctx.session.client_capabilities
    declared = None if capabilities is None else capabilities.model_dump(mode="json", by_alias=True, exclude_none=True)
    meta: dict[str, Any] = dict(call.ctx.meta or {})
    return structured({"protocolVersion": call.ctx.protocol_version, "capabilities": declared, "_meta": meta})


@box.tool("place_order", input_schema=_ORDER)
async def place_order(call: Call) -> Outcome:
    """Check a nested order (definitions, alternatives, enums, formats, null) and send it back."""
    return structured({"order": dict(call.arguments)})


@box.tool("tree", input_schema=_TREE | {"$defs": {"tree": _TREE}})
async def tree(call: Call) -> Outcome:
    """Count the leaves of a tree whose schema refers to itself."""

    def leaves(node: dict[str, Any]) -> int:
        return sum(map(leaves, node.get("children") or ())) or 1

    return structured({"leaves": leaves(call.sent)})


@box.tool("天気", {"città": STRING}, required=("città",), title="天気予報")
async def weather(call: Call) -> Outcome:
    """Tell the weather; the tool and its argument have names outside ASCII, いつも晴れ."""
    return text(f"{call['città']}: ☀ 22 °C")


@box.tool("look-up", {"word": STRING}, required=("word",))
async def look_up_dashed(call: Call) -> Outcome:
    """Look a word up; its name differs from `look_up` only where Python cannot tell them apart."""
    return text(f"look-up: {call['word']}")


@box.tool("look_up", {"word": STRING}, required=("word",))
async def look_up_underscored(call: Call) -> Outcome:
    """Look a word up; its name differs from `look-up` only where Python cannot tell them apart."""
    return text(f"look_up: {call['word']}")


@box.tool("is_error", {"message": STRING | {"default": "This tool always fails."}})
async def is_error(call: Call) -> Outcome:
    """Answer with a result that says `isError`."""
    return text(call["message"], is_error=True)


@box.tool(
    "rpc_error",
    {"code": INTEGER | {"default": -32_000}, "message": STRING | {"default": "Refused."}, "data": _ANY},
)
async def rpc_error(call: Call) -> Outcome:
    """Answer with a JSON-RPC error instead of a result."""
    raise MCPError(call["code"], call["message"], call.sent.get("data"))
