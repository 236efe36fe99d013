"""What a server tells on its own account, in Python: subscriptions and log messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.connection.driven import Driven
from mcp_magics.connection.exchange import on_loop
from mcp_magics.connection.subscriptions.log_level import checked_level, set_log_level

if TYPE_CHECKING:
    from mcp_magics.connection.subscriptions.subscribed import Subscription


class Streams(Driven):
    """Asking to be told: each blocking, and awaited with an ``a`` before its name."""

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Those that stand, the oldest first."""
        return self.connection.subscriptions.all

    def subscribe(self, uri: str) -> Subscription:
        """Ask to be told when a resource changes, and read it; raises ``ProtocolError`` where that is not offered."""
        return self._block(self.subscribe_steps(uri))

    async def asubscribe(self, uri: str) -> Subscription:
        """The same, awaited."""
        return await self._await(self.subscribe_steps(uri))

    def unsubscribe(self, uri: str) -> Subscription:
        """End a subscription; raises ``ProtocolError`` (``not_subscribed``) where there is none."""
        return self._block(self.unsubscribe_steps(uri))

    async def aunsubscribe(self, uri: str) -> Subscription:
        """The same, awaited."""
        return await self._await(self.unsubscribe_steps(uri))

    def set_log_level(self, level: str) -> tuple[str, ...]:
        """Ask for log messages of ``level`` (RFC 5424's word) and above, or ``off``; what there is to say of it."""
        return self._block(self.log_level_steps(level))

    async def aset_log_level(self, level: str) -> tuple[str, ...]:
        """The same, awaited."""
        return await self._await(self.log_level_steps(level))

    # -- steps ---------------------------------------------------------------------------------------------

    async def subscribe_steps(self, uri: str) -> Subscription:
        """Steps: subscribed and read; what is subscribed to already stays as it is."""
        await self.ready_steps()
        return await on_loop(self.name, self.connection.subscriptions.subscribe(uri))

    async def unsubscribe_steps(self, uri: str) -> Subscription:
        """Steps: the same, ended."""
        return await on_loop(self.name, self.connection.subscriptions.unsubscribe(uri))

    async def log_level_steps(self, level: str) -> tuple[str, ...]:
        """Steps: the level of this connection, and of those that follow it."""
        checked = checked_level(level, f"%mcp log {self.name} --set")
        await self.ready_steps()
        return await on_loop(self.name, set_log_level(self.connection, checked))
