"""One entry of the wire log, whole as far as it was kept, with what answers it or what it answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import clean, escaped
from mcp_magics.wire.journal import Frame

if TYPE_CHECKING:
    from mcp_magics.wire.journal import Entry
    from mcp_magics.wire.passage import Passage

_PRETTY, _PLAIN, _HTML, _REPR = 200_000, 60_000, 60_000, 1_900
"""Characters: of the text made, of the plain form, of the HTML form of both messages, of a ``repr``."""
_PRE = "font-family:var(--jp-code-font-family,monospace);white-space:pre-wrap;overflow-wrap:anywhere;margin:.2em 0"


@dataclass(frozen=True)
class Traced:
    """One message or HTTP exchange; ``passage`` tells it in a line, ``pair`` is its answer or its request."""

    entry: Entry
    passage: Passage
    pair: Traced | None = None

    @property
    def n(self) -> int:
        """Its number in the wire log."""
        return self.passage.n

    @property
    def direction(self) -> str:
        """``sent`` or ``received``; an HTTP exchange counts as sent."""
        return self.entry.direction if isinstance(self.entry, Frame) else "sent"

    @property
    def message(self) -> dict[str, Any]:
        """The JSON-RPC message as a value; empty for an HTTP exchange, and where only its beginning was kept."""
        return self.entry.message if isinstance(self.entry, Frame) else {}

    @property
    def text(self) -> str:
        """The message's own text, or the exchange as lines."""
        entry = self.entry
        if isinstance(entry, Frame):
            return entry.text
        head = f"{entry.method} {entry.url}\n" + "".join(f"{k}: {v}\n" for k, v in entry.request_headers.items())
        status = entry.problem if entry.status is None else entry.status
        answer = f"\n{status}\n" + "".join(f"{k}: {v}\n" for k, v in entry.response_headers.items())
        return head + answer

    @property
    def pretty(self) -> str:
        """The same for people: JSON indented, cleaned, and what is missing said."""
        return clean(self._indented()[:_PRETTY])

    def _indented(self) -> str:
        if not isinstance(self.entry, Frame):
            return self.text
        message = self.entry.message
        try:
            text = json.dumps(message, ensure_ascii=False, indent=2) if message else self.entry.text
        except RecursionError:
            text = self.entry.text
        cut = f"\n… {self.entry.size:,} bytes in all, the first of them kept" if self.entry.truncated else ""
        return text + cut

    @property
    def head(self) -> str:
        """Which it is, and what it belongs to: ``12 → shop request tools/call add, answered by 13 after 4.2 ms``."""
        told = self.passage
        words = f"{told.n} {told.direction} {told.server} {told.kind} {told.method} {told.name}".strip()
        return f"{words}{self._belongs}"

    @property
    def _belongs(self) -> str:
        told, other = self.passage, self.pair
        if told.is_answer and told.pair is not None:
            return f", answers {told.pair} after {told.ms:.1f} ms"
        if told.kind == "http":
            return f", ends {told.pair} after {told.ms:.1f} ms" if told.pair is not None else ""
        if told.kind == "request" and other is not None and other.passage.kind == "http":
            return f", ended by {other.n} after {other.passage.ms or 0:.1f} ms: HTTP {other.passage.error}"
        if told.kind == "request":
            return f", answered by {other.n} after {other.passage.ms or 0:.1f} ms" if other else ", no answer is kept"
        return ""

    def to_json(self) -> Any:
        """The message, or the exchange's parts."""
        entry = self.entry
        if isinstance(entry, Frame):
            return entry.message or {"text": entry.text}
        return {
            "method": entry.method,
            "url": entry.url,
            "status": entry.status,
            "problem": entry.problem,
            "elapsed": entry.elapsed,
            "request_headers": dict(entry.request_headers),
            "response_headers": dict(entry.response_headers),
        }

    @property
    def _both(self) -> list[Traced]:
        return [self, self.pair] if self.pair is not None else [self]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        both = self._both
        plain = [f"{clean(each.head)}\n{_cut(each.pretty, _PLAIN // len(both))}" for each in both]
        blocks = [
            f'<div><b>{escaped(each.head)}</b></div><pre dir="auto" style="{_PRE}">'
            f"{escaped(_cut(each.pretty, _HTML // len(both)))}</pre>"
            for each in both
        ]
        return {"text/plain": "\n\n".join(plain), "text/html": "".join(blocks)}

    def __repr__(self) -> str:
        return _cut(f"{clean(self.head)}\n{self.pretty}", _REPR)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}\n… {len(text) - length:,} more characters, in .text"
