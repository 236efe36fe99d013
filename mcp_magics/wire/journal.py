"""The wire log: every frame and HTTP exchange of every connection, redacted at capture, bounded.

One journal serves a kernel and survives its connections. It keeps the newest :data:`MAX_ENTRIES` entries and
:data:`MAX_BYTES` bytes, and of one frame at most :data:`HEAD_BYTES`; sizes are always those of the whole frame.
Appending is on the path of every call: it stores a tuple and leaves the rest to whoever reads.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Direction = Literal["sent", "received"]

MAX_ENTRIES = 20_000
MAX_BYTES = 32 * 1024 * 1024
HEAD_BYTES = 64 * 1024
_MARGIN = 1024  # redacted together with the head, so that no secret is cut in half at its end


@dataclass(frozen=True, slots=True)
class Frame:
    """One JSON-RPC message as it crossed the wire; ``at`` is seconds since the epoch, ``size`` bytes."""

    seq: int
    at: float
    clock: float
    server: str
    direction: Direction
    channel: str
    size: int
    text: str

    @property
    def truncated(self) -> bool:
        """Whether ``text`` is only the beginning of the message."""
        return self.size > HEAD_BYTES

    @property
    def message(self) -> dict[str, Any]:
        """The parsed message, or ``{}`` where the text is no JSON object (truncated, noise)."""
        try:
            parsed = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @property
    def kind(self) -> str:
        """``request``, ``notification``, ``result``, ``error`` or ``noise``."""
        return kind_of(self, self.message)


def kind_of(frame: Frame, message: Mapping[str, Any]) -> str:
    """The kind of ``frame``, whose parsed message is at hand."""
    if "method" in message:
        return "request" if "id" in message else "notification"
    if frame.truncated or "result" in message:
        return "result"
    return "error" if "error" in message else "noise"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and the head of its response; ``elapsed`` is seconds to the response headers.

    ``rpc_id`` is the id of the JSON-RPC request that it carried, as JSON; empty where it carried none.
    """

    seq: int
    at: float
    clock: float
    server: str
    method: str
    url: str
    status: int | None
    elapsed: float
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    problem: str = ""
    rpc_id: str = ""


Entry = Frame | Exchange
Moment = tuple[int, float]
"""The number of an entry, and its time on the clock."""
_Stored = tuple[int, float, str, Direction, str, int, bytes]


class Journal:
    """A bounded, thread-safe log of frames and exchanges, oldest first."""

    def __init__(self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self._entries: deque[_Stored | Exchange] = deque()
        self._bytes = 0
        self._kept = 0
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._seq = itertools.count(1)
        self._lock = threading.Lock()
        self._epoch = time.time() - time.perf_counter()

    def moment(self) -> Moment:
        """A place in the log for a message that is kept in a moment: what is sent first is kept after it has gone."""
        return next(self._seq), time.perf_counter()

    def frame(
        self,
        server: str,
        direction: Direction,
        channel: str,
        data: bytes | bytearray | str,
        moment: Moment | None = None,
    ) -> None:
        """Keep one message, at its ``moment`` or now; secrets are replaced here, before anything is stored."""
        seq, clock = moment or self.moment()
        raw = data.encode() if isinstance(data, str) else data
        size = len(raw)
        if size <= HEAD_BYTES:
            head = redactor().data(bytes(raw))
        else:
            head = redactor().data(bytes(raw[: HEAD_BYTES + _MARGIN]))[:HEAD_BYTES]
        self._keep((seq, clock, server, direction, channel, size, head), len(head))

    def exchange(  # noqa: PLR0913  an exchange has as many parts
        self,
        server: str,
        method: str,
        url: str,
        *,
        status: int | None,
        elapsed: float,
        request_headers: Mapping[str, str],
        response_headers: Mapping[str, str],
        problem: str = "",
        rpc_id: str = "",
    ) -> None:
        """Keep one HTTP exchange, its headers and URL redacted."""
        seq, clock = self.moment()
        redact = redactor()
        kept = Exchange(
            seq,
            self._epoch + clock,
            clock,
            server,
            method,
            redact.url(url),
            status,
            elapsed,
            redact.headers(request_headers),
            redact.headers(response_headers),
            redact.text(problem),
            rpc_id,
        )
        self._keep(kept, _size(kept))

    def _keep(self, entry: _Stored | Exchange, size: int) -> None:
        with self._lock:
            self._entries.append(entry)
            self._kept += 1
            self._bytes += size
            while self._entries and (self._bytes > self._max_bytes or len(self._entries) > self._max_entries):
                self._bytes -= _size(self._entries.popleft())

    def entries(self, server: str | None = None) -> list[Entry]:
        """Everything kept, oldest first, of one server or of all."""
        with self._lock:
            stored = list(self._entries)
        entries = [entry for entry in map(self._entry, stored) if server is None or entry.server == server]
        return sorted(entries, key=lambda entry: entry.seq)

    @property
    def kept(self) -> int:
        """How many entries there have been, those that were forgotten included."""
        return self._kept

    def newest(self, seen: int, most: int) -> tuple[int, list[Entry]]:
        """:attr:`kept`, and the newest of what came after the first ``seen``: at most ``most``, in order of arrival."""
        with self._lock:
            count = min(self._kept - seen, most, len(self._entries))
            stored = [self._entries[index] for index in range(-count, 0)]
            kept = self._kept
        return kept, [self._entry(each) for each in stored]

    def _entry(self, stored: _Stored | Exchange) -> Entry:
        if isinstance(stored, Exchange):
            return stored
        seq, clock, server, direction, channel, size, head = stored
        return Frame(seq, self._epoch + clock, clock, server, direction, channel, size, head.decode("utf-8", "replace"))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())


def _size(entry: _Stored | Exchange) -> int:
    """What ``entry`` counts of the bytes that are kept: a server may send headers as long as it likes."""
    if isinstance(entry, tuple):
        return len(entry[-1])
    headers = (*entry.request_headers.items(), *entry.response_headers.items())
    return len(entry.url) + len(entry.problem) + sum(len(name) + len(value) for name, value in headers)
