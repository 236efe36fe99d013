"""The browser's hop: the authorization request, and the authorization response that comes back to the redirect URI."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from mcp_magics.auth.authorization import Pkce, authorization_request
from mcp_magics.auth.callback import denial
from mcp_magics.auth.flow.exchange import Party, token
from mcp_magics.auth.flow.scopes import OFFLINE, Scopes
from mcp_magics.auth.flow.state import Decision, Refused
from mcp_magics.auth.grants import authorization_code
from mcp_magics.errors import CommandError, Failure

if TYPE_CHECKING:
    from mcp_magics.auth.callback import Callback
    from mcp_magics.auth.message import Answer, Ask, Fields


@dataclass(frozen=True, slots=True)
class Authorize:
    """A person is asked for consent; ``pkce`` is RFC 7636's pair, ``nonce`` the ``state`` parameter.

    ``retried`` is whether an attempt with fewer scopes, or with a new client, has been made in this flow.
    """

    name: ClassVar[str] = "authorize"
    section: ClassVar[str] = "RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2.1, RFC 9207 §2.4"
    party: Party
    pkce: Pkce
    nonce: str = field(repr=False)
    retried: bool = False

    def ask(self) -> Ask:
        """The address to open."""
        party = self.party
        return authorization_request(
            party.server.authorization_endpoint or "",
            client_id=party.client.client_id,
            redirect_uri=party.settings.redirect_uri,
            state=self.nonce,
            challenge=self.pkce.challenge,
            scopes=party.scopes.wanted or (),
            resource=party.resource,
            extra=_asked_anew(party.scopes),
        )

    def anew(self) -> Authorize:
        """The same request once more, with a ``state`` and a PKCE pair of its own (RFC 6749 §10.12, RFC 7636 §4.1)."""
        draw = self.party.settings.draw
        return replace(self, pkce=Pkce.of(draw()), nonce=draw())

    def expects(self, ask: Ask) -> str:
        """The ``state`` its response must carry; raises ``CommandError`` where the request was sent without."""
        for name, value in ask.fields:
            if name == "state" and value:
                return value
        raise CommandError(
            "an authorization request without state cannot be answered here: any page could answer it",
            class_="state_missing",
            phase="login",
            server=self.party.settings.server,
            evidence=("RFC 6749 §10.12, RFC 9700 §4.7",),
        )

    def next(self, answer: Answer) -> Decision:
        """A browser makes this hop; see :meth:`received`."""
        raise NotImplementedError(answer.url)

    def received(self, callback: Callback, ask: Ask) -> Decision:
        """On to the token endpoint, or the end: the state was checked when the callback was accepted."""
        party = self.party.having_asked(_scope(self.ask()), _scope(ask))
        if (failure := self._wrong_issuer(callback)) is not None:
            return Decision(failure.message, Refused(failure, party.found))
        if callback.error == "invalid_scope" and party.scopes.discovered and not self.retried:
            again = replace(self, party=replace(party, scopes=Scopes(None, "none")), retried=True).anew()
            return Decision(f"the scopes of the {party.scopes.source} are rejected: asked once more without", again)
        if callback.error is not None or callback.code is None:
            failure = denial(callback, party.settings.server)
            if failure.class_ == "scope_rejected":
                failure = replace(failure, evidence=(party.scopes_told, *failure.evidence))
            return Decision(failure.message, Refused(failure, party.found))
        redirect_uri = dict(ask.fields).get("redirect_uri", party.settings.redirect_uri)
        core = authorization_code(
            party.endpoint,
            code=callback.code,
            redirect_uri=redirect_uri,
            code_verifier=self.pkce.verifier,
            resource=party.resource,
        )
        return Decision("a code has come; next it is exchanged for a token", token(party, core, retried=self.retried))

    def _wrong_issuer(self, callback: Callback) -> Failure | None:
        """RFC 9207 §2.4: compared as they are, character by character; missing only where it was not announced."""
        expected = self.party.server.issuer
        if callback.iss is None and not self.party.server.sends_iss:
            return None
        if callback.iss == expected:
            return None
        said = "none, though its metadata announces one" if callback.iss is None else repr(callback.iss[:300])
        return Failure(
            "issuer_mismatch",
            f"the authorization response names another issuer: expected {expected!r}, it says {said}",
            "login",
            self.party.settings.server,
            ("RFC 9207 §2.4: the code was not used",),
            f"%mcp oauth {self.party.settings.server}",
        )


def _scope(ask: Ask) -> str:
    return dict(ask.fields).get("scope", "")


def _asked_anew(scopes: Scopes) -> Fields:
    """Without ``prompt=consent`` an OpenID provider has to ignore ``offline_access`` (OpenID Connect Core §11)."""
    return (("prompt", "consent"),) if OFFLINE in (scopes.wanted or ()) else ()
