"""The context a server's request is answered in (the SDK's ``DispatchContext`` Protocol)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import anyio
    from mcp.shared.dispatcher import CallOptions
    from mcp.shared.transport_context import TransportContext


class Peer(Protocol):
    """The way back to who asked."""

    channel: str

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        """Send a request and wait for its result."""

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        """Send a notification."""


class InboundContext:
    """One inbound request, and the way back to the peer that sent it."""

    def __init__(self, peer: Peer, request_id: int | str) -> None:
        self._peer = peer
        self.request_id = request_id
        self.message_metadata = None
        self.can_send_request = True

    @property
    def transport(self) -> TransportContext:
        """Which kind of wire the request came over."""
        from mcp.shared.transport_context import TransportContext

        return TransportContext(kind=self._peer.channel, can_send_request=True)

    @property
    def cancel_requested(self) -> anyio.Event:
        """Never set: a cancelled request's task is cancelled instead."""
        import anyio

        return anyio.Event()

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        """Ask the peer something while its request is being answered."""
        return await self._peer.send_raw_request(method, params, opts)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        """Tell the peer something while its request is being answered."""
        await self._peer.notify(method, params, opts)

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """A client reports no progress since 2026-07-28; nothing is sent."""
