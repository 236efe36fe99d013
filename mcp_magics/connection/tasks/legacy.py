"""A task of 2025-11-25: ``tasks/result`` gives what the call would have answered, and the server asks on its stream.

Source: 2025-11-25 basic/utilities/tasks.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from mcp_magics.connection.tasks.following import Following
from mcp_magics.connection.tasks.task import offers
from mcp_magics.errors import ConnectionFailedError

if TYPE_CHECKING:
    from mcp_magics.results.reply import Reply


class LegacyTask(Following):
    """A task of 2025-11-25."""

    async def _to_its_end(self) -> Reply:
        answer: asyncio.Task[Reply] | None = None
        try:
            while not self.latest.is_final:
                answer = self._answering(answer)
                if answer is not None and answer.done() and answer.exception() is None:
                    break
                await self._pause()
                if not self.latest.is_final:
                    await self._look()
            return await self._result(answer)
        finally:
            if answer is not None and not answer.done():
                answer.cancel()

    def _answering(self, answer: asyncio.Task[Reply] | None) -> asyncio.Task[Reply] | None:
        """The waiting ``tasks/result``, begun where the server wants to ask: its questions come on that stream."""
        if answer is not None and answer.done() and answer.exception() is not None:
            answer = None  # its stream was cut; the result is fetched when there is one
        if answer is None and self.latest.status == "input_required":
            answer = asyncio.create_task(self._asked("tasks/result"))
            answer.add_done_callback(lambda _: self.news.set())
        return answer

    async def _result(self, answer: asyncio.Task[Reply] | None) -> Reply:
        """What the call would have answered (Result Retrieval), a JSON-RPC error included."""
        if self.latest.status == "cancelled":
            raise self._was_cancelled()
        if answer is not None:
            with suppress(ConnectionFailedError):
                return self._ended(await answer)
        return self._ended(await self._asked("tasks/result"))

    @property
    def _may_be_cancelled(self) -> bool:
        return offers(self.connection.capabilities, "cancel")
