"""The wire log to look at: a table, requests with their answers, a waterfall of their times, a diagram."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import CommandError
from mcp_magics.results.document import LINES
from mcp_magics.results.listing import Listing, counted
from mcp_magics.results.pairs import Pair, pairs_frame
from mcp_magics.wire.arrows import interaction_of
from mcp_magics.wire.passage import Passage, Reading
from mcp_magics.wire.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mcp_magics.results.diagram import Diagram
    from mcp_magics.results.waterfall import Waterfall
    from mcp_magics.wire.journal import Entry

COLUMNS = ("n", "time", "server", "direction", "rpc_id", "ms", "bytes", "summary")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trace(Listing):
    """What went over the wire, a row an entry, oldest first; ``trace[0]`` is the first of them whole.

    ``line`` is what was typed for it.
    """

    line: str = "%mcp trace"

    @property
    def passages(self) -> list[Passage]:
        """What each entry is."""
        return [item.passage for item in self.items]

    @property
    def pairs(self) -> pd.DataFrame:
        """A row a request with its answer: n, server, direction, kind, method, name, started, ms, bytes, error."""
        return pairs_frame(paired(self.items))

    def waterfall(self) -> Waterfall:
        """When each request began and how long it took, as bars."""
        from mcp_magics.results.waterfall import Waterfall

        return Waterfall(tuple(paired(self.items)))

    def diagram(self, last: int | None = None) -> Diagram:
        """Who said what to whom, as a sequence diagram of all or of the ``last`` entries."""
        from mcp_magics.results.diagram import Diagram

        passages = self.passages if last is None else self.passages[-last:] if last > 0 else []
        return Diagram(interaction_of(passages), line=self.line.replace("trace", "diagram", 1))

    def message(self, n: int) -> Traced:
        """The entry of that number, whole, with its pair. Raises ``CommandError`` where it is not kept."""
        for item in self.items:
            if item.n == n:
                return item  # type: ignore[no-any-return]
        raise CommandError(f"the wire log has no message {n}", phase="parse", next_step="%mcp trace")

    def between(self, first: int | None, last: int | None) -> Trace:
        """The entries whose numbers are ``first`` to ``last``, both included."""
        later = [item for item in self.items if first is None or first <= item.n]
        return trace_of([item for item in later if last is None or item.n <= last], self.line)


def read(entries: Sequence[Entry]) -> list[Traced]:
    """Each of ``entries``, oldest first, with its pair."""
    reading = Reading()
    alone = [Traced(entry, reading.read(entry)) for entry in entries]
    by_number = {item.n: item for item in alone}
    answers = {item.passage.pair: item for item in alone if item.passage.pair is not None}
    return [replace(item, pair=by_number.get(item.passage.pair or 0) or answers.get(item.n)) for item in alone]


def trace_of(items: Sequence[Traced], line: str = "%mcp trace", last: int | None = None) -> Trace:
    """``items`` as a table, the ``last`` of them where that is given: those are shown however many they are."""
    chosen = list(items) if last is None else list(items[-last:] if last > 0 else ())
    return Trace(
        f"{counted(len(chosen), 'message')}; one whole: %mcp trace --id N, with its number under n",
        COLUMNS,
        [row_of(item.passage) for item in chosen],
        chosen,
        where=".df" if last is not None else f"{line} --last {len(chosen)}",
        keeps="last",
        lines=LINES if last is None else None,
        line=line,
    )


def row_of(told: Passage) -> dict[str, Any]:
    """One row of the table; ``pair`` is the number of the request that is answered."""
    return {
        "n": told.n,
        "time": clock_text(told.at),
        "server": told.server,
        "direction": told.direction,
        "rpc_id": told.rpc_id,
        "ms": "" if told.ms is None else f"{told.ms:.1f}",
        "bytes": "" if told.size is None else told.size,
        "summary": told.summary,
        "kind": told.kind,
        "method": told.method,
        "name": told.name,
        "pair": told.pair,
        "error": told.error,
    }


def clock_text(at: float) -> str:
    """``12:04:05.123`` (UTC) of seconds since the epoch."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]


def paired(items: Sequence[Traced]) -> list[Pair]:
    """The requests among ``items``, and the HTTP exchanges, in the order they began; answers beyond ``items`` count."""
    found = [_pair(item) for item in items if item.passage.kind in ("request", "http")]
    return sorted(found, key=lambda pair: pair.at)


def _pair(item: Traced) -> Pair:
    told = item.passage
    is_http = told.kind == "http"
    answer = item.pair.passage if item.pair is not None and not is_http else None
    sizes = (told.size, answer.size if answer else None)
    out, back = sizes if told.direction != "←" else sizes[::-1]
    return Pair(
        n=told.n,
        server=told.server,
        direction="←" if told.direction == "←" else "→",
        kind="http" if is_http else "rpc",
        method=told.method,
        name=told.name,
        at=told.at - (told.ms or 0) / 1000 if is_http else told.at,
        ms=told.ms if is_http else answer.ms if answer else None,
        bytes_out=out,
        bytes_in=back,
        error=told.error if answer is None else f"HTTP {answer.error}" if answer.kind == "http" else answer.error,
    )
