"""``trace``: what went over the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import CommandError
from mcp_magics.magics.message_summary import LONGEST, summarised
from mcp_magics.results.document import LINES
from mcp_magics.results.listing import Listing, counted
from mcp_magics.results.sanitise import clean, escaped
from mcp_magics.wire.journal import Frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.wire.journal import Entry, Exchange

_COLUMNS = ("n", "time", "server", "direction", "rpc_id", "ms", "bytes", "summary")


async def do_trace(context: Context, command: Command) -> Any:
    """Every frame and exchange kept, newest last; ``--id N`` is one message whole. Survives disconnect."""
    name = command.word(0)
    entries = context.servers.journal.entries(name)
    if not entries and name is not None and name not in context.servers:
        context.servers.live(name)
    number = command.options.integer("id")
    if number is not None:
        return _whole(entries, number)
    rows = _rows(entries)
    last = command.options.integer("last")
    if last is not None:
        rows, entries = rows[-last:], entries[-last:]
    return _table(rows, entries, name, every=last is not None)


def _whole(entries: list[Entry], number: int) -> Wire:
    for entry in entries:
        if entry.seq == number:
            return Wire(entry)
    raise CommandError(f"the wire log has no message {number}", phase="parse", next_step="%mcp trace")


def _table(rows: list[dict[str, Any]], entries: list[Entry], name: str | None, *, every: bool) -> Listing:
    """``every`` tells that a person asked for just these, however many."""
    words = f"%mcp trace {name}" if name else "%mcp trace"
    return Listing(
        f"{counted(len(rows), 'message')}; one whole: %mcp trace --id N, with its number under n",
        _COLUMNS,
        rows,
        entries,
        where=".df" if every else f"{words} --last {len(rows)}",
        keeps="last",
        lines=None if every else LINES,
    )


def _rows(entries: list[Entry]) -> list[dict[str, Any]]:
    asked: dict[tuple[str, str, str], tuple[Frame, Mapping[str, Any]]] = {}
    return [_frame_row(entry, asked) if isinstance(entry, Frame) else _exchange_row(entry) for entry in entries]


def _frame_row(frame: Frame, asked: dict[tuple[str, str, str], tuple[Frame, Mapping[str, Any]]]) -> dict[str, Any]:
    message = frame.message
    kind, method, milliseconds = frame.kind, str(message.get("method", "")), ""
    identity = json.dumps(message.get("id")) if "id" in message else ""
    request: Mapping[str, Any] = {}
    if kind == "request":
        asked[frame.server, frame.direction, identity] = frame, message
    elif kind in ("result", "error"):
        other = "sent" if frame.direction == "received" else "received"
        if found := asked.get((frame.server, other, identity)):
            request = found[1]
            method = str(request.get("method", ""))
            milliseconds = f"{(frame.clock - found[0].clock) * 1000:.1f}"
    return {
        "n": frame.seq,
        "time": _clock(frame.at),
        "server": frame.server,
        "direction": "→" if frame.direction == "sent" else "←",
        "rpc_id": identity,
        "ms": milliseconds,
        "bytes": frame.size,
        "summary": summarised(message, request) if message else frame.text[:LONGEST],
        "kind": kind,
        "method": method,
    }


def _exchange_row(exchange: Exchange) -> dict[str, Any]:
    return {
        "n": exchange.seq,
        "time": _clock(exchange.at),
        "server": exchange.server,
        "direction": "⇄",
        "rpc_id": "",
        "ms": f"{exchange.elapsed * 1000:.1f}",
        "bytes": "",
        "summary": f"{exchange.method} {exchange.url} {exchange.status} {exchange.problem}".rstrip(),
        "kind": "http",
        "method": exchange.method,
    }


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]


@dataclass(frozen=True)
class Wire:
    """One message of the wire log, whole (as far as it was kept)."""

    entry: Entry

    @property
    def text(self) -> str:
        """The message's own text, or the exchange as lines."""
        entry = self.entry
        if isinstance(entry, Frame):
            return entry.text
        head = f"{entry.method} {entry.url}\n" + "".join(f"{k}: {v}\n" for k, v in entry.request_headers.items())
        answer = f"\n{entry.status}\n" + "".join(f"{k}: {v}\n" for k, v in entry.response_headers.items())
        return head + answer

    def _pretty(self) -> str:
        if not isinstance(self.entry, Frame):
            return self.text
        message = self.entry.message
        text = json.dumps(message, ensure_ascii=False, indent=2) if message else self.entry.text
        cut = f"\n… {self.entry.size:,} bytes in all, the first of them kept" if self.entry.truncated else ""
        return text + cut

    def to_json(self) -> Any:
        """The message, or the exchange's parts."""
        if isinstance(self.entry, Frame):
            return self.entry.message or {"text": self.entry.text}
        entry = self.entry
        return {
            "method": entry.method,
            "url": entry.url,
            "status": entry.status,
            "elapsed": entry.elapsed,
            "request_headers": dict(entry.request_headers),
            "response_headers": dict(entry.response_headers),
        }

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        shown = self._pretty()[:200_000]
        return {
            "text/plain": clean(shown)[:100_000],
            "text/html": f"<pre style='font-family:monospace;white-space:pre-wrap'>{escaped(shown[:60_000])}</pre>",
        }

    def __repr__(self) -> str:
        return clean(self._pretty()[:2000])
