"""The SDK's session on a channel of ours: negotiation, and the server's questions led to whoever answers them.

A question reaches its answer as it was sent: the SDK's models refuse schemas that a tester of servers wants to see.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from mcp_magics.connection.declared import with_configured
from mcp_magics.connection.questions.handlers import QUESTIONS
from mcp_magics.connection.questions.overheard import Overheard
from mcp_magics.connection.questions.refused import RefusedError
from mcp_magics.connection.tasks.ours import ClientTasks, declared_with_tasks, related
from mcp_magics.results.app import EXTENSION, MIME_TYPE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mcp.client.session import ClientSession
    from mcp.shared.dispatcher import DispatchContext, Dispatcher

    from mcp_magics.config.model import Protocol, ServerSpec
    from mcp_magics.connection.questions.asked import Asked
    from mcp_magics.wire.transport import Channel


_EXTENSIONS: dict[str, dict[str, Any]] = {EXTENSION: {"mimeTypes": [MIME_TYPE]}}


@asynccontextmanager
async def open_session(
    channel: Channel, protocol: Protocol, spec: ServerSpec, asked: Asked
) -> AsyncIterator[ClientSession]:
    """A session that has negotiated its ``protocol`` version; raises what the negotiation raised.

    ``asked`` answers what the server asks.
    """
    from mcp.client._probe import negotiate_auto

    asked.channel = channel
    tasks = ClientTasks()
    session: ClientSession = _session_type()(channel, asked, tasks, spec)
    problem: BaseException | None = None
    async with session, tasks:
        try:
            if protocol == "auto":
                await negotiate_auto(session)
            elif protocol == "legacy":
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

    from mcp_magics import __version__

    class Session(ClientSession):
        """A ``ClientSession`` whose server's requests and notifications are heard as they came."""

        def __init__(self, channel: Channel, asked: Asked, tasks: ClientTasks, spec: ServerSpec) -> None:
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
            self._spec = spec
            self._asked = asked
            self._answers = _Answers(asked, tasks, channel)
            self._overheard = Overheard(asked)

        def _build_capabilities(self, version: str) -> types.ClientCapabilities:
            own = declared_with_tasks(super()._build_capabilities(version), version)
            return with_configured(own, self._spec)

        async def _on_request(
            self, dctx: DispatchContext[Any], method: str, params: Mapping[str, Any] | None
        ) -> dict[str, Any]:
            given = params or {}
            self._asked.belongs_to_task(given.get("_meta"))
            try:
                found = await self._answers.to(method, given, self.protocol_version or "")
            except RefusedError as refused:
                raise MCPError(code=refused.code, message=str(refused)) from None
            return related(
                given.get("_meta"), await super()._on_request(dctx, method, params) if found is None else found
            )

        def _intercept_notification(self, method: str, params: Mapping[str, Any] | None) -> bool:
            self._overheard.notification(method, params or {})
            return super()._intercept_notification(method, params)

    return Session


class _Answers:
    """What we answer ourselves, as a question or as a task of ours; the rest is the SDK's."""

    def __init__(self, asked: Asked, tasks: ClientTasks, channel: Channel) -> None:
        self._asked = asked
        self._tasks = tasks
        self._channel = channel

    async def to(self, method: str, params: Mapping[str, Any], version: str) -> dict[str, Any] | None:
        """The result, or None for what the SDK's session answers; raises ``RefusedError``."""
        from mcp_types.version import MODERN_PROTOCOL_VERSIONS

        is_legacy = version not in MODERN_PROTOCOL_VERSIONS
        if is_legacy and self._tasks.takes(method, params):
            return await self._tasks.answer(method, params, self._asked.answer)
        if method in QUESTIONS and not is_legacy:
            self._channel.violation(f"{version} basic/patterns/mrtr", f"{method} was sent as a request of its own")
        elif method in QUESTIONS:
            return await self._asked.answer(method, params)
        elif self._asked.handling.handles(method):
            return cast("dict[str, Any]", await self._asked.handling.custom(method, params))
        return None


async def _never(*_: Any) -> Any:
    """Stands for a callback: that one is there is what declares the capability (:class:`Asked` answers)."""
    raise NotImplementedError
