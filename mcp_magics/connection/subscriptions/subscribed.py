"""One resource whose server tells its changes: all of them, and the newest reading."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.results.document import Document, Line
from mcp_magics.results.listing import Listing, counted
from mcp_magics.results.mime import bundle, selected
from mcp_magics.results.sanitise import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    import pandas as pd

    from mcp_magics.results.content import ReadResult
    from mcp_magics.results.mime import Bundle

State = Literal["subscribing", "active", "waiting", "ended"]

MAX_UPDATES = 10_000
"""How many changes are kept with their time; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Update:
    """The server said ``uri`` has changed, ``at`` seconds since the epoch; ``size`` is the bytes read after that."""

    at: float
    uri: str
    size: int | None = None


class Subscription:
    """A subscription and what came of it; safe to look at from any thread.

    ``changes`` counts what the server said, ``latest`` is the newest reading of the resource (``as_of`` its time, in
    seconds since the epoch), ``problem`` why there is none, or none any more.
    """

    def __init__(self, server: str, uri: str, cancel: Callable[[Subscription], None]) -> None:
        self.server = server
        self.uri = uri
        self.state: State = "subscribing"
        self.problem = ""
        self.latest: ReadResult | None = None
        self.as_of = 0.0
        self.changes = 0
        self.readings = 0
        self.draws_itself = False
        self._cancel = cancel
        self._updates: deque[Update] = deque(maxlen=MAX_UPDATES)
        self._covered = self._seen = 0
        self._news = threading.Condition()
        self._watchers: list[Callable[[], None]] = []

    # -- on the loop ---------------------------------------------------------------------------------------

    def note_change(self, uri: str) -> None:
        """The server said so."""
        with self._news:
            self.changes += 1
            self._updates.append(Update(time.time(), uri))

    def note_reading(self, result: ReadResult | None, covered: int, problem: str = "") -> None:
        """The resource was read, or could not be, after the first ``covered`` changes."""
        with self._news:
            self.readings += 1
            self._covered, self.problem = covered, problem
            if result is not None:
                self.latest, self.as_of = result, time.time()
                self._size_those_before(self.changes - covered, size_of(result))
            self._news.notify_all()
        self.redraw()

    def _size_those_before(self, later: int, size: int) -> None:
        """The reading of all updates but the last ``later`` ones that no earlier one was the reading of."""
        for at in range(len(self._updates) - 1 - later, -1, -1):
            if self._updates[at].size is not None:
                return
            self._updates[at] = replace(self._updates[at], size=size)

    def turn(self, state: State, problem: str = "") -> None:
        """Another state, and why."""
        with self._news:
            self.state, self.problem = state, problem
            self._news.notify_all()
        self.redraw()

    def redraw(self) -> None:
        """Whoever shows it does so anew."""
        for watcher in tuple(self._watchers):
            watcher()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` on the background loop whenever there is something new to show; the last one only."""
        self._watchers[:] = [watcher]

    # -- from any thread -----------------------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> bool:
        """Block until a change has been read that no earlier ``wait`` has returned for; whether one was.

        False after ``timeout`` seconds, or once the subscription has ended.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._news:
            while not (news := self._covered > self._seen) and self.state != "ended":
                left = 0.1 if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    break
                self._news.wait(min(left, 0.1))  # in pieces, so that an interrupt comes through
            self._seen = self._covered
            return news

    def cancel(self) -> None:
        """End it; the server is told."""
        self._cancel(self)

    @property
    def updates(self) -> tuple[Update, ...]:
        """The changes, oldest first; of very many the newest."""
        with self._news:
            return tuple(self._updates)

    @property
    def df(self) -> pd.DataFrame:
        """A row a change: time (UTC), uri, size (bytes read after it; of several at once, after the last)."""
        return self._listing().df

    def _listing(self) -> Listing:
        rows = [{"time": moment(each.at), "uri": each.uri, "size": each.size} for each in self.updates]
        return Listing(counted(self.changes, "change"), ("time", "uri", "size"), rows)

    def row(self) -> dict[str, Any]:
        """It in a table."""
        return {
            "server": self.server,
            "uri": self.uri,
            "state": self.state,
            "changes": self.changes,
            "as of": moment(self.as_of) if self.latest is not None else "",
            "size": size_of(self.latest) if self.latest is not None else None,
            "problem": self.problem,
        }

    def to_json(self) -> dict[str, Any]:
        """The document of ``--json``."""
        latest = self.latest.to_json() if self.latest is not None else None
        updates = [{"time": moment(each.at), "uri": each.uri, "size": each.size} for each in self.updates]
        return {**self.row(), "updates": updates, "latest": latest}

    def headline(self) -> str:
        """Where it stands, in a line."""
        as_of = f"as of {moment(self.as_of)} UTC" if self.latest is not None else "not read yet"
        words = {"active": "subscribed", "subscribing": "subscribing", "waiting": "not connected", "ended": "ended"}
        told = f"{', but' if self.state == 'active' else ':'} {self.problem}" if self.problem else ""
        said = f"{counted(self.changes, 'change')}, {as_of}"
        return one_line(f"{self.server} {self.uri} · {words[self.state]}{told} · {said}", 400)

    def _document(self) -> Document:
        head = [Line(self.headline(), "note")]
        if self.latest is None:
            return Document(head, [])
        shown = self.latest._document()  # noqa: SLF001  a reading is shown as readings are
        return Document([*head, *shown.body], shown.footer)

    def _repr_mimebundle_(self, include: Container[str] | None = None, exclude: Container[str] | None = None) -> Bundle:
        return selected(bundle(self._document()), include, exclude)

    def __repr__(self) -> str:
        return f"<Subscription {self.headline()}>"


def size_of(result: ReadResult) -> int:
    """The bytes of all contents; of those whose base64 is broken, of their text."""
    sent = result.raw.get("contents") if isinstance(result.raw, dict) else None
    sizes = [_size(each) for each in sent if isinstance(each, dict)] if isinstance(sent, list) else []
    return sum(sizes)


def _size(contents: dict[str, Any]) -> int:
    text, blob = contents.get("text"), contents.get("blob")
    if isinstance(text, str):
        return len(text.encode("utf-8", "surrogatepass"))
    return len(blob.rstrip("=")) * 3 // 4 if isinstance(blob, str) else 0


def moment(at: float) -> str:
    """Seconds since the epoch as the time of day in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]
