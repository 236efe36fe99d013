"""Notifications that a registered handler wants, and the end of a visit to an address: heard in order, bounded."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.questions.asked import Asked
    from mcp_magics.connection.questions.handlers import Handler

MOST_WAITING = 256
"""Notifications that wait for their handler; of more, the oldest are dropped."""


class Overheard:
    """Hands notifications to handlers, one at a time and in order; belongs to the loop."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._waiting: deque[tuple[tuple[Handler, ...], str, Mapping[str, Any]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._dropped = 0

    def notification(self, method: str, params: Mapping[str, Any]) -> None:
        """Take in one notification; never blocks."""
        if method == "notifications/elicitation/complete":
            self._complete(params)
        handlers = self._asked.handling.handles(method)
        if not handlers:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._dropped += 1
        self._waiting.append((handlers, method, params))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._hand_on())

    def _complete(self, params: Mapping[str, Any]) -> None:
        number = clean(str(params.get("elicitationId", ""))[:80])
        self._asked.note_under_way(f"the server says that what was to be done at its address ({number}) is complete")

    async def _hand_on(self) -> None:
        while self._waiting:
            handlers, method, params = self._waiting.popleft()
            for handler in handlers:  # those there were when it came
                await self._asked.handling.told(handler, method, params)
        if self._dropped:
            self._asked.say(f"{self._dropped} notifications came faster than their handler and were dropped")
            self._dropped = 0
