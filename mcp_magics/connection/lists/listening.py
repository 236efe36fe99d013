"""One ``subscriptions/listen`` stream (2026-07-28 basic/patterns/subscriptions): asked for, granted, ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.replies import reply_of
from mcp_magics.errors import ConnectionFailedError, MCPMagicsError, RequestCancelledError, RequestTimeoutError
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.client import Connection
    from mcp_magics.wire.pending import Pending

SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId"
ACKNOWLEDGED = "notifications/subscriptions/acknowledged"


def subscription_id(params: Mapping[str, Any]) -> str | None:
    """The id of the stream a notification belongs to, as text: some peers send a number back as one."""
    meta = params.get("_meta")
    found = meta.get(SUBSCRIPTION_ID) if isinstance(meta, dict) else None
    return str(found) if isinstance(found, int | str) else None


class Listening:
    """A stream of the notifications in ``wanted``; all of it belongs to the loop."""

    def __init__(self, connection: Connection, wanted: Mapping[str, Any]) -> None:
        self._connection = connection
        self.wanted = wanted
        self.granted: Mapping[str, Any] | None = None
        self._pending: Pending | None = None
        self._acknowledged = asyncio.Event()
        self._over = asyncio.Event()

    @property
    def number(self) -> str:
        """The id of the stream, once it is asked for."""
        return str(self._pending.id) if self._pending is not None else ""

    def acknowledge(self, granted: object) -> None:
        """The server's word on what it will tell."""
        self.granted = granted if isinstance(granted, dict) else {}
        self._acknowledged.set()

    async def open(self, seconds: float) -> Mapping[str, Any]:
        """Ask, and return what was granted; raises ``RequestError`` where the server refuses, or another error."""
        loop = asyncio.get_running_loop()
        self._pending = self._connection.stand("subscriptions/listen", f'"notifications":{compact(dict(self.wanted))}')
        self._connection.listenings[self.number] = self
        self._pending.on_done(lambda: loop.call_soon_threadsafe(self._over.set))
        waits = [asyncio.ensure_future(each.wait()) for each in (self._acknowledged, self._over)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            for wait in waits:
                wait.cancel()
        if self.granted is not None:
            return self.granted
        if not self._over.is_set():
            self.close()
            raise self._too_late(seconds)
        self._connection.listenings.pop(self.number, None)
        reply_of(self._pending, self._connection.spec.name)  # raises what the server said
        return {}

    def _too_late(self, seconds: float) -> RequestTimeoutError:
        return RequestTimeoutError(
            f"subscriptions/listen was not acknowledged within {seconds:g} s",
            phase="subscribe",
            server=self._connection.spec.name,
            next_step=f"%mcp trace {self._connection.spec.name}",
            retryable=True,
        )

    async def ended(self) -> str:
        """Wait for the end of the stream; what ended it, in a few words."""
        await self._over.wait()
        self._connection.listenings.pop(self.number, None)
        error = self._pending.error if self._pending is not None else None
        if error is None:
            return "the server ended the stream"
        return f"the stream was lost: {error.failure.message if isinstance(error, MCPMagicsError) else error}"

    def close(self) -> None:
        """Tell the server that nobody listens any more."""
        self._connection.listenings.pop(self.number, None)
        if self._pending is None or self._pending.done:
            return
        error = RequestCancelledError("nobody listens any more", class_="cancelled", server=self._connection.spec.name)
        try:
            self._connection.dispatcher.abandon(self._pending, error)
        except ConnectionFailedError:  # gone with its channel
            return
