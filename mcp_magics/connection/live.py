"""What the kernel keeps for one registered server: its spec, its connection, its log and what it has measured."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from mcp_magics.config.view import disclosure
from mcp_magics.connection.client import Connection
from mcp_magics.connection.lists.not_callable import not_callable
from mcp_magics.connection.login.asking import ask_for_address
from mcp_magics.connection.login.login_job import LoginJob
from mcp_magics.connection.login.logins import log_in, log_out, stepwise
from mcp_magics.connection.login.oauth_flow import OAuthFlow
from mcp_magics.connection.login.permission import Permission
from mcp_magics.connection.reload import Stamp, changed, snapshot
from mcp_magics.connection.serverlog import ServerLog
from mcp_magics.errors import ConnectionFailedError, MCPMagicsError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from mcp_magics.auth.login import Link
    from mcp_magics.auth.status import AuthStatus
    from mcp_magics.auth.store import CredentialStore
    from mcp_magics.config.model import Protocol, Scope, ServerSpec
    from mcp_magics.connection.login.logins import LoginWishes
    from mcp_magics.connection.questions.inbox import Inbox
    from mcp_magics.connection.questions.roots_news import RootsNews
    from mcp_magics.connection.replies import Ending
    from mcp_magics.connection.waiting import Attendant
    from mcp_magics.wire.journal import Journal

CATCH_UP_SECONDS = 5.0
"""How long a call waits for lists that have changed; it may well do without them."""


class Live:
    """One registered server, connected or not."""

    def __init__(
        self,
        spec: ServerSpec,
        scope: Scope,
        *,
        journal: Journal,
        inbox: Inbox,
        attendant: Callable[[], Attendant | None],
        credentials: Callable[[ServerSpec], CredentialStore],
        log: ServerLog | None = None,
    ) -> None:
        self.spec = spec
        self.scope = scope
        self.log = ServerLog(spec.name) if log is None else log
        self.attendant = attendant
        self._credentials = credentials
        self._inbox = inbox
        self.connection = self._connection(spec, journal)
        self._files: dict[str, Stamp] = {}
        self._known_here = False
        self._eras: dict[Protocol, Live] = {}
        self._login: LoginJob | None = None

    def _connection(self, spec: ServerSpec, journal: Journal) -> Connection:
        permission = Permission(spec, journal, lambda: self._credentials(spec))
        return Connection(spec, journal=journal, inbox=self._inbox, log=self.log, permission=permission)

    @property
    def permission(self) -> Permission:
        """Where its authorization stands."""
        return self.connection.permission

    def in_era(self, protocol: Protocol) -> Live:
        """The same server spoken to in one protocol era, over a connection of its own where that differs."""
        if protocol in ("auto", self.spec.protocol):
            return self
        if protocol not in self._eras:
            spec = replace(self.spec, protocol=protocol)
            journal = self.connection.journal
            self._eras[protocol] = Live(
                spec,
                self.scope,
                journal=journal,
                inbox=self._inbox,
                attendant=self.attendant,
                credentials=self._credentials,
                log=self.log,
            )
        return self._eras[protocol]

    @property
    def eras(self) -> tuple[Live, ...]:
        """Itself, and the same server in other eras where those were asked for."""
        return (self, *self._eras.values())

    def respec(self, spec: ServerSpec, scope: Scope) -> None:
        """Take on another configuration; the old connection must have been closed."""
        self.spec, self.scope = spec, scope
        self.connection = self._connection(spec, self.connection.journal)

    def reword(self, spec: ServerSpec, scope: Scope) -> None:
        """Take on the same configuration in other words or from another scope; the connection stays."""
        self.spec, self.scope = spec, scope
        self.connection.spec = spec

    def status(self) -> AuthStatus:
        """Requirement, credential and connection."""
        return self.permission.status(self.connection.state)

    # -- on the loop ---------------------------------------------------------------------------------------

    async def ready(self) -> tuple[str, ...]:
        """Connected, restarted where watched files have changed, lists read anew where they have; the notes."""
        notes: tuple[str, ...] = ()
        if self.spec.reload:
            notes = await self._reloaded()
        if self.connection.state != "ready":
            await self.connection.open()
            notes += (*self._disclosed(), *self.connection.warnings, *self._told("since it was last connected, its"))
            notes += self._subscribed_again()
            self.connection.warnings.clear()
        elif self.connection.stale:
            notes += await self._caught_up()
        return notes

    async def _caught_up(self) -> tuple[str, ...]:
        """Changed lists read anew; one that cannot be read is a note, for the request may do without it."""
        try:
            async with asyncio.timeout(CATCH_UP_SECONDS):
                await self.connection.upkeep.catch_up()
        except TimeoutError:
            return (f"a changed list was not read: no answer within {CATCH_UP_SECONDS:g} s",)
        except MCPMagicsError as error:
            return (f"a changed list was not read: {error.failure.message}",)
        return self._told("the server changed its")

    async def list_again(self, within: float | None = None) -> tuple[str, ...]:
        """The tools read once more, in a new session where the server has forgotten this one; what changed in them."""
        try:
            await self.connection.refresh(within)
        except ConnectionFailedError as error:
            if error.failure.class_ != "session_expired":
                raise
            await self.connection.close()
            await self.connection.open()
        return self._told("the server changed its")

    def _disclosed(self) -> tuple[str, ...]:
        """What the first connect to a server found in a project's file has started or addressed, and what it sent."""
        if self.scope != "project" or self._known_here:
            return ()
        self._known_here = True
        return (f"from the project's file: {disclosure(self.spec)}",)

    async def close(self, why: Ending = "disconnected") -> None:
        """Leave the server, in every era."""
        if why == "removed":
            self.end_login()
        eras, self._eras = list(self._eras.values()), {}
        await asyncio.gather(self.connection.close(why), *(era.close(why) for era in eras))

    async def restart(self) -> tuple[str, ...]:
        """End the connection and begin another; what changed in the tools."""
        await self.connection.close("restarted")
        await self.connection.open()
        return self._news("restarted")

    async def _reloaded(self) -> tuple[str, ...]:
        cwd = getattr(self.spec.transport, "cwd", None)
        before, self._files = self._files, snapshot(self.spec.reload, cwd)
        files = changed(before, self._files) if before else ()
        if not files or self.connection.state != "ready":
            return ()
        await self.connection.close("restarted")
        await self.connection.open()
        return self._news(f"restarted, for {', '.join(files[:3])}{' …' if len(files) > 3 else ''} changed")

    def _subscribed_again(self) -> tuple[str, ...]:
        uris = [each.uri for each in self.connection.subscriptions.all]
        return (f"subscribed again to {', '.join(uris[:5])}{' …' if len(uris) > 5 else ''}",) if uris else ()

    def _told(self, why: str) -> tuple[str, ...]:
        """What has changed since somebody was told, a note a list."""
        news, self.connection.news = dict(self.connection.news), {}
        self.connection.stale &= self.connection.upkeep.outdated
        return tuple(f"{why} {kind}: {'; '.join(lines[:10])}" for kind, lines in news.items() if lines)

    def _news(self, why: str) -> tuple[str, ...]:
        news = self.connection.news.pop("tools", [])
        return (f"{why}: {'; '.join(news[:10])}",) if news else ((why,) if why.startswith("restarted,") else ())

    def roots_changed(self) -> tuple[RootsNews, ...]:
        """Tell a handshake server to ask for the roots anew (client/roots); a later one asks when it needs them.

        Gives what shows whether it has.
        """
        connection = self.connection
        if connection.state == "ready" and connection.envelope is not None and not connection.envelope.modern:
            connection.asked.roots.told()
            connection.tell("notifications/roots/list_changed")
        others = (news for era in self._eras.values() for news in era.roots_changed())
        return (connection.asked.roots, *others)

    # -- permission ------------------------------------------------------------------------------------------

    def start_login(self, wishes: LoginWishes, *, asks_here: bool) -> LoginJob:
        """Begin a login in the background; when it has succeeded, the server is connected anew with it.

        ``asks_here``: a cell waits, and the person at it is asked for the address the browser ended on.
        """
        by_hand = asks_here and wishes.visitor == "person"
        return self._begin(self._asks if by_hand else None, lambda job: self._log_in(wishes, job))

    def held_login(self, note: str) -> LoginJob:
        """A login that has nothing to do but connect, for a usable credential is there; ``note`` says so."""
        return self._begin(None, lambda _job: self._connected(note))

    def _begin(
        self,
        asks: Callable[[Link], Coroutine[Any, Any, None]] | None,
        work: Callable[[LoginJob], Coroutine[object, object, tuple[str, ...]]],
    ) -> LoginJob:
        """A login under way; an earlier one that still waits ends: two would wait for one person."""
        self.end_login()
        self._login = job = LoginJob(self.spec.name, asks)
        job.start(work(job))
        return job

    def end_login(self) -> bool:
        """End the login under way, if there is one; whether there was."""
        if self._login is None or self._login.done:
            return False
        self._login.cancel()
        return True

    async def _connected(self, note: str) -> tuple[str, ...]:
        return (note, *await self.ready())

    async def _asks(self, link: Link) -> None:
        await ask_for_address(self._inbox, self.spec.name, link)

    async def _log_in(self, wishes: LoginWishes, job: LoginJob) -> tuple[str, ...]:
        try:
            await log_in(self.permission, wishes, job)
        except MCPMagicsError:
            if job.steps:
                self.permission.learn(job.steps[-1].after)
            raise
        await self.close("logged in")
        return await self.ready()

    async def oauth_flow(self, wishes: LoginWishes, *, reveal: bool) -> OAuthFlow:
        """The flow of a login, to be gone through one request at a time."""
        asks = self._asks if wishes.visitor == "person" else None
        return OAuthFlow(
            self.spec.name, await stepwise(self.permission, wishes, asks), reveal=reveal, attendant=self.attendant
        )

    async def log_out(self, *, forget_client: bool) -> tuple[str, ...]:
        """Give up the credential, and the connections that use it; what was done, a line each."""
        ended = ("a login under way was ended",) if self.end_login() else ()
        if ended and self._login is not None:
            await self._login.over.wait()  # it must not store what is removed now
        done = (*ended, *await log_out(self.permission, forget_client=forget_client))
        if self.permission.keeper is not None:
            await self.close("logged out")
        return done

    # -- for calls -----------------------------------------------------------------------------------------

    def mirrored(self, tool: str, arguments: str) -> Mapping[str, str] | None:
        """The arguments a 2026-07-28 server wants repeated as HTTP headers."""
        from mcp_magics.connection.envelope import mirrored_headers

        mapping = self.connection.header_maps.get(tool)
        if not mapping:
            return None
        try:
            value = json.loads(arguments)
        except ValueError:
            return None
        return mirrored_headers(mapping, value) if isinstance(value, dict) else None

    def refuse_unknown(self, tool: str, *unread: str) -> NoReturn:
        """Say why ``tool`` cannot be called here, and what is near it; ``unread``: why its list was not read again."""
        raise not_callable(self.spec, self.connection.catalog, tool, *unread)
