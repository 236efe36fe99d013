"""A stdio server for what is beside tools: ``python content_server.py [ERAS]``; ``x/seen`` tells what it was sent."""

from __future__ import annotations

import sys
from base64 import b64encode
from hashlib import sha256
from typing import Any

from mcp_magics.playground.plain_server import Message, Settings, WellBehaved, _RpcError

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ICONS = [
    {"src": "https://example.com/tracker.png", "mimeType": "image/png"},
    {"src": f"data:image/svg+xml;base64,{b64encode(b'<svg onload=alert(1)>').decode()}"},
    {"src": f"data:image/png;base64,{PIXEL}", "mimeType": "image/png"},
]
CAPABILITIES: Message = {
    "tools": {},
    "prompts": {},
    "resources": {},
    "completions": {},
    "com.example/unheard-of": {"since": 2027},
    "experimental": {"com.example/trace": {"level": 2}},
    "extensions": {"io.modelcontextprotocol/skills": {"directoryRead": False}, "com.example/maps": {"tiles": True}},
}
TEMPLATES = [
    {"uriTemplate": "file:///{path}", "name": "file", "title": "A file", "annotations": {"priority": 0.5}},
    {"uriTemplate": "db://{table}{?where*,limit}", "name": "rows"},
]
RESOURCES = [
    {"uri": "a://b", "name": "b", "size": 3, "annotations": {"audience": ["user", "assistant"], "priority": 1}},
    {"uri": "a://{literal}", "name": "braces", "_meta": {"k": 1}, "icons": ICONS[:1]},
]
PROMPTS = [
    {
        "name": "trip",
        "title": "A trip",
        "arguments": [{"name": "country", "required": True}, {"name": "city"}],
        "icons": ICONS,
    },
]
CITIES = {"France": ["Paris", "Pau", "Lyon"], "": ["Oslo", "New York"]}
TOOL: Message = {
    "name": "mirrored",
    "icons": ICONS,
    "annotations": {"title": "Mirrored", "readOnlyHint": True},
    "_meta": {"com.example/cost": 3},
    "inputSchema": {
        "type": "object",
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "count": {"type": "integer", "x-mcp-header": "Count"},
            "fast": {"type": "boolean", "x-mcp-header": "Fast"},
        },
    },
    "outputSchema": {
        "type": "object",
        "properties": {"pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]}},
    },
}
RESULTS: dict[str, Any] = {"good": {"pair": ["a", 1]}, "bad": {"pair": [1, "a"]}, "array": [1, 2]}


def _file(name: str, description: str = "What it does", more: str = "") -> str:
    fields = f"name: {name}\ndescription: {description}\nmetadata: {{version: 1.0, since: 2026-01-02}}\n{more}"
    return f"---\n{fields}---\n\n# {name} <b>\n"


FILES = {
    "skill://git-workflow/SKILL.md": _file("git-workflow"),
    "skill://git-workflow/references/A.md": "A\r\n",
    "skill://git-workflow/secret.md": "not listed",
    "skill://bad-digest/SKILL.md": _file("bad-digest").replace("#", "!"),
    "skill://bad-size/SKILL.md": _file("bad-size") + "more",
    "skill://bad-frontmatter/SKILL.md": _file("bad-frontmatter", "Something else"),
    "skill://one-more-field/SKILL.md": _file("one-more-field", more="allowed-tools: Bash\n"),
    "skill://no-resources/SKILL.md": _file("no-resources"),
    "skill://weather/today/SKILL.md": _file("today"),
    "skill://acme/refunds/SKILL.md": _file("refunds"),
    "skill://other/refunds/SKILL.md": _file("refunds"),
    "skill://unlisted/SKILL.md": _file("unlisted"),
    "skill://bad-file/SKILL.md": _file("bad-file"),
    "skill://bad-file/a.txt": "changed",
}
PROMISED = {
    "skill://bad-digest/SKILL.md": _file("bad-digest"),
    "skill://bad-size/SKILL.md": _file("bad-size"),
    "skill://bad-file/a.txt": "promise",
}


def record(uri: str) -> Message:
    """The manifest's line for a file, of what was promised rather than of what is served."""
    data = PROMISED.get(uri, FILES[uri]).encode()
    return {"uri": uri, "digest": f"sha256:{sha256(data).hexdigest()}", "size": len(data)}


def entry(uri: str) -> Message:
    """The entry of one skill."""
    root = uri.removesuffix("/SKILL.md")
    name = root.rpartition("/")[2]
    told: Message = {"name": name, "description": "What it does", "metadata": {"version": 1, "since": "2026-01-02"}}
    files = [each for each in FILES if each.startswith(f"{root}/") and not each.endswith("secret.md")]
    resources: Any = "dynamic" if name == "today" else [record(each) for each in files]
    made = {"uri": uri, "frontmatter": told, "resources": resources}
    if name == "no-resources":
        del made["resources"]
    return made


ENTRIES = {uri: entry(uri) for uri in FILES if uri.endswith("/SKILL.md")}


class Content(WellBehaved):
    """Templates, prompts, completions, skills and what a server tells of itself."""

    name = "content"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.seen: list[Message] = []

    def capabilities(self) -> Message:
        return CAPABILITIES

    def tools(self, _params: Message) -> Message:
        return {"tools": [TOOL]}

    def call(self, params: Message) -> Message:
        value = RESULTS[params["arguments"]["region"]]
        return {"content": [{"type": "text", "text": "see structured"}], "structuredContent": value}

    def handshake(self, params: Message) -> Message:
        info = {
            "name": "content",
            "version": "1.2",
            "title": "The content <server>",
            "websiteUrl": "https://example.com",
        }
        return {**super().handshake(params), "serverInfo": {**info, "icons": ICONS}, "instructions": "Begin with trip."}

    def result(self, method: str, params: Message) -> Message:
        self.seen.append({"method": method, "params": params})
        match method:
            case "x/seen":
                return {"seen": self.seen}
            case "resources/list":
                return self.cacheable({"resources": RESOURCES})
            case "resources/templates/list":
                return self.cacheable({"resourceTemplates": TEMPLATES})
            case "prompts/list":
                return self.cacheable({"prompts": PROMPTS})
            case "prompts/get":
                return self.prompt(params)
            case "resources/read":
                return self.cacheable(
                    {"contents": [{"uri": params["uri"], "text": FILES.get(params["uri"], params["uri"])}]}
                )
            case "completion/complete":
                return self.complete(params)
            case "skills/list":
                return self.cacheable({"skills": [each for uri, each in ENTRIES.items() if "unlisted" not in uri]})
            case "skills/get":
                if params["uri"] not in ENTRIES:
                    raise _RpcError(-32602, "No skill is served there")
                return self.cacheable({"skill": ENTRIES[params["uri"]]})
        return super().result(method, params)

    def prompt(self, params: Message) -> Message:
        """A picture and a resource; its argument is required."""
        if "country" not in params.get("arguments", {}):
            raise _RpcError(-32602, "Missing argument: country")
        resource = {"uri": "a://b", "mimeType": "text/plain", "text": "embedded text"}
        picture = {"type": "image", "data": PIXEL, "mimeType": "image/png"}
        contents: list[Message] = [picture, {"type": "resource", "resource": resource}]
        return {"messages": [{"role": "user", "content": content} for content in contents]}

    def complete(self, params: Message) -> Message:
        """Cities of a known country; a hundred numbers for anything else."""
        argument, known = params["argument"], params.get("context", {}).get("arguments", {})
        if argument["name"] == "city":
            values = [each for each in CITIES[known.get("country", "")] if each.startswith(argument["value"])]
            return {"completion": {"values": values}}
        values = [f"{argument['value']}{number}" for number in range(100)]
        return {"completion": {"values": values, "total": 250, "hasMore": True}}


if __name__ == "__main__":
    Content(Settings(sys.argv[1] if sys.argv[1:] else "both")).run()
