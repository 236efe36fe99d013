"""The keys of the playground: the one its tokens are signed with, and the one of its documented client."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from joserfc.jwk import ECKey, OKPKey

SIGNING_ALGORITHM = "Ed25519"
CLIENT_ALGORITHM = "ES256"


def signing_key(seed: bytes) -> OKPKey:
    """The Ed25519 key (RFC 9864) that ``seed``, 32 bytes, decides; its signatures depend on nothing else."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from joserfc.jwk import OKPKey

    name = hashlib.sha256(seed).hexdigest()[:8]
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return OKPKey.import_key(_pem(private), {"kid": name, "use": "sig", "alg": SIGNING_ALGORITHM})


@cache
def client_key() -> ECKey:
    """The private key of the documented client that authenticates with a JWT: no secret, the same everywhere."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from joserfc.jwk import ECKey

    number = int.from_bytes(hashlib.sha256(b"mcp_magics playground client").digest()) % 2**255
    private = ec.derive_private_key(number, ec.SECP256R1())
    return ECKey.import_key(_pem(private), {"kid": "playground-client", "use": "sig", "alg": CLIENT_ALGORITHM})


def client_key_pem() -> bytes:
    """The same key as PEM (PKCS #8), for a client to sign with."""
    return client_key().as_pem(private=True)


def public_set(*keys: OKPKey | ECKey) -> dict[str, Any]:
    """The public halves as a JWK set (RFC 7517 §5)."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def _pem(private: Ed25519PrivateKey | EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
