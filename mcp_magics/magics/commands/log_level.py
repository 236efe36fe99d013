"""``--log-level``: log messages asked for with one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_types import LOG_LEVEL_META_KEY

from mcp_magics.connection.subscriptions.log_level import OFF, checked_level

if TYPE_CHECKING:
    from mcp_magics.connection.server import Server
    from mcp_magics.magics.parse import Command


async def with_logs(server: Server, command: Command) -> Server:
    """Steps: ``server``, asked for log messages as ``command`` says.

    In 2026-07-28 for its one request (server/utilities/logging); before, a level is the session's, and stays.
    """
    word = command.options.text("log-level")
    if word is None:
        return server
    level = checked_level(word, f"%mcp {command.verb.name} … --log-level")
    await server.ready_steps()
    if not server.connection.is_modern:
        await server.log_level_steps(level)
        return server
    return server if level == OFF else server.with_options(meta={**server.call_meta, LOG_LEVEL_META_KEY: level})
