"""One server at this moment, in the published shape of ``%mcp list --json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.config.defaults import startup_timeout, tool_timeout
from mcp_magics.config.view import transport_json

if TYPE_CHECKING:
    from mcp_magics.connection.server import Server


def describe(server: Server) -> dict[str, Any]:
    """One server as ``%mcp list --json`` gives it."""
    spec, status, connection = server.spec, server.status, server.connection
    transport = transport_json(spec)
    if connection.state == "ready" and connection.transport == "sse":
        transport["type"] = "sse"
    return {
        "name": spec.name,
        "scope": server.scope,
        "enabled": spec.enabled,
        "disabled_reason": None if spec.enabled else "disabled in its configuration",
        "transport": transport,
        "protocol_version": server.protocol_version,
        "auth": status.to_json(),
        "auth_status": status.codex_word,
        "failure": server.failure.to_json() if server.failure else None,
        "startup_timeout_sec": startup_timeout(spec),
        "tool_timeout_sec": tool_timeout(spec),
        "tools": len(connection.catalog.tools) if connection.state == "ready" else None,
    }
