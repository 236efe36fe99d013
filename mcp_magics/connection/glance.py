"""Servers at one glance: a row each, as lists, cards and ``servers`` itself show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.results.listing import Listing, counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_magics.connection.server import Server

COLUMNS = (
    "server",
    "scope",
    "transport",
    "protocol",
    "requirement",
    "credential",
    "connection",
    "tools",
    "problem",
)


def row(server: Server) -> dict[str, Any]:
    """One server as a row for people."""
    status, connection = server.status, server.connection
    failure = server.failure or (status.holding.failure if status.credential == "reauth_needed" else None)
    return {
        "server": server.name,
        "scope": server.scope,
        "transport": connection.transport,
        "protocol": server.protocol_version or "",
        "requirement": status.requirement,
        "credential": status.credential,
        "connection": status.connection if server.spec.enabled else "disabled",
        "tools": len(connection.catalog.tools) if connection.state == "ready" else "",
        "problem": f"{failure.class_}: {failure.message} → {failure.next_step}" if failure else "",
    }


def glance(servers: Iterable[Server]) -> Listing:
    """All of ``servers`` as a table; nothing is started and nothing asked."""
    chosen = list(servers)
    title = counted(len(chosen), "server") if chosen else "no servers yet: %mcp add NAME -- COMMAND"
    return Listing(title, COLUMNS, [row(server) for server in chosen], chosen)
