"""What a protected server or its authorization server can do wrong: each fault spoils one step.

The docstring of a fault is its description.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mcp_magics.playground.authorization.behaviour import Behaviour, Document
from mcp_magics.playground.authorization.refusal import Redirection, Refusal

if TYPE_CHECKING:
    from starlette.responses import Response

    from mcp_magics.playground.authorization.clients import Clients
    from mcp_magics.playground.authorization.parameters import Parameters
    from mcp_magics.playground.authorization.sites import Sites

_HUGE_BYTES = 10_000_000
_ADVERTISED = frozenset({"shop:read", "shop:write", "offline_access"})


class _WrongIssuer(Behaviour):
    """Publishes authorization server metadata whose issuer is another one."""

    name = "wrong-issuer"

    def server_metadata(self, document: Document, sites: Sites) -> Document:
        return document | {"issuer": f"{sites.issuer}/another"}


class _IssuerSlash(Behaviour):
    """Publishes authorization server metadata whose issuer ends with a slash, and names itself so on callbacks."""

    name = "issuer-slash"

    def server_metadata(self, document: Document, sites: Sites) -> Document:
        return document | {"issuer": f"{sites.issuer}/"}

    def callback(self, parameters: dict[str, str]) -> dict[str, str]:
        return parameters | {"iss": f"{parameters['iss']}/"}


class _WrongResource(Behaviour):
    """Publishes protected resource metadata about another resource."""

    name = "wrong-resource"

    def resource_metadata(self, document: Document, sites: Sites) -> Document:
        return document | {"resource": f"{sites.resource_origin}/another"}


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


class _ErrorDescription(Behaviour):
    """Sends every authorization request back with access_denied, a description with markup and an error_uri."""

    name = "error-description"

    def authorization_request(self, request: Parameters, scopes: tuple[str, ...]) -> None:  # noqa: ARG002
        raise Redirection("access_denied", "a b <b>not today</b>", "https://example.org/why?a=1&b=2")


class _Slow(Behaviour):
    """Answers token requests after --delay seconds."""

    name = "slow"

    async def token_request(self, form: Parameters) -> None:  # noqa: ARG002 - for other faults
        await asyncio.sleep(self.delay)


class _NoRefresh(Behaviour):
    """Issues no refresh tokens."""

    name = "no-refresh"

    def token_response(self, tokens: Document) -> Document:
        return {name: value for name, value in tokens.items() if name != "refresh_token"}


class _NoIss(Behaviour):
    """Advertises the iss parameter of callbacks (RFC 9207) and leaves it out."""

    name = "no-iss-though-advertised"

    def callback(self, parameters: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in parameters.items() if name != "iss"}


class _WrongIss(Behaviour):
    """Sends callbacks with the iss of another authorization server."""

    name = "wrong-iss"

    def callback(self, parameters: dict[str, str]) -> dict[str, str]:
        return parameters | {"iss": "https://another.example"}


class _WrongState(Behaviour):
    """Sends callbacks with a state nobody sent."""

    name = "wrong-state"

    def callback(self, parameters: dict[str, str]) -> dict[str, str]:
        return parameters | {"state": "nobody-sent-this-state"}


class _InvalidGrant(Behaviour):
    """Refuses every code with invalid_grant."""

    name = "invalid-grant"

    async def token_request(self, form: Parameters) -> None:
        if form.get("grant_type") == "authorization_code":
            raise Refusal("invalid_grant", "This code was never issued, or so the playground claims.")


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


class _TokenHtml(Behaviour):
    """Answers token requests with status 502 and a page of HTML."""

    name = "token-html"

    async def token_request(self, form: Parameters) -> Response:  # noqa: ARG002 - for other faults
        from starlette.responses import HTMLResponse

        return HTMLResponse("<html><head><title>502 Bad Gateway</title></head><body>Bad gateway</body></html>", 502)


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


class _HugeMetadata(Behaviour):
    """Publishes authorization server metadata of ten megabytes."""

    name = "huge-metadata"

    def server_metadata(self, document: Document, sites: Sites) -> Document:  # noqa: ARG002 - for other faults
        return document | {"filling": "x" * _HUGE_BYTES}


class _LinkLocalMetadata(Behaviour):
    """Names an authorization server on a link-local address, where clouds keep their secrets."""

    name = "link-local-metadata"

    def resource_metadata(self, document: Document, sites: Sites) -> Document:  # noqa: ARG002 - for other faults
        return document | {"authorization_servers": ["http://169.254.169.254/latest"]}


class _JavascriptEndpoint(Behaviour):
    """Publishes an authorization endpoint that is a javascript: URL."""

    name = "javascript-endpoint"

    def server_metadata(self, document: Document, sites: Sites) -> Document:  # noqa: ARG002 - for other faults
        return document | {"authorization_endpoint": "javascript:alert(1)"}


class _PlainHttpEndpoint(Behaviour):
    """Publishes an authorization endpoint that is plain http and not on this machine."""

    name = "plain-http-endpoint"

    def server_metadata(self, document: Document, sites: Sites) -> Document:  # noqa: ARG002 - for other faults
        return document | {"authorization_endpoint": "http://authorize.example/authorize"}


class _NoWwwAuthenticate(Behaviour):
    """Answers 401 without WWW-Authenticate; the well-known documents are there."""

    name = "no-www-authenticate"

    def challenge(self, parameters: dict[str, str]) -> None:  # noqa: ARG002 - for other faults
        return None


class _NoMetadata(Behaviour):
    """Answers 401 and publishes no documents at all."""

    name = "no-metadata"

    def challenge(self, parameters: dict[str, str]) -> None:  # noqa: ARG002 - for other faults
        return None

    def server_metadata(self, document: Document, sites: Sites) -> None:  # noqa: ARG002 - for other faults
        return None

    def resource_metadata(self, document: Document, sites: Sites) -> None:  # noqa: ARG002 - for other faults
        return None


class _MetadataAtRoot(Behaviour):
    """Has an issuer with a path, and its metadata at the root of the host only."""

    name = "metadata-at-root"
    issuer_path = "/tenant"

    def root_metadata_only(self) -> bool:
        return True


class _Legacy(Behaviour):
    """Does as in 2025-03-26: no protected resource metadata, the authorization server is at the MCP server's origin."""

    name = "legacy-2025-03-26"
    at_resource = True

    def challenge(self, parameters: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in parameters.items() if name not in ("resource_metadata", "scope")}

    def resource_metadata(self, document: Document, sites: Sites) -> None:  # noqa: ARG002 - for other faults
        return None


class _Get200(Behaviour):
    """Answers a GET of the MCP URL with 200 and text, without asking who it is; a POST is 401."""

    name = "get-200"

    def unauthenticated_get(self) -> str:
        return "This is an MCP server. POST to it.\n"


class _ScopeRejected(Behaviour):
    """Refuses authorization requests for the scopes it advertises with invalid_scope; without a scope it is content."""

    name = "scope-rejected"

    def authorization_request(self, request: Parameters, scopes: tuple[str, ...]) -> None:
        if request.get("scope") and _ADVERTISED & set(scopes):
            raise Redirection("invalid_scope", "The requested scope is invalid, unknown, or malformed.")


class _Prm500(Behaviour):
    """Answers requests for the protected resource metadata with status 500."""

    name = "prm-500"

    def resource_metadata(self, document: Document, sites: Sites) -> Response:  # noqa: ARG002 - for other faults
        from starlette.responses import PlainTextResponse

        return PlainTextResponse("Internal Server Error", 500)


class _CallNeedsLogin(Behaviour):
    """Is open but for one tool: a call of place_order without a token is 401."""

    name = "call-needs-login"
    servers = ("l1",)

    def needs_login(self, tool: str | None) -> bool:
        return tool == "place_order"


_CLASSES: dict[str, type[Behaviour]] = {
    kind.name: kind
    for kind in (
        Behaviour,
        _CallNeedsLogin,
        _NoWwwAuthenticate,
        _NoMetadata,
        _Get200,
        _Prm500,
        _WrongResource,
        _LinkLocalMetadata,
        _Legacy,
        _MetadataAtRoot,
        _WrongIssuer,
        _IssuerSlash,
        _HugeMetadata,
        _JavascriptEndpoint,
        _PlainHttpEndpoint,
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
    )
}


def faults_of(server: str) -> dict[str, str]:
    """What the server of that name can do wrong: the names of its faults and what each does."""
    return {name: kind.__doc__ or "" for name, kind in _CLASSES.items() if server in kind.servers}


def behaviour(fault: str, delay: float) -> Behaviour:
    """The behaviour that the fault of that name makes; ``delay`` (s) is how slow it is."""
    return _CLASSES[fault](delay)
