"""Identifiers that are good once: the ``jti`` of assertions and of proofs."""

from __future__ import annotations

from collections import deque

_REMEMBERED = 10_000


class Used:
    """The identifiers that came lately."""

    def __init__(self) -> None:
        self._order: deque[str] = deque()
        self._known: set[str] = set()

    def first_time(self, identifier: str) -> bool:
        """Whether ``identifier`` has not come before; it has, from now on."""
        if identifier in self._known:
            return False
        self._known.add(identifier)
        self._order.append(identifier)
        if len(self._order) > _REMEMBERED:
            self._known.discard(self._order.popleft())
        return True
