"""The SDK's session on a channel of ours: negotiation, and the server's questions led to the inbox."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from mcp_magics.results.app import EXTENSION, MIME_TYPE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mcp.client.session import ClientRequestContext, ClientSession
    from mcp.shared.dispatcher import Dispatcher

    from mcp_magics.config.model import ServerSpec
    from mcp_magics.connection.inbox import Inbox
    from mcp_magics.wire.transport import Channel


_EXTENSIONS: dict[str, dict[str, Any]] = {EXTENSION: {"mimeTypes": [MIME_TYPE]}}


@asynccontextmanager
async def open_session(channel: Channel, spec: ServerSpec, inbox: Inbox) -> AsyncIterator[ClientSession]:
    """A session that has negotiated its protocol version; raises what the negotiation raised."""
    import mcp_types as types
    from mcp.client._probe import negotiate_auto
    from mcp.client.session import ClientSession

    from mcp_magics import __version__

    callbacks = Callbacks(spec.name, inbox, channel)
    session = ClientSession(
        dispatcher=cast("Dispatcher[Any]", channel.dispatcher),
        client_info=types.Implementation(name="mcp_magics", version=__version__, title="mcp_magics"),
        elicitation_callback=callbacks.elicit,
        sampling_callback=callbacks.sample,
        extensions=_EXTENSIONS,
        list_roots_callback=callbacks.roots,
    )
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


class Callbacks:
    """The server's questions, as the SDK's session delivers them."""

    def __init__(self, server: str, inbox: Inbox, channel: Channel) -> None:
        self._server = server
        self._inbox = inbox
        self._channel = channel

    async def elicit(self, context: ClientRequestContext, params: Any) -> Any:  # noqa: ARG002  the SDK's signature
        """elicitation/create (client/elicitation): accept, decline and cancel are three things."""
        import mcp_types as types

        raw = params.model_dump(mode="json", by_alias=True, exclude_none=True)
        with self._channel.clock_stopped():
            question = self._inbox.question("elicitation", self._server, params.message, raw)
            answer = await self._inbox.ask(question)
        content: Any = dict(answer.content) if answer.action == "accept" and answer.content is not None else None
        return types.ElicitResult(action=answer.action, content=content)

    async def sample(self, context: ClientRequestContext, params: Any) -> Any:  # noqa: ARG002  the SDK's signature
        """sampling/createMessage (client/sampling): a person writes the reply, or refuses."""
        import mcp_types as types

        raw = params.model_dump(mode="json", by_alias=True, exclude_none=True)
        with self._channel.clock_stopped():
            question = self._inbox.question("sampling", self._server, "The server asks for a completion", raw)
            answer = await self._inbox.ask(question)
        if answer.action != "accept" or answer.content is None:
            return types.ErrorData(code=-1, message="The sampling request was rejected")
        text = types.TextContent(type="text", text=str(answer.content.get("text", "")))
        return types.CreateMessageResult(role="assistant", content=text, model="a person", stop_reason="endTurn")

    async def roots(self, context: ClientRequestContext) -> Any:  # noqa: ARG002  the SDK's signature
        """roots/list (client/roots): this client opens no directory to a server."""
        import mcp_types as types

        return types.ListRootsResult(roots=[])
