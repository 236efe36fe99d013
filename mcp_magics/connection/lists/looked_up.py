"""What a list holds, for whoever looks for a name in it: as it was last heard, else asked for now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.connection.lists.catalog import fetch
from mcp_magics.errors import MCPMagicsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from mcp_magics.connection.steps import ServerSteps


async def known_items(server: ServerSteps, kind: str) -> tuple[Mapping[str, Any], ...] | None:
    """Steps: the items of one list (a key of ``LISTS``), None where the server does not say."""
    connection = server.connection
    if kind not in connection.known or kind in connection.stale:
        try:
            connection.known[kind] = (await fetch(server, server.name, kind)).items
        except MCPMagicsError:
            return None
        connection.stale.discard(kind)
    return tuple(connection.known[kind])


def members(items: Iterable[Mapping[str, Any]] | None, member: str) -> list[str]:
    """One member of each item that has it as a text."""
    return [each[member] for each in items or () if isinstance(each.get(member), str)]
