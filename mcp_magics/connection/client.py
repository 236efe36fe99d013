"""One connection: one task owns its channel and session, enters and leaves both, and nothing else does.

The SDK's ``ClientSession`` negotiates the protocol version and answers the server's questions. Private seams of the SDK
(``negotiate_auto``) are used only here and in ``wire/``.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.config.defaults import startup_timeout
from mcp_magics.connection.deadlines import Deadlines
from mcp_magics.connection.heard import Heard
from mcp_magics.connection.lists.catalog import Catalog
from mcp_magics.connection.lists.freshness import Shelf
from mcp_magics.connection.lists.listed_tools import list_tools
from mcp_magics.connection.lists.upkeep import Upkeep
from mcp_magics.connection.questions.asked import Asked
from mcp_magics.connection.replies import beside, cut_off, not_ready, unexpected
from mcp_magics.connection.requests import Requests
from mcp_magics.connection.subscriptions.subscription import Subscriptions
from mcp_magics.errors import ConnectionFailedError, Failure, MCPMagicsError
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.client.session import ClientSession

    from mcp_magics.config.model import ServerSpec
    from mcp_magics.connection.login.permission import Permission
    from mcp_magics.connection.questions.inbox import Inbox
    from mcp_magics.connection.replies import Ending
    from mcp_magics.connection.serverlog import ServerLog
    from mcp_magics.connection.subscriptions.subscribed import Subscription
    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.transport import Candidate

State = Literal["idle", "connecting", "ready", "failed"]

CLOSE_SECONDS = 6.0
RETRY_SECONDS = (0.25, 1.0)
"""Pauses before connecting is tried again; a tool call never is."""
RETRIED = frozenset({"http_error", "no_response", "stream_lost", "connection_refused"})


class Connection(Heard, Requests):
    """The live side of one server; everything but :meth:`submit` and plain attributes belongs to the loop."""

    def __init__(
        self, spec: ServerSpec, *, journal: Journal, inbox: Inbox, log: ServerLog, permission: Permission
    ) -> None:
        Requests.__init__(self, spec)
        Heard.__init__(self, log)
        self.permission = permission
        self.journal = journal
        self.inbox = inbox
        self.deadlines = Deadlines()
        self.asked = Asked(spec.name, inbox, log, self.deadlines, self._tell)
        self.state: State = "idle"
        self.failure: Failure | None = None
        self.since: float | None = None
        self.transport: str = spec.transport.type
        self.server_info: Mapping[str, Any] = {}
        self.capabilities: Mapping[str, Any] = {}
        self.instructions = ""
        self.catalog = Catalog()
        self.shelf = Shelf()
        self.upkeep = Upkeep(self)
        self.subscriptions = Subscriptions(self, self._unsubscribe)
        self.on_list_changed, self.on_resource_updated = self.upkeep.heard, self.subscriptions.heard
        self.log_level: str | None = None
        self.known: dict[str, tuple[Mapping[str, Any], ...]] = {}
        self.session: ClientSession | None = None
        self.header_maps: dict[str, Mapping[tuple[str, ...], str]] = {}
        self._owner: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._opened: asyncio.Future[None] | None = None
        self._phase = "spawn"
        self._protocol = spec.protocol
        self._misled = False
        self._waiters = 0

    # -- opening and closing -------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect, negotiate and list the tools, or wait for whoever is doing so; raises ``MCPMagicsError``."""
        if self.state == "ready":
            return
        if self._owner is not None and (self.state == "failed" or self._stop.is_set()):
            await asyncio.wait([self._owner], timeout=CLOSE_SECONDS)
        if self._owner is None or self._owner.done():
            self._stop = asyncio.Event()
            self._opened = asyncio.get_running_loop().create_future()
            self.state, self.failure = "connecting", None
            self._owner = asyncio.create_task(self._own(self._opened), name=f"mcp_magics:{self.spec.name}")
        await self._wait_for_owner()

    async def _wait_for_owner(self) -> None:
        """Wait until connected; when the last who waits is interrupted, connecting ends too."""
        assert self._opened is not None  # both are set by open()
        assert self._owner is not None
        self._waiters += 1
        try:
            await asyncio.shield(self._opened)
        except asyncio.CancelledError:
            if self._waiters == 1 and not self._opened.done():
                self._stop.set()  # whoever comes now waits for the end of this attempt and begins another
                self.state = "idle"
                self._owner.cancel()
            raise
        finally:
            self._waiters -= 1

    async def close(self, why: Ending = "disconnected") -> None:
        """Leave the server; its process and every grandchild are gone when this returns.

        Requests under way end with an error that says ``why``; a call made meanwhile connects anew afterwards.
        """
        if why in ("removed", "replaced"):
            self.subscriptions.end_all(why)
        if self._owner is None or self._owner.done():
            if self.state != "failed":
                self.state = "idle"
            return
        owner, connecting = self._owner, self.state == "connecting"
        self._stop.set()
        self.state = "idle"
        if connecting:
            owner.cancel()
        elif self.channel is not None:
            ended = cut_off(self.spec.name, why)
            self.channel.dispatcher.lose(ended)
            self.asked.end(ended)
        await asyncio.wait([owner], timeout=CLOSE_SECONDS)

    async def _own(self, opened: asyncio.Future[None]) -> None:
        error: MCPMagicsError | None = None
        try:
            error = await self._live(opened)
        except asyncio.CancelledError:
            error = ConnectionFailedError("connecting was interrupted", class_="interrupted", server=self.spec.name)
        except MCPMagicsError as caught:
            error = caught
        except Exception as caught:  # noqa: BLE001  the owner must end with a verdict, whatever a library raised
            error = unexpected(caught, self.spec.name, self._phase)
        finally:
            self.session = self.channel = None
            self.asked.end(error or cut_off(self.spec.name, "disconnected"))
        if error is None or self._stop.is_set():
            self.state = "idle"
        else:
            self._failed(error.at(server=self.spec.name, phase=self._phase).failure)
            self.log.add("client", " — ".join(error.failure.lines()), level="error")
        if not opened.done():
            opened.set_exception(ConnectionFailedError.of(error.failure) if error else asyncio.CancelledError())
            opened.exception()

    def _failed(self, failure: Failure) -> None:
        self.state, self.failure = "failed", failure

    async def _live(self, opened: asyncio.Future[None]) -> MCPMagicsError | None:
        """Enter a channel that answers, live until told to stop, leave; the error that ended it, if any."""
        from mcp_magics.wire.transport import candidates

        first: MCPMagicsError | None = None
        for candidate in candidates(self.spec):
            error = await self._try_again(candidate, opened)
            if error is None or opened.done():
                return error
            if first is None:
                first = error
            if error.failure.class_ != "not_an_mcp_endpoint":
                first = first if first is error else beside(first, error)
                break
        if first is None:
            return None
        challenge = first.challenge if isinstance(first, ConnectionFailedError) else None
        return ConnectionFailedError.of(await self.permission.refused_to_open(first.failure, challenge))

    async def _try_again(self, candidate: Candidate, opened: asyncio.Future[None]) -> MCPMagicsError | None:
        """An attempt, and two more where only the network or a busy HTTP server stood in the way."""
        self._protocol = self.spec.protocol
        error = await self._try(candidate, opened)
        if error is not None and self._fell_at_discovery(candidate):
            self._protocol = "legacy"
            error = await self._try(candidate, opened)
        for pause in RETRY_SECONDS:
            if error is None or opened.done() or error.failure.class_ not in RETRIED:
                break
            await asyncio.sleep(pause)
            error = await self._try(candidate, opened)
        return error

    def _fell_at_discovery(self, candidate: Candidate) -> bool:
        """Whether the probe of 2026-07-28 was too much.

        Early SDKs of 1.x end at a method they do not know; a gateway may begin a session for it, and refuse ours.
        """
        return self._misled and self._protocol == "auto" and candidate in ("stdio", "sse")

    async def _try(self, candidate: Candidate, opened: asyncio.Future[None]) -> MCPMagicsError | None:
        """One attempt over one kind of transport. Errors leave the stack as values, so no group wraps them."""
        error: MCPMagicsError | None = None
        async with AsyncExitStack() as stack:
            error = await self._enter(stack, candidate)
            if error is None:
                self.state, self.since, self.failure = "ready", time.time(), None
                self.transport = self.channel.type if self.channel is not None else self.transport
                if self._protocol != self.spec.protocol:
                    self.warning(
                        f"{self.spec.name} did not bear server/discover, and was begun anew with the handshake; "
                        "--protocol legacy begins with that"
                    )
                self._ask_for_logs()
                opened.set_result(None)
                async with self.upkeep.running(), self.subscriptions.running():
                    error = await self._until_stopped()
        return error

    async def _enter(self, stack: AsyncExitStack, candidate: Candidate) -> MCPMagicsError | None:
        self._misled = False
        try:
            async with self.deadlines.within(startup_timeout(self.spec)):
                await self._connect(stack, candidate)
        except TimeoutError:
            return not_ready(self.spec, self._phase, self.log)
        except MCPMagicsError as error:
            if self.channel is None:
                return error
            self._misled = self._phase == "initialize" and self.channel.fell_silent
            return self.channel.explain(error)
        except Exception as error:  # noqa: BLE001  see _own
            from mcp_magics.wire.verdict import session_failure

            failure = session_failure(self.spec.name, self._phase, error, self.spec.protocol)
            self._misled = failure is not None and failure.class_ == "initialize_refused"
            return ConnectionFailedError.of(failure) if failure else unexpected(error, self.spec.name, self._phase)
        return None

    async def _connect(self, stack: AsyncExitStack, candidate: Candidate) -> None:
        from mcp_magics.connection.envelope import Envelope
        from mcp_magics.connection.session import open_session
        from mcp_magics.wire.transport import open_channel

        self._phase = "spawn" if self.spec.transport.type == "stdio" else "connect"
        self.channel = None  # that of an attempt before has nothing to say to what goes wrong in this one
        auth = await self.permission.attach()
        channel = await stack.enter_async_context(open_channel(self.spec, candidate, self.journal, self, auth))
        self.channel = channel
        self._phase = "initialize"
        session = await stack.enter_async_context(open_session(channel, self._protocol, self.spec, self.asked))
        self.session, self.envelope = session, Envelope.of(session).asking_for_logs(self.log_level)
        self.shelf.clear()
        self.revision = self.envelope.version
        self._introduce(session)
        channel.negotiated(self.envelope.version)
        self._phase = "tools/list"
        async with self.permission.measuring():
            await self.refresh()
        self._phase = "call"

    def _introduce(self, session: ClientSession) -> None:
        info, capabilities = session.server_info, session.server_capabilities
        self.server_info = info.model_dump(mode="json", by_alias=True, exclude_none=True) if info else {}
        known = capabilities.model_dump(mode="json", by_alias=True, exclude_none=True) if capabilities else {}
        self.capabilities = {**self.dispatcher.declared, **known}
        self.asked.handling.capabilities = self.capabilities
        self.instructions = session.instructions or ""

    async def refresh(self, within: float | None = None) -> None:
        """List the tools anew, ``within`` seconds (the start-up's, by default); what changed becomes :attr:`news`."""
        await list_tools(self, within or startup_timeout(self.spec))

    async def _until_stopped(self) -> MCPMagicsError | None:
        """Wait until told to stop or until the channel is gone; the error in the second case."""
        assert self.channel is not None  # entered by _connect
        stopped = asyncio.create_task(self._stop.wait())
        lost = asyncio.create_task(self.channel.lost.wait())
        greeting = asyncio.create_task(self.asked.handling.greet())
        try:
            await asyncio.wait({stopped, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (stopped, lost, greeting):
                task.cancel()
        return None if self._stop.is_set() else self.channel.error

    @property
    def is_modern(self) -> bool:
        """Whether the stateless era (2026-07-28 and later) was negotiated."""
        return self.envelope is not None and self.envelope.modern

    def _unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription from whatever thread this is; one that has ended is left."""
        from mcp_magics.connection.exchange import on_loop
        from mcp_magics.connection.waiting import run_blocking

        if subscription in self.subscriptions.all:
            run_blocking(on_loop(self.spec.name, self.subscriptions.unsubscribe(subscription.uri)))

    def _ask_for_logs(self) -> None:
        """A level that was set outlives its connection; in the stateless era it is on each request."""
        if self.log_level is not None and not self.is_modern and "logging" in self.capabilities:
            self.submit("logging/setLevel", f'"level":{compact(self.log_level)}')

    def _tell(self, text: str) -> None:
        """Say what became of a question: in the log, and to whoever is connecting."""
        if self.state == "connecting":
            self.warning(text)
        else:
            self.log.add("client", text, level="warning")

    def explained(self, error: ConnectionFailedError, method: str) -> ConnectionFailedError:
        """``error`` of a request, in the words of the credential that went with it, or did not."""
        return ConnectionFailedError.of(self.permission.refused(error.failure, method, error.challenge))

    # -- wire.observer.Observer, with the rest in Heard -----------------------------------------------------

    def closed(self, error: MCPMagicsError) -> None:
        """The channel has gone: no call must take it for ready while the owner task clears up."""
        if self.state == "ready" and not self._stop.is_set():
            self._failed(error.at(server=self.spec.name, phase="call").failure)
