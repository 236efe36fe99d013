"""``resources templates read prompts prompt complete``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.connection.catalog import fetch
from mcp_magics.magics.commands.tools import given, meta_of
from mcp_magics.magics.outcome import Message, expecting
from mcp_magics.magics.parse import target
from mcp_magics.results.content import PromptResult, RawResult, ReadResult
from mcp_magics.results.listing import Listing, counted
from mcp_magics.wire.dispatcher import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.server import Server
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command

_COLUMNS = {
    "resources": ("uri", "name", "mimeType", "size", "description"),
    "templates": ("uriTemplate", "name", "mimeType", "description"),
    "prompts": ("name", "title", "description", "arguments"),
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
    server = context.servers[command.word(0) or ""].with_options(timeout=command.options.seconds("timeout"))
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


def _server(context: Context, command: Command, name: str) -> Server:
    return context.servers[name].with_options(
        timeout=command.options.seconds("timeout"), max_time=command.options.seconds("max-time"), meta=meta_of(command)
    )


async def do_read(context: Context, command: Command) -> Any:
    """Read a resource."""
    server, uri = _server(context, command, command.word(0) or ""), command.word(1) or ""
    members = f'"uri":{compact(uri)}'
    if command.options.flag("dry-run"):
        return Message.request(server, "resources/read", members)

    async def work() -> ReadResult:
        reply = await server.request_steps("resources/read", members, name=uri)
        return ReadResult(reply, server.name, uri, protocol_version=server.protocol_version)

    return await expecting(command, work())


async def do_prompt(context: Context, command: Command) -> Any:
    """Get a prompt; its arguments are strings (server/prompts)."""
    where = target(command, context.names)
    server = _server(context, command, where.server)
    arguments = given(context, command, _STRINGS)
    members = f'"name":{compact(where.item)},"arguments":{arguments.text}'
    if command.options.flag("dry-run"):
        return Message.request(server, "prompts/get", members)

    async def work() -> PromptResult:
        reply = await server.request_steps("prompts/get", members, name=where.item)
        return PromptResult(reply, server.name, where.item, protocol_version=server.protocol_version)

    return await expecting(command, work())


_STRINGS: Mapping[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}


async def do_complete(context: Context, command: Command) -> Any:
    """What the server suggests for an argument of a prompt, or of a resource template."""
    where = target(command, context.names)
    server = _server(context, command, where.server)
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
        reply = await server.request_steps("completion/complete", members)
        result = (reply.message or {}).get("result")
        completion = result.get("completion") if isinstance(result, dict) else None
        values = completion.get("values") if isinstance(completion, dict) else None
        if not isinstance(values, list):
            return RawResult(reply, server=server.name, method="completion/complete")
        return Listing(counted(len(values), "suggestion"), ("value",), [{"value": value} for value in values], values)

    return await expecting(command, work())
