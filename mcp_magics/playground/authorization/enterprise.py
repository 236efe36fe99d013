"""An identity provider beside the authorization server, and the assertions it makes for it (ID-JAG).

An employee who is logged in there needs no consent page: the client exchanges the ID token for an assertion
(RFC 8693, draft-ietf-oauth-identity-assertion-authz-grant §4) and that for an access token (RFC 7523 §2.1).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mcp_magics.playground.authorization.clients import DOCUMENTED, SERVICE
from mcp_magics.playground.authorization.keys import SIGNING_ALGORITHM, public_set, signing_key
from mcp_magics.playground.authorization.parameters import Parameters
from mcp_magics.playground.authorization.refusal import Refusal

if TYPE_CHECKING:
    from joserfc.jwk import OKPKey
    from starlette.requests import Request
    from starlette.responses import Response

    from mcp_magics.playground.authorization.realm import Realm

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GRANT_PROFILE = "urn:ietf:params:oauth:grant-profile:id-jag"
_TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name
_ID_JAG = "urn:ietf:params:oauth:token-type:id-jag"
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a name
_ASSERTION_TYPE = "oauth-id-jag+jwt"
_SECONDS = 300


async def id_token(realm: Realm, _request: Request) -> Response:
    """What a login at the identity provider leaves with its client: an ID token of the playground's one person."""
    from starlette.responses import JSONResponse

    token = _signed(realm, {"aud": SERVICE}, "JWT")
    return JSONResponse({"id_token": token}, headers={"Cache-Control": "no-store"})


async def idp_keys(realm: Realm, _request: Request) -> Response:
    """The public key of the identity provider, as a JWK set."""
    from starlette.responses import JSONResponse

    return JSONResponse(public_set(_key(realm)))


async def idp_token(realm: Realm, request: Request) -> Response:
    """The identity provider's token endpoint: an ID token for an assertion about the same person.

    Raises:
        Refusal: it asks for something else, for another audience, or with an ID token that is none.
    """
    from starlette.responses import JSONResponse

    form = await Parameters.of_form(request)
    if form.need("grant_type") != _TOKEN_EXCHANGE or form.need("requested_token_type") != _ID_JAG:
        raise Refusal("unsupported_grant_type", f"Only {_TOKEN_EXCHANGE} for {_ID_JAG} is done here.")
    if form.need("subject_token_type") != _ID_TOKEN:
        raise Refusal("invalid_request", f"subject_token_type is {_ID_TOKEN}.")
    if form.need("audience") != realm.sites.issuer:
        raise Refusal("invalid_target", f"The only audience known here is {realm.sites.issuer}.")
    _opened(realm, form.need("subject_token"), "JWT", "invalid_request")
    asked = {name: form.get(name) for name in ("resource", "scope")}
    claims = {name: value for name, value in asked.items() if value is not None}
    known = form.get("client_id")
    claims |= {"aud": realm.sites.issuer, "client_id": known if known in DOCUMENTED else SERVICE}
    answer = {
        "issued_token_type": _ID_JAG,
        "access_token": _signed(realm, claims, _ASSERTION_TYPE),
        "token_type": "N_A",
        "expires_in": _SECONDS,
    }
    return JSONResponse(answer | {"scope": asked["scope"]} if asked["scope"] else answer)


def asserted(realm: Realm, assertion: str, client_id: str, resource: str) -> dict[str, Any]:
    """The claims of an assertion that was made for this server, this client and this resource, and is new.

    Raises:
        Refusal: ``invalid_grant``.
    """
    claims = _opened(realm, assertion, _ASSERTION_TYPE, "invalid_grant")
    wanted = {"aud": realm.sites.issuer, "client_id": client_id}
    for name, value in wanted.items():
        if claims.get(name) != value:
            raise Refusal("invalid_grant", f"{name} of the assertion is {claims.get(name)!r}, not {value!r}.")
    if claims.get("resource", resource) != resource:
        raise Refusal("invalid_grant", f"The assertion is for the resource {claims['resource']!r}.")
    if not realm.used.first_time(f"assertion {claims.get('jti')}"):
        raise Refusal("invalid_grant", "The assertion was used before.")
    return claims


def _key(realm: Realm) -> OKPKey:
    return signing_key(realm.identifiers.key("identity provider"))


def _issuer(realm: Realm) -> str:
    return realm.sites.endpoint("idp")


def _signed(realm: Realm, claims: dict[str, Any], kind: str) -> str:
    from joserfc import jwt

    now, key = int(time.time()), _key(realm)
    said = {"iss": _issuer(realm), "sub": realm.subject, "iat": now, "exp": now + _SECONDS}
    said |= {"jti": realm.identifiers.new("assertion")} | claims
    return jwt.encode({"alg": SIGNING_ALGORITHM, "typ": kind, "kid": key.kid}, said, key, [SIGNING_ALGORITHM])


def _opened(realm: Realm, token: str, kind: str, error: str) -> dict[str, Any]:
    """The claims of a token of that ``kind`` which the identity provider has signed and which has not expired."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        opened = jwt.decode(token, _key(realm), algorithms=[SIGNING_ALGORITHM])
    except (JoseError, ValueError) as failure:
        raise Refusal(error, "The token is not signed by the identity provider.") from failure
    if opened.header.get("typ") != kind or opened.claims["exp"] <= time.time():
        raise Refusal(error, f"The token is no {kind}, or has expired.")
    return opened.claims
