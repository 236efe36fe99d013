"""The token endpoint: what a code, a refresh token or a client's own credentials are worth (RFC 6749 §3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.playground.authorization.authentication import authenticated_client
from mcp_magics.playground.authorization.authorize import wanted_resource, wanted_scopes
from mcp_magics.playground.authorization.enterprise import JWT_BEARER, asserted
from mcp_magics.playground.authorization.parameters import Parameters
from mcp_magics.playground.authorization.proof import proof_at_token_endpoint
from mcp_magics.playground.authorization.refusal import Refusal
from mcp_magics.playground.authorization.tokens import Grant

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from mcp_magics.playground.authorization.clients import Client
    from mcp_magics.playground.authorization.realm import Realm

GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", JWT_BEARER)


async def token(realm: Realm, request: Request) -> Response:
    """Answer a token request.

    Raises:
        Refusal: the client, its grant, the resource or the scope is not in order.
    """
    from starlette.responses import JSONResponse

    form = await Parameters.of_form(request)
    if (spoiled := await realm.behaviour.token_request(form)) is not None:
        return spoiled
    grant_type = form.need("grant_type")
    if grant_type not in GRANT_TYPES:
        raise Refusal("unsupported_grant_type", f"grant_type is one of: {', '.join(GRANT_TYPES)}.")
    client = await authenticated_client(realm, request, form)
    if grant_type not in client.grant_types:
        raise Refusal("unauthorized_client", f"This client may not use {grant_type}.")
    thumbprint = proof_at_token_endpoint(realm, request)
    tokens = _GRANTS[grant_type](realm, client, form, thumbprint)
    realm.behaviour.issued(realm.clients, client.client_id)
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return JSONResponse(realm.behaviour.token_response(tokens), headers=headers)


def _by_code(realm: Realm, client: Client, form: Parameters, thumbprint: str | None) -> dict[str, Any]:
    code = form.need("code")
    resource = wanted_resource(realm, form)
    family = realm.codes.family(code)
    if family is not None and realm.codes.is_spent(code):
        realm.tokens.revoke_family(family)  # RFC 6749 §4.1.2: someone has the code who should not
    asked = realm.codes.redeem(code, client.client_id, form)
    if asked.key is not None and asked.key != thumbprint:
        raise Refusal("invalid_dpop_proof", "The proof is not made with the key of the authorization request.")
    grant = Grant(realm.subject, client.client_id, asked.scopes, resource, str(family), thumbprint)
    return realm.tokens.issue(grant, refreshable="refresh_token" in client.grant_types)


def _by_refresh(realm: Realm, client: Client, form: Parameters, thumbprint: str | None) -> dict[str, Any]:
    refresh_token = form.need("refresh_token")
    resource = wanted_resource(realm, form)
    grant = realm.tokens.grant_of_refresh(refresh_token)
    if grant is not None and "none" in client.methods and grant.thumbprint != thumbprint:
        raise Refusal("invalid_dpop_proof", "A refresh token is used with the key it was issued to.")
    scopes = wanted_scopes(form) if form.get("scope") else None
    return realm.tokens.refresh(refresh_token, client.client_id, scopes, resource)


def _by_client(realm: Realm, client: Client, form: Parameters, thumbprint: str | None) -> dict[str, Any]:
    """Tokens for the client itself (RFC 6749 §4.4): never with a refresh token."""
    resource = wanted_resource(realm, form)
    family = realm.identifiers.new("family")
    grant = Grant(client.client_id, client.client_id, wanted_scopes(form), resource, family, thumbprint)
    return realm.tokens.issue(grant, refreshable=False)


def _by_assertion(realm: Realm, client: Client, form: Parameters, thumbprint: str | None) -> dict[str, Any]:
    """Tokens for the person an identity provider vouches for (RFC 7523 §2.1): never with a refresh token."""
    resource = wanted_resource(realm, form)
    claims = asserted(realm, form.need("assertion"), client.client_id, resource)
    scopes = wanted_scopes(Parameters((("scope", claims["scope"]),)) if "scope" in claims else form)
    family = realm.identifiers.new("family")
    grant = Grant(claims["sub"], client.client_id, scopes, resource, family, thumbprint)
    return realm.tokens.issue(grant, refreshable=False)


_GRANTS = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
    "client_credentials": _by_client,
    JWT_BEARER: _by_assertion,
}
