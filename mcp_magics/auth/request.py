"""The credential on each request: attached, renewed once where it is refused, and never anywhere but to its server.

Nothing here asks a person. While the token is fresh there is no read of the store and no other request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from mcp_magics.auth.renewal_rules import access_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.auth.keeper import Keeper

UNAUTHORIZED = 401


class BearerAuth(httpx2.Auth):
    """Puts the keeper's access token on requests to its server's origin (RFC 6750 §2.1, RFC 9449 §7.1).

    A 401 for the token just sent is followed by one renewal and one more try; then the answer goes back as it is.
    Raises what :meth:`Keeper.fresh` raises. For asynchronous clients only.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._origin = _origin(httpx2.URL(keeper.binding.server_url))
        self._nonce: str | None = None

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Refuses: a renewal needs the loop."""
        raise RuntimeError("BearerAuth is for asynchronous clients", request.url.host)

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Attach, and try once more where the token was refused."""
        if _origin(request.url) != self._origin or "authorization" in request.headers:
            yield request
            return
        credential = await self._keeper.fresh()
        if credential is None or credential.tokens is None:
            yield request
            return
        response = yield self._signed(request, credential)
        if self._wants_proof(response, credential):
            response = yield self._signed(request, credential)
        access = credential.tokens.access_token
        if response.status_code != UNAUTHORIZED:
            self._keeper.accepted(access)
            return
        renewed = await self._keeper.renew(access)
        if renewed is None:
            return
        response = yield self._signed(request, renewed)
        if self._wants_proof(response, renewed):
            response = yield self._signed(request, renewed)
        if response.status_code == UNAUTHORIZED:
            self._keeper.rejected(access_of(renewed))
        else:
            self._keeper.accepted(access_of(renewed))

    def _signed(self, request: httpx2.Request, credential: OAuthCredential) -> httpx2.Request:
        """The request with the token and, where the token is bound to a key, a fresh proof of it."""
        tokens = credential.tokens
        assert tokens is not None  # only such are sent
        if tokens.token_type.lower() != "dpop" or credential.dpop_key is None:
            request.headers["Authorization"] = f"Bearer {tokens.access_token}"
            return request
        from mcp_magics.auth.dpop import dpop_proof

        url, access = str(request.url), tokens.access_token
        request.headers["Authorization"] = f"DPoP {access}"
        request.headers["DPoP"] = dpop_proof(credential.dpop_key, request.method, url, self._nonce, access)
        return request

    def _wants_proof(self, response: httpx2.Response, credential: OAuthCredential) -> bool:
        """Keep the nonce the server gives with any answer; whether it asks for a proof with it (RFC 9449 §9, §8.2)."""
        if credential.dpop_key is None or "dpop-nonce" not in response.headers:
            return False
        from mcp_magics.auth.dpop import given_nonce, wants_nonce
        from mcp_magics.auth.message import Answer

        headers = {name.lower(): ", ".join(response.headers.get_list(name)) for name in response.headers}
        answer = Answer(str(response.url), response.status_code, headers)
        earlier, self._nonce = self._nonce, given_nonce(answer) or self._nonce
        wanted = wants_nonce(answer)
        return wanted is not None and wanted != earlier


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port (RFC 6454 §4); httpx2 leaves out default ports and lowers the rest."""
    return url.scheme, url.host, url.port
