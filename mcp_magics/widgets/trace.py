"""The live trace: messages as they pass, to filter, to pause, to expand. It stands in the place of the static table.

Its state is the name of its place: rows are sent to whatever page draws it, and no notebook is saved with them.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mcp_magics.connection.loop import background
from mcp_magics.results.sanitise import escaped
from mcp_magics.widgets.newest import Newest
from mcp_magics.widgets.placed import STYLE, Bundle, Panel, PlacedWidget, View, script
from mcp_magics.widgets.trace_feed import ROWS, Feed, Filter
from mcp_magics.wire.trace import read, trace_of

if TYPE_CHECKING:
    from mcp_magics.connection.loop import Job
    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.trace import Trace
    from mcp_magics.wire.traced import Traced

LOOK_EVERY = 0.25
"""Seconds between two messages to a page."""
MOST_LIVE = 4
"""Panels that live at a time in one kernel; the oldest gives way."""
_WHOLE = 20_000
"""Characters of one message that are shown expanded."""


class Place(Protocol):
    """Where something is drawn."""

    def show(self, data: Bundle) -> None:
        """Draw this in the place of what was drawn before."""


class TraceWidget(PlacedWidget):
    """What the page draws."""

    _esm = script("trace.js")
    _css = STYLE + Path(__file__).with_name("trace.css").read_text("utf-8")


class LiveTrace(Panel):
    """One live trace, from :meth:`begin` until a person closes it or :data:`MOST_LIVE` others have come.

    ``places`` are for the static table and for the panel: the table is what a saved notebook has.
    """

    kind = TraceWidget

    def __init__(self, journal: Journal, server: str | None, trace: Trace, places: tuple[Place, Place]) -> None:
        super().__init__(f"{trace.line} --live")
        self._journal = journal
        self._server = server
        self._line = trace.line
        self._table, self._live = places
        self._trace = trace
        self._here = contextvars.copy_context()
        self._feed = Feed(journal, server)
        self._paused = False
        self._passed = 0
        self._lock = threading.Lock()
        self._job: Job[None] | None = None

    def begin(self) -> None:
        """Show the table and the panel, and follow the wire log from now on."""
        self._table.show(self._static(self._trace))
        self._live.show(self.output)
        _live.enter(self)
        self._job = background.start(self._follow())

    def end(self) -> None:
        """Leave the page; the table is drawn anew, and is what stays."""
        _live.leave(self)
        if self._job is not None and not self._job.done:
            self._job.cancel()
        if self.is_open:
            self.close()
            self._here.run(self._table.show, self._static(self._now()))
            self._here.run(self._live.show, {"text/plain": "", "text/html": ""})

    def view(self) -> View:
        """The newest rows, whose they are, and what is asked of them."""
        with self._lock:
            return self._view()

    def acted(self, content: View) -> None:
        """Filter, pause, go on, show one message whole, close."""
        match content:
            case {"do": "filter", "filter": dict(asked)}:
                self._refilter(Filter.of(asked))
            case {"do": "pause", "paused": bool(paused)}:
                self._paused, self._passed = paused, 0
                self.show()
            case {"do": "expand", "n": int(number)}:
                self.tell({"whole": self._whole(number)})
            case {"do": "close"}:
                self.end()

    # -- to the page ---------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        while self.is_open:
            await asyncio.sleep(LOOK_EVERY)
            if self._feed.has_news and (news := await asyncio.to_thread(self._news)):
                self._here.run(self.tell, news)

    def _news(self) -> dict[str, Any]:
        """What has come since the last look: a batch, while it is paused only how many; nothing where nothing came."""
        with self._lock:
            skipped = self._feed.skipped
            rows = self._feed.batch()
            if self._paused:
                self._passed += len(rows) + self._feed.skipped - skipped
                return {"passed": self._passed} if rows else {}
            if not rows and self._feed.skipped == skipped:
                return {}
            return {"rows": rows, "skipped": self._feed.skipped, "servers": self._feed.servers}

    def _view(self) -> dict[str, Any]:
        asked = self._feed.filter
        return {
            "rows": self._feed.rows(),
            "most": ROWS,
            "skipped": self._feed.skipped,
            "servers": self._feed.servers,
            "one": self._server is not None,
            "paused": self._paused,
            "filter": {
                "text": asked.text,
                "server": asked.server,
                "direction": asked.direction,
                "failed": asked.failed,
            },
        }

    def _refilter(self, asked: Filter) -> None:
        with self._lock:
            self._feed.filter = asked
        self.show()

    def _whole(self, number: int) -> dict[str, Any]:
        """One message and its pair as texts, or why there is none."""
        with self._lock:
            wanted = {number, self._feed.pair_of(number)}
        kept = read([entry for entry in self._journal.entries(self._server) if entry.seq in wanted])
        kept.sort(key=lambda item: item.n != number)
        gone = {"head": f"message {number} is no longer kept", "text": ""}
        return {"n": number, "parts": [_part(each) for each in kept] or [gone]}

    # -- what stays ----------------------------------------------------------------------------------------------

    def _now(self) -> Trace:
        return trace_of(read(self._journal.entries(self._server)), self._line)

    def _static(self, trace: Trace) -> Bundle:
        """The table; a page that draws the panel hides it meanwhile."""
        shown = trace._repr_mimebundle_()
        html = f'<div data-mcp-static="{escaped(self.place)}">{shown["text/html"]}</div>'
        return {"text/plain": shown["text/plain"], "text/html": html}


def _part(item: Traced) -> dict[str, str]:
    text = item.pretty
    more = f"\n… {len(text) - _WHOLE:,} more characters: %mcp trace --id {item.n}" if len(text) > _WHOLE else ""
    return {"head": item.head, "text": text[:_WHOLE] + more}


_live = Newest(MOST_LIVE, LiveTrace.end)
