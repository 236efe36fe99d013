"""Legal and nearly legal stdio servers that real clients meet: ``python odd_stdio.py NAME``."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from mcp_magics.playground.plain_server import ECHO, RAW_FRAME, Message, Settings, WellBehaved, object_schema

ODD_NAMES = ("a.b", "with space", 'say "hi"', "it's", "naïve-天気", "x=1", "{curly}", "class", "1st", "<b>bold</b>")


def tool(name: str, **fields: Any) -> Message:
    """A tool that takes anything."""
    return {"name": name, "inputSchema": {"type": "object"}} | fields


class Names(WellBehaved):
    """Its tools have names of every kind; each answers with its own."""

    name = "names"

    def tools(self, _params: Message) -> Message:
        return {"tools": [tool(each) for each in ODD_NAMES]}

    def call(self, params: Message) -> Message:
        return {"content": [{"type": "text", "text": params["name"]}]}


class Crlf(WellBehaved):
    """Its lines end with CR LF."""

    name = "crlf"

    def send(self, message: Message) -> None:
        self.write(json.dumps(message).encode() + b"\r\n")


class Bom(WellBehaved):
    """Its first line begins with a byte order mark, as a Windows script's does."""

    name = "bom"

    def start(self) -> None:
        self.write(b"\xef\xbb\xbf")


class NoTools(WellBehaved):
    """Offers an empty list of tools."""

    name = "no-tools"

    def tools(self, _params: Message) -> Message:
        return {"tools": []}


class Bare(WellBehaved):
    """Its tool has no schema, its results no content."""

    name = "bare"

    def tools(self, _params: Message) -> Message:
        return {"tools": [{"name": "bare"}, {"name": "null"}, {"name": "list"}]}

    def call(self, params: Message) -> Message:
        results: dict[str, Message] = {"bare": {}, "null": {"content": None}, "list": {"content": "a string"}}
        return results[params["name"]]


class Values(WellBehaved):
    """Sends values no client should lose: huge integers, long fractions, lone surrogates, duplicate keys."""

    name = "values"
    TEXT = (
        '{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete",'
        '"content":[{"type":"text","text":"\\ud83d broken"}],'
        '"structuredContent":{"huge":123456789012345678901234567890123456789,"long":0.1000000000000000055511151231257827,'
        '"exp":1E400,"twice":1,"twice":2}}}'
    )

    def respond(self, request: Message) -> None:
        if request["method"] == "tools/call":
            self.write((self.TEXT % json.dumps(request["id"])).encode() + b"\n")
        else:
            super().respond(request)


class Batch(WellBehaved):
    """Answers calls in a batch, as 2025-03-26 allowed, after a notification in the same batch."""

    name = "batch"

    def send(self, message: Message) -> None:
        if "content" in message.get("result", {}):
            log = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "batched"}}
            self.write(json.dumps([log, message]).encode() + b"\n")
        else:
            super().send(message)


class StringId(WellBehaved):
    """Echoes every id as a string."""

    name = "string-id"

    def send(self, message: Message) -> None:
        super().send(message | {"id": str(message["id"])})


class Hints(WellBehaved):
    """Its tools say what they do to the world, for the approval modes."""

    name = "hints"

    def tools(self, _params: Message) -> Message:
        return {
            "tools": [
                tool("reads", annotations={"readOnlyHint": True}),
                tool("writes", annotations={"readOnlyHint": False, "destructiveHint": False, "openWorldHint": False}),
                tool("destroys", annotations={"destructiveHint": True}),
                tool("unhinted"),
            ]
        }

    def call(self, params: Message) -> Message:
        return {"content": [{"type": "text", "text": params["name"]}]}


class Growing(WellBehaved):
    """Has a new tool after every call, and says so."""

    name = "growing"
    calls = 0

    def handshake(self, params: Message) -> Message:
        return super().handshake(params) | {"capabilities": {"tools": {"listChanged": True}}}

    def tools(self, _params: Message) -> Message:
        return {"tools": [ECHO, *(tool(f"grown{number}") for number in range(self.calls))]}

    def call(self, params: Message) -> Message:
        self.calls += 1
        self.send({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        return {"content": [{"type": "text", "text": params["name"]}]}


class Silent(WellBehaved):
    """Answers nothing but the beginning and the first list of tools; it has resources and prompts, too."""

    name = "silent"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.seen: set[str] = set()

    def handshake(self, params: Message) -> Message:
        return super().handshake(params) | {"capabilities": {"tools": {}, "resources": {}, "prompts": {}}}

    def respond(self, request: Message) -> None:
        if request["method"] in ("initialize", "server/discover", "tools/list") and request["method"] not in self.seen:
            self.seen.add(request["method"])
            super().respond(request)


class Late(WellBehaved):
    """Its tool ``ticking`` answers after twelve tenths of a second, with progress at each."""

    name = "late"

    def tools(self, _params: Message) -> Message:
        return {"tools": [ECHO, RAW_FRAME, tool("ticking")]}

    def respond(self, request: Message) -> None:
        params = request.get("params") or {}
        if request["method"] == "tools/call" and params.get("name") == "ticking":
            token = params["_meta"]["progressToken"]
            for step in range(1, 13):
                time.sleep(0.1)
                note = {"progressToken": token, "progress": step, "total": 12, "message": f"tick {step}"}
                self.send({"jsonrpc": "2.0", "method": "notifications/progress", "params": note})
        super().respond(request)

    def call(self, params: Message) -> Message:
        if params.get("name") == "ticking":
            return {"content": [{"type": "text", "text": "ticked"}]}
        return super().call(params)


class JsonLogs(WellBehaved):
    """Logs to stdout in JSON, and answers calls a third of a second later."""

    name = "json-logs"

    def respond(self, request: Message) -> None:
        lines: tuple[Any, ...] = ({"level": "error", "error": "boom"}, {"level": "info", "result": 1}, [], 7, None, "x")
        for line in lines:
            self.send(line)
        if request["method"] == "tools/call":
            time.sleep(0.3)
        super().respond(request)


class Secretive(WellBehaved):
    """Its description and results want to be HTML, escape sequences and something invisible."""

    name = "hostile"

    def tools(self, _params: Message) -> Message:
        text = "<script>alert(1)</script>\x1b[31mred\x1b[0m\u202eevil\u200b"
        schema = object_schema({"<i>x</i>": {"type": "string", "description": text}})
        return {"tools": [tool("evil", title=text, description=text, inputSchema=schema)]}


class Brittle(WellBehaved):
    """Ends at the first method it does not know, as the Python SDK's early releases do."""

    name = "brittle"

    def respond(self, request: Message) -> None:
        if request["method"] == "server/discover":
            sys.exit(1)
        super().respond(request)


class Eager(WellBehaved):
    """Takes whatever comes first for the beginning, as gateways do, and no other beginning after that."""

    name = "eager"
    begun = False

    def respond(self, request: Message) -> None:
        if request["method"] == "initialize" and self.begun:
            error = {"code": -32600, "message": "Invalid Request: Server already initialized"}
            self.send({"jsonrpc": "2.0", "id": request["id"], "error": error})
            return
        self.begun = True
        super().respond(request)


SERVERS: dict[str, type[WellBehaved]] = {
    each.name: each
    for each in (
        Names, Crlf, Bom, NoTools, Bare, Values, Batch, StringId, Hints, Growing, Silent, Late, JsonLogs, Secretive,
        Brittle, Eager,
    )
}  # fmt: skip

if __name__ == "__main__":
    SERVERS[sys.argv[1]](Settings(eras=sys.argv[2] if len(sys.argv) > 2 else "both")).run()
