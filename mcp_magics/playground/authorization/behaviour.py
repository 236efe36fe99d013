"""How a protected server of the playground behaves: the steps that a fault may spoil, each a method of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from starlette.responses import Response

    from mcp_magics.playground.authorization.clients import Clients
    from mcp_magics.playground.authorization.parameters import Parameters
    from mcp_magics.playground.authorization.sites import Sites

Document = dict[str, Any]


class Behaviour:
    """Nothing: it behaves."""

    name: ClassVar[str] = "none"
    servers: ClassVar[tuple[str, ...]] = ("l1", "l2")
    issuer_path: ClassVar[str] = ""
    """The path of the issuer and of its endpoints."""
    at_resource: ClassVar[bool] = False
    """Whether the authorization server answers at the origin of the MCP server, too."""
    wants_resource: ClassVar[bool] = True
    """Whether ``resource`` may not be left out (RFC 8707)."""
    proves: ClassVar[bool] = True
    """Whether PKCE is asked for and verified."""
    registers: ClassVar[bool] = True
    """Whether clients may register themselves (RFC 7591)."""
    demands_proof: ClassVar[bool] = False
    """Whether tokens are only issued to, and taken from, whoever proves to hold a key (RFC 9449)."""

    def __init__(self, delay: float = 2.0) -> None:
        self.delay = delay

    def server_metadata(self, document: Document, sites: Sites) -> Document | None:  # noqa: ARG002 - for faults
        """The authorization server's metadata (RFC 8414 §2); None where there is none."""
        return document

    def root_metadata_only(self) -> bool:
        """Whether that metadata is not where RFC 8414 §3.1 puts it, but at the root of the host."""
        return False

    def resource_metadata(self, document: Document, sites: Sites) -> Document | Response | None:  # noqa: ARG002
        """The protected resource's metadata (RFC 9728 §2), another answer, or None where there is none."""
        return document

    def challenge(self, parameters: dict[str, str]) -> dict[str, str] | None:
        """The parameters of ``WWW-Authenticate`` (RFC 6750 §3, RFC 9728 §5.1); None leaves the header out."""
        return parameters

    def unauthenticated_get(self) -> str | None:
        """What anyone who GETs the MCP URL is told, instead of being asked for a token."""
        return None

    def needs_login(self, tool: str | None) -> bool:  # noqa: ARG002 - for faults
        """Whether an open server refuses calls of that tool to those who are not logged in."""
        return False

    def nonce(self, url: str) -> str | None:  # noqa: ARG002 - for faults
        """The nonce that proofs for ``url`` must carry (RFC 9449 §8); None where they need none."""
        return None

    def accepts_tokens(self) -> bool:
        """Whether the resource server takes any token at all."""
        return True

    def suffices(self, granted: frozenset[str], needed: frozenset[str]) -> bool:
        """Whether the scopes of a token are enough for a call."""
        return needed <= granted

    def authorization_request(self, request: Parameters, scopes: tuple[str, ...]) -> None:
        """Raise a Redirection to refuse an authorization request that is in order."""

    def callback(self, parameters: dict[str, str]) -> dict[str, str]:
        """What the client is sent back with (RFC 6749 §4.1.2, RFC 9207 §2)."""
        return parameters

    async def token_request(self, form: Parameters) -> Response | None:  # noqa: ARG002 - for faults
        """Another answer than the one a token request deserves, or a Refusal raised; None where it gets that one."""
        return None

    def token_response(self, tokens: Document) -> Document:
        """The tokens as they are sent (RFC 6749 §5.1)."""
        return tokens

    def registered(self, clients: Clients, client_id: str) -> None:
        """What happens once a client has registered."""

    def issued(self, clients: Clients, client_id: str) -> None:
        """What happens once a client has got tokens."""
