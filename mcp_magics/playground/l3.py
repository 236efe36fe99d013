"""L3, the bot challenge: a page of HTML and status 403, where an MCP server should answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.server.mcpserver import MCPServer

from mcp_magics.playground.serve import Served

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mcp_magics.playground import Options

RAY = "8f00000000000000-PLY"
_PAGE = """<!doctype html><html lang="en"><head><title>Just a moment...</title></head><body>
<h1>Checking that you are human</h1><p>This is the mcp_magics playground: there is nothing behind this page.</p>
<noscript>Enable JavaScript and cookies to continue</noscript></body></html>
"""


def build(_options: Options) -> Served:
    """A server that no request ever reaches."""
    return Served(MCPServer("l3", version="1.0.0", log_level="WARNING"), wrap=_challenged)


def _challenged(app: ASGIApp) -> ASGIApp:
    from starlette.responses import HTMLResponse

    headers = {"cf-ray": RAY, "cf-mitigated": "challenge", "cache-control": "no-store"}
    challenge = HTMLResponse(_PAGE, 403, headers=headers)

    async def challenged(scope: Scope, receive: Receive, send: Send) -> None:
        await (challenge if scope["type"] == "http" else app)(scope, receive, send)

    return challenged
