"""The app beside a result: read and shown where a page is there to show it, named elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.content.apps import app_steps
from mcp_magics.connection.exchange import on_loop
from mcp_magics.errors import MCPMagicsError
from mcp_magics.results.app import too_large
from mcp_magics.results.call import CallResult

if TYPE_CHECKING:
    from mcp_magics.connection.server import Server
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.results.app import App

_TIMEOUT = 10.0
"""Seconds the document of an app may take: a person waits for the result beside it."""


async def with_app(context: Context, server: Server, command: Command, value: Any) -> Any:
    """Steps: ``value``; where it is a result with an app and a page can show that, the app lives beside it."""
    if isinstance(value, CallResult) and value.app is not None and await _is_wanted(context, server, command):
        value.app = await _live(server, value.app, value)
    return value


async def _is_wanted(context: Context, server: Server, command: Command) -> bool:
    options = command.options
    is_shown = command.shown and context.use != "value" and not options.flag("json")
    if context.lookout is None or not is_shown or options.flag("no-app") or not context.defaults.apps:
        return False
    return await on_loop(server.name, context.lookout.front_end()) is not None


async def _live(server: Server, app: App, result: CallResult) -> App:
    from mcp_magics.widgets.app import LiveApp

    try:
        read = await app_steps(server.with_options(timeout=_TIMEOUT, max_time=_TIMEOUT), app.uri)
    except MCPMagicsError as error:
        return replace(app, problem=error.failure.message)
    if problem := too_large(read):
        return replace(read, problem=problem)
    return LiveApp(server, read, result).app
