"""What a server says on its own account: stderr, log messages, list changes, violations — one clock, bounded."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.connection.breaches import Breaches
from mcp_magics.redact import redactor
from mcp_magics.results.document import LINES
from mcp_magics.results.listing import Listing, counted
from mcp_magics.results.sanitise import clean
from mcp_magics.wire.message import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

Source = Literal["stderr", "log", "stdout", "notification", "violation", "client"]

MAX_LINES = 5_000
MAX_TEXT = 8_192
MAX_NAME = 200
"""Characters of a level or a logger: a server may call either what it likes."""
_COLUMNS = ("time", "server", "source", "level", "text")
_GLANCE = 20


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line; ``at`` is seconds since the epoch, ``level`` one of RFC 5424's words in lower case."""

    at: float
    server: str
    source: Source
    level: str
    logger: str
    text: str


class ServerLog:
    """The newest :data:`MAX_LINES` lines of one server, kept over reconnects."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.breaches = Breaches(server)
        self._lines: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._lock = threading.Lock()

    def add(self, source: Source, text: str, *, level: str = "info", logger: str = "") -> None:
        """Keep one line, redacted and without terminal sequences, of at most :data:`MAX_TEXT` characters."""
        shown = redactor().text(clean(text[: MAX_TEXT * 2]))[:MAX_TEXT]
        with self._lock:
            self._lines.append(LogLine(time.time(), self.server, source, level, logger, shown))

    def message(self, params: Mapping[str, Any]) -> None:
        """Keep a ``notifications/message`` (server/utilities/logging)."""
        data = params.get("data")
        text = data if isinstance(data, str) else told(data, MAX_TEXT * 2)
        self.add("log", text, level=_name(params.get("level", "info")), logger=_name(params.get("logger") or ""))

    def lines(self, source: Source | None = None) -> list[LogLine]:
        """The lines kept, oldest first."""
        with self._lock:
            return [line for line in self._lines if source is None or line.source == source]

    def tail(self, source: Source, count: int) -> list[str]:
        """The texts of the newest ``count`` lines from ``source``."""
        return [line.text for line in self.lines(source)[-count:]]

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[LogLine]:
        return iter(self.lines())

    @property
    def df(self) -> pd.DataFrame:
        """The lines kept as a DataFrame, oldest first: time, server, source, level, text."""
        return log_table(self.lines()).df

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return log_table(self.lines(), f"%mcp log {self.server} --last {len(self)}")._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        newest = self.lines()[-_GLANCE:]
        head = f"<log of {self.server}: {counted(len(self), 'line')}{', the newest' if newest else ''}>"
        return "\n".join(
            [head, *(f"{clock(line.at)} {line.source} {line.level}: {line.text[:200]}" for line in newest)]
        )


def log_table(lines: Sequence[LogLine], where: str = ".df", *, most: int | None = LINES, note: str = "") -> Listing:
    """``lines`` as a table that keeps the newest; ``where`` has all, ``most`` bounds the lines of its plain form."""
    rows = [
        {
            "time": clock(line.at),
            "server": line.server,
            "source": line.source,
            "level": line.level,
            "text": f"{line.logger}: {line.text}" if line.logger else line.text,
        }
        for line in lines
    ]
    return Listing(counted(len(rows), "line"), _COLUMNS, rows, lines, note, where, keeps="last", lines=most)


def _name(said: object) -> str:
    text = said if isinstance(said, str) else told(said, MAX_TEXT)
    return redactor().text(clean(text[:MAX_TEXT]))[:MAX_NAME]


def clock(at: float) -> str:
    """Seconds since the epoch as the time of day in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]
