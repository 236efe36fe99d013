"""What goes wrong between a login and a call: at the endpoints, on the callback, with tokens.

Each docstring is a description.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mcp_magics.playground.authorization.behaviour import Behaviour, Document
from mcp_magics.playground.authorization.refusal import Redirection, Refusal

if TYPE_CHECKING:
    from starlette.responses import Response

    from mcp_magics.playground.authorization.clients import Clients
    from mcp_magics.playground.authorization.parameters import Parameters
    from mcp_magics.playground.authorization.sites import Sites

_ADVERTISED = frozenset({"shop:read", "shop:write", "offline_access"})


class _CallNeedsLogin(Behaviour):
    """Is open but for one tool: a call of place_order without a token is 401."""

    name = "call-needs-login"
    servers = ("l1",)

    def needs_login(self, tool: str | None) -> bool:
        return tool == "place_order"


class _NoPkce(Behaviour):
    """Knows nothing of PKCE, neither in its metadata nor at its endpoints."""

    name = "no-pkce"
    proves = False

    def server_metadata(self, document: Document, sites: Sites) -> Document:  # noqa: ARG002 - for other faults
        return {name: value for name, value in document.items() if name != "code_challenge_methods_supported"}


class _NoRegistration(Behaviour):
    """Registers no clients and reads no client metadata documents; the documented clients still work."""

    name = "no-registration"
    registers = False


class _InvalidClient(Behaviour):
    """Forgets clients as soon as they have registered: invalid_client at the authorization and token endpoints."""

    name = "invalid-client"

    def registered(self, clients: Clients, client_id: str) -> None:
        clients.forget(client_id)


class _StaleClient(Behaviour):
    """Forgets a client once it has got tokens: its refresh fails with invalid_client, registering again helps."""

    name = "stale-client"

    def issued(self, clients: Clients, client_id: str) -> None:
        clients.forget(client_id)


class _ErrorDescription(Behaviour):
    """Sends every authorization request back with access_denied, a description with markup and an error_uri."""

    name = "error-description"

    def authorization_request(self, request: Parameters, scopes: tuple[str, ...]) -> None:  # noqa: ARG002
        raise Redirection("access_denied", "a b <b>not today</b>", "https://example.org/why?a=1&b=2")


class _ScopeRejected(Behaviour):
    """Refuses authorization requests for the scopes it advertises with invalid_scope; without a scope it is content."""

    name = "scope-rejected"

    def authorization_request(self, request: Parameters, scopes: tuple[str, ...]) -> None:
        if request.get("scope") and _ADVERTISED & set(scopes):
            raise Redirection("invalid_scope", "The requested scope is invalid, unknown, or malformed.")


class _WrongState(Behaviour):
    """Sends callbacks with a state nobody sent."""

    name = "wrong-state"

    def callback(self, parameters: dict[str, str]) -> dict[str, str]:
        return parameters | {"state": "nobody-sent-this-state"}


class _WrongIss(Behaviour):
    """Sends callbacks with the iss of another authorization server."""

    name = "wrong-iss"

    def callback(self, parameters: dict[str, str]) -> dict[str, str]:
        return parameters | {"iss": "https://another.example"}


class _NoIss(Behaviour):
    """Advertises the iss parameter of callbacks (RFC 9207) and leaves it out."""

    name = "no-iss-though-advertised"

    def callback(self, parameters: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in parameters.items() if name != "iss"}


class _Slow(Behaviour):
    """Answers token requests after --delay seconds."""

    name = "slow"

    async def token_request(self, form: Parameters) -> None:  # noqa: ARG002 - for other faults
        await asyncio.sleep(self.delay)


class _TokenHtml(Behaviour):
    """Answers token requests with status 502 and a page of HTML."""

    name = "token-html"

    async def token_request(self, form: Parameters) -> Response:  # noqa: ARG002 - for other faults
        from starlette.responses import HTMLResponse

        return HTMLResponse("<html><head><title>502 Bad Gateway</title></head><body>Bad gateway</body></html>", 502)


class _InvalidGrant(Behaviour):
    """Refuses every code with invalid_grant."""

    name = "invalid-grant"

    async def token_request(self, form: Parameters) -> None:
        if form.get("grant_type") == "authorization_code":
            raise Refusal("invalid_grant", "This code was never issued, or so the playground claims.")


class _NoRefresh(Behaviour):
    """Issues no refresh tokens."""

    name = "no-refresh"

    def token_response(self, tokens: Document) -> Document:
        return {name: value for name, value in tokens.items() if name != "refresh_token"}


class _RefreshRejected(Behaviour):
    """Refuses every refresh with invalid_grant."""

    name = "refresh-rejected"

    async def token_request(self, form: Parameters) -> None:
        if form.get("grant_type") == "refresh_token":
            raise Refusal("invalid_grant", "This refresh token was revoked, or so the playground claims.")


class _RejectsFresh(Behaviour):
    """Refuses every token with 401, even one that is a second old."""

    name = "rejects-fresh"

    def accepts_tokens(self) -> bool:
        return False


class _StepUpLoop(Behaviour):
    """Refuses calls that need a scope with 403 insufficient_scope, whatever scopes the token has."""

    name = "step-up-loop"
    servers = ("l2",)

    def suffices(self, granted: frozenset[str], needed: frozenset[str]) -> bool:  # noqa: ARG002 - for other faults
        return not needed


class _Dpop(Behaviour):
    """Issues and takes only tokens bound to a key: DPoP proofs at the token endpoint and with every request."""

    name = "dpop"
    servers = ("l2",)
    demands_proof = True


class _DpopNonce(_Dpop):
    """Does as dpop, and demands a nonce of its own in every proof, another one for each of the two servers."""

    name = "dpop-nonce"

    def nonce(self, url: str) -> str:
        return "playground-nonce-" + urlsplit(url).path.strip("/").replace("/", "-")


FLOW_FAULTS: tuple[type[Behaviour], ...] = (
    _CallNeedsLogin,
    _NoPkce,
    _NoRegistration,
    _InvalidClient,
    _StaleClient,
    _ErrorDescription,
    _ScopeRejected,
    _WrongState,
    _WrongIss,
    _NoIss,
    _Slow,
    _TokenHtml,
    _InvalidGrant,
    _NoRefresh,
    _RefreshRejected,
    _RejectsFresh,
    _StepUpLoop,
    _Dpop,
    _DpopNonce,
)
