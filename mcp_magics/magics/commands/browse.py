"""``browse`` and ``form``: what servers offer and one tool's form, as tables, and live where a page is there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.exchange import on_loop
from mcp_magics.errors import MCPMagicsError
from mcp_magics.magics.cards import ToolCard
from mcp_magics.magics.commands.named import tool_named
from mcp_magics.magics.outcome import Shown
from mcp_magics.magics.parse import quoted
from mcp_magics.results.browsing import Sheet
from mcp_magics.results.listing import counted
from mcp_magics.results.sanitise import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.connection.lists.catalog import Tool
    from mcp_magics.connection.server import Server
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.magics.progress import Surface
    from mcp_magics.widgets.offer import Offer

    Places = tuple[Surface, Surface, Surface]

_DECLARED = {"prompts": ("prompts",), "resources": ("resources", "templates")}
"""A capability → the lists a server that has it is asked for."""
_FIELDS = ("argument", "type", "required", "default", "allowed", "description")


async def do_browse(context: Context, command: Command) -> Any:
    """Everything the named servers offer, or every connected one."""
    from mcp_magics.widgets.offer import offers_of

    names = [word.text for word in command.words]
    servers = [context.servers[name] for name in names] or _connected(context)
    notes = [note for server in servers for note in await _asked(server, is_named=bool(names))]
    offers = [offer for server in servers for offer in offers_of(server)]
    line = " ".join(["%mcp browse", *map(quoted, names)])
    sheet = Sheet(line, _title(offers, servers), ("kind", "server", "name", "title", "description"), _rows(offers))
    sheet.note = "; ".join(notes) or ("" if servers else "no server is connected: %mcp connect NAME, or %mcp list")
    if not await _is_live(context, command):
        return sheet

    from mcp_magics.widgets.browser import LiveBrowser

    def chosen() -> list[Server]:
        """Those of the line; of a line without any those that were ever connected since: one that died is told of."""
        if not command.words:
            names.extend(server.name for server in _connected(context) if server.name not in names)
        return [context.servers[name] for name in names if name in context.servers]

    LiveBrowser(chosen, sheet, _places(context)).begin()
    return _shown(sheet, command)


def _connected(context: Context) -> list[Server]:
    return [server for server in context.servers.values() if server.connection.state == "ready"]


async def _asked(server: Server, *, is_named: bool) -> list[str]:
    """Steps: the lists of one server, those it declares; what could not be listed, a line each."""
    notes: list[str] = []
    try:
        await server.ready_steps()
    except MCPMagicsError as error:
        if is_named:
            raise
        return [f"{server.name}: {error.failure.message}"]
    for capability, kinds in _DECLARED.items():
        for kind in kinds if capability in server.capabilities else ():
            try:
                await server.offered_steps(kind)  # type: ignore[arg-type]  # a word of the table
            except MCPMagicsError as error:
                notes.append(f"{server.name}: the {kind} were not listed: {error.failure.message}")
    problem = server.connection.catalog.problem
    return [*notes, *([f"{server.name}: {problem.failure.message}"] if problem is not None else [])]


def _title(offers: Sequence[Offer], servers: Sequence[Server]) -> str:
    from mcp_magics.widgets.offer import KINDS

    counts = {kind: sum(offer.kind == kind for offer in offers) for kind in KINDS}
    said = ", ".join(counted(count, kind) for kind, count in counts.items() if count) or "nothing"
    return f"{said} of {counted(len(servers), 'server')}, as of {datetime.now(UTC):%H:%M} UTC"


def _rows(offers: Sequence[Offer]) -> list[dict[str, Any]]:
    return [
        {
            "kind": offer.kind,
            "server": offer.server,
            "name": offer.name,
            "title": offer.title,
            "description": offer.description,
        }
        for offer in offers
    ]


async def do_form(context: Context, command: Command) -> Any:
    """One tool's arguments as a form."""
    from mcp_magics.widgets.offer import Offer

    tool = await tool_named(context, command)
    sheet = _form_sheet(tool)
    if not await _is_live(context, command):
        return sheet

    from mcp_magics.widgets.form_panel import LiveForm

    def chosen() -> list[Server]:
        return [context.servers[tool.server]] if tool.server in context.servers else []

    LiveForm(Offer("tool", tool.server, tool.name, tool.raw), chosen, sheet, _places(context)).begin()
    return _shown(sheet, command)


def _form_sheet(tool: Tool) -> Sheet:
    from mcp_magics.schema.argument_form import argument_form
    from mcp_magics.schema.field_rows import field_rows

    target = f"{quoted(tool.server)}.{quoted(tool.name)}"
    rows = [
        {
            "argument": f"{'· ' * row.depth}{one_line(row.name, 200)}",
            "type": row.type,
            "required": "yes" if row.required else "",
            "default": row.default,
            "allowed": row.allowed,
            "description": row.description,
        }
        for row in field_rows(argument_form(tool.raw.get("inputSchema")).root)
    ]
    title = target if tool.title == tool.name else f"{target}: {tool.title}"
    return Sheet(f"%mcp form {target}", title, _FIELDS, rows, about=tool.description, example=ToolCard(tool).example)


async def _is_live(context: Context, command: Command) -> bool:
    """Whether a page is there to show a panel, and anything is to be shown at all."""
    if context.lookout is None or context.use == "value" or not command.shown or command.options.flag("json"):
        return False
    if asyncio._get_running_loop() is None:  # noqa: SLF001  where no loop runs, nothing is heard from a page
        return False
    return await on_loop("browse", context.lookout.front_end()) is not None


def _places(context: Context) -> Places:
    return context.surface(), context.surface(), context.surface()


def _shown(sheet: Sheet, command: Command) -> Shown:
    if (path := command.options.text("save")) is not None:
        from mcp_magics.magics.saving import save

        save(sheet, path)
    return Shown(sheet)
