"""Talking to the authorization side of one server: discovery, refresh and revocation, each a flow run to its end.

Through the same kind of HTTP client as the traffic, without any of its headers.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_magics.auth.flow.state import Found
from mcp_magics.auth.requirement import Measured, measured
from mcp_magics.config.model import OAuthOptions
from mcp_magics.errors import Failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx2

    from mcp_magics.auth.conversation import HttpConversation
    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.auth.flow.state import State
    from mcp_magics.auth.requirement import Requirement
    from mcp_magics.config.model import ServerSpec
    from mcp_magics.wire.journal import Journal

DISCOVERY_TIMEOUT = 5.0
"""Seconds within which a server's requirement is found out, or is not known."""


class Authority:
    """The authorization side of ``spec``; ``wished`` is what the last login was asked beyond the configuration."""

    def __init__(self, spec: ServerSpec, journal: Journal) -> None:
        self.spec = spec
        self.wished = OAuthOptions()
        self._journal = journal

    @asynccontextmanager
    async def conversation(self) -> AsyncIterator[tuple[HttpConversation, httpx2.AsyncClient]]:
        """A conversation and the client it goes through; both end with the block."""
        from mcp_magics.auth.conversation import HttpConversation
        from mcp_magics.auth.order import server_url
        from mcp_magics.wire.http import http_client

        async with http_client(self.spec.name, self._journal) as client:
            yield HttpConversation(self.spec.name, server_url(self.spec), client), client

    async def measured(self, state: State, earlier: Measured) -> Measured:
        """The requirement that a discovery from ``state`` on shows, beside what was known before.

        A refusal that was seen stays one, however long the documents take.
        """
        from mcp_magics.auth.driver import Driver

        async with self.conversation() as (conversation, _):
            driver = Driver(state, conversation)
            try:
                async with asyncio.timeout(DISCOVERY_TIMEOUT):
                    return measured(await driver.run()).beside(earlier)
            except TimeoutError:
                found: Found = getattr(driver.state, "found", Found())
                word: Requirement = "unknown" if found.refused is None else "required"
                return Measured(word, found.refused, self._too_slow(), found, time.time())

    def _too_slow(self) -> Failure:
        text = f"the discovery took more than {DISCOVERY_TIMEOUT:g} s"
        return Failure("no_response", text, "discovery", self.spec.name, retryable=True)

    async def refreshed(self, credential: OAuthCredential) -> OAuthCredential:
        """A new credential for an old one; raises ``MCPMagicsError``."""
        from mcp_magics.auth.driver import Driver
        from mcp_magics.auth.flow.anonymous import Anonymous
        from mcp_magics.auth.flow.exchange import signing_key
        from mcp_magics.auth.flow.login import begin
        from mcp_magics.auth.flow.renewal import Refresh
        from mcp_magics.auth.order import again, flow_settings, overridden

        settings = flow_settings(replace(self.spec, oauth=overridden(self.spec.oauth, self.wished)))
        async with self.conversation() as (conversation, _):
            if credential.tokens is not None and credential.tokens.refresh_token:
                driver = Driver(Refresh(self.spec.name, credential, signing_key(settings)), conversation)
            else:  # a grant that needs no person is simply made once more
                driver = Driver(Anonymous(again(settings, credential)), conversation, after=begin)
            end = await driver.run()
        return _credential_of(end)

    async def revoked(self, credential: OAuthCredential) -> str:
        """What became of revoking the tokens of ``credential``, in words."""
        from mcp_magics.auth.driver import Driver
        from mcp_magics.auth.flow.exchange import signing_key
        from mcp_magics.auth.flow.renewal import revoke
        from mcp_magics.auth.flow.state import Refused, Revoked
        from mcp_magics.auth.order import flow_settings

        state = revoke(self.spec.name, credential, signing_key(flow_settings(self.spec)))
        if state is None:
            return "not revoked: the server names no revocation endpoint (RFC 7009); the tokens end by themselves"
        async with self.conversation() as (conversation, _):
            end = await Driver(state, conversation).run()
        if isinstance(end, Revoked):
            return end.text
        assert isinstance(end, Refused)  # a revocation ends in one of the two
        return f"not revoked: {end.failure.message}"


def _credential_of(end: State) -> OAuthCredential:
    from mcp_magics.auth.flow.state import Granted, Refused
    from mcp_magics.errors import ConnectionFailedError

    if isinstance(end, Granted):
        return end.credential
    assert isinstance(end, Refused)  # a refresh ends in one of the two
    raise ConnectionFailedError.of(end.failure)
