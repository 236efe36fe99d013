"""``resources templates read prompts prompt complete``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from mcp_magics.connection.content.suggested import Reference, completions, members_of
from mcp_magics.connection.content.templates import address_of, template_named
from mcp_magics.errors import CommandError, RequestError
from mcp_magics.magics.commands.absent import with_cause
from mcp_magics.magics.commands.named import item_named, server_named
from mcp_magics.magics.commands.sending import given, with_options
from mcp_magics.magics.job_panel import carried_out
from mcp_magics.magics.outcome import Message, expecting
from mcp_magics.magics.parse import quoted
from mcp_magics.magics.usage import usage
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from mcp_magics.connection.content.contents import Kind
    from mcp_magics.connection.server import Server
    from mcp_magics.connection.waiting import Until
    from mcp_magics.magics.commands.absent import Kind as Absent
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.results.listing import Listing

T = TypeVar("T")


async def do_resources(context: Context, command: Command) -> Listing:
    """All resources of a server, every page."""
    return await _listing(context, command, "resources")


async def do_templates(context: Context, command: Command) -> Listing:
    """All resource templates of a server, every page."""
    return await _listing(context, command, "templates")


async def do_prompts(context: Context, command: Command) -> Listing:
    """All prompts of a server, every page."""
    return await _listing(context, command, "prompts")


async def _listing(context: Context, command: Command, kind: Kind) -> Listing:
    server = server_named(context, command).with_options(timeout=command.options.seconds("timeout"))
    return await server.offered_steps(kind, refresh=command.options.flag("refresh"))


async def _asked(server: Server, kind: Absent, name: str, request: Coroutine[Until, None, T]) -> T:
    """Steps: the answer; a refusal says too where the server has no such prompt or resource."""
    try:
        return await request
    except RequestError as error:
        refused = error
    raise await with_cause(server, kind, name, refused)


async def do_read(context: Context, command: Command) -> Any:
    """Read a resource: a URI, or a template and its variables."""
    server, named = with_options(context, server_named(context, command), command), command.word(1) or ""
    variables = json.loads(given(context, command, _VARIABLES).text, parse_float=str, parse_int=str)
    if not isinstance(variables, dict):
        variables = {}
    address = await address_of(server, named, variables)
    if command.options.flag("dry-run"):
        return Message.request(server, "resources/read", f'"uri":{compact(address.uri)}', address.notes)
    reading = server.read_at_steps(address, refresh=command.options.flag("refresh"))
    work = expecting(command, _asked(server, "resources", address.uri, reading))
    return await carried_out(context, command, server, f"read {address.uri}", work)


async def do_prompt(context: Context, command: Command) -> Any:
    """Get a prompt; its arguments are strings (server/prompts)."""
    where = item_named(context, command, "prompts")
    server = with_options(context, context.servers[where.server], command)
    arguments = given(context, command, _STRINGS).text
    if command.options.flag("dry-run"):
        return Message.request(server, "prompts/get", f'"name":{compact(where.item)},"arguments":{arguments}')
    work = expecting(command, _asked(server, "prompts", where.item, server.prompt_steps(where.item, arguments)))
    return await carried_out(context, command, server, f"prompt {where.item}", work)


_STRINGS: Mapping[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}


_VARIABLES: Mapping[str, Any] = {"type": "object", "additionalProperties": {"type": ["string", "array", "object"]}}
"""Words on a line are texts: a template has no use for another scalar."""


async def do_complete(context: Context, command: Command) -> Any:
    """What the server suggests for an argument of a prompt, or for a variable of a template."""
    server, reference, rest = await _completed(context, command)
    server, argument = with_options(context, server, command), rest[0]
    prefix, known = (rest[1] if len(rest) > 1 else ""), json.loads(given(context, command, _STRINGS).text)
    if command.options.flag("dry-run"):
        return Message.request(server, "completion/complete", members_of(reference, argument, prefix, known))
    return await expecting(command, completions(server, reference, argument, prefix, known))


async def _completed(context: Context, command: Command) -> tuple[Server, Reference, list[str]]:
    """Steps: the server, what is completed, and the words that are left: the argument and what is typed of it."""
    first, *rest = [word.text for word in command.words]
    if first not in context.names:
        where = item_named(context, command, "prompts")
        return context.servers[where.server], Reference.of(where.item), rest
    server = context.servers[first]
    if len(rest) > 1:
        return server, Reference("template", await template_named(server, rest[0])), rest[1:]
    raise CommandError(
        "complete needs a prompt or a template, and an argument of it",
        phase="parse",
        evidence=(f"usage: {usage(command.verb)}",),
        next_step=f"%mcp prompts {quoted(first)}, or %mcp templates {quoted(first)}",
    )
