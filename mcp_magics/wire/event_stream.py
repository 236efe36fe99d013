"""One stream of events over however many responses it takes (2025-11-25 transports: Resumability and Redelivery)."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from mcp_magics.wire.sse import EventDecoder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx2

    from mcp_magics.wire.observer import Observer
    from mcp_magics.wire.sse import Event

RETRY_SECONDS = 1.0
"""How long to wait before a dropped stream is asked for again, where the server names no ``retry:``."""
REMEMBERED = 4096
"""How many events of one stream are remembered, to know one that is delivered again."""


class EventStream:
    """Where a stream stands: the last whole event, the server's ``retry``, and what has been delivered.

    An event that a cut left unfinished has not arrived, whatever its id: the server is asked for it once more.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._delivered: OrderedDict[str, int] = OrderedDict()
        self.last_event_id = ""
        self.retry = RETRY_SECONDS
        self.events = 0

    async def messages(self, response: httpx2.Response) -> AsyncIterator[bytes]:
        """The messages in one response, as they come, without those that were delivered before."""
        decoder = EventDecoder()
        decoder.last_event_id = self.last_event_id
        async for chunk in response.aiter_bytes():
            for event in decoder.feed(chunk):
                if self._take(event):
                    yield event.data

    def _take(self, event: Event) -> bool:
        """Note how far the stream has come; whether the event is a message, and a new one."""
        self.events += 1
        self.last_event_id = event.id
        if event.retry is not None:
            self.retry = event.retry / 1000
        return event.event == "message" and bool(event.data) and not self._again(event)

    def _again(self, event: Event) -> bool:
        if not event.own_id:
            return False
        content = hash(event.data)
        before = self._delivered.get(event.own_id)
        if before is not None and before != content:
            self._observer.violation(
                "2025-11-25 basic/transports: Resumability and Redelivery",
                f"two events of one stream have the id {event.own_id[:100]!r}; both were taken",
            )
        self._delivered[event.own_id] = content
        if len(self._delivered) > REMEMBERED:
            self._delivered.popitem(last=False)
        return before == content
