"""L0, the open server: no login, no OAuth documents, and a memory of every HTTP request it saw."""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import CallToolResult, ImageContent, TextContent, ToolAnnotations
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mcp_magics.playground.images import swatch
from mcp_magics.playground.remembering import OWN_PATH, REMEMBERED, Remembering, rpc_and_tool
from mcp_magics.playground.serve import Served

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Scope

    from mcp_magics.playground import Options

_READ_ONLY = ToolAnnotations(read_only_hint=True, open_world_hint=False)


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One HTTP request: ``rpc_method`` is the JSON-RPC method of its body, if it had one."""

    http_method: str
    path: str
    headers: dict[str, str]
    rpc_method: str | None
    tool: str | None


class RequestsSeen(BaseModel):
    """The HTTP requests so far, oldest first."""

    requests: list[dict[str, Any]]


class Headers(BaseModel):
    """The headers of one request."""

    headers: dict[str, str]


def build(_options: Options) -> Served:
    """The open server; what it remembers is also at ``GET /requests``, which is not remembered itself."""
    seen: deque[SeenRequest] = deque(maxlen=REMEMBERED)

    async def show(_request: Request) -> JSONResponse:
        return JSONResponse([asdict(request) for request in seen])

    def remembering(app: ASGIApp) -> ASGIApp:
        return Remembering(app, lambda scope, body: seen.append(_seen(scope, body)))

    return Served(_server(seen), (Route(OWN_PATH, show),), remembering)


def _server(seen: deque[SeenRequest]) -> MCPServer:
    server = MCPServer(
        "l0",
        title="L0, the open server",
        version="1.0.0",
        instructions="Open to everyone. requests_seen tells every HTTP request this server received.",
        log_level="WARNING",
    )

    @server.tool(annotations=_READ_ONLY, structured_output=False)
    async def echo(text: Annotated[str, Field(description="Comes back as it is.")]) -> str:
        """Send the text back."""
        return text

    @server.tool(annotations=_READ_ONLY)
    async def add(a: float, b: float) -> float:
        """Add two numbers."""
        return a + b

    @server.tool(annotations=_READ_ONLY)
    async def headers(ctx: Context) -> Headers:
        """Tell the HTTP headers this very request came with."""
        return Headers(headers=dict(ctx.headers or {}))

    @server.tool(annotations=_READ_ONLY, structured_output=False)
    async def image(colour: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")] = "#2563eb") -> CallToolResult:
        """Send a small picture in the colour given as #rrggbb."""
        red, green, blue = bytes.fromhex(colour[1:])
        data = b64encode(swatch((red, green, blue), colour)).decode()
        return CallToolResult(content=[TextContent(text=colour), ImageContent(data=data, mime_type="image/png")])

    @server.tool(annotations=_READ_ONLY)
    async def requests_seen(last: Annotated[int, Field(ge=1, description="How many, at most.")] = 100) -> RequestsSeen:
        """Tell the HTTP requests this server saw, oldest first, with their headers and JSON-RPC methods."""
        return RequestsSeen(requests=[asdict(request) for request in list(seen)[-last:]])

    return server


def _seen(scope: Scope, body: bytes) -> SeenRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return SeenRequest(scope["method"], scope["path"], headers, *rpc_and_tool(body))
