"""What a live trace tells its page: the newest messages a filter lets through, so many at a time and no more."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.results.sanitise import one_line
from mcp_magics.wire.journal import Frame
from mcp_magics.wire.passage import Passage, Reading
from mcp_magics.wire.trace import clock_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.wire.journal import Entry, Journal

Ways = Literal["", "→", "←", "⇄"]

ROWS = 200
"""Rows a page keeps."""
BATCH = 50
"""Rows of one message to it."""
REMEMBERED = 2_000
"""Messages that are remembered for another filter."""
READ_ENTRIES, READ_CHARACTERS = 300, 1_000_000
"""What is read of the wire log at one look; of a flood the newest, the rest is counted."""
_CELL = 160
_LONGEST = 200

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages are let through: all words of ``text`` stand in them; empty members let everything through."""

    text: str = ""
    server: str = ""
    direction: str = ""
    failed: bool = False

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Filter:
        """What a page asked for; members of another type are left out."""
        texts = {name: str(content.get(name) or "")[:_LONGEST] for name in ("text", "server", "direction")}
        return cls(**texts, failed=content.get("failed") is True)

    def lets(self, told: Passage) -> bool:
        """Whether ``told`` passes."""
        if (self.server and told.server != self.server) or (self.failed and not told.error):
            return False
        if self.direction and told.direction != self.direction:
            return False
        where = f"{told.n} {told.server} {told.kind} {told.rpc_id} {told.method} {told.name} {told.summary}".casefold()
        return all(word in where for word in self.text.casefold().split())


class Feed:
    """The wire log of one server or of all as batches of rows. Used by one thread at a time."""

    def __init__(self, journal: Journal, server: str | None) -> None:
        self._journal = journal
        self._server = server
        self._reading = Reading(REMEMBERED)
        self._passages: deque[Passage] = deque(maxlen=REMEMBERED)
        self._held: list[Entry] = []
        self._next = 0
        self.seen = max(journal.kept - REMEMBERED, 0)
        self.filter = Filter()
        self.skipped = 0
        self._take(REMEMBERED)
        self.skipped = 0

    @property
    def has_news(self) -> bool:
        """Whether there is anything to read."""
        return self._journal.kept != self.seen or bool(self._held)

    @property
    def servers(self) -> list[str]:
        """Whose messages there are."""
        return sorted({told.server for told in self._passages})

    def pair_of(self, number: int) -> int | None:
        """The number of the answer or the request that belongs to a message, where that is remembered."""
        for told in self._passages:
            if told.n == number and told.pair is not None:
                return told.pair
            if told.pair == number:
                return told.n
        return None

    def rows(self) -> list[Row]:
        """The newest rows that pass the filter, as many as a page keeps; what was skipped before is theirs no more."""
        self.skipped = 0
        passing = [told for told in self._passages if self.filter.lets(told)]
        return [row(told) for told in passing[-ROWS:]]

    def batch(self) -> list[Row]:
        """The rows of what has come since, the newest :data:`BATCH` of them; the others are counted as skipped."""
        passing = [told for told in self._take(READ_ENTRIES) if self.filter.lets(told)]
        self.skipped += max(len(passing) - BATCH, 0)
        return [row(told) for told in passing[-BATCH:]]

    def _take(self, most: int) -> list[Passage]:
        before, (self.seen, entries) = self.seen, self._journal.newest(self.seen, most)
        affordable = _affordable(entries)
        self.skipped += self.seen - before - len(affordable)
        told = [self._reading.read(entry) for entry in self._in_order(affordable)]
        own = [each for each in told if self._server is None or each.server == self._server]
        self._passages.extend(own)
        return own

    def _in_order(self, entries: list[Entry]) -> list[Entry]:
        """``entries`` by their numbers; what follows a missing number waits one look for it.

        A request is kept after it has been sent, and so its answer may be kept before it.
        """
        waited = {entry.seq for entry in self._held}
        pool = sorted([*self._held, *entries], key=lambda entry: entry.seq)
        for index, entry in enumerate(pool):
            if self._next and entry.seq > self._next and entry.seq not in waited:
                pool, self._held = pool[:index], pool[index:]
                return pool
            self._next = entry.seq + 1
        self._held = []
        return pool


def _affordable(entries: list[Entry]) -> list[Entry]:
    """The newest of ``entries`` whose texts are not too long together."""
    room, first = READ_CHARACTERS, len(entries)
    while first and room > 0:
        first -= 1
        entry = entries[first]
        room -= len(entry.text) if isinstance(entry, Frame) else 0
    return entries[first:]


def row(told: Passage) -> Row:
    """One row of the page; ``start`` and ``end`` are milliseconds on one clock, of what took time."""
    took = told.ms if told.kind == "http" else None
    clock = told.clock * 1000
    return {
        "n": told.n,
        "time": clock_text(told.at),
        "server": one_line(told.server, _CELL),
        "direction": told.direction,
        "kind": told.kind,
        "what": _what(told),
        "said": one_line(told.error or told.said, _CELL),
        "failed": bool(told.error),
        "ms": None if told.ms is None else round(told.ms, 1),
        "size": told.size,
        "pair": told.pair,
        "id": one_line(told.rpc_id, 40),
        "start": round(clock - (took or 0), 2),
        "end": round(clock, 2),
    }


def _what(told: Passage) -> str:
    if told.kind == "http":
        name = told.name.split("?", 1)[0].split("://", 1)[-1]
        return one_line(f"{told.method} {name}", _CELL)
    return one_line(f"{told.method} {told.name}".strip(), _CELL)
