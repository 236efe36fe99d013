"""An HTTP MCP server of a few lines, whose every answer a test may replace; it remembers what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JSON = "application/json"
TOOLS: list[dict[str, Any]] = [
    {"name": "echo", "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}}},
]


@dataclass(frozen=True)
class Asked:
    """One request: ``message`` is the JSON-RPC message of its body, ``{}`` without one."""

    method: str
    path: str
    headers: dict[str, str]
    message: dict[str, Any]

    @property
    def rpc(self) -> str:
        """The JSON-RPC method, or the HTTP one."""
        return str(self.message.get("method", self.method))

    @property
    def rpc_id(self) -> Any:
        """The id of the message."""
        return self.message.get("id")


@dataclass(frozen=True)
class Response:
    """What to answer: ``body`` is bytes, or chunks after each of which the stream is flushed."""

    status: int = 200
    body: bytes | tuple[bytes, ...] = b""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str | None = JSON


Answering = Callable[[Asked], Response | dict[str, Any] | None]


class OddServer:
    """Speaks the handshake era in JSON; ``on["tools/call"] = lambda asked: …`` replaces an answer.

    An answer is a :class:`Response`, or a dict, which is the ``result``; None falls through to the ordinary one.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.on: dict[str, Answering] = {}
        self.asked: list[Asked] = []
        self._scheme = "https" if tls else "http"
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address of its endpoint."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}/mcp"

    def rpcs(self) -> list[str]:
        """The methods asked for, in order."""
        return [asked.rpc for asked in self.asked]

    def close(self) -> None:
        """Stop listening."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, asked: Asked) -> Response:
        """The response to one request."""
        chosen = self.on.get(asked.rpc) or self.on.get("*")
        answer = chosen(asked) if chosen else None
        return self.ordinary(asked) if answer is None else _response(asked, answer)

    def ordinary(self, asked: Asked) -> Response:
        """The answer nobody replaced."""
        return _response(asked, self._ordinary(asked))

    def _ordinary(self, asked: Asked) -> Response | dict[str, Any]:
        match asked.rpc:
            case "initialize":
                version = asked.message["params"]["protocolVersion"]
                info = {"name": "odd", "version": "1"}
                return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
            case "tools/list":
                return {"tools": TOOLS}
            case "tools/call":
                text = asked.message["params"].get("arguments", {}).get("text", "")
                return {"content": [{"type": "text", "text": text}]}
            case "GET" | "DELETE":
                return Response(405)
        if asked.rpc_id is None:
            return Response(202, kind=None)
        return error(asked, -32601, "Method not found")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                message = json.loads(body) if body else {}
                asked = Asked(self.command, self.path, headers, message)
                server.asked.append(asked)
                _write(self, server.answer(asked))

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def _response(asked: Asked, answer: Response | dict[str, Any]) -> Response:
    return answer if isinstance(answer, Response) else result(asked, answer)


def _write(handler: BaseHTTPRequestHandler, response: Response) -> None:
    streamed = isinstance(response.body, tuple)
    handler.send_response(response.status)
    if response.kind is not None:
        handler.send_header("content-type", response.kind)
    for name, value in response.headers.items():
        handler.send_header(name, value)
    if streamed:
        handler.send_header("connection", "close")
        handler.close_connection = True
    else:
        if "content-length" not in response.headers:
            handler.send_header("content-length", str(len(response.body)))
        else:
            handler.close_connection = True
    handler.end_headers()
    for chunk in response.body if isinstance(response.body, tuple) else (response.body,):
        handler.wfile.write(chunk)
        handler.wfile.flush()


def result(asked: Asked, value: Any) -> Response:
    """The JSON-RPC result ``value``."""
    return Response(body=json.dumps({"jsonrpc": "2.0", "id": asked.rpc_id, "result": value}).encode())


def error(
    asked: Asked, code: int, message: str, status: int = 200, request_id: Any = ..., data: Any = None
) -> Response:
    """A JSON-RPC error, for another id than the request's where ``request_id`` says so."""
    named = asked.rpc_id if request_id is ... else request_id
    about = {} if data is None else {"data": data}
    body = {"jsonrpc": "2.0", "id": named, "error": {"code": code, "message": message, **about}}
    return Response(status, json.dumps(body).encode())


def sse(*messages: dict[str, Any], after: bytes = b"") -> Response:
    """An event stream of these messages, then ``after``, then its end."""
    events = tuple(f"event: message\ndata: {json.dumps(message)}\n\n".encode() for message in messages)
    return Response(body=(*events, after), kind="text/event-stream")


def times(count: int, first: Answering) -> Answering:
    """``first`` for the first ``count`` requests, then the ordinary answer."""
    left = iter(range(count))

    def answering(asked: Asked) -> Response | dict[str, Any] | None:
        return first(asked) if next(left, None) is not None else None

    return answering


def odd_server() -> Iterator[OddServer]:
    """The body of a fixture: a server that is closed with the test."""
    server = OddServer()
    try:
        yield server
    finally:
        server.close()
