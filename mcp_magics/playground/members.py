"""The tools of the servers one may log in to: what anyone may do, what a reader, what a buyer may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from mcp_magics.playground.authorization.tokens import AccessToken

SCOPES = {"read_stock": frozenset({"shop:read"}), "place_order": frozenset({"shop:write"})}
"""The scopes that each tool needs."""
_STOCK = {"tea": 12, "lamp": 3, "chair": 7}
_READ_ONLY = ToolAnnotations(read_only_hint=True, open_world_hint=False)


class Whoami(BaseModel):
    """Who a request comes from; all is empty where nobody logged in."""

    anonymous: bool
    subject: str | None = None
    client: str | None = None
    scopes: list[str] = []


class Order(BaseModel):
    """An order."""

    item: str
    quantity: int
    left: int


def members_server(name: str, title: str, instructions: str) -> MCPServer:
    """A server with those tools; it trusts whatever stands before it to have checked the token."""
    server = MCPServer(name, title=title, version="1.0.0", instructions=instructions, log_level="WARNING")
    stock = dict(_STOCK)

    @server.tool(annotations=_READ_ONLY)
    async def whoami(ctx: Context) -> Whoami:
        """Tell who this very request comes from."""
        access = _access(ctx)
        if access is None:
            return Whoami(anonymous=True)
        grant = access.grant
        return Whoami(anonymous=False, subject=grant.subject, client=grant.client_id, scopes=list(grant.scopes))

    @server.tool(annotations=_READ_ONLY)
    async def read_stock() -> dict[str, int]:
        """Tell how many of each item are left (scope shop:read)."""
        return stock

    @server.tool(annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False))
    async def place_order(
        item: Annotated[str, Field(description="What read_stock lists.")], quantity: Annotated[int, Field(ge=1)] = 1
    ) -> Order:
        """Order something (scope shop:write)."""
        from mcp.server.mcpserver.exceptions import ToolError

        if stock.get(item, 0) < quantity:
            raise ToolError(f"{stock.get(item, 0)} of {item} are left")
        stock[item] -= quantity
        return Order(item=item, quantity=quantity, left=stock[item])

    return server


def _access(context: Context) -> AccessToken | None:
    """The access token that the gate has read; None for a request without one, and in memory."""
    from mcp_magics.playground.authorization.gate import PRINCIPAL

    scope = getattr(context.request_context.request, "scope", {})
    access: AccessToken | None = scope.get(PRINCIPAL)
    return access
