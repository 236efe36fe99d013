"""An MCP server in plain Python: a loop that reads lines and writes lines, in both protocol eras.

It behaves. The steps of answering are methods of their own, so that a fault can spoil exactly one of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mcp_magics.playground.channel import Pipe

if TYPE_CHECKING:
    from mcp_magics.playground.channel import Channel

_HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
_MODERN_VERSION = "2026-07-28"
_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_INFO_KEY = "io.modelcontextprotocol/serverInfo"
_INFO = {"name": "faulty", "version": "1.0.0"}
_PARSE_ERROR, _INVALID_PARAMS, _METHOD_NOT_FOUND, _UNSUPPORTED_VERSION = -32700, -32602, -32601, -32022

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """The ``eras`` it speaks (``both``, ``2026-07-28``, ``legacy``); ``delay`` (s) and ``size`` (bytes) of a fault."""

    eras: str = "both"
    delay: float = 2.0
    size: int = 20_000_000


class _RpcError(Exception):
    """An error to answer with (JSON-RPC 2.0 §5.1)."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.error: Message = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = data


class WellBehaved:
    """Nothing: it behaves, and its tool raw_frame sends back the very line it was called with."""

    name: ClassVar[str] = "none"

    def __init__(self, settings: Settings, channel: Channel | None = None) -> None:
        self.settings = settings
        self.channel: Channel = channel or Pipe()
        self.line = b""
        self.is_modern = False

    def run(self) -> None:
        """Serve until the input ends."""
        self.start()
        for line in self.channel.lines():
            self.receive(line)
        self.end()

    def start(self) -> None:
        """What happens before the first line is read."""

    def end(self) -> None:
        """What happens once the input has ended."""

    def receive(self, line: bytes) -> None:
        """Answer the line if it is a request."""
        self.line = line
        try:
            message = json.loads(line)
        except ValueError:
            self.send({"jsonrpc": "2.0", "id": None, "error": {"code": _PARSE_ERROR, "message": "Parse error"}})
            return
        if not isinstance(message, dict):
            return
        if "method" in message and "id" in message:
            self.respond(message)
        else:
            self.note(message)

    def note(self, message: Message) -> None:
        """Take a notification, or the client's answer to a request."""

    def respond(self, request: Message) -> None:
        """Answer a request."""
        self.send(self.reply(request))

    def reply(self, request: Message) -> Message:
        """The response to ``request``, a result or an error."""
        params = mapping(request.get("params"))
        self.is_modern = _VERSION_KEY in mapping(params.get("_meta"))
        head = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            return head | {"result": self.dressed(self.result(request["method"], params))}
        except _RpcError as failure:
            return head | {"error": failure.error}

    def dressed(self, result: Message) -> Message:
        """``result`` with what its era demands of every result."""
        return {"resultType": "complete", "_meta": {_INFO_KEY: _INFO}} | result if self.is_modern else result

    def result(self, method: str, params: Message) -> Message:
        """The result of a method this server knows."""
        match method:
            case "server/discover" if self.settings.eras != "legacy":
                return self.cacheable({"supportedVersions": [_MODERN_VERSION], "capabilities": self.capabilities()})
            case "initialize":
                return self.handshake(params)
            case "ping":
                return {}
            case "tools/list":
                return self.cacheable(self.tools(params))
            case "tools/call":
                return self.call(params)
        raise _RpcError(_METHOD_NOT_FOUND, "Method not found", method)

    def cacheable(self, result: Message) -> Message:
        """``result`` with the caching hints that 2026-07-28 requires of lists and of discovery."""
        return {"ttlMs": 0, "cacheScope": "private"} | result if self.is_modern else result

    def capabilities(self) -> Message:
        """What the server says it can do."""
        return {"tools": {}}

    def handshake(self, params: Message) -> Message:
        """Agree on a version, or refuse where the handshake era is not spoken."""
        wanted = params.get("protocolVersion")
        if self.settings.eras == _MODERN_VERSION:
            data = {"supported": [_MODERN_VERSION], "requested": wanted}
            raise _RpcError(_UNSUPPORTED_VERSION, "Unsupported protocol version", data)
        version = wanted if wanted in _HANDSHAKE_VERSIONS else _HANDSHAKE_VERSIONS[-1]
        return {"protocolVersion": version, "capabilities": self.capabilities(), "serverInfo": _INFO}

    def tools(self, _params: Message) -> Message:
        """One page of the tool list."""
        return {"tools": [ECHO, RAW_FRAME]}

    def call(self, params: Message) -> Message:
        """The result of a tool."""
        arguments = mapping(params.get("arguments"))
        match params.get("name"):
            case "echo":
                return text_result(str(arguments.get("text", "")))
            case "raw_frame":
                return text_result(self.line.decode("utf-8", "replace").rstrip("\r\n"))
        raise _RpcError(_INVALID_PARAMS, f"Unknown tool: {params.get('name')}")

    def send(self, message: Message) -> None:
        """Write one message as one line."""
        self.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    def write(self, data: bytes) -> None:
        """Write bytes as they are."""
        self.channel.write(data)


def mapping(value: Any) -> Message:
    """``value`` where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text_result(text: str) -> Message:
    """The result of a tool that says ``text``."""
    return {"content": [{"type": "text", "text": text}]}


def object_schema(properties: Message) -> Message:
    """The JSON Schema of an object with those ``properties``."""
    return {"type": "object", "properties": properties}


ECHO: Message = {
    "name": "echo",
    "description": "Send the text back.",
    "inputSchema": object_schema({"text": {"type": "string"}}),
}
RAW_FRAME: Message = {
    "name": "raw_frame",
    "description": "Send back the line this very request came in, byte for byte.",
    "inputSchema": {"type": "object"},
}
