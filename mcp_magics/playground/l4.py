"""L4, the server with one bearer token: whoever has it may do everything, and nothing tells where to get it."""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING

from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations

from mcp_magics.playground.serve import Served

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mcp_magics.playground import Options

TOKEN_VARIABLE = "MCP_MAGICS_PLAYGROUND_TOKEN"  # noqa: S105 - a name
DEFAULT_TOKEN = "playground-static-token"  # noqa: S105 - documented, for the playground only


def build(_options: Options) -> Served:
    """The server; its token is in ``MCP_MAGICS_PLAYGROUND_TOKEN``, or the documented one."""
    server = MCPServer(
        "l4",
        title="L4, where a token is needed",
        version="1.0.0",
        instructions="For those who have the token.",
        log_level="WARNING",
    )

    @server.tool(annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False), structured_output=False)
    async def echo(text: str) -> str:
        """Send the text back."""
        return text

    return Served(server, wrap=lambda app: _guarded(app, os.environ.get(TOKEN_VARIABLE) or DEFAULT_TOKEN))


def _guarded(app: ASGIApp, token: str) -> ASGIApp:
    from starlette.requests import Request
    from starlette.responses import JSONResponse

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/mcp":
            await app(scope, receive, send)
            return
        scheme, _, sent = Request(scope).headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(sent.encode(), token.encode()):
            await app(scope, receive, send)
            return
        refusal = JSONResponse({"error": "Unauthorized"}, 401, headers={"WWW-Authenticate": "Bearer"})
        await refusal(scope, receive, send)

    return guarded
