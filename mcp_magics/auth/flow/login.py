"""From a finished discovery to the first request of a login, whichever grant it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_magics.auth.authorization import Pkce
from mcp_magics.auth.flow.authorization import Authorize
from mcp_magics.auth.flow.discovery import unusable_endpoint
from mcp_magics.auth.flow.exchange import IdentityExchange, Party, token
from mcp_magics.auth.flow.identity import identify, known_client, no_metadata
from mcp_magics.auth.flow.scopes import choose_scopes
from mcp_magics.auth.flow.state import FlowSettings, Found, Refused
from mcp_magics.auth.grants import client_credentials, jwt_bearer
from mcp_magics.auth.metadata import AuthorizationServer, canonical
from mcp_magics.errors import Failure

if TYPE_CHECKING:
    from mcp_magics.auth.credential import Client
    from mcp_magics.auth.flow.state import Discovered, State


def begin(discovered: Discovered) -> State:
    """The state that follows the discovery: with a client if we are one already, else with its registration."""
    settings, found = discovered.settings, discovered.found
    server = found.server
    if server is None:
        if found.refused is None or found.resource is not None or found.unchecked is not None:
            return Refused(no_metadata(settings, found), found)
        server = AuthorizationServer.by_default(settings.url)
        found = replace(found, server=server)
        if (failure := unusable_endpoint(settings, server)) is not None:
            return Refused(failure, found)
    if (failure := _impossible(settings, server)) is not None:
        return Refused(failure, found)
    client = known_client(settings, server)
    if client is not None:
        return with_client(settings, found, server, client)
    if settings.grant != "authorization_code":
        return Refused(_client_missing(settings), found)
    return identify(settings, found, server)


def with_client(
    settings: FlowSettings, found: Found, server: AuthorizationServer, client: Client, *, again: bool = False
) -> State:
    """The first request of ``client``; ``again`` is whether an earlier client was refused in this flow."""
    found = replace(found, client=client)
    scopes = choose_scopes(settings, found)
    return with_scopes(Party(settings, found, server, client, scopes, resource_of(settings, found)), again=again)


def with_scopes(party: Party, *, again: bool = True) -> State:
    """The first request of a login that asks for the scopes of ``party``."""
    settings, scopes = party.settings, party.scopes.wanted or ()
    if settings.grant == "authorization_code":
        return Authorize(party, Pkce.of(settings.draw()), settings.draw(), again)
    if settings.grant == "id_jag":
        return IdentityExchange(party)
    if settings.grant == "client_credentials":
        core = client_credentials(party.endpoint, resource=party.resource, scopes=scopes)
    else:
        assertion = settings.assertion or ""
        core = jwt_bearer(party.endpoint, assertion=assertion, resource=party.resource, scopes=scopes)
    return token(party, core, retried=again)


def resource_of(settings: FlowSettings, found: Found) -> str | None:
    """The resource indicator (RFC 8707 §2): configured, else as its metadata says, else the server's own address."""
    if settings.resource is not None:
        return settings.resource or None
    if found.resource is not None and found.resource.resource is not None:
        return found.resource.resource
    return canonical(settings.url)


def _impossible(settings: FlowSettings, server: AuthorizationServer) -> Failure | None:
    """Why this grant cannot be asked of ``server``, as far as its metadata and our settings tell."""
    name, source = settings.server, f"from {server.url}"
    if server.token_endpoint is None:
        message = f"{server.issuer} has no token_endpoint: there is nobody to ask for a token"
        return Failure("no_oauth_metadata", message, "login", name, (source,), f"%mcp oauth {name}")
    if settings.grant == "jwt_bearer" and not settings.assertion:
        step = f"%mcp login {name} --grant jwt_bearer --assertion-env-var NAME"
        return Failure("assertion_missing", "this grant needs the JWT of the workload", "login", name, (), step)
    if settings.grant == "id_jag" and settings.identity_provider is None:
        step = (
            f"%mcp login {name} --grant id_jag --idp-token-endpoint URL --idp-client-id ID --subject-token-env-var NAME"
        )
        message = "this grant needs an identity provider and the ID token of a person"
        return Failure("identity_provider_missing", message, "login", name, (), step)
    return _no_browser(settings, server, source) if settings.grant == "authorization_code" else None


def _client_missing(settings: FlowSettings) -> Failure:
    """A grant without a browser is for clients that were registered beforehand: no redirect URI, no registration."""
    name, grant = settings.server, settings.grant
    secret = " --oauth-client-secret-env-var NAME" if grant == "client_credentials" else ""
    step = f"%mcp login {name} --grant {grant} --oauth-client-id ID{secret}"
    told = ("it has no redirect URI that a client could be registered with (RFC 7591 §2)",)
    return Failure("client_missing", f"{grant} needs a client", "login", name, told, step)


def _no_browser(settings: FlowSettings, server: AuthorizationServer, source: str) -> Failure | None:
    name = settings.server
    if server.authorization_endpoint is None:
        message = f"{server.issuer} has no authorization_endpoint: nobody can log in there with a browser"
        step = f"%mcp login {name} --grant client_credentials"
        return Failure("no_oauth_metadata", message, "login", name, (source,), step)
    if server.raw.get("require_pushed_authorization_requests") is True:
        message = f"{server.issuer} takes only pushed authorization requests (RFC 9126 §5), and none are sent from here"
        step = f"%mcp login {name} --grant client_credentials  # or --bearer-token-env-var with %mcp add"
        return Failure("authorization_failed", message, "login", name, (source,), step)
    if server.url is None or settings.assumes_pkce or "S256" in (server.challenge_methods or ()):
        return None
    known = ", ".join(server.challenge_methods or ())
    said = f"knows only the PKCE method {known}" if known else "names no PKCE method"
    return Failure(
        "pkce_unsupported",
        f"{server.issuer} {said}: without S256 a stolen code could be used",
        "login",
        name,
        (f"{source}: code_challenge_methods_supported", "MCP authorization: clients must refuse to proceed"),
        f"%mcp login {name} --assume-pkce  # if you know that it supports S256 all the same",
    )
