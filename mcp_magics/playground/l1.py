"""L1, the open server where logging in is offered: it publishes OAuth metadata, and nobody needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.playground.authorization.gate import Rules
from mcp_magics.playground.authorization.protection import protection
from mcp_magics.playground.members import members_server
from mcp_magics.playground.serve import Served

if TYPE_CHECKING:
    from mcp_magics.playground import Options


def build(options: Options) -> Served:
    """The open server, and the authorization server it offers; a token is looked at if there is one."""
    instructions = "Open to everyone. Who logs in is known by name: whoami tells."
    server = members_server("l1", "L1, where logging in is offered", instructions)
    return Served(server, protect=protection(options, Rules("l1", "optional", {})))
