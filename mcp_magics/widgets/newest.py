"""The newest panels of a kind live; the oldest gives way, and all of them go with the extension."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

P = TypeVar("P")


class Newest(Generic[P]):
    """The live panels of one kind, at most ``most`` of them; ``end`` takes one from its pages."""

    def __init__(self, most: int, end: Callable[[P], None]) -> None:
        self._most = most
        self._end = end
        self._panels: deque[P] = deque()
        _kinds.append(self)

    def enter(self, panel: P) -> None:
        """``panel`` lives from now on; the oldest ends where there are too many."""
        self._panels.append(panel)
        while len(self._panels) > self._most:
            self._end(self._panels.popleft())

    def leave(self, panel: P) -> None:
        """``panel`` has ended."""
        with suppress(ValueError):
            self._panels.remove(panel)

    def end_all(self) -> None:
        """End every one of them."""
        while self._panels:
            self._end(self._panels.popleft())


_kinds: list[Newest[Any]] = []


def end_all() -> None:
    """End the live panels of every kind."""
    for kind in _kinds:
        kind.end_all()
