"""One server's credential while connected: held in memory, renewed once for all who need it, stored before it is used.

A refresh is a transaction among all processes of this user: lock, read again what is stored, take it if it is newer,
else refresh, store, use. It runs to its end whoever stops waiting: a rotated refresh token must not be lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mcp_magics.auth.binding import Binding
from mcp_magics.auth.credential import OAuthCredential
from mcp_magics.auth.credential_word import credential_word
from mcp_magics.auth.entry_lock import entry_locked
from mcp_magics.auth.rejection import Rejections
from mcp_magics.auth.renewal_rules import (
    access_of,
    can_refresh,
    carried_forward,
    could_not_refresh,
    ends_login,
    is_adopted,
    is_fresh,
    lives,
    no_refresh_token,
    refused,
    spent,
    superseded,
    too_slow,
)
from mcp_magics.errors import ConfigurationError, ConnectionFailedError, Failure, MCPMagicsError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from mcp_magics.auth.store import CredentialStore
    from mcp_magics.config.model import ServerSpec

__all__ = ["REFRESH_CAP", "Keeper", "Refresh", "credential_word"]

REFRESH_CAP = 45.0
"""Seconds a refresh may take."""

Refresh = Callable[[OAuthCredential], Awaitable[OAuthCredential]]
"""Makes one refresh request; raises ``MCPMagicsError``, of class ``invalid_grant`` where the token was refused."""


class Keeper:
    """The credential of one server; all of it belongs to one loop, the store is asked in threads.

    ``cap`` is how many seconds a refresh may take; ``rejections`` outlive this keeper. Raises ``ConfigurationError``
    where the address of ``spec`` cannot be expanded.
    """

    def __init__(
        self,
        spec: ServerSpec,
        store: CredentialStore,
        refresh: Refresh,
        *,
        cap: float = REFRESH_CAP,
        rejections: Rejections | None = None,
    ) -> None:
        self.binding = Binding.of(spec)
        self.trouble: Failure | None = None
        """What went wrong at the last renewal, also where it was made good; None where nothing did."""
        self._store = store
        self._refresh = refresh
        self._cap = cap
        self._rejections = rejections or Rejections()
        self._credential: OAuthCredential | None = None
        self._loaded = False
        self._flight: asyncio.Task[OAuthCredential | None] | None = None
        self._unproven: str | None = None
        self._unstored: tuple[OAuthCredential, OAuthCredential] | None = None

    # -- what is held --------------------------------------------------------------------------------------

    def current(self) -> OAuthCredential | None:
        """The credential in memory; nothing is read or asked."""
        return self._credential

    async def load(self) -> OAuthCredential | None:
        """Read the store; raises ``ConfigurationError``: ``store_error``, or ``credential_mismatch`` (nothing is held).

        The failure of a mismatch says both strings.
        """
        self._credential = None
        return self._installed(await self._stored())

    async def fresh(self) -> OAuthCredential | None:
        """The credential to send now, renewed where it is about to end; None where there is none.

        Without a read and without a request while it is fresh. Raises ``MCPMagicsError``: ``reauth_required`` where
        nothing is left to renew it with, the network's own class where the refresh did not come about, ``store_error``.
        """
        held = self._credential if self._loaded else await self.load()
        if held is None or held.tokens is None:
            return None
        return held if is_fresh(held) else await self._renewed(None)

    async def renew(self, rejected: str) -> OAuthCredential | None:
        """The credential to try instead after a 401 for the access token ``rejected``; None where nothing is better.

        What another process stored meanwhile is taken without a refresh. A token that came of a refresh and was
        never accepted is not refreshed again. Raises as :meth:`fresh` does.
        """
        held = self._credential
        if held is not None and access_of(held) != rejected and is_fresh(held):
            return held
        renewed = await self._renewed(rejected)
        if access_of(renewed) not in ("", rejected):
            return renewed
        self.rejected(rejected)
        return None

    def rejected(self, access_token: str) -> None:
        """The server refused ``access_token``, and there is no other."""
        self._rejections.remember(access_token)

    def accepted(self, access_token: str) -> None:
        """The server took ``access_token``: should it refuse it one day, a refresh may help again."""
        if access_token == self._unproven:
            self._unproven = None
        self._rejections.taken(access_token)

    # -- a login and its end -------------------------------------------------------------------------------

    async def keep(self, credential: OAuthCredential) -> None:
        """Store a new login and hold it; no refresh elsewhere can write over it. Raises ``ConfigurationError``."""
        async with self._locked():
            await asyncio.to_thread(self._store.set, self.binding.server, credential)
        self._unproven, self._unstored = None, None
        self._installed(credential)

    async def forget(self) -> tuple[str, ...]:
        """Remove it from the store and from memory; where it was removed from. No refresh elsewhere brings it back."""
        async with self._locked():
            removed = await asyncio.to_thread(self._store.delete, self.binding.server, self.binding.server_url)
        self._unproven, self._unstored = None, None
        self._installed(None)
        return removed

    async def settle(self) -> None:
        """Wait for a refresh under way, whatever becomes of it."""
        if self._flight is not None:
            await asyncio.wait({self._flight})

    # -- renewing ------------------------------------------------------------------------------------------

    async def _renewed(self, rejected: str | None) -> OAuthCredential | None:
        """What the renewal under way brings, or a new one where that brings what was rejected."""
        while True:
            flight, joined = self._flight, True
            if flight is None:
                flight, joined = self._begin(rejected), False
            renewed = await asyncio.shield(flight)
            if not joined or rejected is None or access_of(renewed) != rejected:
                return renewed

    def _begin(self, rejected: str | None) -> asyncio.Task[OAuthCredential | None]:
        self._flight = asyncio.create_task(self._renewal(rejected), name=f"refresh of {self.binding.server}")
        self._flight.add_done_callback(self._landed)
        return self._flight

    def _landed(self, flight: asyncio.Task[OAuthCredential | None]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # seen, also where everybody who waited has gone

    async def _renewal(self, rejected: str | None) -> OAuthCredential | None:
        self.trouble = None
        async with self._locked():
            stored = await self._stored()
            if stored is None or stored.tokens is None:
                self._installed(stored)  # logged out elsewhere
                return None
            stored = await self._caught_up(stored)
            if is_adopted(stored, access_of(self._credential), rejected):
                return self._installed(stored)
            if not can_refresh(stored) or (rejected is not None and rejected == self._unproven):
                return self._as_it_is(stored)
            return await self._exchanged(stored, rejected)

    def _as_it_is(self, stored: OAuthCredential) -> OAuthCredential | None:
        """The credential that cannot be renewed, while it lives."""
        self._installed(stored)
        if lives(stored):
            return stored
        self.trouble = no_refresh_token(self.binding.server)
        raise ConnectionFailedError.of(self.trouble)

    async def _exchanged(self, stored: OAuthCredential, rejected: str | None) -> OAuthCredential | None:
        """One refresh request, and what becomes of its answer."""
        server = self.binding.server
        try:
            async with asyncio.timeout(self._cap):
                answer = await self._refresh(stored)
        except TimeoutError:
            self.trouble = too_slow(server, self._cap)
        except MCPMagicsError as error:
            self.trouble = error.failure
        else:
            renewed = await self._persisted(stored, carried_forward(stored, answer))
            self._unproven = access_of(renewed)
            return self._installed(renewed)
        if self.trouble.class_ == "invalid_grant":
            return await self._refused(stored, rejected, self.trouble)
        why, self.trouble = self.trouble, could_not_refresh(server, self.trouble)
        self._installed(stored)
        if rejected is None and lives(stored):
            return stored  # it was to be renewed before its end, which has not come
        if ends_login(why):
            self._rejections.remember(access_of(stored), why)
        raise ConnectionFailedError.of(self.trouble)

    async def _refused(self, sent: OAuthCredential, rejected: str | None, failure: Failure) -> OAuthCredential | None:
        """The refresh token is worth nothing: somebody without our lock was faster, or the login is over."""
        server = self.binding.server
        stored = await self._stored()
        if stored is None:
            return self._installed(None)
        if stored.tokens != sent.tokens:
            self.trouble = superseded(server, failure)
            self._installed(stored)
            if lives(stored) and access_of(stored) != rejected:
                return stored
            raise ConnectionFailedError.of(self.trouble)
        self.trouble = refused(server, failure)
        over = spent(sent, rejected)
        self._installed(over)
        try:
            await asyncio.to_thread(self._store.set, server, over)
        except ConfigurationError as error:
            raise ConnectionFailedError.of(self.trouble) from error  # what a person has to do is the same
        raise ConnectionFailedError.of(self.trouble)

    # -- the store -----------------------------------------------------------------------------------------

    def _locked(self) -> AbstractAsyncContextManager[None]:
        return entry_locked(self.binding.server, self.binding.server_url)

    async def _stored(self) -> OAuthCredential | None:
        """What the store holds for this server, and for nothing else."""
        stored = await asyncio.to_thread(self._store.get, self.binding.server, self.binding.server_url)
        breach = None if stored is None else self.binding.breach(stored)
        if breach is not None:
            raise ConfigurationError.of(breach)
        return stored

    async def _caught_up(self, stored: OAuthCredential) -> OAuthCredential:
        """What an earlier refresh brought and the store would not take, where it is still the next one in line."""
        if self._unstored is None:
            return stored
        before, renewed = self._unstored
        return await self._persisted(before, renewed) if stored.tokens == before.tokens else stored

    async def _persisted(self, before: OAuthCredential, renewed: OAuthCredential) -> OAuthCredential:
        """Store before use; what could not be stored is kept for the next attempt, for its predecessor is spent."""
        self._unstored = (before, renewed)
        await asyncio.to_thread(self._store.set, self.binding.server, renewed)
        self._unstored = None
        return renewed

    def _installed(self, credential: OAuthCredential | None) -> OAuthCredential | None:
        self._credential, self._loaded = credential, True
        return credential
