"""``violations``: what servers break of the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.magics.commands.named import server_named

if TYPE_CHECKING:
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.results.listing import Listing


async def do_violations(context: Context, command: Command) -> Listing:
    """What one server broke in all it said so far; nothing is asked of it."""
    return server_named(context, command).violations
