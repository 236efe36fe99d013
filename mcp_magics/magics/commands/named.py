"""The server, and the tool or prompt, that a line names; where it names none, what it may have meant."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from mcp_magics.errors import ConfigurationError, UnknownServerError
from mcp_magics.magics.meant import line_with
from mcp_magics.magics.parse import quoted
from mcp_magics.magics.target import target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_magics.connection.lists.catalog import Tool
    from mcp_magics.connection.manager import Servers
    from mcp_magics.connection.server import Server
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.magics.target import Target

Kind = Literal["tools", "prompts"]
_ONE_OF = {"tools": "tool", "prompts": "prompt"}
"""The verb for all items → the verb for one."""


def server_named(context: Context, command: Command, index: int = 0) -> Server:
    """The server that a word of ``command`` names; raises ``UnknownServerError``."""
    return context.servers[command.word(index) or ""]


def with_meant(context: Context, command: Command, error: UnknownServerError) -> UnknownServerError:
    """``error`` with the line that was meant, where the name that no server has stands on ``command``'s."""
    failure = error.failure
    if not failure.server or failure.class_ != "unknown_server":
        return error
    return UnknownServerError.of(
        replace(failure, next_step=_meant(context, command, failure.server) or failure.next_step)
    )


def _meant(context: Context, command: Command, name: str) -> str:
    verb, rest = command.verb.name, " …" if len(command.verb.positionals) > 1 else ""
    for server in sorted(context.names, key=len, reverse=True):
        if name.startswith(f"{server}."):
            item = name[len(server) + 1 :]
            one = _ONE_OF.get(verb)
            return f"%mcp {one} {quoted(server)}.{quoted(item)}" if one else f"%mcp {verb} {quoted(server)}{rest}"
    near = get_close_matches(name, context.names, n=1, cutoff=0.5)
    return line_with(command, name, quoted(near[0])) if near else ""


def item_named(context: Context, command: Command, kind: Kind = "tools") -> Target:
    """The ``SERVER.ITEM`` that ``command`` begins with; an item alone is looked for on the connected servers."""
    return target(command, context.names, lambda item: _holders(context.servers, item, kind))


async def tool_named(context: Context, command: Command) -> Tool:
    """Steps: the tool that ``command`` begins with, of a connected server; raises where the server lists none."""
    where = item_named(context, command)
    server = context.servers[where.server]
    await server.ready_steps()
    await server.found_steps(where.item)
    return server.connection.catalog.tools[where.item]


def _holders(servers: Servers, item: str, kind: Kind) -> list[str]:
    """Each ``SERVER.ITEM`` that ``item`` may mean, the exact ones alone where there are any."""
    found = [(name, each) for name in servers for each in _items(servers, name, kind)]
    exact = [pair for pair in found if pair[1] == item]
    near = get_close_matches(item, [each for _, each in found], n=3, cutoff=0.6)
    meant = exact or [pair for each in dict.fromkeys(near) for pair in found if pair[1] == each]
    return [f"{quoted(server)}.{quoted(each)}" for server, each in meant[:3]]


def _items(servers: Servers, name: str, kind: Kind) -> Iterator[str]:
    """The names of what a connection has listed so far; a server that cannot be read has none."""
    try:
        connection = servers.live(name).connection
    except ConfigurationError:
        return
    if kind == "tools":
        yield from connection.catalog.tools
    else:
        yield from (str(each.get("name")) for each in connection.known.get(kind, ()))
