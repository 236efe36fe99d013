"""The cards of servers, kept true while the kernel lives: a static output that is updated, a live panel beside it.

The static cards need no script, a saved notebook keeps them as they last were with the time of that, and no page can
find them dead. A page that draws the live ones hides them.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from typing import TYPE_CHECKING, Protocol

from mcp_magics.connection.loop import background
from mcp_magics.errors import UnknownServerError
from mcp_magics.widgets.card import Card, bundle
from mcp_magics.widgets.newest import Newest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcp_magics.connection.loop import Job
    from mcp_magics.connection.server import Server
    from mcp_magics.widgets.card import Bundle
    from mcp_magics.widgets.live_cards import LiveCards

LOOK_EVERY = 0.5
"""Seconds between two looks at what is in memory; files and the keyring are read only where that has changed."""


class Place(Protocol):
    """Where cards are drawn."""

    def show(self, data: Bundle) -> None:
        """Draw this in the place of what was drawn before."""


class StatusCards:
    """The cards of ``servers`` in one place, kept current from :meth:`begin` until others take over.

    ``live`` is the panel beside them, which lives as long.
    """

    def __init__(self, servers: Callable[[], Sequence[Server]], place: Place, live: LiveCards | None = None) -> None:
        self._servers = servers
        self._place = place
        self._live = live
        self._here = contextvars.copy_context()
        self._drawn: tuple[Card, ...] | None = None
        self._job: Job[None] | None = None

    async def draw(self) -> None:
        """Draw the cards, if there is any news."""
        cards = tuple(await asyncio.to_thread(self._looked))
        if cards != self._drawn:
            self._drawn = cards
            if self._live is not None:
                self._live.take(cards)
            name = self._live.place if self._live is not None else ""
            self._here.run(self._place.show, bundle(cards, time.time(), name))

    def _looked(self) -> list[Card]:
        return [Card.of(server) for server in self._known()]

    def _known(self) -> Sequence[Server]:
        try:
            return self._servers()
        except UnknownServerError:  # removed meanwhile
            return ()

    def begin(self) -> None:
        """Keep them current; the cards shown before stay as they are."""
        _live.enter(self)
        self._job = background.start(self._keep())

    def end(self) -> None:
        """Leave them as they are, without their buttons."""
        if self._job is not None and not self._job.done:
            self._job.cancel()
        if self._live is not None:
            self._live.close()

    async def _keep(self) -> None:
        before = self._in_memory()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = self._in_memory()
            if now != before:
                before = now
                await self.draw()

    def _in_memory(self) -> list[object]:
        """What tells, without any I/O, that something has changed."""
        return [(_changes, [_trace(server) for server in self._known()])]


_live = Newest(1, StatusCards.end)
_changes = 0


def look_again() -> None:
    """A credential was changed in a way that no connection shows."""
    global _changes  # noqa: PLW0603  a count for the one set of cards
    _changes += 1


def _trace(server: Server) -> tuple[object, ...]:
    connection, permission = server.connection, server.permission
    held = permission.keeper.current() if permission.keeper is not None else None
    tools = len(connection.catalog.tools) if connection.state == "ready" else 0
    return (server.name, server.spec, connection.state, connection.since, permission.known, server.failure, held, tools)
