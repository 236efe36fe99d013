"""L2, the protected server: no request without a token, and tools that need different scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.playground.authorization.gate import Rules
from mcp_magics.playground.authorization.protection import protection
from mcp_magics.playground.members import SCOPES, members_server
from mcp_magics.playground.serve import Served

if TYPE_CHECKING:
    from mcp_magics.playground import Options


def build(options: Options) -> Served:
    """The protected server and its authorization server."""
    instructions = "For those who logged in. place_order needs the scope shop:write."
    server = members_server("l2", "L2, where logging in is needed", instructions)
    return Served(server, protect=protection(options, Rules("l2", "required", SCOPES)))
