"""What all states share: the settings of a flow, what has been found out, the decision, and the ways to end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_magics.auth.credential import Client, OAuthCredential
    from mcp_magics.auth.message import Answer, Ask, Fields
    from mcp_magics.auth.metadata import AuthorizationServer, ProtectedResource
    from mcp_magics.errors import Failure
    from mcp_magics.wire.challenge import Challenge

Grant = Literal["authorization_code", "client_credentials", "jwt_bearer", "id_jag"]


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Who vouches for a person in the enterprise flow (ID-JAG): its token endpoint and what it is shown."""

    token_endpoint: str
    client_id: str
    subject_token: str = field(repr=False)
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FlowSettings:
    """What a flow was asked to do; what is None is discovered, registered or left out.

    ``headers`` are those of an anonymous request. ``draw`` makes unguessable text (RFC 6749 §10.10). ``known`` is the
    credential of an earlier login: its client is used again, its scopes are kept in a step-up. ``client_refused``
    is whether its client was seen refused: then another is registered.
    """

    server: str
    url: str = field(repr=False)
    draw: Callable[[], str]
    headers: Fields = ()
    grant: Grant = "authorization_code"
    redirect_uri: str = ""
    scopes: tuple[str, ...] | None = None
    resource: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    auth_method: str | None = None
    client_metadata_url: str | None = None
    private_key: str | None = field(default=None, repr=False)
    signing_algorithm: str | None = None
    assertion: str | None = field(default=None, repr=False)
    identity_provider: IdentityProvider | None = None
    binds_tokens: bool = False
    assumes_pkce: bool = False
    known: OAuthCredential | None = None
    client_refused: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """One address of the discovery and what it answered: a status, or the class of the failure."""

    url: str
    said: str


@dataclass(frozen=True, slots=True)
class Found:
    """What has been found out so far; ``refused`` is the first anonymous method that was, ``problems`` were tolerated.

    ``said`` is the JSON-RPC error that was the refusal, where it came in place of a 401. ``unchecked`` is the failure
    that kept a document from being looked for: then its absence proves nothing.
    """

    refused: str | None = None
    challenge: Challenge | None = None
    resource: ProtectedResource | None = None
    server: AuthorizationServer | None = None
    client: Client | None = None
    tried: tuple[Tried, ...] = ()
    problems: tuple[str, ...] = ()
    unchecked: Failure | None = None
    said: str | None = None

    @property
    def table(self) -> tuple[str, ...]:
        """Every address tried with what it answered, a line each."""
        return tuple(f"{each.url}: {each.said}" for each in self.tried)

    @property
    def telling(self) -> tuple[str, ...]:
        """The same lines, first those that say more than that nothing is there."""
        return tuple(sorted(self.table, key=lambda line: line.endswith(": 404")))

    @property
    def advertised(self) -> tuple[str, ...]:
        """The scopes that the resource's metadata names, or else those of its authorization server."""
        named = self.resource.scopes if self.resource is not None else None
        return named or (self.server.scopes if self.server is not None else None) or ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from an answer: the next state, and why in words."""

    text: str
    state: State


class State(Protocol):
    """One step of a flow."""

    name: ClassVar[str]

    @property
    def section(self) -> str:
        """Where it is specified."""

    def ask(self) -> Ask:
        """The request of this step."""

    def next(self, answer: Answer) -> Decision:
        """What follows from its answer."""


class _End:
    """A state nothing follows."""

    section: ClassVar[str] = ""

    def ask(self) -> Ask:
        """Nothing is asked any more."""
        msg = "the flow has ended"
        raise RuntimeError(msg)

    def next(self, answer: Answer) -> Decision:
        """Nothing follows."""
        msg = f"the flow has ended; nothing follows {answer.url}"
        raise RuntimeError(msg)


@dataclass(frozen=True, slots=True)
class Discovered(_End):
    """The end of the discovery; what was found, or that nothing was (``found.server`` None)."""

    name: ClassVar[str] = "discovered"
    settings: FlowSettings
    found: Found


@dataclass(frozen=True, slots=True)
class Granted(_End):
    """The end of a login: a credential."""

    name: ClassVar[str] = "granted"
    credential: OAuthCredential
    found: Found = Found()


@dataclass(frozen=True, slots=True)
class Refused(_End):
    """The end of a flow that failed: why, and the line to type next."""

    name: ClassVar[str] = "refused"
    failure: Failure
    found: Found = Found()


@dataclass(frozen=True, slots=True)
class Revoked(_End):
    """The end of a revocation; ``text`` says what the server did."""

    name: ClassVar[str] = "revoked"
    text: str


END = (Discovered, Granted, Refused, Revoked)
