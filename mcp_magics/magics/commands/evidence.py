"""``trace``: what went over the wire, as a table, one message whole, or live beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.connection.exchange import on_loop
from mcp_magics.magics.outcome import Shown

if TYPE_CHECKING:
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.wire.trace import Trace


async def do_trace(context: Context, command: Command) -> Any:
    """Every frame and exchange kept, newest last; ``--id N`` is one message whole. Survives disconnect."""
    name, number = command.word(0), command.options.integer("id")
    if number is not None:
        return context.servers.trace(name).message(number)
    trace = context.servers.trace(name, command.options.integer("last"))
    return _shown_live(context, command, trace, name) if await _is_live(context, command) else trace


async def _is_live(context: Context, command: Command) -> bool:
    """Whether the line wants a live panel, and a page is there to show it."""
    options = command.options
    wanted = options.flag("live") and command.shown and context.use != "value" and not options.flag("json")
    if not wanted or context.lookout is None:
        return False
    return await on_loop(command.word(0) or "", context.lookout.front_end()) is not None


def _shown_live(context: Context, command: Command, trace: Trace, name: str | None) -> Shown:
    from mcp_magics.magics.saving import save
    from mcp_magics.widgets.trace import LiveTrace

    if (path := command.options.text("save")) is not None:
        save(trace, path)
    LiveTrace(context.servers.journal, name, trace, (context.surface(), context.surface())).begin()
    return Shown(trace)
