"""What happens to a credential after its login: refreshed, and in the end revoked."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from mcp_magics.auth.client_authentication import authenticate
from mcp_magics.auth.dpop import wants_nonce, with_proof
from mcp_magics.auth.flow.state import Decision, Granted, Refused, Revoked
from mcp_magics.auth.grants import refresh_token, revocation
from mcp_magics.auth.oauth_error import OAuthError, members
from mcp_magics.auth.token_answer import as_configured, read_tokens
from mcp_magics.errors import Failure

if TYPE_CHECKING:
    from mcp_magics.auth.assertion import SigningKey
    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.auth.message import Answer, Ask

_ENDS_BY_ITSELF = "revoked at the authorization server; an access token of this kind cannot be, it ends by itself"
"""Where servers verify signed tokens without asking anybody, only what renews them can be taken back."""


_SECRET = "client_secret"  # noqa: S105  the name of a field


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token for new tokens; what the answer leaves out is carried forward (RFC 6749 §6)."""

    name: ClassVar[str] = "refresh"
    section: ClassVar[str] = "RFC 6749 §6, RFC 8707 §2.2"
    server: str
    credential: OAuthCredential
    key: SigningKey | None = None
    nonce: str | None = None

    def ask(self) -> Ask:
        """The refresh token, who we are, for which resource."""
        credential, tokens = self.credential, self.credential.tokens
        ask = refresh_token(
            credential.endpoints.get("token_endpoint", ""),
            token=(tokens.refresh_token if tokens else None) or "",
            resource=credential.resource,
        )
        ask = authenticate(ask, credential.client, key=self.key)
        return ask if credential.dpop_key is None else with_proof(ask, credential.dpop_key, self.nonce)

    def next(self, answer: Answer) -> Decision:
        """Granted anew, or refused."""
        credential = self.credential
        nonce = wants_nonce(answer)
        if nonce is not None and self.nonce is None and credential.dpop_key is not None:
            return Decision("a proof with the server's nonce is wanted", replace(self, nonce=nonce))
        earlier = credential.tokens
        requested = earlier.scopes if earlier is not None else credential.requested
        method = credential.client.auth_method
        outcome = read_tokens(answer, server=self.server, method=method, arrived=time.time(), requested=requested)
        if isinstance(outcome, Failure):
            return Decision(outcome.message, Refused(as_configured(outcome, credential.client, credential.grant)))
        kept = outcome.tokens.refresh_token or (earlier.refresh_token if earlier is not None else None)
        tokens = replace(outcome.tokens, refresh_token=kept)
        renewed = replace(credential, tokens=tokens, obtained_at=time.time())
        rotated = "rotated" if outcome.tokens.refresh_token else "kept"
        return Decision(f"refreshed; the refresh token is {rotated}", Granted(renewed))


@dataclass(frozen=True, slots=True)
class Revocation:
    """The end of one token at the server; the refresh token first, for servers end what hangs on it (RFC 7009 §2.1).

    ``names_secret`` is whether an empty ``client_secret`` goes along, which says the same as none (RFC 6749 §2.3.1).
    """

    name: ClassVar[str] = "revocation"
    section: ClassVar[str] = "RFC 7009 §2"
    server: str
    credential: OAuthCredential
    endpoint: str
    hint: Literal["refresh_token", "access_token"]
    key: SigningKey | None = None
    names_secret: bool = False

    def ask(self) -> Ask:
        """The token to end, and who we are."""
        tokens = self.credential.tokens
        token = (tokens.refresh_token if self.hint == "refresh_token" else tokens.access_token) if tokens else None
        ask = authenticate(revocation(self.endpoint, token or "", self.hint), self.credential.client, key=self.key)
        return ask.changed({_SECRET: ""}) if self.names_secret else ask

    def next(self, answer: Answer) -> Decision:
        """On to the access token, or the end; a server that refuses does not keep us from forgetting (§2.2)."""
        kind = self.hint.replace("_", " ")
        if answer.failure is not None:
            return Decision(answer.failure.message, Refused(answer.failure))
        if not answer.ok:
            error = OAuthError.of(members(answer) or {})
            if error is not None and error.code == "unsupported_token_type" and self._refresh_is_revoked:
                return Decision("such access tokens cannot be revoked (RFC 7009 §2.2.1)", Revoked(_ENDS_BY_ITSELF))
            if self._misses_the_secret(error):
                return Decision("a client_secret is missed: sent empty", replace(self, names_secret=True))
            text = f"the server did not revoke the {kind}: {answer.status} {error or 'no reason given'}"
            failure = Failure("revocation_failed", text, "logout", self.server, (), f"%mcp trace {self.server}")
            return Decision(text, Refused(failure))
        if self.hint == "refresh_token":
            return Decision("the refresh token is revoked", replace(self, hint="access_token"))
        return Decision("the access token is revoked", Revoked("revoked at the authorization server"))

    def _misses_the_secret(self, error: OAuthError | None) -> bool:
        """Whether the server cannot do without a field that this client has nothing to put into, or has in a header."""
        if error is None or error.code != "invalid_request" or _SECRET not in error.description:
            return False
        return all(name != _SECRET for name, _ in self.ask().form or ())

    @property
    def _refresh_is_revoked(self) -> bool:
        tokens = self.credential.tokens
        return self.hint == "access_token" and tokens is not None and bool(tokens.refresh_token)


def revoke(server: str, credential: OAuthCredential, key: SigningKey | None = None) -> Revocation | None:
    """The state that ends the tokens of ``credential``, or None where the server cannot or there are none."""
    endpoint, tokens = credential.endpoints.get("revocation_endpoint"), credential.tokens
    if endpoint is None or tokens is None:
        return None
    return Revocation(server, credential, endpoint, "refresh_token" if tokens.refresh_token else "access_token", key)
