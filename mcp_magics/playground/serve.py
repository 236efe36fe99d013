"""Running a server of the playground over stdio, Streamable HTTP or the older HTTP+SSE transport.

Over HTTP it listens on 127.0.0.1 only and prints one line of JSON, ``{"name", "url", "pid"}``, once it answers.
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
    from starlette.types import ASGIApp

    from mcp_magics.playground import Eras, Transport

_HOST = "127.0.0.1"
_LISTEN_BACKLOG = 2048
_LARGEST_REQUEST_BYTES = 256 * 1024 * 1024


def _unwrapped(app: ASGIApp) -> ASGIApp:
    return app


@dataclass(frozen=True, slots=True)
class Served:
    """A built server: the SDK's object, and what stands around it over HTTP."""

    server: Server[Any] | MCPServer
    routes: tuple[BaseRoute, ...] = ()
    wrap: Callable[[ASGIApp], ASGIApp] = field(default=_unwrapped)


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
    import uvicorn

    from mcp_magics.playground import eras

    listener = _listen(address)
    path = "/sse" if address.transport == "sse" else "/mcp"
    url = f"http://{_HOST}:{listener.getsockname()[1]}{path}"
    if address.transport == "sse":
        app = eras.sse_app(server, served.routes)
    else:
        app = eras.only(
            address.eras,
            server.streamable_http_app(
                json_response=address.json_response,
                max_request_body_size=_LARGEST_REQUEST_BYTES,
                custom_starlette_routes=list(served.routes),  # type: ignore[arg-type]
            ),
        )

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            sys.stdout.write(json.dumps({"name": address.name, "url": url, "pid": os.getpid()}) + "\n")
            sys.stdout.flush()

    config = uvicorn.Config(served.wrap(app), log_level="warning", timeout_graceful_shutdown=1, ws="none")
    runner = Announcing(config)
    if address.lifeline:
        from mcp_magics.playground.lifeline import run_until_stdin_ends

        run_until_stdin_ends(runner, listener)
    else:
        runner.run(sockets=[listener])


def _listen(address: Address) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, address.port))
    except OSError as error:
        sys.exit(f"{address.name}: cannot listen on {_HOST}:{address.port}: {error.strerror}")
    listener.listen(_LISTEN_BACKLOG)
    return listener
