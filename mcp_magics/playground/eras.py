"""Servers that speak both protocol eras, only the handshake one, or only 2026-07-28.

The SDK's server always speaks both. One that does not is what most clients meet, so the playground can narrow it:
the messages of the other era are answered as a server answers that has never heard of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
import mcp_types as types
from mcp.server.runner import serve_loop
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anyio.streams.memory import MemoryObjectSendStream
    from mcp.server.lowlevel import Server
    from mcp.shared._stream_protocols import ReadStream, WriteStream
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mcp_magics.playground import Eras

_BAD_REQUEST = 400
_VERSION_HEADER = b"mcp-protocol-version"


async def serve_stdio(server: Server[Any], eras: Eras) -> None:
    """Serve ``server`` over standard input and output until the input ends."""
    async with stdio_server() as (read, write):
        if eras == "legacy":
            await _handshake_only(server, read, write)
        elif eras == "both":
            await server.run(read, write, server.create_initialization_options())
        else:
            await _without_handshake(server, read, write)


async def _handshake_only(
    server: Server[Any], read: ReadStream[SessionMessage | Exception], write: WriteStream[SessionMessage]
) -> None:
    async with server.lifespan(server) as state:
        await serve_loop(server, read, write, lifespan_state=state)


async def _without_handshake(
    server: Server[Any], read: ReadStream[SessionMessage | Exception], write: WriteStream[SessionMessage]
) -> None:
    """Refuse ``initialize`` before the server sees it: seen, it would decide the connection's era."""
    forward, modern = anyio.create_memory_object_stream[SessionMessage | Exception]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_refuse_handshakes, read, forward, write)
        await server.run(modern, write, server.create_initialization_options())
        tasks.cancel_scope.cancel()


async def _refuse_handshakes(
    read: ReadStream[SessionMessage | Exception],
    forward: MemoryObjectSendStream[SessionMessage | Exception],
    write: WriteStream[SessionMessage],
) -> None:
    async with forward:
        async for item in read:
            message = item.message if isinstance(item, SessionMessage) else None
            if isinstance(message, types.JSONRPCRequest) and message.method == "initialize":
                requested = (message.params or {}).get("protocolVersion")
                await write.send(SessionMessage(_refusal(message.id, requested)))
            else:
                await forward.send(item)


def sse_app(server: Server[Any], routes: Sequence[BaseRoute]) -> ASGIApp:
    """``server`` behind the HTTP+SSE transport of 2024-11-05, which only ever carried the handshake era."""
    from mcp.server.sse import SseServerTransport
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Mount, Route

    transport = SseServerTransport("/messages/")

    async def connect(request: Request) -> Response:
        async with transport.connect_sse(request.scope, request.receive, request._send) as (read, write):  # noqa: SLF001 - the SDK's own recipe
            await _handshake_only(server, read, write)
        return Response()

    post = Mount("/messages/", app=transport.handle_post_message)
    return Starlette(routes=[Route("/sse", connect, methods=["GET"]), post, *routes])


def only(eras: Eras, app: ASGIApp) -> ASGIApp:
    """``app``, a Streamable HTTP server of both eras, narrowed to ``eras``."""
    if eras == "both":
        return app

    async def narrowed(scope: Scope, receive: Receive, send: Send) -> None:
        version = dict(scope.get("headers", ())).get(_VERSION_HEADER, b"").decode("latin-1")
        is_mcp = scope["type"] == "http" and scope["path"] == "/mcp"
        modern = bool(version) and version not in HANDSHAKE_PROTOCOL_VERSIONS
        if not is_mcp or modern == (eras != "legacy"):
            await app(scope, receive, send)
        else:
            refuse = _refuse_modern if modern else _refuse_legacy
            await (await refuse(scope, receive, version))(scope, receive, send)

    return narrowed


async def _refuse_modern(_scope: Scope, _receive: Receive, version: str) -> Response:
    """What servers of the handshake era answer to a version they do not know."""
    supported = ", ".join(HANDSHAKE_PROTOCOL_VERSIONS)
    message = f"Bad Request: Unsupported protocol version: {version}. Supported versions: {supported}"
    error = types.ErrorData(code=types.INVALID_REQUEST, message=message)
    return _json(types.JSONRPCError(jsonrpc="2.0", id=None, error=error))


async def _refuse_legacy(scope: Scope, receive: Receive, version: str) -> Response:
    from starlette.requests import Request

    try:
        message = json.loads(await Request(scope, receive).body() or b"null")
    except ValueError:
        message = None
    request = message if isinstance(message, dict) else {}
    params = request.get("params")
    requested = params.get("protocolVersion") if isinstance(params, dict) else version
    return _json(_refusal(request.get("id"), requested))


def _refusal(request_id: types.RequestId | None, requested: object) -> types.JSONRPCError:
    """The error of a server without the handshake (MCP 2026-07-28, basic, versioning)."""
    data = {"supported": list(MODERN_PROTOCOL_VERSIONS), "requested": requested}
    error = types.ErrorData(code=types.UNSUPPORTED_PROTOCOL_VERSION, message="Unsupported protocol version", data=data)
    return types.JSONRPCError(jsonrpc="2.0", id=request_id, error=error)


def _json(error: types.JSONRPCError) -> Response:
    from starlette.responses import Response

    body = error.model_dump_json(by_alias=True, exclude_unset=True)
    return Response(body, status_code=_BAD_REQUEST, media_type="application/json")
