"""At the token endpoint: a grant for tokens, whichever grant it is, with the client's authentication and proof."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from mcp_magics.auth.assertion import SigningKey
from mcp_magics.auth.client_authentication import authenticate, choose_method
from mcp_magics.auth.credential import Client, OAuthCredential, Tokens
from mcp_magics.auth.dpop import wants_nonce, with_proof
from mcp_magics.auth.flow.scopes import Scopes, clean_scopes
from mcp_magics.auth.flow.state import Decision, FlowSettings, Found, Granted, Refused
from mcp_magics.auth.grants import identity_exchange, jwt_bearer
from mcp_magics.auth.token_answer import TokenAnswer, as_configured, read_identity_assertion, read_tokens
from mcp_magics.errors import Failure

if TYPE_CHECKING:
    from mcp_magics.auth.flow.state import Grant, State
    from mcp_magics.auth.message import Answer, Ask
    from mcp_magics.auth.metadata import AuthorizationServer


SECTIONS: dict[Grant, str] = {
    "authorization_code": "RFC 6749 §4.1.3, RFC 7636 §4.5",
    "client_credentials": "RFC 6749 §4.4.2",
    "jwt_bearer": "RFC 7523 §2.1",
    "id_jag": "RFC 7523 §2.1",
}
"""Where the token request of each grant is specified."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who speaks to which token endpoint about what: shared by every request of one login that carries a grant."""

    settings: FlowSettings
    found: Found
    server: AuthorizationServer
    client: Client
    scopes: Scopes
    resource: str | None

    @property
    def client_is_old(self) -> bool:
        """Whether the client is from an earlier login: the server may have forgotten it since."""
        known = self.settings.known
        return known is not None and known.client.client_id == self.client.client_id

    @property
    def scopes_told(self) -> str:
        """Which scopes were asked for, on whose word, and which the server advertises."""
        advertised = " ".join(self.server.scopes or ()) or "none"
        return f"asked for: {' '.join(self.scopes.wanted or ())} ({self.scopes.source}) · advertised: {advertised}"

    def having_asked(self, own: str, sent: str) -> Party:
        """The same party where a person sent a ``scope`` of their own instead of ``own``: then those are explicit."""
        return self if own == sent else replace(self, scopes=Scopes(clean_scopes([sent]) or None, "explicit"))

    @property
    def endpoint(self) -> str:
        """The token endpoint."""
        return self.server.token_endpoint or ""

    @property
    def method(self) -> str:
        """How the client authenticates there; raises ``ConfigurationError``."""
        key = signing_key(self.settings)
        return choose_method(self.client, self.server.auth_methods, self.settings.auth_method, key=key)

    def authenticated(self, ask: Ask) -> Ask:
        """``ask`` with the client's authentication; raises ``ConfigurationError``."""
        return authenticate(ask, self.client, self.method, key=signing_key(self.settings))


def signing_key(settings: FlowSettings) -> SigningKey | None:
    """The private key of the client, where one is configured; raises ``ConfigurationError``."""
    if settings.private_key is None:
        return None
    return SigningKey.of(settings.private_key, settings.signing_algorithm)


@dataclass(frozen=True, slots=True)
class Token:
    """One request to the token endpoint; ``dpop_key`` and ``nonce`` are RFC 9449's.

    ``retried`` is whether this flow has already tried again with fewer scopes or with another client.
    """

    name: ClassVar[str] = "token"
    party: Party
    core: Ask
    dpop_key: str | None = field(default=None, repr=False)
    nonce: str | None = field(default=None, repr=False)
    retried: bool = False

    @property
    def section(self) -> str:
        """Where its grant is specified, and the proof of possession where there is one."""
        proof = "" if self.dpop_key is None else ", RFC 9449 §5"
        return f"{SECTIONS[self.party.settings.grant]}, RFC 8707 §2.2{proof}"

    def sent(self, ask: Ask) -> Token:
        """The same state once ``ask`` was sent in the place of its own: a scope may be a person's own now."""
        own = dict(self.core.fields).get("scope", "")
        return replace(self, party=self.party.having_asked(own, dict(ask.fields).get("scope", "")))

    def ask(self) -> Ask:
        """The grant, who we are, and the proof of possession where tokens are bound."""
        ask = self.party.authenticated(self.core)
        return ask if self.dpop_key is None else with_proof(ask, self.dpop_key, self.nonce)

    def next(self, answer: Answer) -> Decision:
        """Granted, tried once more, or refused."""
        nonce = wants_nonce(answer)
        if nonce is not None and self.nonce is None and self.dpop_key is not None:
            return Decision("a proof with the server's nonce is wanted", replace(self, nonce=nonce))
        party = self.party
        outcome = read_tokens(
            answer,
            server=party.settings.server,
            method=party.method,
            arrived=time.time(),
            requested=party.scopes.wanted or (),
        )
        if isinstance(outcome, Failure):
            outcome = as_configured(outcome, party.client, party.settings.grant)
            return self._again(outcome) or Decision(outcome.message, Refused(outcome, party.found))
        return Decision(f"an access token has come{_lifetime(outcome.tokens)}", self._granted(outcome))

    def _granted(self, answer: TokenAnswer) -> Granted:
        party = self.party
        credential = OAuthCredential(
            party.settings.url,
            party.resource,
            replace(party.client, auth_method=party.method),
            answer.tokens,
            party.server.endpoints,
            party.settings.grant,
            party.scopes.wanted or (),
            time.time(),
            self.dpop_key,
        )
        return Granted(credential, replace(party.found, problems=(*party.found.problems, *answer.violations)))

    def _again(self, failure: Failure) -> Decision | None:
        """One more attempt where the fault may be a stale client or scopes nobody here asked for."""
        from mcp_magics.auth.flow.identity import identify
        from mcp_magics.auth.flow.login import with_scopes

        party = self.party
        if self.retried:
            return None
        if failure.class_ == "client_unknown" and party.client.origin == "registered" and party.client_is_old:
            state = identify(party.settings, party.found, party.server, again=True)
            return Decision(f"client {party.client.client_id} is unknown there: registered anew", state)
        if failure.class_ == "scope_rejected" and party.scopes.discovered:
            state = with_scopes(replace(party, scopes=Scopes(None, "none")))
            return Decision(f"the scopes of the {party.scopes.source} are rejected: asked once more without", state)
        return None


@dataclass(frozen=True, slots=True)
class IdentityExchange:
    """At the identity provider: an ID token for an identity assertion that the authorization server trusts."""

    name: ClassVar[str] = "identity_exchange"
    section: ClassVar[str] = "RFC 8693 §2.1, draft-ietf-oauth-identity-assertion-authz-grant §4.3"
    party: Party

    def ask(self) -> Ask:
        """The exchange, audience the issuer of the MCP server's authorization server."""
        provider = self.party.settings.identity_provider
        assert provider is not None  # login.begin refuses the grant without one
        ask = identity_exchange(
            provider.token_endpoint,
            subject_token=provider.subject_token,
            audience=self.party.server.issuer,
            resource=self.party.resource,
            scopes=self.party.scopes.wanted or (),
        )
        method = "client_secret_basic" if provider.client_secret else "none"
        client = Client(provider.client_id, "configured", "", method, None, provider.client_secret)
        return authenticate(ask, client)

    def next(self, answer: Answer) -> Decision:
        """On to the authorization server with the assertion."""
        party = self.party
        provider = party.settings.identity_provider
        method = "client_secret_basic" if provider is not None and provider.client_secret else "none"
        assertion = read_identity_assertion(answer, server=party.settings.server, method=method)
        if isinstance(assertion, Failure):
            return Decision(assertion.message, Refused(assertion, party.found))
        core = jwt_bearer(
            party.endpoint, assertion=assertion, resource=party.resource, scopes=party.scopes.wanted or ()
        )
        return Decision(
            "the identity provider vouches; its assertion goes to the authorization server", token(party, core)
        )


def token(party: Party, core: Ask, *, retried: bool = False) -> State:
    """The request to the token endpoint that ``core`` is the grant of, bound to a new key where that is wanted."""
    from mcp_magics.auth.dpop import new_key

    resource = party.found.resource
    binds = party.settings.binds_tokens or (resource is not None and resource.dpop_required)
    return Token(party, core, new_key() if binds else None, retried=retried)


def _lifetime(tokens: Tokens) -> str:
    if tokens.expires_at is None:
        return ""
    renewable = ", with a refresh token" if tokens.refresh_token else ", without a refresh token"
    return f", good for {max(tokens.expires_at - time.time(), 0):.0f} s{renewable}"
