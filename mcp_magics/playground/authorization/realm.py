"""Everything one authorization server knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_magics.playground.authorization.clients import Clients
from mcp_magics.playground.authorization.codes import Codes
from mcp_magics.playground.authorization.identifiers import Identifiers
from mcp_magics.playground.authorization.tokens import Tokens
from mcp_magics.playground.authorization.used import Used

if TYPE_CHECKING:
    from mcp_magics.playground import Options
    from mcp_magics.playground.authorization.behaviour import Behaviour
    from mcp_magics.playground.authorization.sites import Sites

READ, WRITE, OFFLINE = "shop:read", "shop:write", "offline_access"
RESOURCE_SCOPES = (READ, WRITE)
SCOPES = (*RESOURCE_SCOPES, OFFLINE)
DEFAULT_SCOPES = (READ,)


@dataclass(frozen=True, slots=True)
class Realm:
    """The state of one authorization server and the behaviour it has; ``subject`` is its one person."""

    sites: Sites
    behaviour: Behaviour
    identifiers: Identifiers
    clients: Clients
    codes: Codes
    tokens: Tokens
    used: Used
    subject: str


def new_realm(sites: Sites, behaviour: Behaviour, options: Options) -> Realm:
    """A fresh authorization server's state."""
    identifiers = Identifiers(options.seed)
    return Realm(
        sites,
        behaviour,
        identifiers,
        Clients(),
        Codes(identifiers),
        Tokens(sites.issuer, sites.resource, identifiers, options.tokens, options.expiry),
        Used(),
        f"person-{identifiers.new('subject')[:8]}",
    )
