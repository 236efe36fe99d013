"""``login logout auth oauth``: getting a credential, looking at it, giving it up."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any

from mcp_magics.config.document import spec_from_options
from mcp_magics.connection.exchange import on_loop
from mcp_magics.connection.login.asking import cancelled
from mcp_magics.connection.login.logins import LoginWishes
from mcp_magics.connection.waiting import Until
from mcp_magics.errors import CommandError, MCPMagicsError
from mcp_magics.magics.auth_card import AuthCard, lifetime
from mcp_magics.magics.cards import ServerCard
from mcp_magics.magics.login_panel import PASTED_BELOW, PASTED_LATER, ended, panel
from mcp_magics.magics.oauth_options import oauth_entry
from mcp_magics.magics.outcome import Note
from mcp_magics.results.listing import counted
from mcp_magics.results.sanitise import one_line
from mcp_magics.widgets.status import look_again

if TYPE_CHECKING:
    from mcp_magics.auth.login import Visitor
    from mcp_magics.auth.surroundings import Lookout
    from mcp_magics.config.model import OAuthOptions
    from mcp_magics.connection.login.login_job import LoginJob
    from mcp_magics.connection.login.oauth_flow import OAuthFlow
    from mcp_magics.connection.server import Server
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.wire.pending import Settling


async def do_login(context: Context, command: Command) -> Any:
    """Get a credential: a link, a wait, the tools it unlocked; with a usable one it says so and does nothing."""
    server = context.servers[command.word(0) or ""]
    _refuse_unused(server)
    wishes = _wishes(context, server, command)
    no_wait = command.options.flag("no-wait")
    if not command.options.flag("again") and (note := await _already(server, wishes.oauth)):
        held = server.held_login(note)
        await _waited(server, held, held.job)
        return held if no_wait else ServerCard.of(server, "logged in already", held.notes)
    job = server.start_login(wishes, asks_here=not no_wait)
    await _waited(server, job, job.ready)
    await _show_live(context, command, job)
    if no_wait and not job.done:
        return job
    await _waited(server, job, job.job)
    return ServerCard.of(server, "logged in", job.notes)


def _refuse_unused(server: Server) -> None:
    """A configured credential comes first: whatever a login got would never be sent."""
    held = server.permission.holding().credential
    if held not in ("bearer", "header", "env_missing"):
        return
    variable = getattr(server.spec.transport, "bearer_token_env_var", None)
    source = f"the token in {variable}" if variable else "a configured Authorization header"
    raise CommandError(
        f"{server.name} sends {source}: a login would not be used",
        class_="credential_configured",
        phase="login",
        server=server.name,
        next_step=f"%mcp add {server.name} --url URL  # again without it; then %mcp login {server.name}",
    )


def _wishes(context: Context, server: Server, command: Command) -> LoginWishes:
    entry = oauth_entry(command.options)
    oauth = spec_from_options(server.name, url="https://server.invalid", **entry).oauth
    visitor, timeout = _visitor(server, command), command.options.seconds("timeout") or context.defaults.login_timeout
    return LoginWishes(oauth, visitor, timeout, context.lookout if visitor == "person" else None)


def _visitor(server: Server, command: Command) -> Visitor:
    consent = command.options.text("consent")
    if consent is not None:
        _check_playground(server, "--consent is for servers of the playground")
        return consent  # type: ignore[return-value]  # one of the option's choices
    return "browser" if command.options.flag("browser") else "person"


def _check_playground(server: Server, rule: str) -> None:
    from mcp_magics.playground import host

    if not host.is_ours(str(getattr(server.spec.transport, "url", ""))):
        raise CommandError(
            f"{rule}, and {server.name} is none",
            class_="playground_only",
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


async def _show_live(context: Context, command: Command, job: LoginJob) -> None:
    """Steps: show how the login stands, and again whenever that changes, in the cell that began it."""
    if command.options.flag("json") or not command.shown or command.options.given("consent"):
        return  # nobody is to open the link
    if not context.attended:
        return  # a notebook that is run by itself keeps what it shows, and the link is good once
    surface, here = context.surface(), contextvars.copy_context()
    left = command.options.flag("no-wait")  # whose cell ends without the card of the server
    how = PASTED_LATER if left else PASTED_BELOW
    if not job.done:
        surface.show(panel(job, how))

    def redraw() -> None:
        if job.done:
            here.run(surface.end, ended(job, _unlocked(context, job) if left else ""))
        else:
            here.run(surface.show, panel(job, how))

    job.on_change(redraw)
    if left and context.lookout is not None:  # a cell that waits has its panel by itself
        await _leave_panel(context, context.lookout, job)


def _unlocked(context: Context, job: LoginJob) -> str:
    """The tools a login has brought, in a few words."""
    if job.state != "succeeded" or job.server not in context.servers:
        return ""
    tools = list(context.servers[job.server].connection.catalog.tools)
    return f"{counted(len(tools), 'tool')}: {one_line(', '.join(tools), 300)}" if tools else ""


async def _leave_panel(context: Context, lookout: Lookout, job: LoginJob) -> None:
    """Steps: the live panel of a login that goes on after its cell, where a page is there to draw it."""
    if job.done or await on_loop(job.server, lookout.front_end()) is None:
        return
    from mcp_magics.widgets.login import LeftLogin

    context.surface().show(LeftLogin(job).output)


async def _waited(server: Server, job: LoginJob, settled: Settling) -> None:
    """Steps: wait; whoever is at the keyboard may paste the address, and an interrupt ends the login."""
    try:
        await Until(settled, server.name)
    except BaseException:
        job.cancel()
        raise
    if isinstance(job.error, MCPMagicsError):
        raise type(job.error).of(job.error.failure)
    if isinstance(job.error, asyncio.CancelledError):
        raise cancelled(server.name)
    if job.error is not None:
        raise job.error


async def do_logout(context: Context, command: Command) -> Note:
    """Revoke what can be revoked, forget the tokens, and say what was removed."""
    server = context.servers[command.word(0) or ""]
    done = await on_loop(server.name, server.log_out(forget_client=command.options.flag("forget-client")))
    look_again()
    return Note("\n".join(f"{server.name}: {line}" for line in done), {"server": server.name, "done": list(done)})


async def do_auth(context: Context, command: Command) -> AuthCard:
    """The three axes with their evidence, and the credential: claims, scopes, expiry, where it is kept."""
    server = context.servers[command.word(0) or ""]
    credential, place = await on_loop(server.name, server.permission.looked_up())
    return AuthCard.of(server.name, server.status, credential, place)


async def do_oauth(context: Context, command: Command) -> Any:
    """The flow of a login as an object: one request at a time, each with its answer and its section."""
    server = context.servers[command.word(0) or ""]
    reveal = command.options.flag("reveal")
    if reveal:
        _check_playground(server, "--reveal shows secrets: only of servers of the playground")
    flow = await server.oauth_flow(_wishes(context, server, command), reveal=reveal)
    await _show_stepper(context, command, flow)
    return flow


async def _show_stepper(context: Context, command: Command, flow: OAuthFlow) -> None:
    """Steps: the live panel of ``flow`` in the running cell, where a page is there to draw it.

    What the notebook keeps stands beside it, hidden while the panel is drawn, and follows the flow.
    """
    if context.lookout is None or context.use == "value" or not command.shown or command.options.flag("json"):
        return
    if await on_loop(flow.server, context.lookout.front_end()) is not None:
        from mcp_magics.widgets.flow import FlowPanel
        from mcp_magics.widgets.flow_view import flow_bundle

        flow.wished_name = command.options.text("out") or ""
        panel = FlowPanel(flow)
        context.surface().show(panel.output)
        beside = context.surface()
        beside.show(flow_bundle(flow, panel.place))
        # Said as of whatever cell runs by then, as a job's news are.
        flow.on_change(lambda: contextvars.Context().run(beside.show, flow_bundle(flow, panel.place)))
        flow.draws_itself = True
