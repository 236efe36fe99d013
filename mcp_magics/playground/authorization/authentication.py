"""Who a client is, at the endpoints that it calls itself (RFC 6749 §2.3, RFC 7523 §2.2)."""

from __future__ import annotations

import time
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from mcp_magics.playground.authorization.cimd import client_at, is_document_url
from mcp_magics.playground.authorization.refusal import invalid_client

if TYPE_CHECKING:
    from starlette.requests import Request

    from mcp_magics.playground.authorization.clients import Client
    from mcp_magics.playground.authorization.parameters import Parameters
    from mcp_magics.playground.authorization.realm import Realm

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS = ("ES256", "RS256", "Ed25519")
METHODS = ("none", "client_secret_basic", "client_secret_post", "private_key_jwt")


async def find_client(realm: Realm, client_id: str) -> Client:
    """The client of that identifier; one that is a URL is read there, once.

    Raises:
        Refusal: there is no such client.
    """
    client = realm.clients.get(client_id)
    if client is None and realm.behaviour.registers and is_document_url(client_id):
        client = await client_at(client_id)
        realm.clients.add(client)
    if client is None:
        raise invalid_client("This client is not registered (any more).")
    return client


async def authenticated_client(realm: Realm, request: Request, form: Parameters) -> Client:
    """The client that sent ``form``, once it has shown who it is in the way it is registered with.

    Raises:
        Refusal: ``invalid_client``, with status 401.
    """
    method, client_id, proof = _credentials(request, form)
    client = await find_client(realm, client_id)
    if method not in client.methods:
        raise invalid_client(f"This client authenticates with {' or '.join(client.methods)}, not with {method}.")
    if method == "private_key_jwt":
        _check_assertion(realm, client, proof)
    elif client.secret is not None and proof != client.secret:
        raise invalid_client("The client secret is wrong.", tried_basic=method == "client_secret_basic")
    return client


def _credentials(request: Request, form: Parameters) -> tuple[str, str, str]:
    """The method, the client's identifier, and the secret or the assertion."""
    header = request.headers.get("authorization", "")
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() == "basic":
        return ("client_secret_basic", *_basic(encoded))
    if form.get("client_assertion_type") == ASSERTION_TYPE:
        assertion = form.need("client_assertion")
        return "private_key_jwt", form.get("client_id") or str(_unverified(assertion).get("sub", "")), assertion
    client_id = form.get("client_id")
    if client_id is None:
        raise invalid_client("The request does not say which client it is.")
    secret = form.get("client_secret")
    return ("none", client_id, "") if secret is None else ("client_secret_post", client_id, secret)


def _basic(encoded: str) -> tuple[str, str]:
    """Identifier and secret, percent-encoded before they were joined (RFC 6749 §2.3.1)."""
    try:
        client_id, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as error:
        raise invalid_client("The Basic credentials are malformed.", tried_basic=True) from error
    if not colon:
        raise invalid_client("The Basic credentials are malformed.", tried_basic=True)
    return unquote_plus(client_id), unquote_plus(secret)


def _unverified(assertion: str) -> dict[str, Any]:
    """The claims of a JWT, only to learn whose key verifies it."""
    import json

    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        claims = json.loads(jws.extract_compact(assertion.encode()).payload)
    except (JoseError, ValueError) as error:
        raise invalid_client("client_assertion is not a JWT.") from error
    return claims if isinstance(claims, dict) else {}


def _check_assertion(realm: Realm, client: Client, assertion: str) -> None:
    """Check a client assertion (RFC 7523 §3): signature, issuer and subject, audience, time, and that it is new."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        keys = KeySet.import_key_set(client.keys)  # type: ignore[arg-type]  # checked by what is raised
        claims = jwt.decode(assertion, keys, algorithms=list(ASSERTION_ALGORITHMS)).claims
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise invalid_client("client_assertion is not signed with a key of this client.") from error
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise invalid_client("iss and sub of client_assertion are not the client_id.")
    audience = claims.get("aud")
    if not {realm.sites.issuer, realm.sites.endpoint("token")} & set(
        audience if isinstance(audience, list) else [audience]
    ):
        raise invalid_client(f"aud of client_assertion is {audience!r}, not {realm.sites.issuer}.")
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= time.time():
        raise invalid_client("client_assertion has no exp, or has expired.")
    if not realm.used.first_time(str(claims.get("jti", assertion))):
        raise invalid_client("client_assertion was used before.")
