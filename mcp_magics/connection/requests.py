"""What a connection sends: stamped, and straight to the channel's dispatcher, past the SDK's session."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.replies import reply_of
from mcp_magics.errors import ConnectionFailedError, RequestCancelledError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.config.model import ServerSpec
    from mcp_magics.connection.envelope import Envelope
    from mcp_magics.results.reply import Reply
    from mcp_magics.wire.dispatcher import FrameDispatcher
    from mcp_magics.wire.pending import Pending
    from mcp_magics.wire.transport import Channel


class Requests(ABC):
    """The sending side of one connection; :meth:`submit` is for any thread, the rest belongs to the loop."""

    def __init__(self, spec: ServerSpec) -> None:
        self.spec = spec
        self.channel: Channel | None = None
        self.envelope: Envelope | None = None

    @property
    def dispatcher(self) -> FrameDispatcher:
        """The channel's dispatcher; raises ``ConnectionFailedError`` when there is none."""
        channel = self.channel
        if channel is None:
            raise ConnectionFailedError(
                "not connected",
                class_="disconnected",
                phase="call",
                server=self.spec.name,
                next_step=f"%mcp connect {self.spec.name}",
            )
        return channel.dispatcher

    def submit(
        self,
        method: str,
        members: str,
        *,
        name: str | None = None,
        mirrored: Mapping[str, str] | None = None,
        meta: str = "",
    ) -> Pending:
        """Send a request from whatever thread this is; ``members`` and ``meta`` are members of JSON objects."""
        envelope = self.envelope
        if envelope is None:
            return self.dispatcher.submit(method, members, meta)
        stamp = envelope.stamp(meta) if meta else envelope.meta
        headers = None
        if self.channel is not None and self.channel.wants_headers:
            headers = envelope.headers_for(method, name, mirrored or {})
        return self.dispatcher.submit(method, members, stamp, headers=headers)

    def stand(self, method: str, members: str) -> Pending:
        """Send a request whose answer is the end of a stream; no call waits behind it."""
        envelope, headers = self.envelope, None
        if envelope is not None and self.channel is not None and self.channel.wants_headers:
            headers = envelope.headers_for(method, None, {})
        return self.dispatcher.stand(method, members, envelope.meta if envelope is not None else "", headers=headers)

    def tell(self, method: str, params: str = "") -> None:
        """Send a notification; ``params`` is JSON text."""
        headers = None
        if self.envelope is not None and self.channel is not None and self.channel.wants_headers:
            headers = self.envelope.headers_for(method, None, {})
        self.dispatcher.tell(method, params, headers=headers)

    async def reply(self, method: str, members: str, *, name: str | None = None, meta: str = "") -> Reply:
        """Send a request and wait for its answer on the loop; raises ``RequestError`` for a JSON-RPC error."""
        pending = self.submit(method, members, name=name, meta=meta)
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        pending.on_done(lambda: loop.call_soon_threadsafe(arrived.set))
        try:
            await arrived.wait()
        except asyncio.CancelledError:
            cancelled = RequestCancelledError("interrupted", class_="interrupted", server=self.spec.name)
            if self.channel is not None:
                self.dispatcher.abandon(pending, cancelled)
            raise
        return reply_of(pending, self.spec.name)

    async def result(self, method: str, members: str) -> Mapping[str, Any]:
        """The ``result`` of one request, as an object."""
        reply = await self.reply(method, members)
        self.answered(method, reply)
        message = reply.message or {}
        result = message.get("result")
        return result if isinstance(result, dict) else {}

    @abstractmethod
    def answered(
        self, method: str, reply: Reply, *, name: str | None = None, output_schema: Mapping[str, Any] | None = None
    ) -> None:
        """An answer has come that nobody has held against the rules."""
