"""The two documents of the discovery, where they may stand, and what in them is wrong: pure.

Protected resource metadata: RFC 9728. Authorization server metadata: RFC 8414, or OpenID Connect Discovery 1.0.
Read leniently, member by member, so that one odd member does not hide the rest; judged strictly where it matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlunsplit

from mcp_magics.auth.address import split

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

RESOURCE_PATH = "/.well-known/oauth-protected-resource"
OAUTH_PATH = "/.well-known/oauth-authorization-server"
OPENID_PATH = "/.well-known/openid-configuration"
MAX_SERVERS = 5
LONGEST_TEXT = 4096
"""Characters beyond which a member is no address, and no scope."""
MAX_TEXTS = 1000
_DEFAULT_PORTS = {"https": ":443", "http": ":80"}


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """Protected resource metadata (RFC 9728 §2), with the address it was found at."""

    url: str
    resource: str | None
    authorization_servers: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    dpop_required: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, url: str, document: Mapping[str, Any]) -> ProtectedResource | None:
        """The metadata in ``document``, or None where it is no such document."""
        resource, servers = _text(document, "resource"), _texts(document, "authorization_servers")
        if resource is None and not servers:
            return None
        return cls(
            url,
            resource,
            (servers or ())[:MAX_SERVERS],
            _texts(document, "scopes_supported"),
            document.get("dpop_bound_access_tokens_required") is True,
            document,
        )


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """Authorization server metadata (RFC 8414 §2), with the address it was found at.

    ``url`` is None for the default endpoints of servers without any (MCP 2025-03-26, authorization §2.3.3).
    """

    url: str | None
    issuer: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    registration_endpoint: str | None = None
    revocation_endpoint: str | None = None
    scopes: tuple[str, ...] | None = None
    grant_types: tuple[str, ...] | None = None
    auth_methods: tuple[str, ...] | None = None
    challenge_methods: tuple[str, ...] | None = None
    dpop_algorithms: tuple[str, ...] | None = None
    takes_metadata_documents: bool = False
    sends_iss: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, url: str, document: Mapping[str, Any]) -> AuthorizationServer | None:
        """The metadata in ``document``, or None where it is no such document (it names no endpoint at all)."""
        authorization, token = _text(document, "authorization_endpoint"), _text(document, "token_endpoint")
        if authorization is None and token is None:
            return None
        return cls(
            url,
            _text(document, "issuer") or "",
            authorization,
            token,
            _text(document, "registration_endpoint"),
            _text(document, "revocation_endpoint"),
            _texts(document, "scopes_supported"),
            _texts(document, "grant_types_supported"),
            _texts(document, "token_endpoint_auth_methods_supported"),
            _texts(document, "code_challenge_methods_supported"),
            _texts(document, "dpop_signing_alg_values_supported"),
            document.get("client_id_metadata_document_supported") is True,
            document.get("authorization_response_iss_parameter_supported") is True,
            document,
        )

    @classmethod
    def by_default(cls, server_url: str) -> AuthorizationServer:
        """The default endpoints at the server's own origin (MCP 2025-03-26, authorization §2.3.3)."""
        base = origin(server_url)
        return cls(None, base, f"{base}/authorize", f"{base}/token", f"{base}/register")

    @property
    def endpoints(self) -> dict[str, str]:
        """What a credential needs later, by the names of RFC 8414."""
        known = {"token_endpoint": self.token_endpoint, "revocation_endpoint": self.revocation_endpoint}
        return {name: value for name, value in known.items() if value is not None}


def resource_candidates(server_url: str, named: str | None) -> tuple[str, ...]:
    """Where protected resource metadata may stand: as the challenge says, then at the well-knowns (RFC 9728 §3.1)."""
    base, path, query = origin(server_url), split(server_url).path.rstrip("/"), split(server_url).query
    paths = [f"{base}{RESOURCE_PATH}{path}" + (f"?{query}" if query else "")] if path or query else []
    return tuple(dict.fromkeys([*([named] if named else []), *paths, f"{base}{RESOURCE_PATH}"]))


def server_candidates(issuer: str) -> tuple[str, ...]:
    """Where the metadata of ``issuer`` may stand: RFC 8414 §3.1, OpenID Connect Discovery §4, and its root.

    Behind its path too: applications mounted under one own no other place (Django OAuth Toolkit).
    """
    base, path = origin(issuer), split(issuer).path.rstrip("/")
    if not split(issuer).netloc:
        return (issuer,)  # it is no address: the request is refused, and says why
    if not path:
        return f"{base}{OAUTH_PATH}", f"{base}{OPENID_PATH}"
    inserted = (f"{base}{OAUTH_PATH}{path}", f"{base}{OPENID_PATH}{path}")
    return *inserted, f"{base}{path}{OPENID_PATH}", f"{base}{path}{OAUTH_PATH}", f"{base}{OAUTH_PATH}"


def origin(url: str) -> str:
    """Scheme and authority of ``url``."""
    parts = split(url)
    return f"{parts.scheme}://{parts.netloc}"


def canonical(server_url: str) -> str:
    """The canonical address of a server (RFC 8707 §2): scheme and host in lower case, no fragment, no lone slash."""
    parts = split(server_url)
    path = "" if parts.path == "/" else parts.path
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path, parts.query, ""))


def same_issuer(one: str, other: str) -> bool:
    """Whether two issuers are the same string (RFC 8414 §3.3), the slash of a bare root aside."""
    return one == other or (_rootless(one) == _rootless(other) and not split(_rootless(one)).path)


def covers(resource: str, server_url: str) -> bool:
    """Whether ``resource`` is ``server_url`` or a prefix of it that ends where a path segment does (RFC 9728 §3.3)."""
    wanted, given = split(canonical(server_url)), split(canonical(resource))
    if _authority(wanted) != _authority(given) or given.query not in ("", wanted.query):
        return False
    prefix = given.path.rstrip("/")
    return wanted.path == given.path or wanted.path.rstrip("/") == prefix or wanted.path.startswith(f"{prefix}/")


def _authority(parts: SplitResult) -> tuple[str, str]:
    """Scheme and authority, the default port left out (RFC 3986 §6.2.3)."""
    return parts.scheme, parts.netloc.removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))


def _rootless(issuer: str) -> str:
    return issuer.removesuffix("/") if split(issuer).path == "/" else issuer


def _text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value.strip() or None if isinstance(value, str) and len(value) <= LONGEST_TEXT else None


def _texts(document: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    value = document.get(name)
    if not isinstance(value, list):
        return None
    return tuple(each for each in value[:MAX_TEXTS] if isinstance(each, str) and len(each) <= LONGEST_TEXT)
