"""What a login leaves behind: tokens, the client they were issued to, and what both are bound to.

Reprs never show a secret. Times are seconds since the epoch, absolute: what a token says about its own life
(``expires_in``) is only true when it arrives (RFC 6749 §5.1).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Mapping

SKEW = 30.0
"""Seconds before its end at which an access token counts as expired."""

Origin = Literal["configured", "metadata_document", "registered"]
"""Where a client's identity comes from: the configuration, a Client ID Metadata Document, RFC 7591."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client as one authorization server (``issuer``) knows it (RFC 6749 §2)."""

    client_id: str
    origin: Origin
    issuer: str
    auth_method: str = "none"
    redirect_uri: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    secret_expires_at: float | None = None
    registration_token: str | None = field(default=None, repr=False)
    registration_uri: str | None = None

    def __post_init__(self) -> None:
        for secret in (self.client_secret, self.registration_token):
            if secret:
                redactor().register(secret)


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token and what came with it (RFC 6749 §5.1); ``scopes`` are those granted."""

    access_token: str = field(repr=False)
    token_type: str = "Bearer"  # noqa: S105  a type, no token
    expires_at: float | None = None
    refresh_token: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for secret in (self.access_token, self.refresh_token):
            if secret:
                redactor().register(secret)

    @property
    def expired(self) -> bool:
        """Whether the access token ends within :data:`SKEW` seconds; one without an end never does."""
        return self.expires_at is not None and self.expires_at - SKEW <= time.time()

    @property
    def usable(self) -> bool:
        """Whether there is an access token that has not expired, or a refresh token to get another."""
        if self.expired:
            return bool((self.refresh_token or "").strip())
        return bool(self.access_token.strip())


@dataclass(frozen=True, slots=True)
class OAuthCredential:
    """Tokens bound to the server, the resource, the issuer and the client they were issued for.

    ``grant`` is the grant type that got them; ``requested`` the scopes asked for; ``dpop_key`` the private JWK as
    JSON text the tokens are bound to (RFC 9449), if any. ``endpoints`` are the authorization server's, by their
    names in RFC 8414 (``token_endpoint``, ``revocation_endpoint``).
    """

    server_url: str
    resource: str | None
    client: Client
    tokens: Tokens | None
    endpoints: Mapping[str, str]
    grant: str = "authorization_code"
    requested: tuple[str, ...] = ()
    obtained_at: float = 0.0
    dpop_key: str | None = field(default=None, repr=False)

    @property
    def issuer(self) -> str:
        """The authorization server that issued all of it."""
        return self.client.issuer

    @property
    def usable(self) -> bool:
        """Whether a request can be made with it, perhaps after a refresh."""
        if self.tokens is None or not self.client.client_id.strip():
            return False
        return self.tokens.usable or self.renewable

    @property
    def renewable(self) -> bool:
        """Whether another token can be had without a person: by a refresh token, or by the same grant once more."""
        if self.tokens is None:
            return False
        return self.grant != "authorization_code" or bool((self.tokens.refresh_token or "").strip())

    def to_json(self) -> dict[str, Any]:
        """The credential as plain JSON, secrets included: for a store, and nothing else."""
        tokens = None if self.tokens is None else {name: getattr(self.tokens, name) for name in _names(Tokens)}
        client = {name: getattr(self.client, name) for name in _names(Client)}
        own = {name: getattr(self, name) for name in _names(OAuthCredential)}
        return {**own, "endpoints": dict(self.endpoints), "client": client, "tokens": tokens}

    @classmethod
    def of_json(cls, entry: Mapping[str, Any]) -> OAuthCredential:
        """The credential in ``entry``; raises ``ValueError``, ``TypeError`` or ``KeyError`` where it is none."""
        known = {name: entry[name] for name in _names(cls) if name in entry}
        tokens = entry.get("tokens")
        known["client"] = Client(**{name: entry["client"][name] for name in _names(Client) if name in entry["client"]})
        known["tokens"] = None if tokens is None else _tokens(tokens)
        known["requested"] = tuple(entry.get("requested") or ())
        return cls(**known)


def _tokens(entry: Mapping[str, Any]) -> Tokens:
    known = {name: entry[name] for name in _names(Tokens) if name in entry}
    return Tokens(**{**known, "scopes": tuple(known.get("scopes") or ())})


def _names(cls: Any) -> tuple[str, ...]:
    return tuple(cls.__dataclass_fields__)
