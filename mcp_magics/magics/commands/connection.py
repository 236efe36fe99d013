"""``connect disconnect restart status log ping``: what is running, and what it says."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.exchange import on_loop
from mcp_magics.connection.glance import row
from mcp_magics.connection.serverlog import log_table
from mcp_magics.connection.subscriptions.log_level import LEVELS, OFF, checked_level
from mcp_magics.magics.card_panel import show_cards
from mcp_magics.magics.cards import ServerCard
from mcp_magics.magics.commands.named import server_named
from mcp_magics.magics.commands.servers import connect_all
from mcp_magics.magics.outcome import Note
from mcp_magics.magics.parse import quoted
from mcp_magics.results.listing import Listing, counted

if TYPE_CHECKING:
    from mcp_magics.config.model import Protocol
    from mcp_magics.connection.server import Server
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command

_ERAS: tuple[Protocol, ...] = ("auto", "2026-07-28", "legacy")
_STATUS = ("server", "transport", "protocol", "requirement", "credential", "connection", "tools", "pid", "process")


def _chosen(context: Context, command: Command) -> list[Server]:
    names = [word.text for word in command.words]
    return [context.servers[name] for name in names] if names else list(context.servers.values())


async def do_connect(context: Context, command: Command) -> Any:
    """Connect to servers, side by side; a failure is raised after all have been tried."""
    servers = _chosen(context, command)
    if protocol := command.options.text("protocol"):
        servers = [server.in_era(protocol) for server in servers]  # type: ignore[arg-type]  # one of the choices
    connected = await connect_all([server for server in servers if server.spec.enabled])
    failures = connected.failures
    if failures and len(servers) == 1:
        raise next(iter(failures.values()))
    required = [name for name in failures if context.servers[name].spec.required]
    if required:
        text = "; ".join(f"{name}: {failures[name].failure.message}" for name in required)
        raise type(failures[required[0]])(
            f"required MCP servers failed to initialize: {text}", class_="required_failed", next_step="%mcp list"
        )
    if len(servers) == 1:
        return ServerCard.of(servers[0], "connected", connected.notes.get(servers[0].name, ()))
    return _table(servers, "; ".join(f"{name}: {note}" for name, notes in connected.notes.items() for note in notes))


def _table(servers: list[Server], note: str = "") -> Listing:
    rows = [row(server) for server in servers]
    return Listing(counted(len(rows), "server"), tuple(rows[0]) if rows else ("server",), rows, servers, note)


async def do_disconnect(context: Context, command: Command) -> Note:
    """Leave servers; every process they started is gone when this returns."""
    servers = _chosen(context, command)
    connected = [server.name for server in servers if _is_connected(server)]
    for server in servers:
        await on_loop(server.name, server.close())
    named = [server for server in servers if command.words or server.name in connected]
    lines = [f"{each.name}: {'disconnected' if each.name in connected else 'was not connected'}" for each in named]
    return Note("\n".join(lines) or "nothing was connected", {"disconnected": connected})


def _is_connected(server: Server) -> bool:
    """Whether there is a connection, or the beginning of one, in any era."""
    return any(server.in_era(era).connection.state in ("ready", "connecting") for era in _ERAS)


async def do_restart(context: Context, command: Command) -> Any:
    """End and begin connections; what changed in the tools is said."""
    servers = _chosen(context, command)
    notes: dict[str, tuple[str, ...]] = {}
    for server in servers:
        notes[server.name] = await on_loop(server.name, server.restart())
    if len(servers) == 1:
        return ServerCard.of(servers[0], "restarted", notes[servers[0].name])
    return _table(servers)


async def do_status(context: Context, command: Command) -> Listing:
    """Connections as of now, with the process tree of each; cards that stay current where a page is there."""
    await show_cards(context, command, lambda: _chosen(context, command))
    rows: list[dict[str, Any]] = []
    for server in _chosen(context, command):
        for each in server.connected_eras:
            first, *others = _processes(each) or [{}]
            rows += [{**first, **row(each)}, *others]
    members = (*_STATUS, "problem")
    problems = [f"{each['server']}: {each['problem']}" for each in rows if each.get("problem")]
    problems += _violations(_chosen(context, command))
    rows = [{member: each.get(member, "") for member in members} for each in rows]
    return Listing(f"as of {datetime.now(UTC):%H:%M} UTC", _STATUS, rows, note="; ".join(problems))


def _violations(servers: list[Server]) -> list[str]:
    """In how many ways each server broke the specification, and what to type to see them."""
    found = [(server.name, len(server.violations)) for server in servers]
    return [f"{counted(count, 'violation')}: %mcp violations {quoted(name)}" for name, count in found if count]


def _processes(server: Server) -> list[dict[str, Any]]:
    from mcp_magics.redact import redactor
    from mcp_magics.wire.process_tree import tree

    channel = server.connection.channel
    if channel is None or channel.process is None:
        return []
    depth: dict[int, int] = {}
    rows = []
    for process in tree(channel.process.pid):
        level = depth[process.pid] = depth.get(process.parent, -1) + 1
        branch = f"{'  ' * (level - 1)}└ " if level else ""
        words = redactor().text(" ".join(process.command) or process.name)
        shown = f"{branch}{words[:500]} ({process.rss // 1024 // 1024} MiB)"
        rows.append({"server": "", "pid": process.pid, "process": shown})
    return rows


async def do_log(context: Context, command: Command) -> Listing | Note:
    """What servers said on their own account: log messages, stderr, noise, violations — on one clock."""
    name = command.word(0)
    if level := command.options.text("set"):
        return await _set_level(context, command, level)
    servers = [context.servers[name]] if name else list(context.servers.values())
    least = command.options.text("level")
    if least is not None:
        least = checked_level(least, "%mcp log --level")
    lines = sorted((line for server in servers for line in server.log), key=lambda line: line.at)
    note = _silent_by_protocol(servers)
    if least is not None:
        heard = () if least == OFF else LEVELS[LEVELS.index(least) :]
        lines = [line for line in lines if line.level.lower() in heard]
    if last := command.options.integer("last"):
        return log_table(lines[-last:], most=None, note=note)
    words = ["%mcp log", *([name] if name else []), *(["--level", least] if least else [])]
    return log_table(lines, f"{' '.join(words)} --last {len(lines)}", note=note)


async def _set_level(context: Context, command: Command, word: str) -> Note:
    """Steps: ask one server, or every connected one."""
    level = checked_level(word, f"%mcp log {command.word(0) or ''} --set".replace("  ", " "))
    if command.word(0):
        servers = [server_named(context, command)]
    else:
        servers = [each for each in context.servers.values() if each.connection.state == "ready"]
    notes = {server.name: await server.log_level_steps(level) for server in servers}
    lines = [f"{name}: log level {level}{''.join(f'; {note}' for note in told)}" for name, told in notes.items()]
    told = {name: list(each) for name, each in notes.items()}
    return Note("\n".join(lines) or "nothing is connected", {"level": level, "servers": told})


def _silent_by_protocol(servers: list[Server]) -> str:
    """What to type for log messages of servers that send them only where a request asks (2026-07-28, logging)."""
    silent = []
    for server in servers:
        envelope = server.connection.envelope
        connection = server.connection
        ready = connection.state == "ready" and "logging" in connection.capabilities and connection.log_level is None
        if ready and envelope is not None and envelope.modern and not server.log.lines("log"):
            silent.append(server.name)
    if not silent:
        return ""
    era = f"{', '.join(silent)}: in 2026-07-28 log messages come only with a request that asks for them"
    return f"{era}: %mcp log {silent[0]} --set info"


async def do_ping(context: Context, command: Command) -> Note:
    """How long a round trip takes; 2026-07-28 has no ping, so there it is server/discover."""
    server = context.servers[command.word(0) or ""].with_options(timeout=command.options.seconds("timeout") or 10.0)
    was_ready = server.connection.state == "ready"
    notes = await server.ready_steps()
    notes = notes if was_ready else ("it was not connected; it is now", *notes)
    envelope = server.connection.envelope
    method = "server/discover" if envelope is not None and envelope.modern else "ping"
    started = time.perf_counter()
    await server.request_steps(method)
    milliseconds = (time.perf_counter() - started) * 1000
    return Note(
        "\n".join(
            [f"{server.name}: {method} answered in {milliseconds:.1f} ms", *(f"  note: {note}" for note in notes)]
        ),
        {"server": server.name, "method": method, "elapsed_ms": round(milliseconds, 3), "notes": list(notes)},
    )
