"""The end of what a server wrote to stderr, kept for the moment it dies."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from dataclasses import dataclass

from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import clean

MAX_LINES = 200
MAX_BYTES = 64 * 1024
MAX_LINE = 4 * 1024

_POINTERS = " \t^~"  # a line of these points at the one above it, and says nothing itself
_TELLING = re.compile(r"error|exception|fatal|panic|cannot|can't|denied|not found|no such|failed", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StderrLine:
    """One line, redacted, without terminal sequences; ``at`` is seconds since the epoch."""

    at: float
    text: str


class StderrTail:
    """The newest lines of one process: at most 200, and at most 64 KiB. Any thread may add or read."""

    def __init__(self) -> None:
        self._lines: deque[StderrLine] = deque()
        self._size = 0
        self._lock = threading.Lock()

    def add(self, text: str) -> None:
        """Keep one line as it arrived, of at most 4 KiB."""
        shown = clean(redactor().text(text[: 2 * MAX_LINE]))[:MAX_LINE]
        with self._lock:
            self._lines.append(StderrLine(time.time(), shown))
            self._size += len(shown.encode())
            while len(self._lines) > MAX_LINES or self._size > MAX_BYTES:
                self._size -= len(self._lines.popleft().text.encode())

    def lines(self) -> tuple[StderrLine, ...]:
        """The lines kept, oldest first."""
        with self._lock:
            return tuple(self._lines)

    def telling(self) -> tuple[str, ...]:
        """The at most two lines that say most: the last two, or the last error before them and the last."""
        texts = [line.text for line in self.lines() if line.text.strip(_POINTERS)]
        errors = [text for text in texts[-40:] if _TELLING.search(text)]
        if not errors or errors[-1] in texts[-2:]:
            return tuple(texts[-2:])
        return errors[-1], texts[-1]
