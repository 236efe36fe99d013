"""Where one server's authorization stands, and what moves it: measuring, logging in, refreshing, logging out.

One :class:`Permission` a registered server. What it measured survives disconnecting; what it holds is in the store.
Everything but :meth:`status` belongs to the background loop.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcp_magics.auth.flow.state import Found
from mcp_magics.auth.refusal import LOGIN_NEEDED, UNAUTHORIZED
from mcp_magics.auth.requirement import NOT_MEASURED, Measured, measured
from mcp_magics.auth.status import AuthStatus, Holding, auth_status, configured
from mcp_magics.config.expand import lookup
from mcp_magics.config.model import HttpTransport, OAuthOptions
from mcp_magics.errors import ConfigurationError, Failure
from mcp_magics.wire.challenge import oauth_challenge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from typing import Any

    import httpx2

    from mcp_magics.auth.conversation import HttpConversation
    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.auth.driver import Step
    from mcp_magics.auth.flow.state import State
    from mcp_magics.auth.keeper import Keeper
    from mcp_magics.auth.login import Link, LoginOrder, Visitor, Watcher
    from mcp_magics.auth.stepwise import Stepwise
    from mcp_magics.auth.store import CredentialStore
    from mcp_magics.auth.surroundings import Lookout
    from mcp_magics.config.model import ServerSpec
    from mcp_magics.wire.journal import Journal

DISCOVERY_TIMEOUT = 5.0
"""Seconds within which a server's requirement is found out, or is not known."""
LOGIN_TIMEOUT = 300.0
"""Seconds a person has for the browser's hop."""


@dataclass(frozen=True, slots=True)
class LoginWishes:
    """What one login was asked to do beyond the configuration; ``timeout`` is seconds for the browser's hop.

    ``lookout`` looks at the kernel from the browser's side, where a front end can be asked.
    """

    oauth: OAuthOptions
    visitor: Visitor = "person"
    timeout: float = LOGIN_TIMEOUT
    lookout: Lookout | None = None


class Permission:
    """The requirement of one server, the credential we hold for it, and the ways to get another."""

    def __init__(self, spec: ServerSpec, journal: Journal, store: Callable[[], CredentialStore]) -> None:
        self.spec = spec
        self.known: Measured = NOT_MEASURED
        self.keeper: Keeper | None = None
        self._journal = journal
        self._store = store
        self._wished = OAuthOptions()

    # -- what is known -------------------------------------------------------------------------------------

    def status(self, connection: str) -> AuthStatus:
        """The three axes; asks the credential store, and nobody else."""
        return auth_status(self.spec, connection, self.holding(), self.known)

    def holding(self) -> Holding:
        """The credential we hold: as configured, else as stored."""
        transport = self.spec.transport
        if not isinstance(transport, HttpTransport):
            return Holding()
        return configured(transport, lookup(self.spec)) or self._stored()

    def _stored(self) -> Holding:
        from mcp_magics.auth.credential_word import credential_word

        try:
            return Holding(credential_word(self.stored()))
        except ConfigurationError as error:
            return Holding("store_error" if error.failure.class_ == "store_error" else "none", error.failure)

    def stored(self) -> OAuthCredential | None:
        """The credential in the store; raises ``ConfigurationError``. Blocks: the store may be a keyring."""
        from mcp_magics.auth.order import server_url

        return self._store().get(self.spec.name, server_url(self.spec))

    @property
    def is_anonymous(self) -> bool:
        """Whether the connection goes without any credential."""
        from mcp_magics.auth.order import sends_secrets

        transport = self.spec.transport
        return isinstance(transport, HttpTransport) and self.keeper is None and not sends_secrets(transport)

    # -- connecting ----------------------------------------------------------------------------------------

    async def attach(self) -> httpx2.Auth | None:
        """What puts the credential on each request of a new connection; None where there is none to put."""
        self.keeper = None
        transport = self.spec.transport
        if not isinstance(transport, HttpTransport) or configured(transport, lookup(self.spec)) is not None:
            return None  # a configured credential comes first; the store is not even opened
        try:
            stored = await asyncio.to_thread(self.stored)
            if stored is None or stored.tokens is None:
                return None
        except ConfigurationError:
            return None  # told by the status, and by the error if the server wants a credential
        from mcp_magics.auth.request import BearerAuth

        keeper = self._keeper()
        await keeper.load()
        self.keeper = keeper
        return BearerAuth(keeper)

    def _keeper(self) -> Keeper:
        from mcp_magics.auth.keeper import Keeper

        return Keeper(self.spec, self._store(), self._refreshed)

    async def _refreshed(self, credential: OAuthCredential) -> OAuthCredential:
        """A new credential for an old one; raises ``MCPMagicsError``."""
        from mcp_magics.auth.driver import Driver
        from mcp_magics.auth.flow.anonymous import Anonymous
        from mcp_magics.auth.flow.exchange import signing_key
        from mcp_magics.auth.flow.login import begin
        from mcp_magics.auth.flow.renewal import Refresh
        from mcp_magics.auth.order import again, flow_settings, overridden

        settings = flow_settings(replace(self.spec, oauth=overridden(self.spec.oauth, self._wished)))
        async with self._conversation() as (conversation, _):
            if credential.tokens is not None and credential.tokens.refresh_token:
                driver = Driver(Refresh(self.spec.name, credential, signing_key(settings)), conversation)
            else:  # a grant that needs no person is simply made once more
                driver = Driver(Anonymous(again(settings, credential)), conversation, after=begin)
            end = await driver.run()
        return _credential_of(end)

    # -- measuring -----------------------------------------------------------------------------------------

    @asynccontextmanager
    async def measuring(self) -> AsyncIterator[None]:
        """While inside, the requirement of a server that has let us in is found out; leaving waits for that.

        Where we went without a credential, none is required, and only the documents are looked for; otherwise the
        server is asked anew without one.
        """
        if not isinstance(self.spec.transport, HttpTransport):
            yield
            return
        task = asyncio.create_task(self.measure_offer() if self.is_anonymous else self.measure())
        try:
            yield
            await task
        finally:
            task.cancel()

    async def measure_offer(self) -> None:
        """Look for the documents that offer a login, an anonymous request having been answered."""
        from mcp_magics.auth.flow.discovery import look_for_resource
        from mcp_magics.auth.flow.state import Found
        from mcp_magics.auth.order import flow_settings

        await self._measure(look_for_resource(flow_settings(self.spec), Found()))

    async def refused_to_open(self, failure: Failure, challenge: str | None = None) -> Failure:
        """``failure`` of connecting, explained; a demand for a credential is measured first."""
        if failure.class_ in LOGIN_NEEDED:
            await self.measure()
        elif isinstance(self.spec.transport, HttpTransport):
            self.known = Measured("unknown", None, failure, at=time.time())
        return self._explained(failure, challenge)

    async def measure(self) -> None:
        """Ask the server itself, without any credential."""
        from mcp_magics.auth.flow.anonymous import Anonymous
        from mcp_magics.auth.order import flow_settings

        await self._measure(Anonymous(flow_settings(self.spec)))

    async def _measure(self, state: State) -> None:
        from mcp_magics.auth.driver import Driver

        try:
            async with asyncio.timeout(DISCOVERY_TIMEOUT), self._conversation() as (conversation, _):
                self.known = measured(await Driver(state, conversation).run()).beside(self.known)
        except TimeoutError:
            self.known = Measured("unknown", None, self._too_slow(), Found(), time.time())

    def _too_slow(self) -> Failure:
        text = f"the discovery took more than {DISCOVERY_TIMEOUT:g} s"
        return Failure("no_response", text, "discovery", self.spec.name, retryable=True)

    # -- logging in and out --------------------------------------------------------------------------------

    async def log_in(self, wishes: LoginWishes, watcher: Watcher) -> OAuthCredential:
        """Get a credential and keep it; raises ``MCPMagicsError``."""
        from mcp_magics.auth.login import log_in

        self._wished = wishes.oauth
        order = await self._order(wishes)
        async with self._conversation() as (conversation, client):
            granted = await log_in(order, conversation, client, watcher, self._keeper().keep)
        return granted.credential

    async def stepwise(self, wishes: LoginWishes, asks: Callable[[Link], Coroutine[Any, Any, None]] | None) -> Stepwise:
        """The same login, to be gone through one request at a time; nothing of it is kept."""
        from contextlib import AsyncExitStack

        from mcp_magics.auth.stepwise import Stepwise

        order, stack = await self._order(wishes), AsyncExitStack()
        conversation, client = await stack.enter_async_context(self._conversation())
        return await Stepwise.open(order, conversation, client, _Asking(asks), stack)

    async def _order(self, wishes: LoginWishes) -> LoginOrder:
        import os
        from functools import partial

        from mcp_magics.auth.login import LoginOrder
        from mcp_magics.auth.order import callback_options, flow_settings, overridden
        from mcp_magics.auth.surroundings import seen_through, surroundings

        spec = replace(self.spec, oauth=overridden(self.spec.oauth, wishes.oauth))
        known = await asyncio.to_thread(self.stored)
        environ = dict(os.environ)
        return LoginOrder(
            flow_settings(spec, known),
            callback_options(spec.oauth),
            surroundings(environ),
            wishes.visitor,
            wishes.timeout,
            None if wishes.lookout is None else partial(seen_through, environ, wishes.lookout),
        )

    async def usable(self, wishes: OAuthOptions) -> OAuthCredential | None:
        """The stored credential, where it can be used and is what these wishes would get."""
        credential = await asyncio.to_thread(self.stored)
        return credential if credential is not None and credential.usable and _meets(credential, wishes) else None

    async def looked_up(self) -> tuple[OAuthCredential | None, str]:
        """The stored credential and where it is kept, in words; raises ``ConfigurationError``."""
        from mcp_magics.auth.order import server_url

        if not isinstance(self.spec.transport, HttpTransport):
            return None, "nowhere"
        credential = await asyncio.to_thread(self.stored)
        where = await asyncio.to_thread(self._store().where, self.spec.name, server_url(self.spec))
        return credential, where or "nowhere"

    async def log_out(self, *, forget_client: bool) -> tuple[str, ...]:
        """Revoke what can be revoked, forget the tokens, and the client too if so wished; what was done, in lines."""
        credential = await asyncio.to_thread(self.stored)
        if credential is None:
            return ("nothing is stored for it",)
        told = [await self._revoked(credential)] if credential.tokens is not None else []
        places = await self._keeper().forget()
        removed = f"removed from {' and '.join(places) or 'nowhere'}: the tokens"
        if credential.client.origin != "registered" or forget_client:
            return (*told, f"{removed} and the client")
        await self._keeper().keep(replace(credential, tokens=None))
        client = f"kept: the registered client {credential.client.client_id} (--forget-client removes it too)"
        return (*told, removed, client)

    async def _revoked(self, credential: OAuthCredential) -> str:
        from mcp_magics.auth.driver import Driver
        from mcp_magics.auth.flow.exchange import signing_key
        from mcp_magics.auth.flow.renewal import revoke
        from mcp_magics.auth.flow.state import Refused, Revoked
        from mcp_magics.auth.order import flow_settings

        state = revoke(self.spec.name, credential, signing_key(flow_settings(self.spec)))
        if state is None:
            return "not revoked: the server names no revocation endpoint (RFC 7009); the tokens end by themselves"
        async with self._conversation() as (conversation, _):
            end = await Driver(state, conversation).run()
        if isinstance(end, Revoked):
            return end.text
        assert isinstance(end, Refused)  # a revocation ends in one of the two
        return f"not revoked: {end.failure.message}"

    # -- explaining ----------------------------------------------------------------------------------------

    def refused(self, failure: Failure, method: str, challenge: str | None) -> Failure:
        """``failure`` of one request, explained; without a credential it shows that one is required after all."""
        if failure.class_ in UNAUTHORIZED and self.is_anonymous:
            self.known = replace(self.known, requirement="required", refused=method)
        return self._explained(failure, challenge)

    def _explained(self, failure: Failure, challenge: str | None = None) -> Failure:
        from mcp_magics.auth.refusal import explain

        if failure.class_ not in UNAUTHORIZED and failure.class_ != "step_up_required":
            return failure
        held = self.keeper.current() if self.keeper is not None else None
        return explain(failure, self.spec, self.known, self.holding(), held, oauth_challenge(challenge))

    # -- I/O -----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _conversation(self) -> AsyncIterator[tuple[HttpConversation, httpx2.AsyncClient]]:
        """A conversation through the same kind of client as the traffic, without any of its headers."""
        from mcp_magics.auth.conversation import HttpConversation
        from mcp_magics.auth.order import server_url
        from mcp_magics.wire.http import http_client

        async with http_client(self.spec.name, self._journal) as client:
            yield HttpConversation(self.spec.name, server_url(self.spec), client), client


class _Asking:
    """Watches a flow that is gone through by hand: a person is asked only where the browser comes back."""

    def __init__(self, asks: Callable[[Link], Coroutine[Any, Any, None]] | None) -> None:
        self._asks = asks
        self._asking: asyncio.Task[None] | None = None

    def stepped(self, step: Step) -> None:
        """Whoever steps sees the step itself."""

    def linked(self, link: Link) -> None:
        """Ask for the address the browser ends on."""
        if self._asks is not None:
            self._asking = asyncio.create_task(self._asks(link))


def _meets(credential: OAuthCredential, wishes: OAuthOptions) -> bool:
    """Whether a login with these wishes would get nothing that ``credential`` is not."""
    tokens = credential.tokens
    granted = {*credential.requested, *(tokens.scopes if tokens is not None else ())}
    return (
        set(wishes.scopes or ()) <= granted
        and wishes.client_id in (None, credential.client.client_id)
        and wishes.resource in (None, credential.resource)
        and wishes.grant in (None, credential.grant)
        and wishes.client_metadata_url in (None, credential.client.client_id)
        and (not wishes.dpop or credential.dpop_key is not None)
    )


def _credential_of(end: State) -> OAuthCredential:
    from mcp_magics.auth.flow.state import Granted, Refused
    from mcp_magics.errors import ConnectionFailedError

    if isinstance(end, Granted):
        return end.credential
    assert isinstance(end, Refused)  # a refresh ends in one of the two
    raise ConnectionFailedError.of(end.failure)
