"""Dynamic client registration (RFC 7591)."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mcp_magics.playground.authorization.clients import Client, is_loopback
from mcp_magics.playground.authorization.refusal import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from mcp_magics.playground.authorization.realm import Realm

_METHODS = ("none", "client_secret_basic", "client_secret_post")
_GRANTS = ("authorization_code", "refresh_token")
_ECHOED = ("client_uri", "logo_uri", "scope", "software_id", "software_version", "application_type", "contacts")


async def register(realm: Realm, request: Request) -> Response:
    """Answer a registration request (RFC 7591 §3).

    Raises:
        Refusal: the metadata is no JSON object, or asks for something that this server does not do.
    """
    from starlette.responses import JSONResponse

    asked = _metadata(await request.body())
    client = _client(realm, asked)
    realm.clients.add(client)
    realm.behaviour.registered(realm.clients, client.client_id)
    echoed = {name: asked[name] for name in _ECHOED if name in asked}
    return JSONResponse(echoed | _record(client), status_code=201, headers={"Cache-Control": "no-store"})


def _metadata(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise Refusal("invalid_client_metadata", "Client metadata is a JSON object.")
    return asked


def _client(realm: Realm, asked: dict[str, Any]) -> Client:
    """The client that the metadata asks for."""
    method = asked.get("token_endpoint_auth_method", "client_secret_basic")
    if method not in _METHODS:
        raise Refusal("invalid_client_metadata", f"token_endpoint_auth_method is one of: {', '.join(_METHODS)}.")
    grants = asked.get("grant_types", ["authorization_code"])
    if not isinstance(grants, list) or "authorization_code" not in grants:
        raise Refusal("invalid_client_metadata", "grant_types is a list that has authorization_code in it.")
    return Client(
        realm.identifiers.new("client"),
        str(asked.get("client_name") or "A client without a name"),
        (method,),
        redirect_uris=_redirect_uris(asked.get("redirect_uris")),
        grant_types=tuple(grant for grant in _GRANTS if grant in grants),
        secret=None if method == "none" else realm.identifiers.new("client secret"),
    )


def _redirect_uris(uris: Any) -> tuple[str, ...]:
    if not isinstance(uris, list) or not uris or not all(isinstance(uri, str) and _is_safe(uri) for uri in uris):
        message = "redirect_uris are https, http on loopback, or of a scheme of the application's own; no fragments."
        raise Refusal("invalid_redirect_uri", message)
    return tuple(uris)


def _is_safe(uri: str) -> bool:
    parts = urlsplit(uri)
    own_scheme = "." in parts.scheme  # RFC 8252 §7.1: a domain name in reverse
    return not parts.fragment and (
        parts.scheme == "https" or own_scheme or (parts.scheme == "http" and is_loopback(uri))
    )


def _record(client: Client) -> dict[str, Any]:
    """What was registered (RFC 7591 §3.2.1)."""
    record: dict[str, Any] = {
        "client_id": client.client_id,
        "client_id_issued_at": int(time.time()),
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": list(client.grant_types),
        "response_types": ["code"],
        "token_endpoint_auth_method": client.methods[0],
    }
    return record | {"client_secret": client.secret, "client_secret_expires_at": 0} if client.secret else record
