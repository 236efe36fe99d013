"""Values to step through the states of a flow without a server: settings, answers, documents, and a scripted world."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

from mcp_magics.auth.callback import Callback
from mcp_magics.auth.credential import Client, OAuthCredential, Tokens
from mcp_magics.auth.flow.exchange import Party
from mcp_magics.auth.flow.scopes import Scopes
from mcp_magics.auth.flow.state import FlowSettings, Found
from mcp_magics.auth.message import Answer, Ask
from mcp_magics.auth.metadata import AuthorizationServer, ProtectedResource
from mcp_magics.errors import Failure

URL = "https://mcp.example.com/mcp"
ISSUER = "https://as.example.com"
METADATA = f"{ISSUER}/.well-known/oauth-authorization-server"
RESOURCE_METADATA = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
REDIRECT = "http://127.0.0.1:4321/callback/abc"
NO_ANSWER = Failure("no_response", "nobody answered within 5 s", "discovery", retryable=True)


def settings(**options: Any) -> FlowSettings:
    """The settings of a login at :data:`URL`; what is drawn is counted: ``drawn-…-1`` and so on, 43 characters."""
    numbers = itertools.count(1)
    draw = options.pop("draw", lambda: f"drawn-{'x' * 34}-{next(numbers):02d}")
    return FlowSettings(options.pop("server", "shop"), options.pop("url", URL), draw, **options)


def answer(body: Any = b"", status: int | None = 200, url: str = URL, **headers: str) -> Answer:
    """An answer; ``body`` is bytes or what becomes JSON, names of ``headers`` have ``_`` for ``-``."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(url, status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def no_answer(failure: Failure = NO_ANSWER) -> Answer:
    """What stands for an exchange that did not come about."""
    return Answer(URL, failure=failure)


def server_document(**members: Any) -> dict[str, Any]:
    """Metadata of an authorization server that can do all; a member of None is left out."""
    document = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "registration_endpoint": f"{ISSUER}/register",
        "revocation_endpoint": f"{ISSUER}/revoke",
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        **members,
    }
    return {name: value for name, value in document.items() if value is not None}


def resource_document(**members: Any) -> dict[str, Any]:
    """Protected resource metadata; a member of None is left out."""
    document = {"resource": URL, "authorization_servers": [ISSUER], **members}
    return {name: value for name, value in document.items() if value is not None}


def auth_server(**members: Any) -> AuthorizationServer:
    """The metadata of :func:`server_document`, read."""
    read = AuthorizationServer.of(METADATA, server_document(**members))
    assert read is not None
    return read


def resource(**members: Any) -> ProtectedResource:
    """The metadata of :func:`resource_document`, read."""
    read = ProtectedResource.of(RESOURCE_METADATA, resource_document(**members))
    assert read is not None
    return read


def client(**options: Any) -> Client:
    """A public client that was registered."""
    given = {"client_id": "client-1", "origin": "registered", "issuer": ISSUER, "redirect_uri": REDIRECT, **options}
    return Client(**given)


def party(asked: FlowSettings | None = None, **options: Any) -> Party:
    """Who speaks to the token endpoint of :func:`auth_server`."""
    asked = asked or settings(redirect_uri=REDIRECT)
    server = options.pop("server", None) or auth_server()
    found = options.pop("found", Found("initialize", resource=resource(), server=server))
    scopes = options.pop("scopes", Scopes(("read",), "challenge"))
    return Party(asked, found, server, options.pop("client", None) or client(), scopes, options.pop("resource", URL))


def credential(**options: Any) -> OAuthCredential:
    """A login that can be renewed and revoked; ``tokens`` are the options of :class:`Tokens`."""
    tokens: dict[str, Any] = {"access_token": "access-one", "refresh_token": "refresh-one", "scopes": ("read",)}
    tokens |= options.pop("tokens", {})
    endpoints = options.pop("endpoints", auth_server().endpoints)
    return OAuthCredential(
        URL,
        options.pop("resource", URL),
        options.pop("client", None) or client(),
        Tokens(**tokens),
        endpoints,
        **options,
    )


class World:
    """Answers by address, as a conversation; what nobody placed is a 404. ``asked`` is what came."""

    def __init__(self, answers: dict[str, Answer | Callable[[Ask], Answer]]) -> None:
        self.answers = answers
        self.asked: list[Ask] = []

    async def send(self, ask: Ask) -> Answer:
        """The answer placed at the address of ``ask``."""
        self.asked.append(ask)
        placed = self.answers.get(ask.url)
        if placed is None:
            return answer(status=404, url=ask.url)
        return placed(ask) if callable(placed) else placed


class Visitor:
    """A browser's hop that comes back at once with ``callback``, the state filled in."""

    def __init__(self, **callback: Any) -> None:
        self.callback = {"code": "the-code", **callback}
        self.visited: list[Ask] = []

    async def visit(self, ask: Ask, state: str) -> Callback:
        """Come back."""
        self.visited.append(ask)
        return Callback(**{"state": state, **self.callback})
