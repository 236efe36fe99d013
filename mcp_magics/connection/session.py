"""The SDK's session on a channel of ours: negotiation, and the server's questions led to whoever answers them.

A question reaches its answer as it was sent: the SDK's models refuse schemas that a tester of servers wants to see.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from mcp_magics.connection.asked import RefusedError
from mcp_magics.connection.handlers import QUESTIONS
from mcp_magics.connection.overheard import Overheard
from mcp_magics.results.app import EXTENSION, MIME_TYPE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mcp.client.session import ClientSession
    from mcp.shared.dispatcher import DispatchContext, Dispatcher

    from mcp_magics.config.model import ServerSpec
    from mcp_magics.connection.asked import Asked
    from mcp_magics.wire.transport import Channel


_EXTENSIONS: dict[str, dict[str, Any]] = {EXTENSION: {"mimeTypes": [MIME_TYPE]}}


@asynccontextmanager
async def open_session(channel: Channel, spec: ServerSpec, asked: Asked) -> AsyncIterator[ClientSession]:
    """A session that has negotiated its protocol version; raises what the negotiation raised.

    ``asked`` answers what the server asks.
    """
    from mcp.client._probe import negotiate_auto

    asked.channel = channel
    session: ClientSession = _session_type()(channel, asked)
    problem: BaseException | None = None
    async with session:
        try:
            if spec.protocol == "auto":
                await negotiate_auto(session)
            elif spec.protocol == "legacy":
                await session.initialize()
            else:
                await session.discover()
        except Exception as error:  # noqa: BLE001  raised again below, outside the session's task group
            problem = error
        else:
            yield session
    if problem is not None:
        raise problem


@cache
def _session_type() -> Any:
    """The SDK's session with our answers; made when the SDK is first needed, for it is slow to import."""
    import mcp_types as types
    from mcp.client.session import ClientSession
    from mcp.shared.exceptions import MCPError
    from mcp_types.version import MODERN_PROTOCOL_VERSIONS

    from mcp_magics import __version__

    class Session(ClientSession):
        """A ``ClientSession`` whose server's requests and notifications are heard as they came."""

        def __init__(self, channel: Channel, asked: Asked) -> None:
            super().__init__(
                dispatcher=cast("Dispatcher[Any]", channel.dispatcher),
                client_info=types.Implementation(name="mcp_magics", version=__version__, title="mcp_magics"),
                extensions=_EXTENSIONS,
                sampling_capabilities=types.SamplingCapability(
                    tools=types.SamplingToolsCapability(), context=types.SamplingContextCapability()
                ),
                elicitation_callback=cast("Any", _never),
                sampling_callback=cast("Any", _never),
                list_roots_callback=cast("Any", _never),
            )
            self._asked = asked
            self._channel = channel
            self._overheard = Overheard(asked)

        async def _on_request(
            self, dctx: DispatchContext[Any], method: str, params: Mapping[str, Any] | None
        ) -> dict[str, Any]:
            try:
                if method in QUESTIONS and self.protocol_version in MODERN_PROTOCOL_VERSIONS:
                    rule = f"{self.protocol_version} basic/patterns/mrtr"
                    self._channel.violation(rule, f"{method} was sent as a request of its own")
                elif method in QUESTIONS:
                    return await self._asked.answer(method, params or {})
                elif self._asked.handles(method):
                    return cast("dict[str, Any]", await self._asked.custom(method, params or {}))
            except RefusedError as refused:
                raise MCPError(code=refused.code, message=str(refused)) from None
            return await super()._on_request(dctx, method, params)

        def _intercept_notification(self, method: str, params: Mapping[str, Any] | None) -> bool:
            self._overheard.notification(method, params or {})
            return super()._intercept_notification(method, params)

    return Session


async def _never(*_: Any) -> Any:
    """Stands for a callback: that one is there is what declares the capability (:class:`Asked` answers)."""
    raise NotImplementedError
