"""What one protocol server remembers, and how it tells its clients that something changed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import mcp_types as types
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
    ToolsListChanged,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_magics.playground.s1.registry import State

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from mcp.server.lowlevel import Server
    from mcp.server.session import ServerSession

    from mcp_magics.playground.protocol.task import Task
    from mcp_magics.playground.s1.registry import Call

CLOCK = "protocol://clock"
NOTE = "protocol://note"
LEVELS: tuple[types.LoggingLevel, ...] = (
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency",
)  # fmt: skip
_TICK_SECONDS = 1.0
_GONE = (anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream)


@dataclass(slots=True)
class World(State):
    """A note that can be written, a clock, lists that grow, tasks, and who wants to hear of it.

    ``subscribers`` are handshake sessions by resource; 2026-07-28 clients listen on the ``bus``. ``level`` is the least
    log level handshake clients asked for.
    """

    note: str = "Nothing is written here yet."
    ticks: int = 0
    shows_more: set[str] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)
    waves: list[str] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    level: types.LoggingLevel = "debug"
    bus: InMemorySubscriptionBus = field(default_factory=InMemorySubscriptionBus)
    subscribers: dict[str, dict[str, ServerSession]] = field(default_factory=dict)

    @contextlib.asynccontextmanager
    async def alive(self, _server: Server[Any]) -> AsyncIterator[None]:
        """While the server runs, its clock ticks."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._tick)
            yield
            tasks.cancel_scope.cancel()

    async def _tick(self) -> None:
        while True:
            await anyio.sleep(_TICK_SECONDS)
            self.ticks += 1
            await self.updated(CLOCK)

    async def updated(self, uri: str) -> None:
        """Tell everybody who subscribed to ``uri`` that it changed."""
        await self.bus.publish(ResourceUpdated(uri))
        for key, session in list(self.subscribers.get(uri, {}).items()):
            try:
                await session.send_resource_updated(uri)
            except _GONE:
                self.subscribers[uri].pop(key, None)

    async def lists_changed(self, session: ServerSession, kinds: Sequence[str]) -> None:
        """Tell that those lists changed: the listeners, and the handshake client whose request did it."""
        for kind in kinds:
            await self.bus.publish(_EVENTS[kind])
            if session.protocol_version not in MODERN_PROTOCOL_VERSIONS:
                await session.send_notification(_NOTIFICATIONS[kind]())


_EVENTS: dict[str, ServerEvent] = {
    "tools": ToolsListChanged(),
    "prompts": PromptsListChanged(),
    "resources": ResourcesListChanged(),
}
_NOTIFICATIONS = {
    "tools": types.ToolListChangedNotification,
    "prompts": types.PromptListChangedNotification,
    "resources": types.ResourceListChangedNotification,
}


def world_of(call: Call) -> World:
    """The world of the server that ``call`` came to."""
    world = call.state
    if not isinstance(world, World):  # pragma: no cover - these tools are listed by no other server
        raise TypeError(world)
    return world
