"""The two ways to run a server's steps: blocking this thread, or awaited on its loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mcp_magics.connection.steps import ServerSteps
from mcp_magics.connection.waiting import run_awaiting, run_blocking

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mcp_magics.connection.waiting import Attendant, Until

T = TypeVar("T")


class Driven(ServerSteps):
    """Steps, and who drives them; a person at a waiting cell is looked after meanwhile."""

    def _block(self, steps: Coroutine[Until, None, T]) -> T:
        return run_blocking(steps, self._attendant())

    async def _await(self, steps: Coroutine[Until, None, T]) -> T:
        return await run_awaiting(steps, self._attendant())

    def _attendant(self) -> Attendant | None:
        return self._live.attendant()
