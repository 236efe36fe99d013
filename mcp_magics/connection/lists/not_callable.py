"""Why a tool cannot be called: disabled here, described so that it may not be used, or not there at all."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from mcp_magics.connection.lists.catalog import is_enabled
from mcp_magics.errors import CommandError, ConfigurationError, MCPMagicsError
from mcp_magics.schema.words import word

if TYPE_CHECKING:
    from mcp_magics.config.model import ServerSpec
    from mcp_magics.connection.lists.catalog import Catalog


def not_callable(spec: ServerSpec, catalog: Catalog, tool: str, *unread: str) -> MCPMagicsError:
    """The error that says why ``tool`` cannot be called, and what is near it.

    ``unread``: why its list was not read again.
    """
    server = spec.name
    if not is_enabled(spec, tool):
        return ConfigurationError(
            f"tool '{tool}' is disabled for MCP server '{server}'",
            class_="tool_disabled",
            phase="call",
            server=server,
            next_step=f"%mcp add {server} … with it in --enabled-tools, or not in --disabled-tools",
        )
    if tool in catalog.dropped:
        return ConfigurationError(
            f"tool '{tool}' may not be used: {catalog.dropped[tool]}",
            class_="tool_invalid",
            phase="call",
            server=server,
            next_step=f"%mcp trace {server}",
        )
    near = difflib.get_close_matches(tool, catalog.tools, n=3, cutoff=0.5)
    known = ", ".join(list(catalog.tools)[:8]) + (" …" if len(catalog.tools) > 8 else "")
    return CommandError(
        f"{server} has no tool {tool!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
        class_="unknown_tool",
        phase="call",
        server=server,
        evidence=(f"it has: {known}" if known else "it has no tools at all", *unread),
        next_step=f"%mcp call {server}.{word(near[0])} …" if near else f"%mcp tools {server}",
    )
