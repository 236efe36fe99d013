"""A stdio server that tells much on its own account, in both eras: ``python streaming_server.py ERAS [WITHOUT…]``.

``WITHOUT`` leaves out: ``listen``, ``subscribe``, ``logging``. Its state is one counter, a resource of that value.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from mcp_magics.playground.plain_server import Message, Settings, WellBehaved, mapping, text_result

SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
COUNTER = "demo://counter"
TOOLS = ("bump", "grow", "log", "late", "uneven", "odd_progress", "stray", "twice", "asks", "ends", "custom", "flood")


def note(method: str, **params: Any) -> Message:
    """A notification."""
    return {"jsonrpc": "2.0", "method": f"notifications/{method}", "params": params}


class Streaming(WellBehaved):
    """What its tools are called is what they do, before they answer."""

    def __init__(self, settings: Settings, without: list[str]) -> None:
        super().__init__(settings)
        self.without = without
        self.count = 0
        self.reads = 0
        self.grown = 0
        self.streams: dict[Any, Message] = {}
        self.subscribed: set[str] = set()
        self.level = ""
        self.asked: list[str] = []

    def capabilities(self) -> Message:
        listed = {"listChanged": True}
        logging: Message = {} if "logging" in self.without else {"logging": {}}
        resources = listed if "subscribe" in self.without else listed | {"subscribe": True}
        return {"tools": listed, "prompts": listed, "resources": resources} | logging

    def respond(self, request: Message) -> None:
        self.asked.append(request["method"])
        if request["method"] == "resources/read" and request["params"]["uri"].startswith("absent://"):
            error = {"code": -32602, "message": "Resource not found"}
            self.send({"jsonrpc": "2.0", "id": request["id"], "error": error})
            return
        if request["method"] != "subscriptions/listen" or "listen" in self.without:
            super().respond(request)
            return
        wanted = mapping(request["params"].get("notifications"))
        self.streams[request["id"]] = wanted
        told = note("subscriptions/acknowledged", notifications=wanted, _meta={SUBSCRIPTION: request["id"]})
        self.send(told)

    def note(self, message: Message) -> None:
        if message.get("method") == "notifications/cancelled":
            self.streams.pop(message["params"].get("requestId"), None)

    def result(self, method: str, params: Message) -> Message:
        match method:
            case "resources/list":
                items = [{"uri": COUNTER, "name": "counter"}]
                items += [{"uri": f"demo://grown/{n}", "name": f"grown{n}"} for n in range(self.grown)]
                return self.hinted({"resources": items})
            case "resources/templates/list":
                return self.hinted({"resourceTemplates": []})
            case "prompts/list":
                return self.hinted({"prompts": [{"name": "hello"}, *({"name": f"p{n}"} for n in range(self.grown))]})
            case "resources/read":
                self.reads += 1
                text = f"{self.count} after {self.reads} readings"
                return self.hinted({"contents": [{"uri": params["uri"], "text": text}]})
            case "resources/subscribe" | "resources/unsubscribe":
                (self.subscribed.add if method.endswith("/subscribe") else self.subscribed.discard)(params["uri"])
                return {}
            case "logging/setLevel" if "logging" not in self.without:
                if params["level"] == "alert":
                    raise ValueError("no alerts here")
                self.level = params["level"]
                return {}
        return super().result(method, params)

    def hinted(self, result: Message) -> Message:
        return self.cacheable({"ttlMs": 60_000, "cacheScope": "public"} | result)

    def tools(self, _params: Message) -> Message:
        names = [*TOOLS, "state", *(f"grown{n}" for n in range(self.grown))]
        return {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]}

    def call(self, params: Message) -> Message:
        name, arguments = params["name"], mapping(params.get("arguments"))
        meta = mapping(params.get("_meta"))
        if name == "state":
            streams = [list(each) for each in self.streams.values()]
            level = meta.get("io.modelcontextprotocol/logLevel") or self.level
            state = {"streams": streams, "subscribed": sorted(self.subscribed), "level": level, "asked": self.asked}
            return text_result(json.dumps(state))
        getattr(self, f"do_{name}")(arguments, meta.get("progressToken"))
        return text_result(name)

    def do_bump(self, arguments: Message, _token: Any) -> None:
        self.count += 1
        for _ in range(arguments.get("times", 1)):
            self.updated(arguments.get("uri", COUNTER))

    def updated(self, uri: str) -> None:
        for number, wanted in self.streams.items():
            if any(uri.startswith(each) for each in wanted.get("resourceSubscriptions", ())):
                self.send(note("resources/updated", uri=uri, _meta={SUBSCRIPTION: number}))
        if any(uri.startswith(each) for each in self.subscribed):
            self.send(note("resources/updated", uri=uri))

    def do_grow(self, _arguments: Message, _token: Any) -> None:
        self.grown += 1
        for kind in ("tools", "prompts", "resources"):
            for number, wanted in self.streams.items():
                if wanted.get(f"{kind}ListChanged"):
                    self.send(note(f"{kind}/list_changed", _meta={SUBSCRIPTION: number}))
            if not self.is_modern:
                self.send(note(f"{kind}/list_changed"))

    def do_log(self, arguments: Message, _token: Any) -> None:
        for number in range(arguments.get("times", 1)):
            self.send(note("message", level=arguments.get("level", "info"), logger="s", data={"line": number}))

    def do_late(self, _arguments: Message, token: Any) -> None:
        """Progress of a request that was answered: of the one before."""
        self.send(note("progress", progressToken=token - 1, progress=1))

    def do_uneven(self, _arguments: Message, token: Any) -> None:
        for progress in (5, 3, 3, 2):
            self.send(note("progress", progressToken=token, progress=progress, total=10, message=f"at {progress}"))

    def do_odd_progress(self, _arguments: Message, token: Any) -> None:
        for progress in ("half", None, [1], {"a": 1}, float("nan"), float("inf"), 10**400, True):
            self.send(note("progress", progressToken=token, progress=progress, total="all", message=7))

    def do_stray(self, _arguments: Message, _token: Any) -> None:
        for token in ("nobody's", 10**30, None, [1], {"a": 1}, True):
            self.send(note("progress", progressToken=token, progress=1))

    def do_twice(self, _arguments: Message, _token: Any) -> None:
        first = json.loads(self.line)
        self.send({"jsonrpc": "2.0", "id": first["id"], "result": self.dressed(text_result("the first"))})

    def do_asks(self, _arguments: Message, _token: Any) -> None:
        for _ in range(2):
            self.send({"jsonrpc": "2.0", "id": "same", "method": "roots/list"})

    def do_ends(self, _arguments: Message, _token: Any) -> None:
        for number in list(self.streams):
            del self.streams[number]
            self.send({"jsonrpc": "2.0", "id": number, "result": {"resultType": "complete", "_meta": {}}})

    def do_custom(self, arguments: Message, _token: Any) -> None:
        for number in range(arguments.get("times", 1)):
            self.send({"jsonrpc": "2.0", "method": "acme/heartbeat", "params": {"beat": number, "big": 1e308 * 10}})

    def do_flood(self, arguments: Message, token: Any) -> None:
        """Very many progress messages in a few writes."""
        line = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%d,"progress":%d}}\n'
        for start in range(0, arguments["times"], 10_000):
            lines = (line % (token, number) for number in range(start, min(start + 10_000, arguments["times"])))
            self.write("".join(lines).encode())


if __name__ == "__main__":
    Streaming(Settings(eras=sys.argv[1]), sys.argv[2:]).run()
