"""``add list get remove import export schema``: what is registered, and where."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcp_magics.auth.refusal import LOGIN_NEEDED
from mcp_magics.config.model import ObjectTransport
from mcp_magics.connection.glance import COLUMNS, row
from mcp_magics.connection.loop import background
from mcp_magics.connection.manager import still_registered
from mcp_magics.connection.reload import refuse_unwatchable, unwatchable
from mcp_magics.connection.waiting import Until
from mcp_magics.errors import CommandError, ConnectionFailedError, MCPMagicsError
from mcp_magics.magics.card_panel import show_cards
from mcp_magics.magics.cards import ServerCard
from mcp_magics.magics.commands.named import server_named
from mcp_magics.magics.configured import filters, settings
from mcp_magics.magics.describe import describe
from mcp_magics.magics.introduction import introduced, introduction
from mcp_magics.magics.outcome import Note
from mcp_magics.magics.parse import quoted
from mcp_magics.magics.specs import spec_from_command, specs_from_body
from mcp_magics.results.listing import Listing, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcp_magics.config.model import Scope, ServerSpec
    from mcp_magics.connection.manager import Registration
    from mcp_magics.connection.server import Server
    from mcp_magics.errors import Failure
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command


async def do_add(context: Context, command: Command) -> Any:
    """Register servers and connect to them; *login needed* is a result, any other failure an error."""
    specs = _specs(command)
    scope: Scope = command.options.text("scope") or "notebook"  # type: ignore[assignment]  # one of the choices
    registrations = [await context.servers.register_steps(spec, scope) for spec in specs]
    if command.options.flag("no-connect"):
        return _registered_only(registrations)
    return await _connected(registrations)


def _specs(command: Command) -> list[ServerSpec]:
    pasted = command.body is not None and command.body.strip()
    specs = specs_from_body(command) if pasted else [spec_from_command(command)]
    for spec in specs:
        refuse_unwatchable(spec)
    return specs


def _registered_only(registrations: list[Registration]) -> Note:
    lines = []
    for registration in registrations:
        server = registration.server
        lines.append(f"{server.name}: {registration.outcome}, {_state(server)}")
        lines += [f"  {note}" for note in registration.notes]
    names = [registration.server.name for registration in registrations]
    return Note("\n".join(lines), {"added": names, "outcomes": [each.outcome for each in registrations]})


def _state(server: Server) -> str:
    if server.connection.state != "ready":
        return f"not connected. %mcp connect {quoted(server.name)}"
    return f"running since {_clock(server)}"


def _clock(server: Server) -> str:
    since = server.connection.since
    return time.strftime("%H:%M", time.localtime(since)) if since else "now"


async def _connected(registrations: list[Registration]) -> Any:
    """Connect side by side; raise the first failure that is no missing login, after all have been tried."""
    connected = await connect_all(
        [registration.server for registration in registrations if registration.server.spec.enabled]
    )
    told = {each.server.name: each.notes for each in registrations}
    for name, error in connected.failures.items():
        if error.failure.class_ not in LOGIN_NEEDED:
            error.failure = still_registered(_with_notes(error.failure, told[name]), name)
            raise error
    cards = [
        ServerCard.of(each.server, _told(each), (*each.notes, *connected.notes.get(each.server.name, ())))
        for each in registrations
    ]
    if len(cards) == 1:
        return cards[0]
    servers = [each.server for each in registrations]
    notes = "; ".join(note for each in registrations for note in each.notes)
    return ServerList(counted(len(servers), "server"), COLUMNS, [row(server) for server in servers], servers, notes)


def _with_notes(failure: Failure, notes: tuple[str, ...]) -> Failure:
    """The failure with what registering had to say: of the evidence, two lines are shown."""
    if not notes:
        return failure
    told = (" · ".join(failure.evidence[:2]),) if failure.evidence else ()
    return replace(failure, evidence=(*told, *notes, *failure.evidence[2:]))


def _told(registration: Registration) -> str:
    if registration.outcome != "unchanged":
        return registration.outcome
    name = quoted(registration.server.name)
    edited = (
        "its files are watched: the next call restarts it when they have changed"
        if registration.server.spec.reload
        else f"after editing its code: %mcp restart {name}"
    )
    return f"unchanged, running since {_clock(registration.server)}; {edited}"


@dataclass(frozen=True, slots=True)
class Connected:
    """What became of connecting side by side, by name: the failures, and what the others have to say."""

    failures: Mapping[str, MCPMagicsError]
    notes: Mapping[str, tuple[str, ...]]


async def connect_all(servers: Iterable[Server]) -> Connected:
    """Steps: connect to ``servers`` side by side; raises only for an interrupt."""
    jobs = {server.name: background.start(server.open()) for server in servers}
    failures: dict[str, MCPMagicsError] = {}
    try:
        for name, job in jobs.items():
            await Until(job, name)
    except BaseException:
        for job in jobs.values():
            job.cancel()
        raise
    for name, job in jobs.items():
        if isinstance(job.error, MCPMagicsError):
            failures[name] = type(job.error).of(job.error.failure)
        elif job.error is not None:
            raise ConnectionFailedError("interrupted", class_="interrupted", server=name) from None
    return Connected(failures, {name: job.result() for name, job in jobs.items() if job.error is None})


async def do_list(context: Context, command: Command) -> Listing:
    """Every registered server, nothing started and nothing asked; cards that stay current where a page is there."""
    await show_cards(context, command, lambda: list(context.servers.values()))
    servers = list(context.servers.values())
    title = counted(len(servers), "server") if servers else "no servers yet: %mcp add NAME -- COMMAND"
    problems = "; ".join(" ".join(problem.failure.lines()) for problem in context.servers.store.problems())
    return ServerList(title, COLUMNS, [row(server) for server in servers], servers, problems)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ServerList(Listing):
    """Servers as a table; as JSON in the published shape of ``%mcp list --json``."""

    def to_json(self) -> list[dict[str, Any]]:
        """One :func:`describe` a server."""
        return [describe(server) for server in self.items]


async def do_get(context: Context, command: Command) -> ServerCard:
    """One server's configuration, every value that could be secret masked."""
    server = server_named(context, command)
    found = context.servers.store.get(server.name)
    said = introduction(server.connection)
    if found is None:
        return ServerCard.of(server, "", (), settings=said)
    data = {**describe(server), **filters(found), "server": introduced(server.connection)}
    return ServerCard.of(server, "", (), data, (*settings(found), *said))


async def do_remove(context: Context, command: Command) -> Note:
    """Forget servers; their processes end first."""
    scope = command.options.text("scope")
    for index in range(len(command.words)):
        server_named(context, command, index)  # before any of them is removed
    removed = []
    for word in command.words:
        found = await context.servers.remove_steps(word.text, scope)  # type: ignore[arg-type]  # one of the choices
        removed.append({"name": word.text, "scope": found})
    text = "\n".join(f"{each['name']}: removed from {each['scope']}" for each in removed)
    return Note(text, {"removed": removed})


async def do_import(context: Context, command: Command) -> Any:
    """Take servers over from another client's configuration on this machine, or from a file."""
    from mcp_magics.config.clients import import_sources, specs_of_source

    source = command.word(0)
    if source is None:
        found = import_sources()
        rows = [
            {"source": each.client, "path": str(each.path), "servers": ", ".join(each.names) or each.problem}
            for each in found
        ]
        return Listing("%mcp import SOURCE [NAME…]", ("source", "path", "servers"), rows, found)
    specs = _wanted(source, specs_of_source(source), [word.text for word in command.words[1:]])
    scope: Scope | None = command.options.text("scope")  # type: ignore[assignment]  # one of the choices
    registrations = [await context.servers.register_steps(spec, scope) for spec in specs]
    return _registered_only([_with_unwatchable(registration) for registration in registrations])


def _wanted(source: str, found: list[ServerSpec], names: list[str]) -> list[ServerSpec]:
    """The servers asked for, all where none is named; ``CommandError`` before anything is taken over."""
    there = [spec.name for spec in found]
    gone = [name for name in names if name not in there]
    if gone or not found:
        what = f"no server {gone[0]!r} in" if gone else "nothing to import from"
        raise CommandError(
            f"{what} {source!r}",
            class_="nothing_to_import",
            phase="config",
            evidence=(f"it has: {', '.join(there)}",) if there else (),
            next_step=f"%mcp import {quoted(source)} {quoted(there[0])}" if there else "%mcp import (what there is)",
        )
    return [spec for spec in found if not names or spec.name in names]


def _with_unwatchable(registration: Registration) -> Registration:
    gone = tuple(f"nothing to watch: there is no {path}" for path in unwatchable(registration.server.spec))
    return replace(registration, notes=(*registration.notes, *gone))


@dataclass(frozen=True)
class Exported(Note):
    """A configuration as the text of a file, and beside it what that leaves out."""

    notes: tuple[str, ...] = ()

    @property
    def _shown(self) -> Note:
        return Note("\n".join([self.text.rstrip(), *(f"note: {note}" for note in self.notes)]))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self._shown._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return repr(self._shown)


async def do_export(context: Context, command: Command) -> Exported:
    """The configuration in another client's format, secrets as references; objects of this process stay here."""
    from mcp_magics.config.clients import export

    servers = [server_named(context, command, index) for index in range(len(command.words))]
    specs = [server.spec for server in servers or context.servers.values()]
    portable = [spec for spec in specs if not isinstance(spec.transport, ObjectTransport)]
    kind = command.options.text("format") or "mcpServers"
    text = export(portable or specs, kind)  # type: ignore[arg-type]  # one of the choices
    notes = tuple(
        f"{spec.name} is left out: it is an object of this process, which no other client can start"
        for spec in specs
        if spec not in portable
    )
    return Exported(text, json.loads(text) if kind != "codex" else {"toml": text}, notes)


async def do_schema(context: Context, command: Command) -> Note:  # noqa: ARG001  every verb takes both
    """The JSON Schema of a configuration file."""
    from mcp_magics.config.document import json_schema

    schema = json_schema()
    return Note(json.dumps(schema, indent=2), schema)
