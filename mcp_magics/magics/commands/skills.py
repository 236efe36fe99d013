"""``skills skill``: what a server teaches, listed without fetching it, loaded only as its entry promises it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.magics.commands.named import server_named
from mcp_magics.magics.commands.sending import with_options
from mcp_magics.magics.outcome import Message, expecting
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.results.listing import Listing


async def do_skills(context: Context, command: Command) -> Listing:
    """All skills of a server, every page, none of their files."""
    server = server_named(context, command).with_options(timeout=command.options.seconds("timeout"))
    return await server.skills_steps()


async def do_skill(context: Context, command: Command) -> Any:
    """A skill's ``SKILL.md``, or one of its files; nothing is shown that is not what the entry promises."""
    server = with_options(context, server_named(context, command), command)
    uri, file = command.word(1) or "", command.word(2)
    if command.options.flag("dry-run"):
        return Message.request(server, "resources/read", f'"uri":{compact(_address(uri, file))}')
    work = server.skill_steps(uri, file, refresh=command.options.flag("refresh"))
    return await expecting(command, work)


def _address(uri: str, file: str | None) -> str:
    if file is None or "://" in file:
        return file or uri
    return f"{uri.removesuffix('/SKILL.md')}/{file}"
