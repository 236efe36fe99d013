"""A server that knows roots asks for them anew when they have changed; what follows is better told after that."""

from __future__ import annotations

import time
from collections.abc import Sequence

MOMENT = 0.5
"""Seconds such a server is given: the specification does not say that it asks at once, or at all."""
_LOOK = 0.01


class RootsNews:
    """Whether one server has asked for the roots since it was told that they have changed; safe on any thread."""

    def __init__(self) -> None:
        self._asks = False
        self._stays_silent = False
        self.is_owed = False
        """Whether it has asked before, was told, and has not asked since."""

    def told(self) -> None:
        """The server is about to be told."""
        self.is_owed = self._asks and not self._stays_silent

    def answered(self) -> None:
        """The server has asked, and has its answer."""
        self._asks, self.is_owed = True, False

    def was_silent(self) -> None:
        """The server has let its moment pass: it asks when it needs them, and is not waited for again."""
        self._stays_silent = self._stays_silent or self.is_owed


def wait_for(news: Sequence[RootsNews]) -> None:
    """Block until no server owes a question any more, :data:`MOMENT` seconds at most; not at all where none does."""
    end = time.monotonic() + MOMENT
    if not any(each.is_owed for each in news):
        return
    while any(each.is_owed for each in news) and time.monotonic() < end:
        time.sleep(_LOOK)
    for each in news:
        each.was_silent()
    time.sleep(_LOOK)  # the answer is on its way
