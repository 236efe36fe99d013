"""Time limits of one connection that stand still while a person is asked."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Deadlines:
    """The limits under way, and how many questions hold them; belongs to the loop."""

    def __init__(self) -> None:
        self._left: dict[asyncio.Timeout, float] = {}
        self._questions = 0

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """While inside, ``TimeoutError`` after so many seconds of the server's own time."""
        async with asyncio.timeout(seconds) as limit:
            self._left[limit] = seconds
            if self._questions:
                limit.reschedule(None)
            try:
                yield
            finally:
                del self._left[limit]

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """While inside, no limit runs out."""
        if not self._questions:
            self._hold()
        self._questions += 1
        try:
            yield
        finally:
            self._questions -= 1
            if not self._questions:
                self._go_on()

    def _hold(self) -> None:
        now = asyncio.get_running_loop().time()
        for limit in self._left:
            if not limit.expired() and (end := limit.when()) is not None:
                self._left[limit] = max(end - now, 0)
                limit.reschedule(None)

    def _go_on(self) -> None:
        now = asyncio.get_running_loop().time()
        for limit, seconds in self._left.items():
            if not limit.expired():
                limit.reschedule(now + seconds)
