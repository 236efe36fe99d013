"""Who we are to an authorization server: configured, known from before, a metadata document, or registered now.

In the order of MCP 2025-11-25, authorization: Client Registration Approaches. What an earlier login registered is used
again only with the same issuer and the same redirect URI, and unless it was seen refused.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from mcp_magics.auth.client_authentication import method_to_register
from mcp_magics.auth.credential import Client
from mcp_magics.auth.flow.scopes import choose_scopes
from mcp_magics.auth.flow.state import Decision, FlowSettings, Found, Refused, Tried
from mcp_magics.auth.metadata import AuthorizationServer, same_issuer
from mcp_magics.auth.registration import (
    GRANT_TYPES,
    metadata_refused,
    read_registration,
    registration,
    registration_unavailable,
)
from mcp_magics.errors import Failure
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from mcp_magics.auth.flow.state import State
    from mcp_magics.auth.message import Answer, Ask


def known_client(settings: FlowSettings, server: AuthorizationServer) -> Client | None:
    """The client to be without asking anybody, or None where one must be registered."""
    if settings.client_id is not None:
        return Client(
            settings.client_id,
            "configured",
            server.issuer,
            settings.auth_method or "",
            settings.redirect_uri or None,
            settings.client_secret,
        )
    earlier = settings.known.client if settings.known is not None else None
    if earlier is not None and not settings.client_refused and _fits(earlier, settings, server):
        return earlier
    if settings.client_metadata_url is not None and server.takes_metadata_documents:
        url = settings.client_metadata_url
        return Client(url, "metadata_document", server.issuer, "none", settings.redirect_uri or None)
    return None


def _fits(client: Client, settings: FlowSettings, server: AuthorizationServer) -> bool:
    if client.secret_expires_at is not None and client.secret_expires_at <= time.time():
        return False  # RFC 7591 §3.2.1: it would be refused after the browser's hop
    if client.origin == "configured" or not same_issuer(client.issuer, server.issuer):
        return False
    if client.origin == "metadata_document":
        return client.client_id == settings.client_metadata_url
    return client.redirect_uri == (settings.redirect_uri or None)


@dataclass(frozen=True, slots=True)
class Registration:
    """Dynamic client registration; ``again`` is whether a client was already refused as unknown in this flow.

    ``names_scopes`` is whether the scopes stand in the request: some servers refuse those they know only by resource.
    """

    name: ClassVar[str] = "registration"
    section: ClassVar[str] = "RFC 7591 §3"
    settings: FlowSettings
    found: Found
    server: AuthorizationServer
    endpoint: str
    again: bool = False
    names_scopes: bool = True

    def ask(self) -> Ask:
        """POST what we are."""
        supported = self.server.grant_types
        return registration(
            self.endpoint,
            redirect_uri=self.settings.redirect_uri,
            auth_method=self._method,
            scopes=self._scopes,
            grant_types=tuple(each for each in GRANT_TYPES if supported is None or each in supported) or GRANT_TYPES,
        )

    def next(self, answer: Answer) -> Decision:
        """On to the authorization with the client that was made."""
        from mcp_magics.auth.flow.login import with_client

        client = read_registration(
            answer,
            server=self.settings.server,
            issuer=self.server.issuer,
            redirect_uri=self.settings.redirect_uri,
            auth_method=self._method,
            supported=self.server.auth_methods,
        )
        if isinstance(client, Failure):
            if self._scopes and metadata_refused(answer):
                said = "the metadata is refused: asked once more without scope, which is optional (RFC 7591 §2)"
                return Decision(said, replace(self, names_scopes=False))
            guessed = self.server.url is None and not client.retryable  # default endpoints, and nothing is there
            failure = no_metadata(self.settings, self.found) if guessed else client
            return Decision(failure.message, Refused(failure, self.found))
        state = with_client(self.settings, self.found, self.server, client, again=self.again)
        return Decision(f"registered as {client.client_id}", state)

    @property
    def _scopes(self) -> tuple[str, ...]:
        return (choose_scopes(self.settings, self.found).wanted or ()) if self.names_scopes else ()

    @property
    def _method(self) -> str:
        return method_to_register(self.server.auth_methods, self.settings.auth_method)


def identify(settings: FlowSettings, found: Found, server: AuthorizationServer, *, again: bool = False) -> State:
    """The state that begins with no client: registration, or the reason why there cannot be one."""
    if server.registration_endpoint is not None:
        return Registration(settings, found, server, server.registration_endpoint, again)
    reason = f"{server.issuer} names no registration_endpoint, it must know a client beforehand"
    if server.takes_metadata_documents:
        reason += ", or be given --client-metadata-url"
    elif settings.client_metadata_url is not None:
        reason += ", and takes no client metadata document"
    told = (f"from {server.url}",)
    failure = registration_unavailable(settings.server, settings.redirect_uri or "none", reason, told)
    return Refused(failure, found)


def _unchecked(found: Found) -> tuple[str, ...]:
    """The table of what was tried, first who named the address that gave no answer, and that address."""
    failure, resource = found.unchecked, found.resource
    decisive = [f"{each.url}: {each.said}" for each in found.tried if _is_cause(each, failure)][:1]
    named = resource.authorization_servers[:1] if resource is not None else ()
    source = [f"{redactor().url(issuer)} is named by {resource.url}" for issuer in named if resource is not None]
    first = (*source, *decisive)
    return (*first, *(line for line in found.table[::-1] if line not in first))


def _is_cause(tried: Tried, failure: Failure | None) -> bool:
    return failure is not None and (
        tried.said == failure.class_ or failure.message == f"{tried.url} answered {tried.said}"
    )


def no_metadata(settings: FlowSettings, found: Found) -> Failure:
    """The failure of a discovery that found no authorization server: every address tried, with its answer."""
    last_first = replace(found, tried=found.tried[::-1])  # what was tried last tells most
    name, told = settings.server, (*found.problems, *last_first.telling)
    if (failure := found.unchecked) is not None:
        message = f"could not check which authorization server is in charge: {failure.message}"
        step = f"%mcp login {name}" if failure.retryable else f"%mcp oauth {name}"
        return Failure(failure.class_, message, "discovery", name, _unchecked(found), step, failure.retryable)
    if found.resource is not None and found.resource.authorization_servers:
        message = (
            f"the authorization server in charge publishes no metadata: {found.resource.authorization_servers[0]!r}"
        )
        return Failure("no_oauth_metadata", message, "discovery", name, told, f"%mcp oauth {name}")
    needs = "asks for authorization" if found.refused else "works without a login"
    return Failure(
        "no_oauth_metadata",
        f"the server {needs} and publishes nowhere which authorization server is in charge",
        "discovery",
        settings.server,
        (*found.problems, *found.telling),
        f"%mcp add {settings.server} {redactor().url(settings.url)} --bearer-token-env-var NAME"
        if found.refused
        else f"%mcp tools {settings.server}",
    )
