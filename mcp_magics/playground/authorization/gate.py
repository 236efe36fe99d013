"""What stands before a protected MCP server: tokens are asked for, read, and found wanting (RFC 6750, RFC 9728)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mcp_magics.playground.authorization.documents import resource_metadata
from mcp_magics.playground.authorization.proof import checked_proof
from mcp_magics.playground.authorization.realm import DEFAULT_SCOPES
from mcp_magics.playground.authorization.refusal import Refusal
from mcp_magics.playground.authorization.sites import PRM_PATH
from mcp_magics.playground.authorization.tokens import AccessToken, TokenRefusedError
from mcp_magics.playground.remembering import OWN_PATH, REMEMBERED, Remembering, Told, read_ahead, rpc_and_tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mcp_magics.playground.authorization.realm import Realm

PRINCIPAL = "mcp_magics.playground.principal"
"""Where in the ASGI scope a tool finds the access token that was read."""

Login = Literal["optional", "required"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What an MCP server asks of its callers: ``login``, and the ``scopes`` that calling a tool needs."""

    name: str
    login: Login
    scopes: Mapping[str, frozenset[str]]


class Gate:
    """ASGI middleware: ``app`` behind the rules of a protected resource."""

    def __init__(self, app: ASGIApp, realm: Realm, rules: Rules, authorization_server: ASGIApp) -> None:
        self._app = app
        self._realm = realm
        self._rules = rules
        self._authorization_server = authorization_server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the server, or let it answer."""
        sites = self._realm.sites
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == PRM_PATH + sites.resource_path:
            await self._metadata()(scope, receive, send)
        elif scope["path"] != sites.resource_path:
            other = self._authorization_server if self._realm.behaviour.at_resource else self._app
            await other(scope, receive, send)
        else:
            await self._enter(scope, receive, send)

    def _metadata(self) -> Response:
        document = resource_metadata(self._realm.sites, self._realm.behaviour, self._rules.name)
        if document is None:
            return PlainTextResponse("Not Found", 404)
        return document if isinstance(document, Response) else JSONResponse(document)

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        told = self._realm.behaviour.unauthenticated_get()
        if told is not None and request.method == "GET" and "authorization" not in request.headers:
            await PlainTextResponse(told)(scope, receive, send)
            return
        body, replayed = await read_ahead(receive)
        _, tool = rpc_and_tool(body, up_to=None)
        try:
            access = self._authenticated(request, tool)
            self._check_scopes(access, tool)
        except _Unwelcome as refused:
            await self._refusal(refused)(scope, replayed, send)
            return
        if access is not None:
            scope = {**scope, PRINCIPAL: access}
        await self._app(scope, replayed, send)

    def _authenticated(self, request: Request, tool: str | None) -> AccessToken | None:
        """The access token of a request; None where it has none and needs none."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            if self._rules.login == "optional" and not self._realm.behaviour.needs_login(tool):
                return None
            raise _Unwelcome(401)
        if scheme.lower() not in ("bearer", "dpop"):
            raise _Unwelcome(401, "invalid_request", "Credentials of this scheme are not taken here")
        if not self._realm.behaviour.accepts_tokens():
            raise _Unwelcome(401, "invalid_token", "The access token is not good enough")
        try:
            access = self._realm.tokens.read(token)
        except TokenRefusedError as refused:
            raise _Unwelcome(401, "invalid_token", str(refused)) from refused
        self._check_proof(request, scheme.lower(), token, access)
        return access

    def _check_proof(self, request: Request, scheme: str, token: str, access: AccessToken) -> None:
        """Check that a bound token comes with the proof of its key (RFC 9449 §7.1)."""
        bound = access.grant.thumbprint
        if bound is None:
            if scheme == "dpop":
                raise _Unwelcome(401, "invalid_token", "This token is bound to no key")
            return
        if scheme != "dpop":
            raise _Unwelcome(401, "invalid_token", "This token is bound to a key: the scheme is DPoP", scheme="dpop")
        try:
            thumbprint = checked_proof(self._realm, request, self._realm.sites.resource, token)
        except Refusal as refusal:
            raise _Unwelcome(
                401, refusal.error, refusal.description, headers=refusal.headers, scheme="dpop"
            ) from refusal
        if thumbprint != bound:
            message = "The proof is made with another key than the token's"
            raise _Unwelcome(401, "invalid_dpop_proof", message, scheme="dpop")

    def _check_scopes(self, access: AccessToken | None, tool: str | None) -> None:
        needed = self._rules.scopes.get(tool or "", frozenset())
        if access is None or self._realm.behaviour.suffices(frozenset(access.grant.scopes), needed):
            return
        message = f"Calling {tool} needs {' '.join(sorted(needed))}"
        raise _Unwelcome(403, "insufficient_scope", message, scope=" ".join(sorted(needed)))

    def _refusal(self, refused: _Unwelcome) -> Response:
        """The answer with its challenge (RFC 6750 §3, RFC 9728 §5.1)."""
        parameters = dict(refused.parameters)
        parameters |= {"resource_metadata": self._realm.sites.resource_metadata}
        parameters.setdefault("scope", " ".join(DEFAULT_SCOPES))
        challenge = self._realm.behaviour.challenge(parameters)
        scheme = "DPoP" if self._realm.behaviour.demands_proof or refused.scheme == "dpop" else "Bearer"
        headers = dict(refused.headers)
        if challenge is not None:
            listed = ", ".join(f'{name}="{value}"' for name, value in challenge.items())
            headers["WWW-Authenticate"] = f"{scheme} {listed}".strip()
        error = refused.parameters.get("error", "unauthorized")
        description = refused.parameters.get("error_description", "Authentication is required")
        body = {"error": error, "error_description": description}
        return JSONResponse(body, status_code=refused.status, headers=headers)


class _Unwelcome(Exception):  # noqa: N818 - it is an answer, not a failure of this program
    """A request that is not let through."""

    def __init__(
        self,
        status: int,
        error: str | None = None,
        description: str = "",
        *,
        scope: str | None = None,
        headers: dict[str, str] | None = None,
        scheme: str = "bearer",
    ) -> None:
        super().__init__(description)
        self.status = status
        self.scheme = scheme
        self.headers = headers or {}
        given = {"error": error, "error_description": description or None, "scope": scope}
        self.parameters = {name: value for name, value in given.items() if value is not None}


def remembered(app: ASGIApp, realm: Realm) -> ASGIApp:
    """``app`` with a memory of its requests, told at ``GET /requests``: of a token only which one it was."""
    seen: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)

    def note(scope: Scope, body: bytes) -> Told:
        seen.append(entry := _entry(realm, scope, body))
        return lambda status: entry.update(status=status)

    remembering = Remembering(app, note)

    async def with_memory(scope: Scope, receive: Receive, send: Send) -> None:
        is_own = scope["type"] == "http" and scope["path"] == OWN_PATH
        await (JSONResponse(list(seen)) if is_own else remembering)(scope, receive, send)

    return with_memory


def _entry(realm: Realm, scope: Scope, body: bytes) -> dict[str, Any]:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    scheme, _, token = headers.pop("authorization", "").partition(" ")
    rpc_method, tool = rpc_and_tool(body)
    return {
        "http_method": scope["method"],
        "path": scope["path"],
        "headers": {name: value for name, value in headers.items() if name not in ("cookie", "dpop")},
        "rpc_method": rpc_method,
        "tool": tool,
        "authorization": scheme or None,
        "token": _named(realm, token) if scheme else None,
        "dpop": "dpop" in headers,
        "status": None,
    }


def _named(realm: Realm, token: str) -> dict[str, str]:
    """Which token it is: its ``jti``, or why it is not taken."""
    try:
        return {"jti": realm.tokens.read(token).jti}
    except TokenRefusedError as refused:
        return {"refused": str(refused)}
