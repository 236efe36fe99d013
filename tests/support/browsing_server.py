"""A stdio server with much to browse: as many tools as its argument says, and a few with odd schemas and words.

``order`` and every other tool answer with the arguments as they came, ``slow`` never answers, ``die`` ends the
process; ``grow`` adds a tool and says so.
"""

from __future__ import annotations

import json
import sys
from typing import Any

CIRCLE = {"type": "object", "title": "Circle", "properties": {"kind": {"const": "circle"}, "r": {"type": "number"}}}
SQUARE = {"type": "object", "title": "Square", "properties": {"kind": {"const": "square"}, "w": {"type": "number"}}}
ORDER = {
    "type": "object",
    "required": ["name", "shape"],
    "properties": {
        "name": {"type": "string", "title": "Name", "description": "As on the door", "minLength": 2},
        "price": {"type": "number", "title": "Price", "minimum": 0},
        "count": {"type": "integer", "title": "How many", "default": 2},
        "day": {"type": ["string", "null"], "format": "date", "title": "Day"},
        "colour": {"type": "string", "title": "Colour", "enum": ["red", "green"]},
        "shape": {
            "title": "Shape",
            "oneOf": [{**CIRCLE, "required": ["kind", "r"]}, {**SQUARE, "required": ["kind"]}],
        },
        "lines": {
            "type": "array",
            "title": "Line",
            "items": {"type": "object", "properties": {"item": {"type": "string", "title": "Item"}}},
        },
        "to": {
            "type": "object",
            "title": "Address",
            "required": ["town"],
            "properties": {"town": {"type": "string", "title": "Town"}},
        },
        "photo": {"type": "string", "title": "Photo", "contentEncoding": "base64"},
    },
}
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'> \u202egnp.exe " + "x" * 1_000_000


def deep(levels: int) -> dict[str, Any]:
    """A schema that many levels deep."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"in": schema}, "required": ["in"]}
    return schema


def tool(name: str, schema: dict[str, Any], description: str, **others: Any) -> dict[str, Any]:
    """One tool as it is listed."""
    return {"name": name, "inputSchema": schema, "description": description, **others}


PLAIN = {"type": "object", "properties": {"n": {"type": "integer"}, "note": {"type": "string"}}}
TREE = {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}}}
HINTS = {"readOnlyHint": False, "destructiveHint": True}
ODD = [
    tool("order", ORDER, "Order something.\nIt is **sent** at once.", title="Order tea", annotations=HINTS),
    tool("hostile", {"type": "object", "properties": {"x": {"type": "string", "title": HOSTILE[:200]}}}, HOSTILE),
    tool("deep", deep(60), "Sixty levels."),
    tool("tree", TREE, "Its own child."),
    tool("slow", {"type": "object"}, "Never answers."),
    tool("die", {"type": "object"}, "Ends the server."),
    tool("grow", {"type": "object"}, "Adds a tool."),
]
PROMPTS = [{"name": "greet", "description": "A greeting.", "arguments": [{"name": "who", "required": True}]}]
RESOURCES = [{"uri": "note://one", "name": "one", "mimeType": "text/plain"}]
TEMPLATES = [{"uriTemplate": "note://{id}", "name": "a note"}]


def say(**message: Any) -> None:
    """Write one message."""
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


class Server:
    """The server with ``count`` plain tools beside the odd ones."""

    def __init__(self, count: int) -> None:
        about = "A tool of very many, which does nothing that another does not do as well. "
        self.tools = [*ODD, *(tool(f"tool_{n}", PLAIN, f"{about} Number {n}.") for n in range(count))]

    def result(self, method: str, params: dict[str, Any]) -> dict[str, Any] | None:
        """The result of one request, or None where there is no such method."""
        if method == "tools/call":
            return self.called(params["name"], params.get("arguments"))
        listed = {"tools": self.tools, "prompts": PROMPTS, "resources": RESOURCES}
        capabilities = {each: {"listChanged": True} for each in listed}
        answers: dict[str, dict[str, Any]] = {
            "initialize": {
                "protocolVersion": params.get("protocolVersion"),
                "capabilities": capabilities,
                "serverInfo": {"name": "browsing", "version": "1"},
            },
            **{f"{each}/list": {each: items} for each, items in listed.items()},
            "resources/templates/list": {"resourceTemplates": TEMPLATES},
            "resources/read": {"contents": [{"uri": params.get("uri"), "text": f"read {params.get('uri')}"}]},
            "prompts/get": {
                "messages": [{"role": "user", "content": {"type": "text", "text": json.dumps(params.get("arguments"))}}]
            },
        }
        return answers.get(method)

    def called(self, name: str, arguments: Any) -> dict[str, Any]:
        """What a tool answers: its arguments."""
        if name == "die":
            sys.exit(3)
        if name == "grow":
            self.tools.append(tool("grown", PLAIN, "New."))
            say(method="notifications/tools/list_changed")
        return {"content": [{"type": "text", "text": f"{name} was called"}], "structuredContent": {"got": arguments}}

    def serve(self) -> None:
        """Answer each line, but never a call of ``slow``."""
        for line in sys.stdin:
            message = json.loads(line)
            number, params = message.get("id"), message.get("params") or {}
            if number is None or params.get("name") == "slow":
                continue
            answer = self.result(message["method"], params)
            if answer is None:
                say(id=number, error={"code": -32601, "message": "no such method"})
            else:
                say(id=number, result=answer)


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve()
