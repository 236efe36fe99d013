"""From a server's address to its authorization server: protected resource metadata, then the server's own.

RFC 9728 §3 and RFC 8414 §3; where there is no resource metadata, as MCP 2025-03-26 had it: the authorization server
stands at the resource's own origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import urljoin

from mcp_magics.auth.address import browser_refusal, is_plain, refusal
from mcp_magics.auth.flow.state import Decision, Discovered, FlowSettings, Found, Refused, Tried
from mcp_magics.auth.message import Ask
from mcp_magics.auth.metadata import (
    AuthorizationServer,
    ProtectedResource,
    covers,
    origin,
    resource_candidates,
    same_issuer,
    server_candidates,
)
from mcp_magics.errors import Failure
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from mcp_magics.auth.message import Answer, Fields

Metadata = TypeVar("Metadata", ProtectedResource, AuthorizationServer)
Reading = Callable[[str, Mapping[str, Any]], Metadata | None]

_ABSENT = frozenset({*range(300, 408), *range(409, 425), *range(426, 429), *range(430, 500)})
"""Statuses that say a document is not there; all others but 2xx say only that it could not be looked for."""
_VERSION: Fields = (("mcp-protocol-version", "2025-11-25"),)


def look_for_resource(settings: FlowSettings, found: Found) -> ResourceMetadata:
    """The state that looks for the protected resource metadata, first where the challenge says."""
    named = found.challenge.resource_metadata if found.challenge is not None else None
    return ResourceMetadata(settings, resource_candidates(settings.url, named), found)


def _read(address: str, answer: Answer, reading: Reading[Metadata]) -> Metadata | None:
    """What ``reading`` makes of the document at ``address``; None where there is none, or no such one."""
    document = answer.document if answer.ok and answer.failure is None else None
    return reading(redactor().url(address), document) if document is not None else None


@dataclass(frozen=True, slots=True)
class ResourceMetadata:
    """Protected resource metadata, looked for at each of ``candidates`` in turn."""

    name: ClassVar[str] = "resource_metadata"
    section: ClassVar[str] = "RFC 9728 §3"
    settings: FlowSettings
    candidates: tuple[str, ...]
    found: Found

    def ask(self) -> Ask:
        """GET the first candidate."""
        return Ask("GET", self.candidates[0], _own_headers(self.settings, self.candidates[0]))

    def next(self, answer: Answer) -> Decision:
        """On to the authorization server it names, or to the next address."""
        found = _noted(self.found, self.candidates[0], answer)
        metadata = _read(self.candidates[0], answer, ProtectedResource.of)
        if metadata is not None:
            return self._judged(metadata, found)
        rest = self.candidates[1:]
        if rest:
            return Decision(f"{found.tried[-1].said}: not here", replace(self, candidates=rest, found=found))
        issuer = origin(self.settings.url)
        state = ServerMetadata(self.settings, issuer, server_candidates(issuer), found)
        return Decision("no resource metadata anywhere: the server's own origin may be its authorization server", state)

    def _judged(self, metadata: ProtectedResource, found: Found) -> Decision:
        url = self.settings.url
        if metadata.resource is None:
            found = replace(found, problems=(*found.problems, f"{metadata.url} names no resource (RFC 9728 §2)"))
        elif not covers(metadata.resource, url):
            return _mismatch(self.settings, metadata, found)
        found = replace(found, resource=metadata, unchecked=None)  # what failed before it was found is made good
        issuers = metadata.authorization_servers or (origin(url),)
        if not metadata.authorization_servers:
            problem = f"{metadata.url} names no authorization server"
            found = replace(found, problems=(*found.problems, problem))
        state = ServerMetadata(self.settings, issuers[0], server_candidates(issuers[0]), found, issuers[1:])
        shown = redactor().url(metadata.resource or url)
        return Decision(f"the authorization server of {shown} is {issuers[0]}", state)


@dataclass(frozen=True, slots=True)
class ServerMetadata:
    """Authorization server metadata of ``issuer``; ``others`` are tried where it has none."""

    name: ClassVar[str] = "server_metadata"
    section: ClassVar[str] = "RFC 8414 §3"
    settings: FlowSettings
    issuer: str
    candidates: tuple[str, ...]
    found: Found
    others: tuple[str, ...] = ()

    def ask(self) -> Ask:
        """GET the first candidate."""
        return Ask("GET", self.candidates[0], _own_headers(self.settings, self.candidates[0]))

    def next(self, answer: Answer) -> Decision:
        """The end of the discovery, or on to the next address."""
        found = _noted(self.found, self.candidates[0], answer)
        metadata = _read(self.candidates[0], answer, AuthorizationServer.of)
        if metadata is not None:
            return self._judged(metadata, found)
        if self.candidates[1:]:
            state = replace(self, candidates=self.candidates[1:], found=found)
            return Decision(f"{found.tried[-1].said}: not here", state)
        if self.others:
            issuer = self.others[0]
            following = ServerMetadata(self.settings, issuer, server_candidates(issuer), found, self.others[1:])
            return Decision(f"{self.issuer} has no metadata: the next one is asked", following)
        return Decision("no authorization server metadata anywhere", Discovered(self.settings, found))

    def _judged(self, metadata: AuthorizationServer, found: Found) -> Decision:
        by_origin = found.resource is None  # then nobody said who the issuer is
        if not metadata.issuer or (by_origin and not same_issuer(metadata.issuer, self.issuer)):
            said = f"{metadata.url} says issuer {metadata.issuer!r}, not {self.issuer!r} (RFC 8414 §3.3)"
            found = replace(found, problems=(*found.problems, said))
            metadata = replace(metadata, issuer=metadata.issuer or self.issuer)
        elif not same_issuer(metadata.issuer, self.issuer):
            return self._other_issuer(metadata, found)
        if (failure := unusable_endpoint(self.settings, metadata)) is not None:
            return Decision(failure.message, Refused(failure, found))
        discovered = Discovered(self.settings, replace(found, server=metadata))
        return Decision(f"the authorization server is {metadata.issuer}", discovered)

    def _other_issuer(self, metadata: AuthorizationServer, found: Found) -> Decision:
        failure = Failure(
            "issuer_mismatch",
            f"the metadata names another issuer: expected {self.issuer!r}, it says {metadata.issuer!r}",
            "discovery",
            self.settings.server,
            (f"from {metadata.url} (RFC 8414 §3.3: they must be identical)", *found.table),
            f"%mcp oauth {self.settings.server}  # shows where; a server's fault: one of the two must change",
        )
        return Decision(failure.message, Refused(failure, found))


def unusable_endpoint(settings: FlowSettings, metadata: AuthorizationServer) -> Failure | None:
    """The failure of metadata that names an endpoint nobody should be sent to."""
    browser = metadata.authorization_endpoint
    endpoints = {
        "authorization_endpoint": browser_refusal(browser, settings.url) if browser else None,
        **{
            name: refusal(url, settings.url)
            for name, url in (*metadata.endpoints.items(), ("registration_endpoint", metadata.registration_endpoint))
            if url is not None
        },
    }
    for name, reason in endpoints.items():
        if reason is not None:
            return Failure(
                "address_refused",
                f"the {name} of {metadata.issuer} is not used: {reason}",
                "discovery",
                settings.server,
                (f"{name}: {str(metadata.raw.get(name))[:200]}", f"from {metadata.url}"),
                f"%mcp oauth {settings.server}",
            )
    return None


def _mismatch(settings: FlowSettings, metadata: ProtectedResource, found: Found) -> Decision:
    resource, name = metadata.resource or "", settings.server
    expected = redactor().url(settings.url)
    failure = Failure(
        "resource_mismatch",
        f"the resource metadata is of another resource: expected {expected!r}, it says {metadata.resource!r}",
        "discovery",
        settings.server,
        (f"from {metadata.url} (RFC 9728 §3.3: it must be the resource's own)", *found.table),
        f"%mcp add {name} {resource}  # if that is the server you mean" if is_plain(resource) else f"%mcp oauth {name}",
    )
    return Decision(failure.message, Refused(failure, found))


def _noted(found: Found, url: str, answer: Answer) -> Found:
    """``found`` with this address in its table, and with what kept it from being read."""
    failure, shown = answer.failure, redactor().url(url)
    if failure is not None:
        said = failure.class_
    elif answer.ok:
        said = f"{answer.status}" if answer.document is not None else f"{answer.status}, no JSON object"
    else:
        said = f"{answer.status}{_leads_away(url, answer)}"
        if answer.status not in _ABSENT:
            text = f"{shown} answered {answer.status}"
            failure = Failure("http_error", text, "discovery", retryable=True)
    return replace(found, tried=(*found.tried, Tried(shown, said)), unchecked=found.unchecked or failure)


def _leads_away(url: str, answer: Answer) -> str:
    """Where a redirect leads that was not followed; one within the origin was."""
    location = answer.headers.get("location") if 300 <= (answer.status or 0) < 400 else None
    if not location:
        return ""
    try:
        where = urljoin(url, location)
    except ValueError:  # no address at all
        where = location
    return f", it redirects to another origin: {redactor().url(where)[:200]}"


def _own_headers(settings: FlowSettings, url: str) -> Fields:
    """The configured headers go to the server's own origin and nowhere else."""
    return (*_VERSION, *(settings.headers if origin(url) == origin(settings.url) else ()))
