"""The live cards above a table of servers, where a page is there to draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.connection.exchange import on_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcp_magics.connection.server import Server
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command


async def show_cards(context: Context, command: Command, servers: Callable[[], Sequence[Server]]) -> None:
    """Steps: the cards of ``servers`` in the running cell, kept true. Not where an update would be one more output."""
    if context.lookout is None or context.use == "value" or not command.shown or command.options.flag("json"):
        return
    if await on_loop(command.verb.name, context.lookout.front_end()) is None:
        return
    from mcp_magics.widgets.live_cards import LiveCards
    from mcp_magics.widgets.status import StatusCards

    live = LiveCards(f"%mcp {command.verb.name}", context.defaults.login_timeout)
    context.surface().show(live.output)
    cards = StatusCards(servers, context.surface(), live)
    await on_loop(command.verb.name, cards.draw())
    cards.begin()
