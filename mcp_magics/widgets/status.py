"""The three axes of each server as cards that stay true while the kernel lives: words and colour, drawn anew on change.

The cards are a display that is updated, not a widget: they need no script, a saved notebook keeps them as they last
were with the time of that, and no page can find them dead.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mcp_magics.connection.loop import background
from mcp_magics.errors import UnknownServerError
from mcp_magics.results.sanitise import clean, escaped, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcp_magics.connection.loop import Job
    from mcp_magics.connection.server import Server

Bundle = dict[str, str]
Colour = str

LOOK_EVERY = 0.5
"""Seconds between two looks at what is in memory; files and the keyring are read only where that has changed."""
GOOD, CAUTION, BAD, QUIET = "#1a7f37", "#9a6700", "#b00020", "#57606a"
_COLOURS: dict[str, Colour] = {
    "ready": GOOD,
    "connecting": CAUTION,
    "failed": BAD,
    "bearer": GOOD,
    "header": GOOD,
    "oauth_ok": GOOD,
    "oauth_refreshable": GOOD,
    "env_missing": BAD,
    "reauth_needed": BAD,
    "store_error": BAD,
    "required": CAUTION,
}
_LONGEST = 200


class Place(Protocol):
    """Where cards are drawn."""

    def show(self, data: Bundle) -> None:
        """Draw this in the place of what was drawn before."""


@dataclass(frozen=True, slots=True)
class Card:
    """One server at one moment; ``problem`` is what to know and ``step`` what to type about it, where there is any."""

    name: str
    requirement: str
    credential: str
    connection: str
    tools: int | None = None
    problem: str = ""
    step: str = ""

    @classmethod
    def of(cls, server: Server) -> Card:
        """The card of ``server`` now. Blocks: the credential store may be a keyring."""
        status, failure, connection = server.status, server.failure, server.connection
        return cls(
            server.name,
            status.requirement,
            status.credential,
            status.connection if server.spec.enabled else "disabled",
            len(connection.catalog.tools) if connection.state == "ready" else None,
            f"{failure.class_}: {failure.message}" if failure else "",
            failure.next_step or "" if failure else "",
        )

    @property
    def axes(self) -> tuple[tuple[str, str, Colour], ...]:
        """Each axis: its name, its word, its colour."""
        held = _COLOURS.get(self.credential, QUIET)
        needed = QUIET if held == GOOD else _COLOURS.get(self.requirement, QUIET)
        connection = _COLOURS.get(self.connection, QUIET)
        return (
            ("requirement", self.requirement, needed),
            ("credential", self.credential, held),
            ("connection", self.connection, connection),
        )

    @property
    def colour(self) -> Colour:
        """The worst of the three, else whether it is connected."""
        colours = [colour for _, _, colour in self.axes]
        return next((each for each in (BAD, CAUTION, GOOD) if each in colours), QUIET)


def bundle(cards: Sequence[Card], at: float) -> Bundle:
    """All ``cards`` as of ``at`` (seconds since the epoch: the last change), rich and plain."""
    as_of = time.strftime("as of %H:%M:%S UTC", time.gmtime(at))
    plain = [as_of, *(f"{card.name}: {', '.join(f'{axis} {word}' for axis, word, _ in card.axes)}" for card in cards)]
    boxes = "".join(_box(card) for card in cards)
    row = f'<div style="display:flex;flex-wrap:wrap;gap:8px">{boxes}</div>'
    return {
        "text/plain": "\n".join(clean(line) for line in plain),
        "text/html": f"{row}<small>{escaped(as_of)}</small>",
    }


def _box(card: Card) -> str:
    lines = "".join(
        f'<div>{axis} <b style="color:{colour}">{escaped(word)}</b></div>' for axis, word, colour in card.axes
    )
    tools = f"<div>{card.tools:,} tool{'' if card.tools == 1 else 's'}</div>" if card.tools is not None else ""
    problem = f"<small>{escaped(one_line(card.problem, _LONGEST))}</small>" if card.problem else ""
    step = f"<div><code>{escaped(one_line(card.step, _LONGEST))}</code></div>" if card.step else ""
    style = f"border-left:4px solid {card.colour};padding:2px 12px 2px 8px;max-width:32em"
    return f'<div style="{style}"><b>{escaped(card.name)}</b>{lines}{tools}{problem}{step}</div>'


class StatusCards:
    """The cards of ``servers`` in one place, kept current from :meth:`begin` until others take over."""

    def __init__(self, servers: Callable[[], Sequence[Server]], place: Place) -> None:
        self._servers = servers
        self._place = place
        self._here = contextvars.copy_context()
        self._drawn: tuple[Card, ...] | None = None
        self._job: Job[None] | None = None

    async def draw(self) -> None:
        """Draw the cards, if there is any news."""
        cards = tuple(await asyncio.to_thread(self._looked))
        if cards != self._drawn:
            self._drawn = cards
            self._here.run(self._place.show, bundle(cards, time.time()))

    def _looked(self) -> list[Card]:
        return [Card.of(server) for server in self._known()]

    def _known(self) -> Sequence[Server]:
        try:
            return self._servers()
        except UnknownServerError:  # removed meanwhile
            return ()

    def begin(self) -> None:
        """Keep them current; the cards shown before stay as they are."""
        global _current  # noqa: PLW0603  one kernel keeps one set of cards current
        if _current is not None:
            _current.end()
        _current = self
        self._job = background.start(self._keep())

    def end(self) -> None:
        """Leave them as they are."""
        if self._job is not None and not self._job.done:
            self._job.cancel()

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


_current: StatusCards | None = None
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
