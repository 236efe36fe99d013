"""What a server says on its own account: stderr, log messages, list changes, violations — one clock, bounded."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Source = Literal["stderr", "log", "stdout", "notification", "violation", "client"]

MAX_LINES = 5_000
MAX_TEXT = 8_192


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
        self.violations = 0
        self._lines: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._lock = threading.Lock()

    def add(self, source: Source, text: str, *, level: str = "info", logger: str = "") -> None:
        """Keep one line, redacted, of at most :data:`MAX_TEXT` characters."""
        shown = redactor().text(text[: MAX_TEXT * 2])[:MAX_TEXT]
        with self._lock:
            self._lines.append(LogLine(time.time(), self.server, source, level, logger, shown))

    def message(self, params: Mapping[str, Any]) -> None:
        """Keep a ``notifications/message`` (server/utilities/logging)."""
        data = params.get("data")
        text = data if isinstance(data, str) else str(data)
        self.add("log", text, level=str(params.get("level", "info")), logger=str(params.get("logger") or ""))

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
