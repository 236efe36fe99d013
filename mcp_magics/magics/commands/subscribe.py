"""``subscribe``: a resource that is shown again whenever its server says it has changed."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.exchange import on_loop
from mcp_magics.magics.commands.named import server_named
from mcp_magics.magics.outcome import Note
from mcp_magics.results.listing import Listing, counted

if TYPE_CHECKING:
    from mcp_magics.connection.server import Server
    from mcp_magics.connection.subscriptions.subscribed import Subscription
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command

_COLUMNS = ("uri", "state", "changes", "as of", "size", "problem")


async def do_subscribe(context: Context, command: Command) -> Any:
    """Subscribe to a resource, list the subscriptions of a server, or end one."""
    server, uri = server_named(context, command), command.word(1)
    if command.options.flag("off"):
        return await _end(server, uri)
    if uri is None:
        return _listing(server)
    subscription = await server.subscribe_steps(uri)
    if await _is_live(context, command):
        _show_live(context, subscription)
    else:
        subscription.draws_itself = False
    return subscription


def _listing(server: Server) -> Listing:
    found = server.connection.subscriptions.all
    note = "" if found else f"%mcp subscribe {server.name} URI begins one"
    rows = [each.row() for each in found]
    return Listing(f"{server.name}: {counted(len(found), 'subscription')}", _COLUMNS, rows, found, note)


async def _end(server: Server, uri: str | None) -> Note:
    subscriptions = server.connection.subscriptions
    uris = [uri] if uri is not None else [each.uri for each in subscriptions.all]
    ended = [await on_loop(server.name, subscriptions.unsubscribe(each)) for each in uris]
    lines = [f"{server.name} {each.uri}: unsubscribed after {counted(each.changes, 'change')}" for each in ended]
    return Note("\n".join(lines) or f"{server.name}: no subscriptions", {"unsubscribed": uris})


async def _is_live(context: Context, command: Command) -> bool:
    """Whether a page is there that an output can be drawn anew on."""
    if context.lookout is None or context.use == "value" or not command.shown or command.options.flag("json"):
        return False
    return await on_loop("subscribe", context.lookout.front_end()) is not None


def _show_live(context: Context, subscription: Subscription) -> None:
    """Draw it here, and again after every reading; where it was drawn before it stays as it is."""
    surface, here = context.surface(), contextvars.copy_context()

    def draw() -> None:
        here.run(surface.show, subscription._repr_mimebundle_())

    surface.show(subscription._repr_mimebundle_())
    subscription.draws_itself = True
    subscription.watch(draw)
