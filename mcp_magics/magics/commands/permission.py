"""``login logout auth oauth``: getting a credential, looking at it, giving it up."""

from __future__ import annotations

import contextvars
import time
from typing import TYPE_CHECKING, Any

from mcp_magics.config.document import spec_from_options
from mcp_magics.connection.exchange import on_loop
from mcp_magics.connection.permission import LOGIN_TIMEOUT, LoginWishes
from mcp_magics.connection.waiting import Until
from mcp_magics.errors import CommandError, ConnectionFailedError, MCPMagicsError
from mcp_magics.magics.cards import ServerCard
from mcp_magics.magics.login_panel import ended, panel
from mcp_magics.magics.oauth_options import oauth_entry
from mcp_magics.magics.outcome import Note

if TYPE_CHECKING:
    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.auth.login import Visitor
    from mcp_magics.config.model import OAuthOptions
    from mcp_magics.connection.login_job import LoginJob
    from mcp_magics.connection.server import Server
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command


async def do_login(context: Context, command: Command) -> Any:
    """Get a credential: a link, a wait, the tools it unlocked; with a usable one it says so and does nothing."""
    server = context.servers[command.word(0) or ""]
    wishes = _wishes(server, command)
    if not command.options.flag("again") and (note := await _already(server, wishes.oauth)):
        return await _connected(server, "logged in already", (note,))
    no_wait = command.options.flag("no-wait")
    job = server.start_login(wishes, asks_here=not no_wait)
    await Until(job.ready, server.name)
    _show_live(context, command, job)
    if no_wait:
        return job
    await _attended(server, job)
    return ServerCard.of(server, "logged in", job.notes)


def _wishes(server: Server, command: Command) -> LoginWishes:
    entry = oauth_entry(command.options)
    oauth = spec_from_options(server.name, url="https://server.invalid", **entry).oauth
    return LoginWishes(oauth, _visitor(server, command), command.options.seconds("timeout") or LOGIN_TIMEOUT)


def _visitor(server: Server, command: Command) -> Visitor:
    consent = command.options.text("consent")
    if consent is not None:
        _check_playground(server)
        return consent  # type: ignore[return-value]  # one of the option's choices
    return "browser" if command.options.flag("browser") else "person"


def _check_playground(server: Server) -> None:
    from mcp_magics.playground import host

    if not host.is_ours(str(getattr(server.spec.transport, "url", ""))):
        raise CommandError(
            f"--consent is for servers of the playground: {server.name} wants a person",
            class_="consent_unavailable",
            phase="login",
            server=server.name,
            next_step=f"%mcp login {server.name}",
        )


async def _already(server: Server, oauth: OAuthOptions) -> str:
    """What to say where a usable credential for these wishes is there; empty where there is none."""
    credential = await on_loop(server.name, server.permission.usable(oauth))
    if credential is None:
        return ""
    return f"nothing was done, {lifetime(credential)}; %mcp login {server.name} --again to redo it"


async def _connected(server: Server, what: str, notes: tuple[str, ...]) -> ServerCard:
    more = await on_loop(server.name, server.open())
    return ServerCard.of(server, what, (*notes, *more))


def _show_live(context: Context, command: Command, job: LoginJob) -> None:
    """Show how the login stands, and again whenever that changes, in the cell that began it."""
    if command.options.flag("json") or not command.shown or command.options.given("consent"):
        return  # nobody is to open the link
    surface, here = context.surface(), contextvars.copy_context()
    if not job.done:
        surface.show(panel(job))

    def redraw() -> None:
        here.run(surface.end if job.done else surface.show, ended(job) if job.done else panel(job))

    job.on_change(redraw)


async def _attended(server: Server, job: LoginJob) -> None:
    """Steps: wait; whoever is at the keyboard may paste the address, and an interrupt ends the login."""
    try:
        await Until(job.job, server.name)
    except BaseException:
        job.cancel()
        raise
    if isinstance(job.error, MCPMagicsError):
        raise type(job.error).of(job.error.failure)
    if job.error is not None:
        raise ConnectionFailedError(
            "the login was cancelled",
            class_="cancelled",
            phase="login",
            server=server.name,
            next_step=f"%mcp login {server.name}",
        )


def lifetime(credential: OAuthCredential) -> str:
    """How long the credential is good, in words."""
    tokens = credential.tokens
    if tokens is None or not tokens.access_token:
        return "no token is held"
    renewable = "renewed by itself" if tokens.refresh_token else "not renewable"
    if tokens.expires_at is None:
        return f"the token names no end, {renewable}"
    left = tokens.expires_at - time.time()
    word = f"good for {_duration(left)}" if left > 0 else f"ended {_duration(-left)} ago"
    return f"the token is {word}, {renewable}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


async def do_logout(context: Context, command: Command) -> Note:
    """Revoke what can be revoked, forget the tokens, and say what was removed."""
    server = context.servers[command.word(0) or ""]
    done = await on_loop(server.name, server.log_out(forget_client=command.options.flag("forget-client")))
    return Note("\n".join(f"{server.name}: {line}" for line in done), {"server": server.name, "done": list(done)})
