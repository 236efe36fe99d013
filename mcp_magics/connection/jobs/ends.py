"""The end of one thing that many may wait for."""

from __future__ import annotations

import threading

from mcp_magics.wire.pending import Settling


class Ends:
    """Gives each who waits an end of its own, for a settling wakes one; all are settled together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._released = False
        self._waited_for: list[_End] = []

    def another(self) -> Settling:
        """An end to wait for, from any thread; settled already where all are."""
        end = _End()
        with self._lock:
            over = self._released
            if not over:
                self._waited_for.append(end)
        if over:
            end.settle()
        return end

    def release(self) -> None:
        """Let all go on who wait, and whoever comes later."""
        with self._lock:
            self._released = True
            ends, self._waited_for = self._waited_for, []
        for end in ends:
            end.settle()


class _End(Settling):
    """Settled by whoever holds it, once."""

    __slots__ = ()

    def settle(self) -> None:
        if not self.done:
            self._settle()
