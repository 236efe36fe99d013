"""``playground`` and ``help``."""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mcp_magics.auth.metadata import origin
from mcp_magics.config.document import spec_from_options
from mcp_magics.connection.exchange import on_loop
from mcp_magics.errors import CommandError, ConfigurationError
from mcp_magics.magics.outcome import Note
from mcp_magics.magics.usage import help_text
from mcp_magics.results.listing import Listing, counted

if TYPE_CHECKING:
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.playground.host import Running
    from mcp_magics.playground.plan import Wanted


async def do_help(context: Context, command: Command) -> Note:  # noqa: ARG001  every verb takes both
    """One screen about everything, or one verb's own."""
    from mcp_magics.magics.verbs import VERBS, near_verbs

    verb = command.word(0)
    if verb is not None and verb not in VERBS:
        near = near_verbs(verb)
        raise CommandError(
            f"there is no verb {verb!r}",
            class_="unknown_verb",
            phase="parse",
            next_step=f"%mcp {near[0]} --help" if near else "%mcp (all verbs)",
        )
    return Note(help_text(verb))


async def do_playground(context: Context, command: Command) -> Any:
    """Start, stop or list the servers this package ships; started ones are registered under their names."""
    action = command.word(0)
    names = [word.text for word in command.words[1:]]
    if action == "start":
        return await _start(context, names, _wanted(command))
    if action == "stop":
        return await _stop(context, names)
    return _list(context)


def _wanted(command: Command) -> Wanted:
    from mcp_magics.playground.plan import Wanted

    options = command.options
    era, expiry = options.text("protocol"), options.seconds("expiry")
    return Wanted(
        transport=options.text("transport"),  # type: ignore[arg-type]  # one of the option's choices
        port=options.integer("port") or 0,
        seed=options.integer("seed") or 0,
        eras="both" if era in (None, "auto") else era,  # type: ignore[arg-type]  # one of the option's choices
        fault=options.text("fault") or "none",
        delay=options.seconds("delay"),
        expiry=math.ceil(expiry) if expiry is not None else None,
        tokens=options.text("tokens"),  # type: ignore[arg-type]  # one of the option's choices
    )


async def _start(context: Context, names: list[str], wanted: Wanted) -> Listing:
    from mcp_magics.playground import host

    chosen = names or _usual(wanted.fault)
    running = await on_loop("playground", _in_thread(host.start, chosen, wanted))
    context.servers.fleeting |= {origin(each.url) for each in running if each.url is not None}
    for each in running:
        spec = spec_from_options(each.name, command=each.command, url=each.url)
        await context.servers.register_steps(spec, "notebook")
    return _table(running, "registered; connect with %mcp connect NAME, or just call a tool")


def _usual(fault: str) -> list[str]:
    """The servers that start when none is named: all that behave, or all that have the fault."""
    from mcp_magics.playground import CATALOGUE, faults_of

    if fault != "none" and (having := [name for name in CATALOGUE if fault in faults_of(name)]):
        return having
    return [name for name in CATALOGUE if name != "faulty"]


async def _in_thread(function: Any, *arguments: Any) -> Any:
    import asyncio

    return await asyncio.to_thread(function, *arguments)


async def _stop(context: Context, names: list[str]) -> Note:
    from mcp_magics.playground import CATALOGUE, host

    chosen = names or list(CATALOGUE)
    for name in chosen:
        _check_is_ours(name)  # every name is known before one is stopped
    stopped = []
    for name in chosen:
        if name in context.servers:
            address = str(getattr(context.servers[name].spec.transport, "url", ""))
            await context.servers.remove_steps(name)
            context.servers.fleeting.discard(origin(address))  # whoever has that port next is somebody else
            stopped.append(name)
        await on_loop("playground", _in_thread(host.stop, name))
    text = f"stopped: {', '.join(stopped)}" if stopped else "nothing was running"
    return Note(text, {"stopped": stopped})


def _check_is_ours(name: str) -> None:
    """Raise where the playground has no such server: one of the notebook's own is not its to stop."""
    from mcp_magics.playground import CATALOGUE

    if name in CATALOGUE:
        return
    near = get_close_matches(name.lower(), CATALOGUE, n=1)
    raise ConfigurationError(
        f"the playground has no server {name!r}",
        class_="unknown_server",
        phase="parse",
        evidence=(f"it has: {', '.join(CATALOGUE)}",),
        next_step=f"%mcp playground stop {near[0]}" if near else "%mcp playground",
    )


def _list(context: Context) -> Listing:
    from mcp_magics.playground import CATALOGUE, host

    addresses = {each.name: each.url for each in host.running()}
    rows = [
        {
            "name": entry.name,
            "what": entry.summary,
            "speaks": ", ".join(entry.transports),
            "running": addresses.get(entry.name) or _here(context, entry.name),
            "command": f"python -m mcp_magics.playground {entry.name}",
        }
        for entry in CATALOGUE.values()
    ]
    return Listing("the playground", ("name", "speaks", "running", "command", "what"), rows)


def _here(context: Context, name: str) -> str:
    """What is so of a server without a process of its own: over stdio it runs as long as it is connected."""
    if name not in context.servers:
        return "no"
    state = context.servers[name].connection.state
    return "connected" if state == "ready" else f"registered, {state}"


def _table(running: list[Running], note: str) -> Listing:
    columns = ("name", "transport", "url", "authorization_server")
    rows = [{column: getattr(each, column) or "" for column in columns} for each in running]
    return Listing(f"{counted(len(rows), 'server')} of the playground", columns, rows, running, note)
