"""Access tokens and refresh tokens: issued, read, rotated, revoked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.playground.authorization.keys import SIGNING_ALGORITHM, public_set, signing_key
from mcp_magics.playground.authorization.refusal import Refusal

if TYPE_CHECKING:
    from mcp_magics.playground.authorization.identifiers import Identifiers

Form = Literal["jwt", "opaque"]


@dataclass(frozen=True, slots=True)
class Grant:
    """What was granted: to whom, for what; ``family`` joins all tokens that come from one authorization.

    ``thumbprint`` is the key the tokens are bound to (RFC 9449 §6), ``subject`` the person or the client itself.
    """

    subject: str
    client_id: str
    scopes: tuple[str, ...]
    resource: str
    family: str
    thumbprint: str | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What an access token says: ``jti`` names it, ``expires_at`` is in seconds since 1970."""

    grant: Grant
    jti: str
    expires_at: int


class TokenRefusedError(Exception):
    """An access token that is worth nothing, and why."""


@dataclass(slots=True)
class _Refresh:
    grant: Grant
    is_spent: bool = False


@dataclass(slots=True)
class Tokens:
    """All tokens of one authorization server; ``lifetime`` of access tokens is in seconds."""

    issuer: str
    resource: str
    identifiers: Identifiers
    form: Form = "jwt"
    lifetime: int = 3600
    _opaque: dict[str, AccessToken] = field(default_factory=dict)
    _refresh: dict[str, _Refresh] = field(default_factory=dict)
    _revoked: set[str] = field(default_factory=set)

    def keys(self) -> dict[str, Any]:
        """The public key the tokens are signed with, as a JWK set."""
        return public_set(signing_key(self.identifiers.key("signing")))

    def issue(self, grant: Grant, *, refreshable: bool) -> dict[str, Any]:
        """A token response (RFC 6749 §5.1), with a refresh token if it is ``refreshable``."""
        response = {
            "access_token": self._access_token(grant),
            "token_type": "DPoP" if grant.thumbprint else "Bearer",
            "expires_in": self.lifetime,
            "scope": " ".join(grant.scopes),
        }
        return response | {"refresh_token": self._refresh_token(grant)} if refreshable else response

    def refresh(self, token: str, client_id: str, scopes: tuple[str, ...] | None, resource: str) -> dict[str, Any]:
        """New tokens for a refresh token, which is spent by that; one spent before revokes its whole family.

        Raises:
            Refusal: the token is unknown, spent, revoked or another client's, or the scopes are more than it has.
        """
        known = self._refresh.get(token)
        if known is None or known.grant.client_id != client_id or known.grant.family in self._revoked:
            raise Refusal("invalid_grant", "This refresh token is unknown or revoked.")
        if known.is_spent:
            self.revoke_family(known.grant.family)
            raise Refusal(
                "invalid_grant", "This refresh token was used before; every token that came of it is revoked."
            )
        if resource != known.grant.resource:
            raise Refusal("invalid_target", f"This refresh token is for {known.grant.resource}.")
        if scopes and not set(scopes) <= set(known.grant.scopes):
            raise Refusal("invalid_scope", f"This refresh token is good for: {' '.join(known.grant.scopes)}.")
        known.is_spent = True
        fresh = self.issue(replace(known.grant, scopes=scopes or known.grant.scopes), refreshable=False)
        return fresh | {"refresh_token": self._refresh_token(known.grant)}  # its scopes never shrink: RFC 6749 §6

    def grant_of_refresh(self, token: str) -> Grant | None:
        """What a refresh token was granted for."""
        known = self._refresh.get(token)
        return known.grant if known else None

    def read(self, token: str) -> AccessToken:
        """What an access token says.

        Raises:
            TokenRefusedError: it is unknown, malformed, expired, revoked, or for another resource.
        """
        access = self._read_opaque(token) if self.form == "opaque" else self._read_jwt(token)
        if access.expires_at <= time.time():
            raise TokenRefusedError("The access token expired")
        if access.jti in self._revoked or access.grant.family in self._revoked:
            raise TokenRefusedError("The access token was revoked")
        if access.grant.resource != self.resource:
            raise TokenRefusedError("The access token is for another resource")
        return access

    def revoke(self, token: str, client_id: str) -> None:
        """Revoke an access token, or a refresh token and all that came of it; an unknown one is no error (RFC 7009)."""
        known = self._refresh.get(token)
        if known is not None:
            if known.grant.client_id == client_id:
                self.revoke_family(known.grant.family)
            return
        try:
            access = self.read(token)
        except TokenRefusedError:
            return
        if access.grant.client_id == client_id:
            self._revoked.add(access.jti)

    def revoke_family(self, family: str) -> None:
        """Revoke every token that came of one authorization."""
        self._revoked.add(family)

    def _refresh_token(self, grant: Grant) -> str:
        token = self.identifiers.new("refresh token")
        self._refresh[token] = _Refresh(grant)
        return token

    def _access_token(self, grant: Grant) -> str:
        now = int(time.time())
        access = AccessToken(grant, self.identifiers.new("jti"), now + self.lifetime)
        if self.form == "jwt":
            return self._signed(access, now)
        token = self.identifiers.new("access token")
        self._opaque[token] = access
        return token

    def _signed(self, access: AccessToken, now: int) -> str:
        """The token as a JWT (RFC 9068); its family is a claim, so that it can be revoked by it."""
        from joserfc import jwt

        key = signing_key(self.identifiers.key("signing"))
        header = {"alg": SIGNING_ALGORITHM, "typ": "at+jwt", "kid": key.kid}
        grant = access.grant
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": grant.subject,
            "aud": grant.resource,
            "client_id": grant.client_id,
            "scope": " ".join(grant.scopes),
            "iat": now,
            "exp": access.expires_at,
            "jti": access.jti,
            "sid": grant.family,
        }
        if grant.thumbprint:
            claims["cnf"] = {"jkt": grant.thumbprint}
        return jwt.encode(header, claims, key, algorithms=[SIGNING_ALGORITHM])

    def _read_opaque(self, token: str) -> AccessToken:
        if token not in self._opaque:
            raise TokenRefusedError("The access token is unknown")
        return self._opaque[token]

    def _read_jwt(self, token: str) -> AccessToken:
        from joserfc import jwt
        from joserfc.errors import JoseError

        key = signing_key(self.identifiers.key("signing"))
        try:
            claims = jwt.decode(token, key, algorithms=[SIGNING_ALGORITHM]).claims
        except (JoseError, ValueError) as error:
            raise TokenRefusedError("The access token is malformed or not signed by this issuer") from error
        if claims["iss"] != self.issuer:
            raise TokenRefusedError("The access token is of another issuer")
        grant = Grant(
            claims["sub"],
            claims["client_id"],
            tuple(claims["scope"].split()),
            claims["aud"],
            claims["sid"],
            claims.get("cnf", {}).get("jkt"),
        )
        return AccessToken(grant, claims["jti"], claims["exp"])
