"""A server object of this very process, spoken to over the SDK's in-memory streams.

The frames are the JSON the messages would have been on a wire, so the wire log and raw results look the same.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import ConfigurationError, ConnectionFailedError
from mcp_magics.wire.dispatcher import FrameDispatcher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.observer import Observer
    from mcp_magics.wire.pending import Pending


def lowlevel_server(name: str, server: Any) -> Any:
    """The SDK's low-level server inside ``server`` (an ``MCPServer``, a ``Server``, a FastMCP object).

    Raises ``ConfigurationError`` for anything else.
    """
    for candidate in (server, *(getattr(server, part, None) for part in ("_lowlevel_server", "_mcp_server"))):
        if callable(getattr(candidate, "run", None)) and callable(
            getattr(candidate, "create_initialization_options", None)
        ):
            return candidate
    raise ConfigurationError(
        f"a {type(server).__name__} is not an MCP server object",
        phase="config",
        server=name,
        next_step=f'servers.add("{name}", object=MCPServer("{name}"))  # from mcp.server import MCPServer',
    )


class MemoryDispatcher(FrameDispatcher):
    """Messages to a server running on the same loop."""

    channel = "memory"

    def __init__(self, server: str, target: Any, journal: Journal, observer: Observer) -> None:
        super().__init__(server, journal, observer)
        self._target = lowlevel_server(server, target)
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._tasks: list[asyncio.Task[Any]] = []

    def open(self) -> None:
        """Start the server's task."""
        self._tasks.append(self.loop.create_task(self._serve()))

    async def _serve(self) -> None:
        from mcp.shared.memory import create_client_server_memory_streams

        problem = "the server object stopped"
        try:
            async with create_client_server_memory_streams() as (ours, theirs):
                read, write = ours
                self._tasks.append(self.loop.create_task(self._write(write)))
                self._tasks.append(self.loop.create_task(self._read(read)))
                await self._target.run(*theirs, self._target.create_initialization_options(), raise_exceptions=False)
        except Exception as error:  # noqa: BLE001  the object is the user's: whatever it raises ends this connection
            problem = f"the server object raised {type(error).__name__}: {error}"
        self.lose(ConnectionFailedError(problem, class_="server_object_stopped", phase="call", server=self.server))

    async def _write(self, write: Any) -> None:
        from mcp.shared.message import SessionMessage
        from mcp_types import jsonrpc_message_adapter

        while True:
            frame = await self._outbox.get()
            try:
                message = jsonrpc_message_adapter.validate_json(frame, by_name=False)
            except ValueError:
                self.receive(b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}')
                continue
            await write.send(SessionMessage(message))

    async def _read(self, read: AsyncIterator[Any]) -> None:
        async for item in read:
            if not isinstance(item, Exception):
                self.receive(item.message.model_dump_json(by_alias=True, exclude_unset=True).encode())

    def _send(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:  # noqa: ARG002
        self.loop.call_soon_threadsafe(self._outbox.put_nowait, frame)

    async def _pump(self) -> None:
        await asyncio.wait([self._tasks[0]])

    async def close(self) -> None:
        """Stop the server's task."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.lose(
            ConnectionFailedError("the connection was closed", class_="disconnected", phase="call", server=self.server)
        )
