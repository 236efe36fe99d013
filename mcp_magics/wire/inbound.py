"""The context a server's request is answered in (the SDK's ``DispatchContext`` Protocol)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import anyio
    from mcp.shared.dispatcher import CallOptions
    from mcp.shared.transport_context import TransportContext

    from mcp_magics.wire.dispatcher import FrameDispatcher


class InboundContext:
    """One inbound request, and the way back to the peer that sent it."""

    def __init__(self, dispatcher: FrameDispatcher, request_id: int | str) -> None:
        self._dispatcher = dispatcher
        self.request_id = request_id
        self.message_metadata = None
        self.can_send_request = True

    @property
    def transport(self) -> TransportContext:
        """Which kind of wire the request came over."""
        from mcp.shared.transport_context import TransportContext

        return TransportContext(kind=self._dispatcher.channel, can_send_request=True)

    @property
    def cancel_requested(self) -> anyio.Event:
        """Never set: a cancelled request's task is cancelled instead."""
        import anyio

        return anyio.Event()

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        """Ask the peer something while its request is being answered."""
        return await self._dispatcher.send_raw_request(method, params, opts)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        """Tell the peer something while its request is being answered."""
        await self._dispatcher.notify(method, params, opts)

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """A client reports no progress since 2026-07-28; nothing is sent."""
