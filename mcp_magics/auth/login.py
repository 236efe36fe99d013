"""A login from its first anonymous request to the token: the flow, its listener, and the browser's hop.

The redirect URI is fixed before a client is registered with it, and the port it names is kept for the next login.
"""

from __future__ import annotations

import asyncio
import time
import webbrowser
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

from mcp_magics.auth.arrival import Arrival
from mcp_magics.auth.credential import OAuthCredential
from mcp_magics.auth.driver import Driver
from mcp_magics.auth.flow.anonymous import Anonymous
from mcp_magics.auth.flow.authorization import Authorize
from mcp_magics.auth.flow.login import begin
from mcp_magics.auth.flow.state import Found, Granted, Refused
from mcp_magics.auth.listener import open_listener
from mcp_magics.auth.pages import Failed, Repeated, Succeeded
from mcp_magics.auth.redirect import CallbackOptions, plan_listener, port_behind, redirect_of
from mcp_magics.errors import ConnectionFailedError, MCPMagicsError
from mcp_magics.results.listing import counted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx2

    from mcp_magics.auth.callback import Callback
    from mcp_magics.auth.driver import Step
    from mcp_magics.auth.flow.state import FlowSettings, State
    from mcp_magics.auth.listener import Listener
    from mcp_magics.auth.message import Ask, Conversation
    from mcp_magics.auth.redirect import ListenerPlan, Redirect
    from mcp_magics.auth.surroundings import Surroundings

Visitor = Literal["person", "browser", "approve", "deny"]
"""Who makes the browser's hop: a person with the link, this machine's browser, or a script on loopback."""


@dataclass(frozen=True, slots=True)
class Link:
    """The address to open, where the browser comes back to, and whatever a person should know about that.

    It is waited for ``seconds`` from ``given`` on (seconds since the epoch).
    """

    url: str = field(repr=False)
    redirect_uri: str
    notes: tuple[str, ...]
    arrival: Arrival
    seconds: float
    given: float = field(default_factory=time.time)


class Watcher(Protocol):
    """Whoever shows a login: called on the background loop, must not block."""

    def stepped(self, step: Step) -> None:
        """A step was taken."""

    def linked(self, link: Link) -> None:
        """There is an address to open; now the login waits."""


@dataclass(frozen=True, slots=True)
class LoginOrder:
    """One login to carry out; ``timeout`` is how many seconds the browser's hop may take.

    ``look`` finds out, given a port of ours and a path that answers there, what ``surroundings`` cannot tell.
    ``demanded`` is what the connection was refused with where an anonymous ``initialize`` would not be.
    """

    settings: FlowSettings
    callback: CallbackOptions
    surroundings: Surroundings
    visitor: Visitor = "person"
    timeout: float = 300.0
    look: Callable[[int, str], Awaitable[Surroundings]] | None = None
    demanded: Found = Found()  # noqa: RUF009  frozen


async def log_in(
    order: LoginOrder,
    conversation: Conversation,
    client: httpx2.AsyncClient,
    watcher: Watcher,
    keep: Callable[[OAuthCredential], Awaitable[None]],
) -> Granted:
    """Carry out ``order``; ``keep`` persists the credential before anybody is told of success.

    Raises ``MCPMagicsError``; the page in the browser says the same as the error.
    """
    async with AsyncExitStack() as stack:
        driver, hop = await set_out(order, conversation, client, watcher, stack)
        try:
            granted = _granted(await driver.run(), order.settings.server)
            await keep(granted.credential)
        except MCPMagicsError as error:
            await _keep_client(driver.state, order.settings, keep)
            if hop is not None:
                await hop.listener.finish(Failed(error.failure.message))
            raise
        if hop is not None:
            await hop.listener.finish(Succeeded(order.settings.server))
        return granted


async def set_out(
    order: LoginOrder,
    conversation: Conversation,
    client: httpx2.AsyncClient,
    watcher: Watcher,
    stack: AsyncExitStack,
) -> tuple[Driver, BrowserHop | None]:
    """A flow that has not begun, and its hop; the listener has its port, for the redirect URI is fixed first.

    What they hold open ends with ``stack``. Raises ``MCPMagicsError``.
    """
    settings, hop = order.settings, None
    if settings.grant == "authorization_code":
        listener, redirect, notes = await listen(order)
        await stack.enter_async_context(listener)
        settings = replace(settings, redirect_uri=redirect.uri)
        hop = BrowserHop(order, listener, redirect, notes, client, watcher)
        stack.push_async_callback(hop.close)
    state = Anonymous(settings, found=order.demanded)
    return Driver(state, conversation, browser=hop, after=begin, watch=watcher.stepped), hop


async def _keep_client(end: State, settings: FlowSettings, keep: Callable[[OAuthCredential], Awaitable[None]]) -> None:
    """A client registered in a login that failed is used again by the next one, unless there is a login to lose."""
    client = end.found.client if isinstance(end, Refused) else end.party.client if isinstance(end, Authorize) else None
    earlier = settings.known
    unknown = isinstance(end, Refused) and end.failure.class_ == "client_unknown"
    if client is None or client.origin != "registered" or unknown or (earlier is not None and earlier.tokens):
        return
    with suppress(MCPMagicsError):
        await keep(OAuthCredential(settings.url, None, client, None, {}))


def _granted(end: object, server: str) -> Granted:
    if isinstance(end, Granted):
        return end
    assert isinstance(end, Refused)  # a login ends in one of the two
    raise ConnectionFailedError.of(replace(end.failure, server=server, phase=end.failure.phase or "login"))


async def listen(order: LoginOrder) -> tuple[Listener, Redirect, tuple[str, ...]]:
    """The listener of a login, its redirect URI, and what a person should know; raises ``MCPMagicsError``."""
    settings = order.settings
    plan = plan_listener(settings.server, settings.url, order.callback)
    listener = await _opened(plan, settings)
    try:
        where = await _where(order, plan, listener)
    except BaseException:
        await listener.close()
        raise
    redirect = redirect_of(plan, listener.port, where)
    tunnel = where.tunnel(listener.port)
    notes = (*plan.notes, *listener.warnings, *((f"from another machine: {tunnel}",) if tunnel else ()))
    return listener, redirect, notes


async def _where(order: LoginOrder, plan: ListenerPlan, listener: Listener) -> Surroundings:
    """Where the kernel is, seen from the browser; a redirect URI that was configured needs no looking."""
    if order.look is None or plan.fixed_uri is not None:
        return order.surroundings
    return await order.look(listener.port, listener.probe_path)


async def _opened(plan: ListenerPlan, settings: FlowSettings) -> Listener:
    """The listener on the port an earlier login registered, where nothing was configured and it is still free."""
    earlier = settings.known.client.redirect_uri if settings.known is not None else None
    port = port_behind(earlier) if plan.port == 0 and earlier else 0
    if port:
        try:
            return await open_listener(settings.server, plan.paths, port=port, bind=plan.bind)
        except MCPMagicsError as error:
            if error.failure.class_ != "callback_port_busy":
                raise
    return await open_listener(settings.server, plan.paths, port=plan.port, bind=plan.bind)


class BrowserHop:
    """The browser's hop of one login: the link is given out, and the first callback with its ``state`` ends it."""

    def __init__(
        self,
        order: LoginOrder,
        listener: Listener,
        redirect: Redirect,
        notes: tuple[str, ...],
        client: httpx2.AsyncClient,
        watcher: Watcher,
    ) -> None:
        self.listener = listener
        self._order = order
        self._redirect = redirect
        self._notes = notes
        self._client = client
        self._watcher = watcher
        self._visits: set[asyncio.Task[None]] = set()
        self._has_visited = False

    async def visit(self, ask: Ask, state: str) -> Callback:
        """Give out the link and wait; raises ``ConnectionFailedError`` of class ``timeout``."""
        arrival = Arrival(state, self._redirect.uri)
        if self._has_visited:  # what came back then was refused, and its page may still be held
            await self.listener.tell(Repeated())
        self._has_visited = True
        self.listener.expect(arrival)
        waiting = asyncio.ensure_future(arrival.wait())
        self._watcher.linked(Link(ask.url, self._redirect.uri, self._notes, arrival, self._order.timeout))
        visits = self._begin_visit(ask.url, arrival)
        try:
            async with asyncio.timeout(self._order.timeout):
                while not waiting.done():
                    done, _ = await asyncio.wait({waiting, *visits}, return_when=asyncio.FIRST_COMPLETED)
                    for task in done & visits:
                        task.result()  # a script that failed ends the login
                    visits -= done
                return waiting.result()
        except TimeoutError:
            pass
        finally:
            waiting.cancel()
        raise self._too_late()

    async def close(self) -> None:
        """End whatever still plays the browser."""
        for task in self._visits:
            task.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)

    def _begin_visit(self, url: str, arrival: Arrival) -> set[asyncio.Task[None]]:
        if self._order.visitor == "person":
            return set()
        task = asyncio.create_task(self._visit(url, arrival))
        self._visits.add(task)
        return {task}

    async def _visit(self, url: str, arrival: Arrival) -> None:
        """Open the link; a script reads the page, decides, and gets its last answer when the login has ended."""
        from mcp_magics.auth.consent import consent

        visitor, name = self._order.visitor, self._order.settings.server
        if visitor == "person" or visitor == "browser":  # noqa: PLR1714  narrowed for the type
            await asyncio.to_thread(webbrowser.open, url)
            return
        try:
            landing = await consent(url, visitor, self._client)
        except MCPMagicsError as error:
            told = (*error.failure.evidence, *self._forgotten())
            step = f"%mcp login {name}  # without --consent: decide in the browser"
            if error.failure.class_ == "client_unknown":
                step = self._other_client()
            raise ConnectionFailedError.of(replace(error.failure, server=name, evidence=told, next_step=step)) from None
        if not arrival.settled:
            raise self._sent_back_wrong(landing.status)

    def _sent_back_wrong(self, status: int) -> ConnectionFailedError:
        """A script came back with something that is not for this login: it will not come again."""
        name = self._order.settings.server
        return ConnectionFailedError(
            "the authorization server sent the browser back with another state than this login's",
            class_="state_mismatch",
            phase="login",
            server=name,
            evidence=(f"the callback was refused with {status}, and nothing was exchanged (RFC 6749 §10.12)",),
            next_step=f"%mcp oauth {name}",
        )

    def _too_late(self) -> ConnectionFailedError:
        seconds, name = self._order.timeout, self._order.settings.server
        rejected = self.listener.rejected
        strangers = (f"{counted(rejected, 'request')} came back that did not fit this login",) if rejected else ()
        return ConnectionFailedError(
            f"nobody came back from the browser within {seconds:g} s",
            class_="timeout",
            phase="login",
            server=name,
            evidence=(
                *self._forgotten(),
                *strangers,
                f"the browser was to end on {self._redirect.uri.partition('?')[0]}",
            ),
            next_step=f"%mcp login {name}  # if that page did not open: paste the address the browser ends on",
            retryable=True,
        )

    def _other_client(self) -> str:
        """The line that gets another client than the one the authorization server does not know."""
        settings = self._order.settings
        if settings.client_id is not None:
            return f"%mcp login {settings.server} --again --oauth-client-id ID"
        if self._forgotten():
            return f"%mcp logout {settings.server} --forget-client"
        return f"%mcp oauth {settings.server}  # shows which client was sent, and where it came from"

    def _forgotten(self) -> tuple[str, ...]:
        """What to look for where an earlier client was used: a server that forgot it says so in the browser only."""
        settings = self._order.settings
        client = settings.known.client if settings.known is not None and settings.client_id is None else None
        if client is None or client.origin != "registered" or settings.client_refused:
            return ()
        step = f"%mcp logout {settings.server} --forget-client"
        return (f"client {client.client_id} is of an earlier login; if that page calls it unknown: {step}",)
