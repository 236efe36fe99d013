"""Answers a server said may be used again (2026-07-28 server/utilities/caching): kept for as long as it said, bounded.

A shelf belongs to one connection, and so to one server, one era and one credential; it is emptied when that ends.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SECONDS = 24 * 60 * 60.0
MAX_ANSWERS = 256
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hint:
    """How many ``seconds`` an answer may be used again, and for whom."""

    seconds: float
    scope: Literal["public", "private"] = "private"


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer on the shelf; ``until`` is on the clock of ``time.monotonic``."""

    value: Any
    until: float
    scope: Literal["public", "private"]
    size: int = 0

    @property
    def fresh_for(self) -> float:
        """Seconds it may still be used."""
        return max(self.until - time.monotonic(), 0.0)


def hint_in(result: object) -> Hint | None:
    """The hint of one ``result``; None where it holds none that can be read. A ``ttlMs`` of 0 is a hint."""
    if not isinstance(result, dict) or result.get("resultType", "complete") != "complete":
        return None
    milliseconds = result.get("ttlMs")
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float) or not 0 <= milliseconds < _HUGE:
        return None
    scope: Literal["public", "private"] = "public" if result.get("cacheScope") == "public" else "private"
    return Hint(min(milliseconds / 1000, MAX_SECONDS), scope)


_HUGE = 1e300


def hint_of_all(hints: Iterable[Hint | None]) -> Hint | None:
    """The hint of a list of several pages: the shortest, private if any is; None where a page has none."""
    found = list(hints)
    if not found or any(hint is None for hint in found):
        return None
    known = [hint for hint in found if hint is not None]
    is_public = all(hint.scope == "public" for hint in known)
    return Hint(min(hint.seconds for hint in known), "public" if is_public else "private")


class Shelf:
    """The kept answers of one connection: the least used go first; from any thread."""

    def __init__(self, max_answers: int = MAX_ANSWERS, max_bytes: int = MAX_BYTES) -> None:
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._max_answers = max_answers
        self._max_bytes = max_bytes
        self._bytes = 0
        self._drops = 0

    @property
    def moment(self) -> int:
        """A number that changes when anything is dropped: an answer asked for before is not kept after."""
        return self._drops

    def get(self, kind: str, key: str = "") -> Kept | None:
        """What is kept and still fresh."""
        with self._lock:
            kept = self._kept.get((kind, key))
            if kept is None or kept.until <= time.monotonic():
                return None
            self._kept.move_to_end((kind, key))
            return kept

    def keep(
        self, kind: str, value: Any, hint: Hint | None, *, key: str = "", size: int = 0, since: int | None = None
    ) -> Kept | None:
        """Keep ``value`` of about ``size`` bytes as ``hint`` allows; None where it does not.

        Nor is it kept where anything was dropped ``since`` the :attr:`moment` it was asked for.
        """
        with self._lock:
            self._take((kind, key))
            if hint is None or hint.seconds <= 0 or size > self._max_bytes:
                return None
            if since is not None and since != self._drops:
                return None
            kept = Kept(value, time.monotonic() + hint.seconds, hint.scope, size)
            self._kept[kind, key] = kept
            self._bytes += size
            while len(self._kept) > self._max_answers or self._bytes > self._max_bytes:
                self._take(next(iter(self._kept)))
            return kept

    def _take(self, name: tuple[str, str]) -> None:
        kept = self._kept.pop(name, None)
        self._bytes -= kept.size if kept is not None else 0

    def drop(self, kind: str, key: str | None = None) -> None:
        """What is said to have changed: all of ``kind``, or the one under ``key``."""
        with self._lock:
            self._drops += 1
            for name in [name for name in self._kept if name[0] == kind and key in (None, name[1])]:
                self._take(name)

    def clear(self) -> None:
        """Another connection, another credential: nothing holds any more."""
        with self._lock:
            self._drops += 1
            self._kept.clear()
            self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)


def said(kept: Kept) -> str:
    """What a person is told about an answer from the shelf."""
    return f"cached, fresh for {kept.fresh_for:.0f} s; --refresh asks again"
