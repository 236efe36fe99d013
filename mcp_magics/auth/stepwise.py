"""A login taken apart: the same driver, listener and browser's hop, advanced one request at a time."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from mcp_magics.auth.driver import Driver
from mcp_magics.auth.flow.anonymous import Anonymous
from mcp_magics.auth.flow.authorization import Authorize
from mcp_magics.auth.flow.discovery import ResourceMetadata, ServerMetadata
from mcp_magics.auth.flow.exchange import IdentityExchange, Token
from mcp_magics.auth.flow.identity import Registration
from mcp_magics.auth.login import set_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

    from mcp_magics.auth.driver import Step
    from mcp_magics.auth.login import LoginOrder, Watcher
    from mcp_magics.auth.message import Conversation

STEPS = tuple(
    state.name
    for state in (Anonymous, ResourceMetadata, ServerMetadata, Registration, Authorize, IdentityExchange, Token)
)
"""The names of all steps a login may take, in order."""


class Stepwise:
    """One flow under way with everything it holds open; :meth:`close` it in the end, from any task of its loop."""

    def __init__(self, driver: Driver, stack: AsyncExitStack) -> None:
        self.driver = driver
        self._stack = stack

    @classmethod
    async def open(
        cls,
        order: LoginOrder,
        conversation: Conversation,
        client: httpx2.AsyncClient,
        watcher: Watcher,
        stack: AsyncExitStack,
    ) -> Stepwise:
        """A flow that has not begun; ``stack`` holds what it has open."""
        driver, hop = await set_out(order, conversation, client, watcher, stack)
        if hop is not None:
            hop.listener.holds = False  # the exchange waits for a person, and the browser for nobody
        return cls(driver, stack)

    @property
    def url(self) -> str | None:
        """The authorization URL, when the browser's hop is next."""
        state = self.driver.state
        return state.ask().url if isinstance(state, Authorize) else None

    async def step(self, changes: Mapping[str, Any]) -> Step:
        """Make one request, its fields replaced or (None) left out."""
        return await self.driver.step(changes)

    async def close(self) -> None:
        """Stop listening."""
        await self._stack.aclose()
