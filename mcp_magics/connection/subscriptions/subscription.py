"""Resources whose changes a server is asked to tell: subscribed to, read again when it says so, kept over reconnects.

Up to 2025-11-25 that is ``resources/subscribe`` (server/resources: Subscriptions), since 2026-07-28 one stream a
resource (basic/patterns/subscriptions).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from mcp_magics.config.defaults import startup_timeout, tool_timeout
from mcp_magics.connection.lists.listening import Listening
from mcp_magics.connection.subscriptions.subscribed import Subscription
from mcp_magics.errors import MCPMagicsError, ProtocolError, RequestError, RequestTimeoutError
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from mcp_magics.connection.client import Connection
    from mcp_magics.results.reply import Reply

READ_EVERY = 0.5
"""Seconds between two readings of one resource, however often it is said to have changed."""
PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before a stream that ended by itself is asked for again; after the last it is left."""
MAX_SUBSCRIPTIONS = 1000
_NOT_FOUND = (-32002, -32602)
"""What a server answers that has no such resource (server/resources: Error Handling, up to 2025-11-25 and since)."""


class Subscriptions:
    """All of one connection, from one session to the next; belongs to the loop, but for :attr:`all`."""

    def __init__(self, connection: Connection, cancel: Callable[[Subscription], None]) -> None:
        self._connection = connection
        self._cancel = cancel
        self._by_uri: dict[str, Subscription] = {}
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}
        self._streams: dict[str, Listening] = {}
        self._changed: dict[str, asyncio.Event] = {}

    @property
    def all(self) -> tuple[Subscription, ...]:
        """Those that stand, the oldest first; from any thread."""
        return tuple(self._by_uri.values())

    # -- beginning and ending ------------------------------------------------------------------------------

    async def subscribe(self, uri: str) -> Subscription:
        """Subscribe to ``uri`` and read it; what stands already is returned as it is.

        Raises ``MCPMagicsError``: among others where the server takes it, and then says that there is no such resource.
        """
        known = self._by_uri.get(uri)
        if known is not None:
            return known
        self._check_offered(uri)
        subscription = self._by_uri[uri] = Subscription(self._connection.spec.name, uri, self._cancel)
        try:
            await self._begin(subscription)
            refused = await self._read(subscription)
        except BaseException:
            self._by_uri.pop(uri, None)
            self._leave(uri)
            raise
        if isinstance(refused, RequestError) and refused.code in _NOT_FOUND:
            await self.unsubscribe(uri)
            raise self._refusal(f"it cannot be read: {refused.failure.message}", uri)
        self._attend(subscription)
        return subscription

    async def unsubscribe(self, uri: str) -> Subscription:
        """End the subscription to ``uri``; raises ``ProtocolError`` (``not_subscribed``) where there is none."""
        subscription = self._by_uri.pop(uri, None)
        name = self._connection.spec.name
        if subscription is None:
            raise ProtocolError(
                f"there is no subscription to {uri!r}",
                class_="not_subscribed",
                phase="subscribe",
                server=name,
                evidence=tuple(f"there is one to {each.uri}" for each in self.all[:3]),
                next_step=f"%mcp subscribe {name}",
            )
        had_stream = uri in self._streams
        self._leave(uri)
        subscription.turn("ended", "unsubscribed")
        if self._connection.state == "ready" and not had_stream and not self._connection.is_modern:
            try:
                await self._answer("resources/unsubscribe", uri)
            except MCPMagicsError as error:
                self._connection.log.add(
                    "client", f"unsubscribing from {uri} failed: {error.failure.message}", level="warning"
                )
        return subscription

    def end_all(self, why: str) -> None:
        """The server is no more: nothing is subscribed to again."""
        for uri, subscription in list(self._by_uri.items()):
            self._leave(uri)
            subscription.turn("ended", f"the server was {why}")
        self._by_uri.clear()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside there is a connection: what stood before is subscribed to again, and read."""
        for subscription in self.all:
            self._start(subscription.uri, self._renew(subscription))
        try:
            yield
        finally:
            for uri in list(self._tasks):
                self._leave(uri)
            for subscription in self.all:
                subscription.turn("waiting", "subscribed to again at the next connect")

    async def _renew(self, subscription: Subscription) -> None:
        log = self._connection.log
        try:
            await self._begin(subscription)
        except MCPMagicsError as error:
            log.add("client", f"not subscribed to {subscription.uri} again: {error.failure.message}", level="warning")
            self._by_uri.pop(subscription.uri, None)
            subscription.turn("ended", f"not taken up again: {error.failure.message}")
            return
        log.add("client", f"subscribed to {subscription.uri} again")
        await self._read(subscription)
        self._attend(subscription)

    async def _begin(self, subscription: Subscription) -> None:
        uri = subscription.uri
        self._changed[uri] = asyncio.Event()
        if self._connection.is_modern:
            self._streams[uri] = await self._listen(uri)
        else:
            await self._answer("resources/subscribe", uri)
        subscription.turn("active")

    def _attend(self, subscription: Subscription) -> None:
        self._start(subscription.uri, self._follow(subscription))
        if subscription.uri in self._streams:
            self._start(subscription.uri, self._stand(subscription))

    def _start(self, uri: str, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        mine = self._tasks.setdefault(uri, set())
        mine.add(task)
        task.add_done_callback(mine.discard)

    def _leave(self, uri: str) -> None:
        """Nothing of ours waits for the changes of ``uri`` any more."""
        for task in self._tasks.pop(uri, set()):
            task.cancel()
        self._changed.pop(uri, None)
        if (stream := self._streams.pop(uri, None)) is not None:
            stream.close()

    def _check_offered(self, uri: str) -> None:
        connection = self._connection
        declared = connection.capabilities.get("resources")
        if not (isinstance(declared, dict) and declared.get("subscribe") is True):
            raise self._refusal("the server does not declare resources.subscribe", uri)
        if len(self._by_uri) >= MAX_SUBSCRIPTIONS:
            raise self._refusal(f"{MAX_SUBSCRIPTIONS:,} subscriptions stand already", uri)

    def _refusal(self, evidence: str, uri: str) -> ProtocolError:
        name = self._connection.spec.name
        return ProtocolError(
            f"{name} takes no subscription to {uri}",
            class_="not_subscribable",
            phase="subscribe",
            server=name,
            evidence=(evidence,),
            next_step=f"%mcp resources {name}",
        )

    # -- hearing -------------------------------------------------------------------------------------------

    def heard(self, uri: str) -> None:
        """The server says that ``uri`` has changed; it may lie below one that is subscribed to."""
        self._connection.shelf.drop("read", uri)
        subscription = self._by_uri.get(uri) or self._above(uri)
        if subscription is None:
            return
        if subscription.uri != uri:
            self._connection.shelf.drop("read", subscription.uri)
        subscription.note_change(uri)
        if (changed := self._changed.get(subscription.uri)) is not None:
            changed.set()

    def _above(self, uri: str) -> Subscription | None:
        above = [each for each in self._by_uri if uri.startswith(each)]
        return self._by_uri[max(above, key=len)] if above else None

    async def _follow(self, subscription: Subscription) -> None:
        """Read the resource after it has changed, of many changes in a row after some."""
        changed = self._changed[subscription.uri]
        while True:
            await changed.wait()
            changed.clear()
            await self._read(subscription)
            await asyncio.sleep(READ_EVERY)

    async def _stand(self, subscription: Subscription) -> None:
        """A stream that ends by itself is asked for again: there is no replay, so the resource is read again too."""
        uri, attempts, loop = subscription.uri, 0, asyncio.get_running_loop()
        while attempts < len(PAUSES):
            opened = loop.time()
            why = await self._streams[uri].ended() if uri in self._streams else subscription.problem
            attempts = 0 if loop.time() - opened > PAUSES[-2] else attempts
            subscription.turn("subscribing", why)
            await asyncio.sleep(PAUSES[attempts])
            attempts += 1
            self._streams.pop(uri, None)
            try:
                self._streams[uri] = await self._listen(uri)
            except MCPMagicsError as error:
                subscription.turn("subscribing", error.failure.message)
                continue
            subscription.turn("active")
            await self._read(subscription)
        self._by_uri.pop(uri, None)
        subscription.turn("ended", subscription.problem or "the server keeps ending the stream")
        self._leave(uri)  # ends this task too

    # -- asking --------------------------------------------------------------------------------------------

    async def _listen(self, uri: str) -> Listening:
        stream = Listening(self._connection, {"resourceSubscriptions": [uri]})
        granted = await stream.open(startup_timeout(self._connection.spec))
        uris = granted.get("resourceSubscriptions")
        if isinstance(uris, list) and uri in uris:
            return stream
        stream.close()
        raise self._refusal("it acknowledged the stream without that resource", uri)

    async def _read(self, subscription: Subscription) -> MCPMagicsError | None:
        """Read the resource; a reading that fails is told where the subscription is shown, and returned."""
        from mcp_magics.results.content import ReadResult

        covered, uri = subscription.changes, subscription.uri
        try:
            reply = await self._answer("resources/read", uri)
        except MCPMagicsError as error:
            subscription.note_reading(None, covered, f"not read: {error.failure.message}")
            return error
        envelope = self._connection.envelope
        version = envelope.version if envelope is not None else None
        subscription.note_reading(ReadResult(reply, subscription.server, uri, protocol_version=version), covered, "")
        return None

    async def _answer(self, method: str, uri: str) -> Reply:
        connection = self._connection
        seconds = tool_timeout(connection.spec)
        try:
            async with asyncio.timeout(seconds):
                return await connection.reply(method, f'"uri":{compact(uri)}', name=uri)
        except TimeoutError:
            pass
        name = connection.spec.name
        raise RequestTimeoutError(
            f"no answer to {method} within {seconds:g} s", phase="subscribe", server=name, next_step=f"%mcp log {name}"
        )
