"""What one server breaks of the specification, gathered from all it says: a table, bounded, kept over reconnects.

Answers are not held against the rules as they come: a call stays as fast as it was. They are kept for whoever looks,
the small ones whole and the large ones as long as their caller keeps them.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.line_word import line_word
from mcp_magics.redact import redactor
from mcp_magics.results.listing import Listing, counted
from mcp_magics.results.pretty import pretty
from mcp_magics.results.sanitise import one_line
from mcp_magics.results.violations import in_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcp_magics.results.reply import Reply
    from mcp_magics.results.violations import Violation

MOST = 1_000
"""Different violations that are kept; the rest is counted."""
MOST_OF_ONE = 100
"""Violations of one answer that are looked for; its own ``.violations`` has all."""
ITEMS = 10_000
"""Members of one list in an answer that are looked at."""
HELD = 256
HELD_BYTES = 4 * 1024 * 1024
LARGE = 256 * 1024
"""Bytes from which an answer is not kept for the rules' sake."""
SECONDS = 2.0
"""How long one look may hold structured content against output schemas."""
_VALUE_LENGTH = 200
_TEXT_LENGTH = 400
_KEY_LENGTH = 2 * _TEXT_LENGTH
"""Characters that tell one violation from another: a path holds names that the server chose."""
_COLUMNS = ("rule", "path", "value", "revision", "message", "where", "time", "count")


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule broken in one place, however often; ``value`` is JSON text, capped and redacted.

    ``where`` is the method, with the tool or other name it was asked for; ``at`` the newest time, in seconds since
    the epoch.
    """

    rule: str
    path: str
    value: str
    revision: str
    message: str
    where: str
    at: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class _Owed:
    """An answer that is still to be held against the rules."""

    method: str
    name: str | None
    revision: str | None
    output_schema: Mapping[str, Any] | None
    at: float
    reply: Reply | weakref.ref[Reply]
    size: int


class Breaches:
    """The violations of one server; any thread may add to them."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], Breach] = {}
        self._owed: deque[_Owed] = deque()
        self._owed_bytes = 0
        self._more = self._missed = self._unheld = 0

    def add(self, violation: Violation, where: str = "", at: float | None = None) -> bool:
        """Keep one, or count it where it is known; whether it is a new one."""
        texts = (violation.rule, violation.path, violation.revision, where, violation.message)
        key = tuple(text[:_KEY_LENGTH] for text in texts)
        at = at or time.time()
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept[key] = replace(known, count=known.count + 1, at=max(at, known.at))
                return False
            if len(self._kept) >= MOST:
                self._more += 1
                return False
            self._kept[key] = _breach(violation, where, at)
            return True

    def hold(
        self,
        method: str,
        reply: Reply,
        revision: str | None,
        *,
        name: str | None = None,
        output_schema: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep an answer for the rules: they are applied when somebody looks, or when too many are kept."""
        size = len(reply.frame) or _size_of(reply.message)
        kept = weakref.ref(reply) if size > LARGE else reply
        owed = _Owed(method, name, revision, output_schema, time.time(), kept, 0 if size > LARGE else size)
        with self._lock:
            self._owed.append(owed)
            self._owed_bytes += owed.size
        while len(self._owed) > HELD or self._owed_bytes > HELD_BYTES:
            self._settle(self._next(), 0.0)

    def look(self) -> tuple[Breach, ...]:
        """All there are, in the order they were first met, after the rules were applied to what was kept for them."""
        deadline = time.monotonic() + SECONDS
        while self._owed:
            self._settle(self._next(), deadline)
        with self._lock:
            return tuple(self._kept.values())

    def table(self) -> Listing:
        """All there are as a table: rule, path, value, revision, message, where, time (UTC), count."""
        from mcp_magics.connection.serverlog import clock

        found = self.look()
        rows = [
            {**{name: getattr(each, name) for name in _COLUMNS if name != "time"}, "time": clock(each.at)}
            for each in found
        ]
        title = f"{self._server}: {counted(len(found), 'violation')}" if found else f"{self._server}: no violations"
        where = f"servers[{self._server!r}].violations.df"
        return Listing(title, _COLUMNS, rows, found, self._note(), where)

    def said_of(self, method: str) -> str:
        """In how many ways the answers to ``method`` broke the rules, and what to type to see them; empty: in none."""
        count = sum(each.where.split(" ", 1)[0] == method for each in self.look())
        return f"{counted(count, 'violation')}: %mcp violations {line_word(self._server)}" if count else ""

    def _note(self) -> str:
        parts = []
        if self._more:
            parts.append(f"{self._more:,} more after the first {MOST:,} kinds were not kept")
        if self._missed:
            answers = "large answer was" if self._missed == 1 else "large answers were"
            parts.append(f"{self._missed:,} {answers} not kept by their caller, and so not looked at")
        if self._unheld:
            parts.append(f"{self._unheld:,} were looked at, but not held against the output schema of their tool")
        return "; ".join(parts)

    def _next(self) -> _Owed | None:
        with self._lock:
            if not self._owed:
                return None
            owed = self._owed.popleft()
            self._owed_bytes -= owed.size
            return owed

    def _settle(self, owed: _Owed | None, deadline: float) -> None:
        """Hold one answer against the rules; ``deadline`` (monotonic) is for what may take long."""
        if owed is None:
            return
        reply = owed.reply() if isinstance(owed.reply, weakref.ref) else owed.reply
        if reply is None:
            self._missed += 1
            return
        self._unheld += owed.output_schema is not None and time.monotonic() > deadline
        where = f"{owed.method} {one_line(owed.name, 200)}" if owed.name else owed.method
        raw = _cut((reply.message or {}).get("result"))
        for violation in islice(_found(owed, raw, deadline), MOST_OF_ONE):
            self.add(violation, where, owed.at)


def _found(owed: _Owed, raw: Any, deadline: float) -> Iterator[Violation]:
    yield from in_answer(owed.method, raw, owed.revision, expects_structured=owed.output_schema is not None)
    if owed.output_schema is None or not isinstance(raw, dict) or raw.get("isError") or time.monotonic() > deadline:
        return
    from mcp_magics.results.output_schema import LARGE as MANY
    from mcp_magics.results.output_schema import in_output, is_larger_than

    structured = raw.get("structuredContent")
    if structured is not None and not is_larger_than(structured, MANY):
        yield from in_output(structured, owed.output_schema, owed.revision)


def _size_of(value: Any) -> int:
    """About the bytes of a value that never was any; more than :data:`LARGE` as soon as it is that."""
    size, waiting = 0, [value]
    while waiting and size <= LARGE:
        item = waiting.pop()
        size += len(item) + 8 if isinstance(item, str | list | dict) else 8
        if isinstance(item, list | dict) and size <= LARGE:
            waiting.extend(item.values() if isinstance(item, dict) else item)
    return size


def _cut(raw: Any) -> Any:
    """``raw`` with no list in it longer than :data:`ITEMS`, one level down: where the lists of results are."""
    if not isinstance(raw, dict):
        return raw
    return {
        key: value[:ITEMS] if isinstance(value, list) and len(value) > ITEMS else value for key, value in raw.items()
    }


def _breach(violation: Violation, where: str, at: float) -> Breach:
    value = "" if violation.value is None else pretty(violation.value, 2 * _VALUE_LENGTH)[0]
    texts = (violation.rule, violation.path, value, violation.revision, violation.message, where)
    rule, path, value, revision, message, where = (_safe(text) for text in texts)
    return Breach(rule, path, one_line(value, _VALUE_LENGTH), revision, message, where, at)


def _safe(text: str) -> str:
    return redactor().text(one_line(text, _TEXT_LENGTH))
