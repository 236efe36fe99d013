"""The authorization server as a web application."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mcp_magics.playground.authorization.authorize import authorize, decide
from mcp_magics.playground.authorization.documents import server_metadata
from mcp_magics.playground.authorization.enterprise import id_token, idp_keys, idp_token
from mcp_magics.playground.authorization.grants import token
from mcp_magics.playground.authorization.keys import client_key_pem
from mcp_magics.playground.authorization.refusal import Refusal
from mcp_magics.playground.authorization.registration import register
from mcp_magics.playground.authorization.revocation import revoke
from mcp_magics.playground.authorization.sites import ASM_PATH
from mcp_magics.playground.remembering import OWN_PATH, REMEMBERED, Remembering, Told

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from starlette.requests import Request
    from starlette.types import ASGIApp, Scope

    from mcp_magics.playground.authorization.realm import Realm

KEY_PATH = "/playground-service-key.pem"
_SECRETS = frozenset(
    {
        "code",
        "code_verifier",
        "client_secret",
        "refresh_token",
        "token",
        "client_assertion",
        "assertion",
        "subject_token",
    }
)
_SENT = "(sent)"


def application(realm: Realm) -> ASGIApp:
    """The authorization server; what it was asked is told at ``GET /requests``, secrets left out."""
    asked: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)

    async def show(_request: Request) -> JSONResponse:
        return JSONResponse(list(asked))

    def note(scope: Scope, body: bytes) -> Told:
        asked.append(entry := _entry(realm, scope, body))
        return lambda status: entry.update(status=status)

    own_path = f"{realm.sites.issuer_path}{OWN_PATH}"
    return Remembering(Starlette(routes=[Route(own_path, show), *_routes(realm)]), note, own_path)


def _routes(realm: Realm) -> Iterator[Route]:
    path = realm.sites.issuer_path
    at_root = realm.behaviour.root_metadata_only()
    yield Route(ASM_PATH + ("" if at_root else path), _metadata(realm))
    yield Route(f"{path}/authorize", _endpoint(realm, authorize), methods=["GET"])
    yield Route(f"{path}/authorize", _endpoint(realm, decide), methods=["POST"])
    yield Route(f"{path}/token", _endpoint(realm, token), methods=["POST"])
    yield Route(f"{path}/revoke", _endpoint(realm, revoke), methods=["POST"])
    yield Route(f"{path}/jwks", _jwks(realm))
    yield Route(f"{path}/idp/id_token", _endpoint(realm, id_token))
    yield Route(f"{path}/idp/token", _endpoint(realm, idp_token), methods=["POST"])
    yield Route(f"{path}/idp/jwks", _endpoint(realm, idp_keys))
    yield Route(f"{path}{KEY_PATH}", _client_key)
    if realm.behaviour.registers:
        yield Route(f"{path}/register", _endpoint(realm, register), methods=["POST"])


def _endpoint(
    realm: Realm, work: Callable[[Realm, Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await work(realm, request)
        except Refusal as refusal:
            return refusal.response()

    return answer


def _metadata(realm: Realm) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        document = server_metadata(realm.sites, realm.behaviour)
        return PlainTextResponse("Not Found", 404) if document is None else JSONResponse(document)

    return answer


def _jwks(realm: Realm) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return JSONResponse(realm.tokens.keys())

    return answer


async def _client_key(_request: Request) -> Response:
    """The private key of a documented client: whoever practises with it needs it."""
    return Response(client_key_pem(), media_type="application/x-pem-file")


def _entry(realm: Realm, scope: Scope, body: bytes) -> dict[str, Any]:
    """A request as it is remembered: of secrets only that they were sent."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    parameters: dict[str, list[Any]] = {}
    for name, value in (*parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True), *_pairs(body)):
        parameters.setdefault(name, []).append(_SENT if name in _SECRETS else value)
    return {
        "endpoint": scope["path"].removeprefix(realm.sites.issuer_path).removeprefix("/"),
        "method": scope["method"],
        "parameters": parameters,
        "authorization": headers.get("authorization", "").partition(" ")[0] or None,
        "dpop": "dpop" in headers,
        "status": None,
    }


def _pairs(body: bytes) -> list[tuple[str, Any]]:
    """The members of a JSON object, or the fields of a form."""
    try:
        document = json.loads(body)
    except ValueError:
        return list(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return list(document.items()) if isinstance(document, dict) else []
