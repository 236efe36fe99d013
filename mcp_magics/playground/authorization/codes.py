"""Authorization requests that wait for a person, and the codes that came of them."""

from __future__ import annotations

import hashlib
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcp_magics.playground.authorization.refusal import Refusal

if TYPE_CHECKING:
    from mcp_magics.playground.authorization.clients import Client
    from mcp_magics.playground.authorization.identifiers import Identifiers
    from mcp_magics.playground.authorization.parameters import Parameters

CODE_SECONDS = 600
"""How long a code is good: what RFC 6749 §4.1.2 allows at most, for whoever reads each step of a flow."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An authorization request in order (RFC 6749 §4.1.1); ``challenge`` is of PKCE (S256), ``key`` of DPoP."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    resource: str
    state: str | None = None
    challenge: str | None = None
    key: str | None = None


@dataclass(slots=True)
class _Code:
    request: AuthorizationRequest
    family: str
    expires_at: float
    is_spent: bool = False


@dataclass(slots=True)
class Codes:
    """The requests and the codes of one authorization server."""

    identifiers: Identifiers
    _waiting: dict[str, AuthorizationRequest] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)

    def ask(self, request: AuthorizationRequest) -> str:
        """Let a request wait for its decision, under the name that is returned."""
        name = self.identifiers.new("request")
        self._waiting[name] = request
        return name

    def decided(self, name: str) -> AuthorizationRequest | None:
        """The request that waited under ``name``; it waits no longer."""
        return self._waiting.pop(name, None)

    def issue(self, request: AuthorizationRequest) -> str:
        """A code for a request that was approved: good once, for :data:`CODE_SECONDS`."""
        code = self.identifiers.new("code")
        self._codes[code] = _Code(request, self.identifiers.new("family"), time.time() + CODE_SECONDS)
        return code

    def family(self, code: str) -> str | None:
        """What joins all tokens that came of a code."""
        return self._codes[code].family if code in self._codes else None

    def redeem(self, code: str, client_id: str, form: Parameters) -> AuthorizationRequest:
        """The request behind a code (RFC 6749 §4.1.3, RFC 7636 §4.6); the code is spent.

        Raises:
            Refusal: the code, its client, its redirect URI or the verifier is not the right one, or it is spent.
        """
        known = self._codes.get(code)
        if known is None or known.request.client.client_id != client_id:
            raise Refusal("invalid_grant", "This code is unknown.")
        if known.is_spent or known.expires_at < time.time():
            raise Refusal("invalid_grant", "This code was used before, or has expired.")
        if form.get("redirect_uri") != known.request.redirect_uri:
            raise Refusal("invalid_grant", "redirect_uri is not the one of the authorization request.")
        if known.request.challenge is not None and s256(form.need("code_verifier")) != known.request.challenge:
            raise Refusal("invalid_grant", "code_verifier does not match code_challenge.")
        known.is_spent = True
        return known.request

    def is_spent(self, code: str) -> bool:
        """Whether a code was redeemed."""
        return code in self._codes and self._codes[code].is_spent


def s256(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 §4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
