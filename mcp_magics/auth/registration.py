"""Dynamic client registration (RFC 7591): what is asked, and what the answer says. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mcp_magics.auth.address import is_loopback
from mcp_magics.auth.client_authentication import method_for_issued_secret
from mcp_magics.auth.credential import Client
from mcp_magics.auth.message import Ask
from mcp_magics.auth.oauth_error import OAuthError, evidence, is_transient, members
from mcp_magics.auth.redirect import port_behind
from mcp_magics.errors import Failure
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcp_magics.auth.message import Answer

CLIENT_NAME = "mcp_magics"
SOFTWARE_ID = "4d43d798-5404-57fc-abe0-fa1558601165"
"""The same for every installation of this software (RFC 7591 §2)."""
GRANT_TYPES = ("authorization_code", "refresh_token")

_REASONS = {
    "invalid_redirect_uri": "it does not take the redirect URI",
    "invalid_client_metadata": "it does not take a member of the request",
    "invalid_software_statement": "it does not take the software statement",
    "unapproved_software_statement": "it has not approved this software",
}
"""The error codes of RFC 7591 §3.2.2."""


def registration(
    endpoint: str,
    *,
    redirect_uri: str,
    auth_method: str = "none",
    scopes: Iterable[str] = (),
    grant_types: tuple[str, ...] = GRANT_TYPES,
    initial_access_token: str | None = None,
) -> Ask:
    """The registration of a client with one redirect URI (RFC 7591 §2, §3.1).

    ``application_type`` (OpenID Connect Registration §2) is ``native`` where the redirect comes back to this machine.
    """
    from mcp_magics import __version__

    headers = () if initial_access_token is None else (("authorization", f"Bearer {initial_access_token}"),)
    if initial_access_token is not None:
        redactor().register(initial_access_token)
    scope = " ".join(dict.fromkeys(scopes))
    metadata: dict[str, Any] = {
        "client_name": CLIENT_NAME,
        "redirect_uris": [redirect_uri],
        "grant_types": list(grant_types),
        "response_types": ["code"],
        "token_endpoint_auth_method": auth_method,
        "application_type": application_type(redirect_uri),
        "software_id": SOFTWARE_ID,
        "software_version": __version__,
    }
    return Ask("POST", endpoint, headers, body={**metadata, **({"scope": scope} if scope else {})})


def application_type(redirect_uri: str) -> str:
    """``native`` for loopback and for schemes of an application's own (RFC 8252 §7), else ``web``."""
    parts = urlsplit(redirect_uri)
    native = parts.scheme not in ("http", "https") or is_loopback(parts.hostname or "")
    return "native" if native else "web"


def read_registration(
    answer: Answer,
    *,
    server: str,
    issuer: str,
    redirect_uri: str,
    auth_method: str = "none",
    supported: tuple[str, ...] | None = None,
) -> Client | Failure:
    """The client in ``answer`` (RFC 7591 §3.2.1), or why there is none (§3.2.2).

    A server that does not say how the client shall authenticate means what was asked for (``auth_method``); where it
    issues a secret all the same, the best of ``supported`` that uses it.
    """
    if answer.failure is not None:
        return answer.failure
    document = members(answer)
    error = None if document is None else OAuthError.of(document)
    client_id = None if document is None else document.get("client_id")
    if (
        document is None
        or error is not None
        or not answer.ok
        or not isinstance(client_id, str)
        or not client_id.strip()
    ):
        return _refused(answer, server, redirect_uri, error)
    return Client(
        client_id,
        "registered",
        issuer,
        _method(document, auth_method, supported),
        redirect_uri,
        _text(document, "client_secret"),
        _expiry(document),
        _text(document, "registration_access_token"),
        _text(document, "registration_client_uri"),
    )


def metadata_refused(answer: Answer) -> bool:
    """Whether a member of the request was not taken: one that is optional may be left out (RFC 7591 §3.2.2)."""
    document = members(answer)
    error = None if document is None else OAuthError.of(document)
    return error is not None and error.code == "invalid_client_metadata"


def registration_unavailable(server: str, redirect_uri: str, reason: str, told: tuple[str, ...] = ()) -> Failure:
    """The failure that says what to do by hand: register the redirect URI, name the client, come back to that port."""
    port = port_behind(redirect_uri)
    return Failure(
        "registration_unavailable",
        f"no client can be registered: {reason}",
        "registration",
        server,
        (f"register this redirect URI with the authorization server: {redirect_uri}", *told),
        f"%mcp login {server} --oauth-client-id ID" + (f" --callback-port {port}" if port else ""),
    )


def _refused(answer: Answer, server: str, redirect_uri: str, error: OAuthError | None) -> Failure:
    failure = registration_unavailable(server, redirect_uri, _reason(answer, error), evidence(answer, error))
    if not is_transient(answer, error):
        return failure
    return replace(failure, next_step=f"%mcp login {server}", retryable=True)


def _reason(answer: Answer, error: OAuthError | None) -> str:
    if error is not None:
        known = _REASONS.get(error.code)
        return f"the authorization server refused ({error})" if known is None else f"{known} ({error})"
    if answer.ok:
        return f"the authorization server answered {answer.status} without a client_id"
    if answer.status in (401, 403):
        return f"the authorization server registers only those it knows ({answer.status})"
    if answer.status in (404, 405, 501):
        return f"nothing registers clients there ({answer.status})"
    return f"the authorization server answered {answer.status}"


def _method(document: Mapping[str, Any], asked: str, supported: tuple[str, ...] | None) -> str:
    said = _text(document, "token_endpoint_auth_method")
    if said is None and asked == "none" and _text(document, "client_secret"):
        return method_for_issued_secret(supported)
    return said or asked


def _expiry(document: Mapping[str, Any]) -> float | None:
    """When the secret ends, in seconds since the epoch; 0 is never (RFC 7591 §3.2.1)."""
    given = document.get("client_secret_expires_at")
    if isinstance(given, bool) or not isinstance(given, int | float) or given <= 0:
        return None
    return float(given)


def _text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value.strip() else None
