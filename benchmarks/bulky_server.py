"""A server of large answers: ``python -m benchmarks.bulky_server stdio|http [TOOLS]``.

It builds its answers before it is asked and writes them whole, so that what is measured is the client. It speaks
2025-11-25 and knows the tools ``text`` and ``objects`` (100 MB each), ``word``, and as many others as it is told.
"""

from __future__ import annotations

import json
import socket
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

MEGABYTE = 1_000_000
PAYLOAD = 100 * MEGABYTE


@cache
def result(tool: str) -> bytes:
    """The ``result`` of calling ``tool``, as JSON."""
    if tool == "text":
        line = "a line of the text, as a log or a report has them by the million\n"
        return _dump({"content": [{"type": "text", "text": line * (PAYLOAD // len(line))}]})
    if tool == "objects":
        row = {"id": 1234567, "name": "a name", "price": 12.5, "tags": ["one", "two"], "active": True}
        rows = [row] * (PAYLOAD // len(_dump(row)))
        return _dump({"content": [], "structuredContent": {"rows": rows}})
    return _dump({"content": [{"type": "text", "text": "word"}]})


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def tools(extra: int) -> list[dict[str, Any]]:
    """The list of tools: three of our own and ``extra`` ones as servers have them."""
    plain = {"type": "object", "properties": {}}
    own = [{"name": name, "inputSchema": plain} for name in ("text", "objects", "word")]
    return own + [_tool(number) for number in range(extra)]


def _tool(number: int) -> dict[str, Any]:
    return {
        "name": f"search_records_{number}",
        "title": f"Search the records of department {number}",
        "description": "Find records by text, newest first; returns at most `limit` of them with their authors.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "What to look for."},
                "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
                "status": {"type": "string", "enum": ["open", "closed", "any"]},
            },
            "required": ["query"],
        },
        "annotations": {"readOnlyHint": True},
    }


def answer(message: dict[str, Any], extra: int) -> bytes | None:
    """The response to ``message``, or None for a notification."""
    if "id" not in message:
        return None
    method, params = message["method"], message.get("params") or {}
    if method == "tools/call":
        body = b'"result":' + result(params["name"])
    elif method == "tools/list":
        body = b'"result":' + _dump({"tools": tools(extra)})
    elif method == "initialize":
        about = {"name": "bulky", "version": "1"}
        hello = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": about}
        body = b'"result":' + _dump(hello)
    else:
        body = b'"error":' + _dump({"code": -32601, "message": f"no method {method}"})
    return b'{"jsonrpc":"2.0","id":' + _dump(message["id"]) + b"," + body + b"}"


def prepare() -> None:
    """Build the large answers."""
    for tool in ("text", "objects"):
        result(tool)


def serve_stdio(extra: int) -> None:
    """Answer line by line until standard input ends."""
    for line in sys.stdin.buffer:
        frame = answer(json.loads(line), extra)
        if frame is not None:
            sys.stdout.buffer.write(frame + b"\n")
            sys.stdout.buffer.flush()


def serve_http(extra: int) -> None:
    """Answer each POST with an event stream of one event."""
    import uvicorn

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # no lifespan, no websockets: see the configuration
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        frame = answer(json.loads(body), extra) if scope["method"] == "POST" else None
        kind = b"text/event-stream" if frame is not None else b"text/plain"
        status = 202 if scope["method"] == "POST" else 405
        start = {"status": 200 if frame is not None else status, "headers": [(b"content-type", kind)]}
        await send({"type": "http.response.start", **start})
        event = b"event: message\ndata: " + frame + b"\n\n" if frame is not None else b""
        await send({"type": "http.response.body", "body": event})

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"}), flush=True)
    config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    kind, extra_tools = sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 0
    prepare()
    (serve_stdio if kind == "stdio" else serve_http)(extra_tools)
