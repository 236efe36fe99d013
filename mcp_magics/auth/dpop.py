"""Proof of possession (RFC 9449): a key made for one login, a fresh proof for each request.

Keys travel as private JWKs in JSON text, as a credential stores them; each is parsed once a process. A proof costs
about as much as its signature.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mcp_magics.errors import ConfigurationError
from mcp_magics.redact import redactor
from mcp_magics.wire.challenge import challenges

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

    from mcp_magics.auth.message import Answer, Ask

ALGORITHM = "ES256"
HEADER = "dpop"

_DEFAULT_PORTS = {"https": 443, "http": 80}
_NONCE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,4096}")


def new_key() -> str:
    """A new P-256 key pair as a private JWK, JSON text; its private part is registered as a secret."""
    from joserfc.jwk import ECKey

    members = ECKey.generate_key("P-256", private=True).as_dict(private=True)
    redactor().register(str(members["d"]), "DPoP key")
    return json.dumps(members)


def dpop_proof(key: str, method: str, url: str, nonce: str | None = None, access_token: str | None = None) -> str:
    """A fresh proof for one request, a compact JWT (RFC 9449 §4.2); ``url`` may have a query, the proof has none.

    Raises ``ConfigurationError`` where ``key`` is no private P-256 JWK.
    """
    parsed, public = _parsed(key)
    claims: dict[str, Any] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method.upper(),
        "htu": target(url),
        "iat": int(time.time()),
    }
    if access_token is not None:
        claims["ath"] = token_hash(access_token)
    if nonce is not None:
        claims["nonce"] = nonce
    return _signed(parsed, public, claims)


def with_proof(ask: Ask, key: str, nonce: str | None = None) -> Ask:
    """A request to the token endpoint with its proof (RFC 9449 §5), any earlier proof replaced."""
    kept = tuple(each for each in ask.headers if each[0].lower() != HEADER)
    return replace(ask, headers=(*kept, (HEADER, dpop_proof(key, ask.method, ask.url, nonce))))


def wants_nonce(answer: Answer) -> str | None:
    """The nonce to try again with, or None where the answer asks for none (RFC 9449 §8 and §9)."""
    nonce = given_nonce(answer)
    if nonce is None:
        return None
    if answer.status == 400:
        return nonce if (answer.document or {}).get("error") == "use_dpop_nonce" else None
    if answer.status != 401:
        return None
    asked = challenges(answer.headers.get("www-authenticate"))
    return nonce if any(each.scheme == "dpop" and each.error == "use_dpop_nonce" for each in asked) else None


def given_nonce(answer: Answer) -> str | None:
    """The nonce for the next request to the same server, on whatever answer it came (RFC 9449 §8.2), or None."""
    nonce = answer.headers.get("dpop-nonce", "")
    return nonce if _NONCE.fullmatch(nonce) else None


def thumbprint(key: str) -> str:
    """The thumbprint of a JWK, public or private: ``dpop_jkt``, and a token's ``jkt`` (RFC 7638, RFC 9449 §6.1)."""
    return _imported(key).thumbprint()


def token_hash(access_token: str) -> str:
    """The ``ath`` of an access token (RFC 9449 §4.2)."""
    digest = hashlib.sha256(access_token.encode("utf-8", "surrogateescape")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def target(url: str) -> str:
    """The ``htu`` of a request: no query, no fragment, scheme and host in lower case (RFC 9449 §4.3, RFC 3986 §6.2)."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path or '/'}"


def _signed(key: ECKey, public: dict[str, str], claims: dict[str, Any]) -> str:
    from joserfc import jwt

    header = {"typ": "dpop+jwt", "alg": ALGORITHM, "jwk": public}
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


@lru_cache(maxsize=64)
def _parsed(key: str) -> tuple[ECKey, dict[str, str]]:
    parsed = _imported(key)
    if parsed.curve_name != "P-256" or not parsed.is_private:
        raise _unusable("it is no private key on P-256")
    redactor().register(str(parsed.as_dict(private=True)["d"]), "DPoP key")
    members = parsed.as_dict(private=False)
    return parsed, {name: str(members[name]) for name in ("kty", "crv", "x", "y")}


def _imported(key: str) -> ECKey:
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey

    try:
        return ECKey.import_key(json.loads(key))
    except (ValueError, TypeError, KeyError, JoseError):
        raise _unusable("it is no JWK of an elliptic curve") from None


def _unusable(reason: str) -> ConfigurationError:
    message = f"the DPoP key of this login cannot be used: {reason}"
    return ConfigurationError(message, class_="store_error", phase="login", next_step="%mcp login NAME --again")
