"""``tools``, ``tool`` and ``call``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.lists.reuse import told
from mcp_magics.errors import MCPMagicsError
from mcp_magics.magics.commands.apps import with_app
from mcp_magics.magics.commands.log_level import with_logs
from mcp_magics.magics.commands.named import item_named, server_named, tool_named
from mcp_magics.magics.commands.sending import given, with_options
from mcp_magics.magics.job_panel import carried_out
from mcp_magics.magics.outcome import Message, expecting
from mcp_magics.results.icons import icons_text
from mcp_magics.results.listing import Listing, counted
from mcp_magics.results.offers import with_used

if TYPE_CHECKING:
    from mcp_magics.connection.lists.catalog import Tool
    from mcp_magics.connection.server import Server
    from mcp_magics.connection.steps import ArgumentsOf
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command

_COLUMNS = ("tool", "title", "arguments", "hints", "description")


async def do_tools(context: Context, command: Command) -> Listing:
    """All tools of one server, or of every connected one."""
    name = command.word(0)
    chosen = (
        [server_named(context, command)]
        if name
        else [server for server in context.servers.values() if server.connection.state == "ready"]
    )
    rows: list[dict[str, Any]] = []
    tools: list[Tool] = []
    asked = False
    for server in chosen:
        was_ready = server.connection.state == "ready"
        await server.ready_steps()
        is_to_ask = was_ready and (_is_asked_anew(server) if name else _is_stale(server))
        if asked := is_to_ask or command.options.flag("refresh"):
            await server.listed_steps(command.options.seconds("timeout"))
        catalog = server.connection.catalog
        if catalog.problem is not None:
            raise type(catalog.problem).of(catalog.problem.failure)
        tools += catalog.tools.values()
        rows += [_row(tool, with_server=name is None) for tool in catalog.tools.values()]
    columns = with_used(_COLUMNS if name else ("server", *_COLUMNS), ("icons", "_meta"), rows)
    count = counted(len(rows), "tool")
    title = f"{name}: {count}" if name else f"{count} of {counted(len(chosen), 'connected server')}"
    kept = chosen[0].connection.catalog.kept if name else None
    listing = Listing(title, columns, rows, tools, _dropped(chosen))
    return told(listing, None if asked else kept, kept.until if kept is not None else None)


def _is_stale(server: Server) -> bool:
    """Whether the server has said how long its list is fresh, and that has passed."""
    kept = server.connection.catalog.kept
    return kept is not None and not kept.fresh_for


def _is_asked_anew(server: Server) -> bool:
    """Whether a server that is named is asked: not while it has called its list fresh, but an object of this kernel."""
    kept = server.connection.catalog.kept
    if server.connection.catalog.problem is not None:  # it would go through all those pages again
        return False
    return kept is None or not kept.fresh_for or server.spec.transport.type == "object"


def _row(tool: Tool, *, with_server: bool) -> dict[str, Any]:
    properties = tool.input_schema.get("properties")
    required = tool.input_schema.get("required")
    required = required if isinstance(required, list) else []
    names = [f"{key}" if key in required else f"{key}?" for key in properties] if isinstance(properties, dict) else []
    hints = [word for key, word in _HINTS.items() if tool.annotations.get(key) is True]
    row = {
        "tool": tool.name,
        "title": tool.raw.get("title") or tool.annotations.get("title") or "",
        "description": tool.description,
        "arguments": ", ".join(names),
        "hints": ", ".join(hints),
        "structured": tool.output_schema is not None,
        "icons": icons_text(tool.raw.get("icons")),
        "_meta": tool.raw.get("_meta", ""),
    }
    return {"server": tool.server, **row} if with_server else row


_HINTS = {
    "readOnlyHint": "read-only",
    "destructiveHint": "destructive",
    "idempotentHint": "idempotent",
    "openWorldHint": "open world",
}


def _dropped(servers: list[Server]) -> str:
    dropped = [f"{name} ({why})" for server in servers for name, why in server.connection.catalog.dropped.items()]
    notes = [server.connection.catalog.note for server in servers]
    broken = [server.log.breaches.said_of("tools/list") for server in servers]
    return "; ".join(filter(None, [f"not usable: {'; '.join(dropped)}" if dropped else "", *notes, *broken]))


async def do_tool(context: Context, command: Command) -> Any:
    """One tool: schema, annotations and an example call."""
    from mcp_magics.magics.cards import ToolCard

    return ToolCard(await tool_named(context, command))


async def do_call(context: Context, command: Command) -> Any:
    """Call a tool; an ``isError`` result fails the cell only where that was asked for."""
    where = item_named(context, command)
    server = with_options(context, context.servers[where.server], command)
    if command.options.given("task"):
        server = server.as_task(command.options.seconds("task"))
    if protocol := command.options.text("protocol"):
        server = server.in_era(protocol)  # type: ignore[arg-type]  # one of the option's choices
    if command.options.flag("dry-run"):
        return await _dry_run(context, server, where.item, command)
    server = await with_logs(server, command)
    arguments = await _arguments(context, server, where.item, command)
    call = server.call_steps(where.item, arguments, checked=not command.options.flag("raw"))
    work = expecting(command, call, fail=context.defaults.fail)
    value = await carried_out(context, command, server, f"{server.name}.{where.item}", work)
    return await with_app(context, server, command, value)


async def _arguments(context: Context, server: Server, tool: str, command: Command) -> ArgumentsOf:
    """What gives the arguments once the tool is known; of a call that is left to run they are worked out now."""

    def arguments(known: Tool | None) -> str:
        return given(context, command, known.input_schema if known else True).text

    if not command.options.flag("no-wait"):
        return arguments
    await server.ready_steps()
    if not command.options.flag("raw"):
        await server.found_steps(tool)
    text = arguments(server.connection.catalog.tools.get(tool))
    return lambda _known: text


async def _dry_run(context: Context, server: Server, tool: str, command: Command) -> Message:
    known = server.connection.catalog.tools.get(tool)
    if known is None and server.connection.state != "ready":
        try:
            await server.ready_steps()
            known = server.connection.catalog.tools.get(tool)
        except MCPMagicsError:
            known = None
    arguments = given(context, command, known.input_schema if known else True)
    members = f'"name":{json.dumps(tool, ensure_ascii=False)},"arguments":{arguments.text}'
    is_known = server.connection.state == "ready"
    task = server.task_members_of(tool, known) if is_known else ""
    return Message.request(server, "tools/call", f"{members},{task}" if task else members)
