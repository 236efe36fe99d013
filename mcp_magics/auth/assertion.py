"""Private keys and the assertions a client signs with them (RFC 7517, RFC 7523 §2.2 and §3).

A key is PEM or JWK text; :func:`read_key_file` is the one function here that does I/O.
"""

from __future__ import annotations

import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import ConfigurationError
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from joserfc.jwk import Key

LIFETIME = 300
"""Seconds an assertion lives (RFC 7523 §3: the shorter, the less a stolen one is worth)."""
OPTION = "--private-key-file"

_PEM = "-----BEGIN "
_BY_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "secp256k1": "ES256K"}
_RSA = ("RS256", "PS256", "RS384", "PS384", "RS512", "PS512")
_EDWARDS = {"Ed25519": ("EdDSA", "Ed25519"), "Ed448": ("EdDSA", "Ed448")}
_HMAC = ("HS256", "HS384", "HS512")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key as text, and the algorithm it signs with (RFC 7518 §3.1); made by :meth:`of`."""

    text: str = field(repr=False)
    algorithm: str

    @classmethod
    def of(
        cls, text: str, algorithm: str | None = None, *, supported: tuple[str, ...] | None = None, where: str = OPTION
    ) -> SigningKey:
        """The key in ``text`` (PEM or JWK); ``where`` is how errors name it.

        The algorithm is the one asked for, else the JWK's own, else the first of the key's that ``supported``
        (``token_endpoint_auth_signing_alg_values_supported``, RFC 8414 §2) has. Raises ``ConfigurationError``.
        """
        redactor().register(text.strip(), "private key")
        key = _private_key(text, where)
        usable = _algorithms(key)
        wanted = algorithm or key.get("alg")
        if wanted is None:
            wanted = next((each for each in usable if each in (supported or ())), usable[0])
        if wanted not in usable:
            raise _unusable(
                f"a key of {where} cannot sign with {wanted}: it is for {', '.join(usable)}",
                f"--signing-algorithm {usable[0]}",
            )
        return cls(text, wanted)


def read_key_file(path: str) -> str:
    """The text of a key file; raises ``ConfigurationError`` naming the path and the option."""
    try:
        return Path(path).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is no text" if isinstance(error, UnicodeDecodeError) else error.strerror or str(error)
        raise _unusable(f"the private key file {path} cannot be read: {reason}", f"{OPTION} FILE") from None


def client_assertion(key: SigningKey, client_id: str, audience: str) -> str:
    """A fresh assertion by which a client authenticates, as a compact JWT (RFC 7523 §2.2, §3; RFC 7521 §5.2)."""
    return _signed(_private_key(key.text, OPTION), key.algorithm, _claims(client_id, audience))


def secret_assertion(client_secret: str, client_id: str, audience: str, algorithm: str = "HS256") -> str:
    """The same, with a MAC keyed by the client's secret (OpenID Connect Core §9, ``client_secret_jwt``)."""
    from joserfc.jwk import OctKey

    if algorithm not in _HMAC:
        message = f"a client secret cannot sign with {algorithm}: it is for {', '.join(_HMAC)}"
        raise _unusable(message, "--signing-algorithm HS256")
    octets = urlsafe_b64encode(client_secret.encode()).rstrip(b"=").decode("ascii")
    key = OctKey.import_key({"kty": "oct", "k": octets})
    return _signed(key, algorithm, _claims(client_id, audience))


def _claims(client_id: str, audience: str) -> dict[str, Any]:
    now = int(time.time())
    identity = {"iss": client_id, "sub": client_id, "aud": audience}
    return {**identity, "jti": secrets.token_urlsafe(24), "iat": now, "exp": now + LIFETIME}


def _signed(key: Key, algorithm: str, claims: Mapping[str, Any]) -> str:
    from joserfc import jwt

    kid = key.get("kid")
    header = {"alg": algorithm, **({"kid": kid} if kid else {})}
    return jwt.encode(header, dict(claims), key, registry=_registry())


@lru_cache(maxsize=1)
def _registry() -> Any:
    from joserfc.jws import JWSRegistry

    class Known(JWSRegistry):
        """Every algorithm a key here may have; joserfc warns of ``EdDSA``, the only name most servers know it by."""

        def get_alg(self, name: str) -> Any:
            return self.algorithms[name]

    return Known()


@lru_cache(maxsize=16)
def _private_key(text: str, where: str) -> Key:
    text = text.strip()
    key = _jwk(text, where) if text.startswith("{") else _pem(text, where)
    if not key.is_private:
        raise _unusable(f"{where} holds a public key, and only a private one signs", f"{OPTION} FILE")
    if d := key.as_dict(private=True).get("d"):
        redactor().register(str(d), "private key")
    return key


def _jwk(text: str, where: str) -> Key:
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    try:
        parsed = json.loads(text)
        key = import_key(parsed)
    except (ValueError, TypeError, KeyError, JoseError) as error:
        reason = "it is no JSON" if isinstance(error, json.JSONDecodeError) else str(error)
        raise _unusable(f"{where} holds no JWK that can be used: {redactor().text(reason)}", f"{OPTION} FILE") from None
    if key.key_type == "oct":
        raise _unusable(f"{where} holds a shared secret, not a private key", "--oauth-client-secret-env-var NAME")
    return key


def _pem(text: str, where: str) -> Key:
    from joserfc.errors import InvalidKeyTypeError
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    if _PEM not in text:
        raise _unusable(f"{where} holds neither a PEM nor a JWK", f"{OPTION} FILE")
    if "ENCRYPTED" in text:
        message = f"the key of {where} is encrypted with a passphrase, which cannot be asked for here"
        raise _unusable(message, "!openssl pkey -in ENCRYPTED.pem -out FILE")
    data = text.replace("\\n", "\n").encode()  # how a PEM stands in an environment variable
    for kind in (ECKey, RSAKey, OKPKey):
        try:
            return kind.import_key(data)
        except InvalidKeyTypeError:
            continue
        except (ValueError, TypeError):
            break
    raise _unusable(f"{where} holds a PEM that is no usable private key", f"{OPTION} FILE")


def _algorithms(key: Key) -> tuple[str, ...]:
    """The algorithms a key can sign with, the commonest first (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864)."""
    if key.key_type == "RSA":
        return _RSA
    curve = str(key.as_dict(private=False).get("crv"))
    if curve in _BY_CURVE:
        return (_BY_CURVE[curve],)
    if curve in _EDWARDS:
        return _EDWARDS[curve]
    raise _unusable(f"a key on the curve {curve} signs nothing", f"{OPTION} FILE")


def _unusable(message: str, next_step: str) -> ConfigurationError:
    return ConfigurationError(message, phase="login", next_step=next_step)
