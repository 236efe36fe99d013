"""A protected server of the playground put together: its gate, its authorization server, their one state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.playground.authorization.faults import behaviour
from mcp_magics.playground.authorization.gate import Gate, Rules, remembered
from mcp_magics.playground.authorization.realm import new_realm
from mcp_magics.playground.authorization.server import application
from mcp_magics.playground.authorization.sites import Sites
from mcp_magics.playground.serve import Protection

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from mcp_magics.playground import Options


def protection(options: Options, rules: Rules) -> Callable[[str, str], Protection]:
    """What protects a server by those ``rules``, once it is known where both servers are."""

    def at(resource: str, origin: str) -> Protection:
        behaves = behaviour(options.fault, options.delay)
        own = Sites(resource, "").resource_origin
        sites = Sites(resource, (own if behaves.at_resource else origin) + behaves.issuer_path)
        realm = new_realm(sites, behaves, options)
        server = application(realm)

        def wrap(app: ASGIApp) -> ASGIApp:
            return remembered(Gate(app, realm, rules, server), realm)

        return Protection(wrap, sites.issuer, server)

    return at
