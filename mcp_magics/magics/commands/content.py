"""``resources templates read prompts prompt complete``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.connection.catalog import fetch
from mcp_magics.errors import RequestError
from mcp_magics.magics.commands.absent import with_cause
from mcp_magics.magics.commands.named import item_named, server_named
from mcp_magics.magics.commands.tools import given, meta_of
from mcp_magics.magics.outcome import Message, expecting
from mcp_magics.results.content import PromptResult, RawResult, ReadResult
from mcp_magics.results.listing import Listing, counted
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from mcp_magics.connection.server import Server
    from mcp_magics.connection.waiting import Until
    from mcp_magics.magics.commands.absent import Kind
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.results.reply import Reply

_COLUMNS = {
    "resources": ("uri", "name", "mimeType", "size", "description"),
    "templates": ("uriTemplate", "name", "mimeType", "description"),
    "prompts": ("name", "title", "arguments", "description"),
}


async def do_resources(context: Context, command: Command) -> Listing:
    """All resources of a server, every page."""
    return await _listing(context, command, "resources")


async def do_templates(context: Context, command: Command) -> Listing:
    """All resource templates of a server, every page."""
    return await _listing(context, command, "templates")


async def do_prompts(context: Context, command: Command) -> Listing:
    """All prompts of a server, every page."""
    return await _listing(context, command, "prompts")


async def _listing(context: Context, command: Command, kind: str) -> Listing:
    server = server_named(context, command).with_options(timeout=command.options.seconds("timeout"))
    await server.ready_steps()
    page = await fetch(server, server.name, kind)
    server.connection.known[kind] = page.items
    if page.problem is not None:
        raise page.problem
    columns = _COLUMNS[kind]
    rows = [{column: _cell(item, column) for column in columns} for item in page.items]
    return Listing(f"{server.name}: {counted(len(rows), kind[:-1])}", columns, rows, page.items)


def _cell(item: Mapping[str, Any], column: str) -> Any:
    value = item.get(column, "")
    if column == "arguments" and isinstance(value, list):
        named = [each for each in value if isinstance(each, dict)]
        return ", ".join(f"{each.get('name')}{'' if each.get('required') else '?'}" for each in named)
    return value


def _with_options(server: Server, command: Command) -> Server:
    return server.with_options(
        timeout=command.options.seconds("timeout"), max_time=command.options.seconds("max-time"), meta=meta_of(command)
    )


async def _asked(server: Server, kind: Kind, name: str, request: Coroutine[Until, None, Reply]) -> Reply:
    """Steps: the reply; a refusal says too where the server has no such prompt or resource."""
    try:
        return await request
    except RequestError as error:
        refused = error
    raise await with_cause(server, kind, name, refused)


async def do_read(context: Context, command: Command) -> Any:
    """Read a resource."""
    server, uri = _with_options(server_named(context, command), command), command.word(1) or ""
    members = f'"uri":{compact(uri)}'
    if command.options.flag("dry-run"):
        return Message.request(server, "resources/read", members)

    async def work() -> ReadResult:
        reply = await _asked(server, "resources", uri, server.request_steps("resources/read", members, name=uri))
        return ReadResult(reply, server.name, uri, protocol_version=server.protocol_version)

    return await expecting(command, work())


async def do_prompt(context: Context, command: Command) -> Any:
    """Get a prompt; its arguments are strings (server/prompts)."""
    where = item_named(context, command, "prompts")
    server = _with_options(context.servers[where.server], command)
    arguments = given(context, command, _STRINGS)
    members = f'"name":{compact(where.item)},"arguments":{arguments.text}'
    if command.options.flag("dry-run"):
        return Message.request(server, "prompts/get", members)

    async def work() -> PromptResult:
        asking = server.request_steps("prompts/get", members, name=where.item)
        reply = await _asked(server, "prompts", where.item, asking)
        return PromptResult(reply, server.name, where.item, protocol_version=server.protocol_version)

    return await expecting(command, work())


_STRINGS: Mapping[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}


async def do_complete(context: Context, command: Command) -> Any:
    """What the server suggests for an argument of a prompt, or of a resource template."""
    where = item_named(context, command, "prompts")
    server = _with_options(context.servers[where.server], command)
    is_template = "://" in where.item
    reference = (
        {"type": "ref/resource", "uri": where.item} if is_template else {"type": "ref/prompt", "name": where.item}
    )
    argument = {"name": command.word(1), "value": command.word(2) or ""}
    members = f'"ref":{compact(reference)},"argument":{compact(argument)}'
    if command.assignments:
        known = given(context, command, _STRINGS)
        members += f',"context":{{"arguments":{known.text}}}'
    if command.options.flag("dry-run"):
        return Message.request(server, "completion/complete", members)

    async def work() -> Any:
        asking = server.request_steps("completion/complete", members)
        reply = await _asked(server, "resources" if is_template else "prompts", where.item, asking)
        result = (reply.message or {}).get("result")
        completion = result.get("completion") if isinstance(result, dict) else None
        values = completion.get("values") if isinstance(completion, dict) else None
        if not isinstance(values, list):
            return RawResult(reply, server=server.name, method="completion/complete")
        return Listing(counted(len(values), "suggestion"), ("value",), [{"value": value} for value in values], values)

    return await expecting(command, work())
