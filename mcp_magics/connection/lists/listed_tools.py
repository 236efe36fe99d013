"""The tools of one connection, listed anew: which may be used, which headers mirror their arguments, what is news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.connection.lists.catalog import Catalog, changes, fetch
from mcp_magics.errors import RequestTimeoutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.lists.catalog import Page


async def list_tools(connection: Connection, seconds: float) -> None:
    """Read the list within so many ``seconds`` of the server's own time; raises ``MCPMagicsError``."""
    try:
        with connection.upkeep.reading("tools"):
            async with connection.deadlines.within(seconds):
                await _read(connection)
    except TimeoutError:
        error = RequestTimeoutError(
            f"no answer to tools/list within {seconds:g} s",
            phase="list",
            server=connection.spec.name,
            next_step=f"%mcp log {connection.spec.name}, or %mcp restart {connection.spec.name}",
            retryable=True,
        )
    else:
        return
    raise error


async def _read(connection: Connection) -> None:
    if "tools" not in connection.capabilities:
        return
    since = connection.shelf.moment
    page = await fetch(connection, connection.spec.name, "tools")
    kept = connection.shelf.keep("tools", None, page.hint if connection.is_modern else None, since=since)
    dropped = _mirrored(connection, page) if connection.is_modern else {}
    before, connection.catalog = connection.catalog, Catalog.of(connection.spec, page, dropped, kept)
    if before.tools:
        connection.tell_news("tools", changes(before, connection.catalog))
    if page.problem is not None:
        connection.violation("pagination", page.problem.failure.message, where="tools/list")
    if page.note:
        connection.violation("pagination", page.note, where="tools/list")


def _mirrored(connection: Connection, page: Page) -> Mapping[str, str]:
    """Keep which headers mirror which arguments (``x-mcp-header``); returns the tools that ask it wrongly, and why."""
    from mcp.shared.inbound import find_invalid_x_mcp_header, x_mcp_header_map

    dropped: dict[str, str] = {}
    for raw in page.items:
        name, schema = str(raw.get("name")), raw.get("inputSchema")
        if (reason := find_invalid_x_mcp_header(schema)) is not None:
            dropped[name] = reason
            connection.violation("x-mcp-header", f"tool {name} may not be used: {reason}", where="tools/list")
        elif header_map := x_mcp_header_map(schema):
            connection.header_maps[name] = header_map
    return dropped
