"""Running a server of the playground over stdio, Streamable HTTP or the older HTTP+SSE transport.

Over HTTP it listens on 127.0.0.1 only and prints one line of JSON, ``{"name", "url", "pid"}``, once it answers;
``"authorization_server"`` is its issuer, where it has one. That one listens on a port of its own, the next one.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp.server.lowlevel import Server
    from mcp.server.mcpserver import MCPServer
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mcp_magics.playground import Eras, Transport

_HOST = "127.0.0.1"
_LISTEN_BACKLOG = 2048
_LARGEST_REQUEST_BYTES = 256 * 1024 * 1024


def _unwrapped(app: ASGIApp) -> ASGIApp:
    return app


@dataclass(frozen=True, slots=True)
class Protection:
    """What stands before an MCP server, and the authorization server beside it: its ``issuer``, its application."""

    wrap: Callable[[ASGIApp], ASGIApp]
    issuer: str
    authorization_server: ASGIApp


@dataclass(frozen=True, slots=True)
class Served:
    """A built server: the SDK's object, and what stands around it over HTTP.

    ``protect`` is called with the URL of the MCP endpoint and the origin of a second listener, once both are known.
    """

    server: Server[Any] | MCPServer
    routes: tuple[BaseRoute, ...] = ()
    wrap: Callable[[ASGIApp], ASGIApp] = field(default=_unwrapped)
    protect: Callable[[str, str], Protection] | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """How to reach a server: its ``name``, its transport, the ``port`` (0 for any free one), the eras it speaks.

    ``json_response`` answers Streamable HTTP requests with plain JSON where it can, instead of an event stream.
    ``lifeline`` makes the server end when its standard input does.
    """

    name: str
    transport: Transport
    port: int = 0
    eras: Eras = "both"
    json_response: bool = False
    lifeline: bool = False


def serve(served: Served, address: Address) -> None:
    """Run ``served`` until its client leaves (stdio) or the process is told to end (HTTP)."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s", stream=sys.stderr)
    server = lowlevel(served.server)
    if address.transport == "stdio":
        import anyio

        from mcp_magics.playground.eras import serve_stdio

        anyio.run(serve_stdio, server, address.eras)
    else:
        _serve_http(served, server, address)


def lowlevel(server: Server[Any] | MCPServer) -> Server[Any]:
    """The SDK's low-level server inside ``server``, or ``server`` itself if it is one."""
    from mcp.server.mcpserver import MCPServer

    if not isinstance(server, MCPServer):
        return server
    server.streamable_http_app()  # the only public way to it leads through its session manager
    return server.session_manager.app


def _serve_http(served: Served, server: Server[Any], address: Address) -> None:
    listeners = [_listen(address, address.port)]
    path = "/sse" if address.transport == "sse" else "/mcp"
    url = f"{_origin(listeners[0])}{path}"
    ready: dict[str, Any] = {"name": address.name, "url": url, "pid": os.getpid()}
    app = served.wrap(_mcp_app(served, server, address))
    if served.protect is not None:
        listeners.append(_listen(address, address.port and address.port + 1))
        protection = served.protect(url, _origin(listeners[1]))
        ready["authorization_server"] = protection.issuer
        app = _by_port(protection.wrap(app), {_port(listeners[1]): protection.authorization_server})
    _run(app, listeners, ready, address)


def _mcp_app(served: Served, server: Server[Any], address: Address) -> ASGIApp:
    from mcp_magics.playground import eras

    if address.transport == "sse":
        return eras.sse_app(server, served.routes)
    return eras.only(
        address.eras,
        server.streamable_http_app(
            json_response=address.json_response,
            max_request_body_size=_LARGEST_REQUEST_BYTES,
            custom_starlette_routes=list(served.routes),  # type: ignore[arg-type]
        ),
    )


def _by_port(app: ASGIApp, others: dict[int, ASGIApp]) -> ASGIApp:
    """``app``, but for requests to other ports: one process, one loop, one end for both servers."""

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        _, port = scope.get("server") or ("", 0)
        await others.get(port, app)(scope, receive, send)

    return chosen


def _run(app: ASGIApp, listeners: list[socket.socket], ready: dict[str, Any], address: Address) -> None:
    """Answer on the ``listeners`` until told to end; the ``ready`` line is printed once they answer."""
    import uvicorn

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()

    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, ws="none")
    runner = Announcing(config)
    if address.lifeline:
        from mcp_magics.playground.lifeline import run_until_stdin_ends

        run_until_stdin_ends(runner, listeners)
    else:
        runner.run(sockets=listeners)


def _listen(address: Address, port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except (OSError, OverflowError) as error:
        sys.exit(f"{address.name}: cannot listen on {_HOST}:{port}: {getattr(error, 'strerror', error)}")
    listener.listen(_LISTEN_BACKLOG)
    return listener


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def _origin(listener: socket.socket) -> str:
    return f"http://{_HOST}:{_port(listener)}"
