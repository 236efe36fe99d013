"""Where one server's authorization stands: what it requires, what we hold for it, and what a refusal means.

One :class:`Permission` a registered server. What it measured survives disconnecting; what it holds is in the store.
Everything but :meth:`status` belongs to the background loop.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_magics.auth.flow.state import Refused
from mcp_magics.auth.refusal import LOGIN_NEEDED, UNAUTHORIZED
from mcp_magics.auth.rejection import Rejections
from mcp_magics.auth.requirement import NOT_MEASURED, Measured, measured
from mcp_magics.auth.status import AuthStatus, Holding, auth_status, configured
from mcp_magics.config.expand import lookup
from mcp_magics.config.model import HttpTransport, OAuthOptions
from mcp_magics.connection.login.authority import Authority
from mcp_magics.errors import ConfigurationError, Failure
from mcp_magics.wire.challenge import oauth_challenge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx2

    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.auth.flow.state import State
    from mcp_magics.auth.keeper import Keeper
    from mcp_magics.auth.store import CredentialStore
    from mcp_magics.config.model import ServerSpec
    from mcp_magics.wire.journal import Journal


class Permission:
    """The requirement of one server, the credential we hold for it, and the ways to get another."""

    def __init__(self, spec: ServerSpec, journal: Journal, store: Callable[[], CredentialStore]) -> None:
        self.spec = spec
        self.known: Measured = NOT_MEASURED
        self.keeper: Keeper | None = None
        self.authority = Authority(spec, journal)
        self.rejections = Rejections()
        self._store = store

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
            stored = self.stored()
        except ConfigurationError as error:
            return Holding("store_error" if error.failure.class_ == "store_error" else "none", error.failure)
        rejection = self.rejections.of(stored)
        if rejection is not None:
            return Holding("reauth_needed", rejection.failure(self.spec.name))
        return Holding(credential_word(stored))

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

        keeper = self.new_keeper()
        await keeper.load()
        self.keeper = keeper
        return BearerAuth(keeper)

    def new_keeper(self) -> Keeper:
        """A keeper of what is stored for this server; nothing is read yet."""
        from mcp_magics.auth.keeper import Keeper

        return Keeper(self.spec, self._store(), self.authority.refreshed, rejections=self.rejections)

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
        from mcp_magics.auth.order import flow_settings

        state = look_for_resource(flow_settings(self.spec), self.known.demanded)
        self.known = await self.authority.measured(state, self.known)

    async def refused_to_open(self, failure: Failure, challenge: str | None = None) -> Failure:
        """``failure`` of connecting, explained; a demand for a credential is measured first."""
        failure = self._demand(failure, challenge)
        if failure.class_ in LOGIN_NEEDED:
            await self.measure()
        elif failure.class_ == "initialize_refused" and self.is_anonymous:
            failure = await self._refused_in_words(failure)
        elif isinstance(self.spec.transport, HttpTransport):
            self.known = Measured("unknown", None, failure, at=time.time())
        return self._explained(failure, challenge)

    async def _refused_in_words(self, failure: Failure) -> Failure:
        """A JSON-RPC error in place of a beginning: with documents to go by, one that asks for a token is a 401."""
        await self.measure()
        said = self.known.found.said
        if said is None:
            self.known = Measured("unknown", None, failure, at=time.time())
        if said is None or self.known.requirement != "required":
            return failure
        text = "the server asks for authorization, with a JSON-RPC error in place of a 401"
        return replace(failure, class_="auth_required", message=text, evidence=(said, *failure.evidence))

    def learn(self, end: State) -> None:
        """A flow that was refused has shown what the server requires, as far as it came."""
        if isinstance(end, Refused) and (end.found.refused is not None or end.found.tried):
            self.known = measured(end).beside(self.known)

    async def measure(self) -> None:
        """Ask the server itself, without any credential."""
        from mcp_magics.auth.flow.anonymous import Anonymous
        from mcp_magics.auth.order import flow_settings

        state = Anonymous(flow_settings(self.spec), found=self.known.demanded)
        self.known = await self.authority.measured(state, self.known)

    # -- what is held ----------------------------------------------------------------------------------------

    async def usable(self, wishes: OAuthOptions) -> OAuthCredential | None:
        """The stored credential, where it can be used, was not just refused, and is what these wishes would get."""
        credential = await asyncio.to_thread(self.stored)
        if self.rejections.of(credential) is not None:
            return None
        return credential if credential is not None and credential.usable and _meets(credential, wishes) else None

    async def looked_up(self) -> tuple[OAuthCredential | None, str]:
        """The stored credential and where it is kept, in words; raises ``ConfigurationError``."""
        from mcp_magics.auth.order import server_url

        if not isinstance(self.spec.transport, HttpTransport):
            return None, "nowhere"
        credential = await asyncio.to_thread(self.stored)
        where = await asyncio.to_thread(self._store().where, self.spec.name, server_url(self.spec))
        return credential, where or "nowhere"

    # -- explaining ----------------------------------------------------------------------------------------

    def refused(self, failure: Failure, method: str, challenge: str | None) -> Failure:
        """``failure`` of one request, explained; without a credential it shows that one is required after all."""
        failure = self._demand(failure, challenge)
        if failure.class_ in UNAUTHORIZED and self.is_anonymous:
            found = replace(self.known.found, refused=method, challenge=oauth_challenge(challenge))
            self.known = replace(self.known, requirement="required", refused=method, found=found)
        return self._explained(failure, challenge)

    def _demand(self, failure: Failure, challenge: str | None) -> Failure:
        """A 403 that asks somebody without a credential for a token means what a 401 does; gateways send it."""
        if failure.class_ != "forbidden" or not self.is_anonymous or oauth_challenge(challenge) is None:
            return failure
        return replace(failure, class_="auth_required", message="the server asks for authorization (403)")

    def _explained(self, failure: Failure, challenge: str | None = None) -> Failure:
        from mcp_magics.auth.refusal import explain

        if failure.class_ not in UNAUTHORIZED and failure.class_ != "step_up_required":
            return failure
        held = self.keeper.current() if self.keeper is not None else None
        bound = held is not None and held.dpop_key is not None
        wanted = oauth_challenge(challenge, prefer="dpop" if bound else None)
        return explain(failure, self.spec, self.known, self.holding(), held, wanted)


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
