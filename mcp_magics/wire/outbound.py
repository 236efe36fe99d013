"""Requests and notifications on their way out, and the requests that wait for their answer.

:meth:`Outbound.submit` may be called from any thread and sends the arguments' own text.
"""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from mcp_magics.errors import ConnectionFailedError, MCPMagicsError
from mcp_magics.wire.message import compact
from mcp_magics.wire.pending import Pending

if TYPE_CHECKING:
    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.observer import Observer


REMEMBERED = 1024
"""How many ids of requests that were given up are remembered: their answers may still come."""


class Outbound(ABC):
    """The sending half of a channel: every frame is numbered where it wants an answer, journalled and sent in order."""

    channel = "wire"

    def __init__(self, server: str, journal: Journal, observer: Observer) -> None:
        self.server = server
        self.journal = journal
        self.observer = observer
        self.loop = asyncio.get_running_loop()
        self._ids = itertools.count(1)
        self._highest = 0
        self._pending: dict[int | str, Pending] = {}
        self._standing: dict[int | str, Pending] = {}
        self._given_up: deque[int | str] = deque(maxlen=REMEMBERED)
        self._closed: MCPMagicsError | None = None

    def submit(self, method: str, members: str, meta: str = "", *, headers: dict[str, str] | None = None) -> Pending:
        """Send a request whose params are the JSON object members ``members``; any thread may call this.

        ``meta`` is the members of ``_meta``; a ``progressToken`` (the request's id) is added to them.
        """
        request_id = next(self._ids)
        token = f'"progressToken":{request_id}'
        envelope = f'"_meta":{{{meta},{token}}}' if meta else f'"_meta":{{{token}}}'
        params = f"{members},{envelope}" if members else envelope
        text = f'{{"jsonrpc":"2.0","id":{request_id},"method":{compact(method)},"params":{{{params}}}}}'
        return self._launch(Pending(request_id, method), text, headers)

    def stand(self, method: str, members: str, meta: str = "", *, headers: dict[str, str] | None = None) -> Pending:
        """Send a request whose answer is the end of a stream; nobody's wait, so that calls beside it are alone."""
        request_id = next(self._ids)
        params = f'{members},"_meta":{{{meta}}}' if meta else members
        text = f'{{"jsonrpc":"2.0","id":{request_id},"method":{compact(method)},"params":{{{params}}}}}'
        pending = Pending(request_id, method)
        self._standing[request_id] = pending
        return self._sent(pending, text, headers)

    def _launch(self, pending: Pending, text: str, headers: dict[str, str] | None) -> Pending:
        self._pending[pending.id] = pending
        return self._sent(pending, text, headers)

    def _sent(self, pending: Pending, text: str, headers: dict[str, str] | None) -> Pending:
        pending.headers = headers
        if isinstance(pending.id, int):
            self._highest = pending.id
        if self._closed is not None:
            self._settle_lost(pending, self._closed)
            return pending
        self._put(text.encode(), pending, headers)
        return pending

    def _put(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:
        moment = self.journal.moment()
        self._send(frame, pending, headers)
        self.journal.frame(self.server, "sent", self.channel, frame, moment)

    def tell(self, method: str, params: str = "", *, headers: dict[str, str] | None = None) -> None:
        """Send a notification; ``params`` is JSON text. Silently dropped once the channel is closed."""
        tail = f',"params":{params}' if params else ""
        self._post(f'{{"jsonrpc":"2.0","method":{compact(method)}{tail}}}', headers)

    def abandon(self, pending: Pending, error: MCPMagicsError) -> None:
        """Give a request up and tell the server so; any thread may call this, at any time."""
        if not self._forget(pending):
            return
        reason = error.failure.class_
        pending.fail(error)
        if self._closed is None:
            self._cancel(pending, reason)

    def _forget(self, pending: Pending) -> bool:
        """Wait for ``pending`` no longer; whether anybody did. Its answer may still come, and is no second one."""
        if self._pending.pop(pending.id, None) is None and self._standing.pop(pending.id, None) is None:
            return False
        self._given_up.append(pending.id)
        return True

    def _is_awaited(self, pending: Pending) -> bool:
        return pending.id in self._pending or pending.id in self._standing

    def _cancel(self, pending: Pending, reason: str) -> None:
        """Tell the server that nobody waits for ``pending`` any more (2025-11-25 basic/utilities/cancellation)."""
        params = {"requestId": pending.id, "reason": reason}
        self.tell("notifications/cancelled", compact(params), headers=pending.headers)

    def _post(self, text: str, headers: dict[str, str] | None = None) -> None:
        if self._closed is None:
            self._put(text.encode(), None, headers)

    @property
    def in_flight(self) -> tuple[Pending, ...]:
        """The requests that wait for their answer."""
        return tuple(self._pending.values())

    def lose(self, error: MCPMagicsError) -> None:
        """The channel is gone: settle every request with ``error``."""
        if self._closed is not None:
            return
        self._closed = error
        for pending in [*self._pending.values(), *self._standing.values()]:
            self._settle_lost(pending, error)
        self.observer.closed(error)

    def _settle_lost(self, pending: Pending, error: MCPMagicsError) -> None:
        if self._forget(pending):
            pending.fail(ConnectionFailedError.of(error.failure))

    @abstractmethod
    def _send(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:
        """Put one frame on the wire; called from any thread, in order, never blocks."""
