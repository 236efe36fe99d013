"""What keeps a connection's lists true while it is open: changes are heard, fetched in the background, and told.

Up to 2025-11-25 a server says so unasked. Since 2026-07-28 it does on a stream that is asked for
(basic/patterns/subscriptions): opened once connected, where the server declares ``listChanged``, and quietly done
without where it does not do what it declares.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from mcp_magics.config.defaults import startup_timeout
from mcp_magics.connection.lists.catalog import differences, fetch
from mcp_magics.connection.lists.listening import Listening
from mcp_magics.errors import MCPMagicsError, RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from mcp_magics.connection.client import Connection

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 60.0
"""Seconds before a change is followed up; doubled while changes go on, so that no server keeps us asking."""
CALM_SECONDS = 10.0
"""After so long without a change the next one is followed up at once."""
MAX_REFUSALS = 5

_CHANGES: Mapping[str, tuple[str, ...]] = {
    "tools": ("tools",),
    "resources": ("resources", "templates"),
    "prompts": ("prompts",),
}
"""What a ``list_changed`` notification is about → our lists it makes stale."""


class Upkeep:
    """The lists of one connection; all of it belongs to the loop.

    ``connection.stale`` are the lists whose change nobody has been told yet; :attr:`outdated` those still to fetch.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.outdated: set[str] = set()
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()

    def heard(self, what: str) -> None:
        """The server says that a list has changed."""
        kinds = _CHANGES.get(what, (what,))
        self._connection.stale.update(kinds)
        self.outdated.update(kinds)
        for kind in kinds:
            self._connection.shelf.drop(kind)
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside, changes are followed up and listened for."""
        tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._listen())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # -- what has changed ----------------------------------------------------------------------------------

    async def _follow(self) -> None:
        loop, pause, last = asyncio.get_running_loop(), FIRST_PAUSE, 0.0
        while True:
            await self._wake.wait()
            now = loop.time()
            pause = FIRST_PAUSE if now - last > CALM_SECONDS + pause else min(pause * 4, LONGEST_PAUSE)
            last = now
            await asyncio.sleep(pause)
            self._wake.clear()
            try:
                await self.catch_up()
            except MCPMagicsError as error:  # the next call tries again, and says what is wrong
                self._connection.log.add(
                    "client", f"a changed list was not read: {error.failure.message}", level="warning"
                )

    async def catch_up(self) -> None:
        """Fetch the lists that have changed, of those that anybody has looked at; raises ``MCPMagicsError``."""
        async with self._turn:
            if "tools" in self.outdated:
                await self._connection.refresh()
            for kind in sorted(self.outdated & self._connection.known.keys()):
                await self._fetch_again(kind)
            self.outdated &= {"tools", *self._connection.known}  # these have changed once more meanwhile

    @contextmanager
    def reading(self, kind: str) -> Iterator[None]:
        """While inside, ``kind`` is read; it is still to fetch where that fails, or where it changes meanwhile."""
        self.outdated.discard(kind)
        try:
            yield
        except BaseException:
            self.outdated.add(kind)
            raise

    async def _fetch_again(self, kind: str) -> None:
        connection = self._connection
        try:
            with self.reading(kind):
                async with asyncio.timeout(startup_timeout(connection.spec)):
                    page = await fetch(connection, connection.spec.name, kind)
        except (MCPMagicsError, TimeoutError) as error:  # no call waits for it
            del connection.known[kind]
            why = error.failure.message if isinstance(error, MCPMagicsError) else "no answer in time"
            connection.log.add("client", f"the changed {kind} were not read: {why}", level="warning")
            return
        before, connection.known[kind] = connection.known[kind], page.items
        connection.tell_news(kind, differences(kind, before, page.items))

    # -- where it is said ----------------------------------------------------------------------------------

    def _wanted(self) -> dict[str, bool]:
        capabilities, envelope = self._connection.capabilities, self._connection.envelope
        if envelope is None or not envelope.modern:
            return {}
        declared = [kind for kind in _CHANGES if _member(capabilities.get(kind), "listChanged") is True]
        return {f"{kind}ListChanged": True for kind in declared}

    async def _listen(self) -> None:
        """One stream for all lists; opened again where it ends, for a while where that is all it does."""
        wanted, pause, refusals = self._wanted(), 1.0, 0
        loop = asyncio.get_running_loop()
        while wanted and refusals < MAX_REFUSALS:
            opened = loop.time()
            if not await self._listen_once(wanted):
                return
            is_steady = loop.time() - opened > CALM_SECONDS
            refusals, pause = (0, 1.0) if is_steady else (refusals + 1, min(pause * 2, LONGEST_PAUSE))
            await asyncio.sleep(pause)
            for kind in wanted:
                self.heard(kind.removesuffix("ListChanged"))  # there is no replay: what was missed is asked for

    async def _listen_once(self, wanted: Mapping[str, Any]) -> bool:
        """Listen until the stream ends; whether to ask again."""
        stream, log = Listening(self._connection, wanted), self._connection.log
        try:
            granted = await stream.open(startup_timeout(self._connection.spec))
            if missing := [kind for kind in wanted if granted.get(kind) is not True]:
                log.add("client", f"declared, and not told when asked: {', '.join(missing)}", level="notice")
            log.add("client", f"{await stream.ended()}; it told of changed lists", level="notice")
        except RequestError as error:
            log.add("client", f"changes of lists are declared, and not told: {error.failure.message}", level="notice")
            return False
        except MCPMagicsError as error:
            log.add("client", f"not listening for changed lists: {error.failure.message}", level="notice")
        finally:
            stream.close()
        return True


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None
