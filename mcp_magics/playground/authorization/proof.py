"""Proofs of possession (DPoP, RFC 9449): who sends a token shows the key that it is bound to."""

from __future__ import annotations

import hashlib
import time
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from mcp_magics.playground.authorization.refusal import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

    from mcp_magics.playground.authorization.realm import Realm

PROOF_ALGORITHMS = ("ES256", "RS256", "Ed25519")
_LEEWAY_SECONDS = 60


def proof_at_token_endpoint(realm: Realm, request: Request) -> str | None:
    """The thumbprint of the key that a token request proves to hold; None where it proves nothing.

    Raises:
        Refusal: the proof is wrong, lacks the nonce, or is missing where one is demanded.
    """
    if "dpop" not in request.headers and not realm.behaviour.demands_proof:
        return None
    return checked_proof(realm, request, realm.sites.endpoint("token"), None)


def checked_proof(realm: Realm, request: Request, url: str, access_token: str | None) -> str:
    """The thumbprint (RFC 7638) of the key a request proves to hold (RFC 9449 §4.3).

    Raises:
        Refusal: ``invalid_dpop_proof``, or ``use_dpop_nonce`` with the nonce to use in ``DPoP-Nonce`` (§8).
    """
    proofs = request.headers.getlist("dpop")
    if len(proofs) != 1:
        raise _invalid("exactly one DPoP header is needed")
    thumbprint, claims = _opened(proofs[0])
    if claims.get("htm") != request.method or str(claims.get("htu", "")).partition("?")[0] != url:
        raise _invalid(f"htm and htu are not {request.method} and {url}")
    if not isinstance(claims.get("iat"), int) or abs(claims["iat"] - time.time()) > _LEEWAY_SECONDS:
        raise _invalid("iat is not now")
    if access_token is not None and claims.get("ath") != _hash(access_token):
        raise _invalid("ath is not the hash of the access token")
    nonce = realm.behaviour.nonce(url)
    if nonce is not None and claims.get("nonce") != nonce:
        raise Refusal("use_dpop_nonce", "The proof needs the nonce in DPoP-Nonce.", headers={"DPoP-Nonce": nonce})
    if not realm.used.first_time(f"proof {thumbprint} {claims.get('jti')}"):
        raise _invalid("this jti was used before")
    return thumbprint


def _opened(proof: str) -> tuple[str, dict[str, Any]]:
    """The thumbprint of the key in the proof's header, and its claims, which that key has signed."""
    from joserfc import jws, jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import JWKRegistry

    try:
        header = jws.extract_compact(proof.encode()).headers()
        jwk = header["jwk"]
        if header.get("typ") != "dpop+jwt" or "d" in jwk or jwk.get("kty") == "oct":
            raise _invalid("its header is not one of a proof")
        key = JWKRegistry.import_key(jwk)
        return key.thumbprint(), jwt.decode(proof, key, algorithms=list(PROOF_ALGORITHMS)).claims
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _invalid("it is not a JWT signed with the key in its header") from error


def _invalid(what: str) -> Refusal:
    return Refusal("invalid_dpop_proof", f"The DPoP proof is wrong: {what}.")


def _hash(token: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
