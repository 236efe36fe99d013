"""What each grant asks of the token endpoint, and revocation: pure builders of requests.

The client's authentication is added by :func:`~mcp_magics.auth.client_authentication.authenticate`, a proof of
possession by :func:`~mcp_magics.auth.dpop.with_proof`. ``resource`` (RFC 8707 §2) stands exactly once where given;
``scopes`` are left out where empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mcp_magics.auth.message import Ask
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Iterable

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105  a name, no token
ID_JAG = "urn:ietf:params:oauth:token-type:id-jag"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105  a name, no token


def authorization_code(
    token_endpoint: str,
    *,
    code: str,
    redirect_uri: str,
    code_verifier: str,
    resource: str | None = None,
    scopes: Iterable[str] = (),
) -> Ask:
    """A code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5)."""
    _keep_secret(code, code_verifier)
    given = (("code", code), ("redirect_uri", redirect_uri), ("code_verifier", code_verifier))
    return _ask(token_endpoint, "authorization_code", given, resource, scopes)


def refresh_token(token_endpoint: str, *, token: str, resource: str | None = None, scopes: Iterable[str] = ()) -> Ask:
    """A refresh token for new tokens (RFC 6749 §6); ``scopes`` only to ask for fewer than were granted."""
    _keep_secret(token)
    return _ask(token_endpoint, "refresh_token", (("refresh_token", token),), resource, scopes)


def client_credentials(token_endpoint: str, *, resource: str | None = None, scopes: Iterable[str] = ()) -> Ask:
    """The client in its own name (RFC 6749 §4.4.2)."""
    return _ask(token_endpoint, "client_credentials", (), resource, scopes)


def jwt_bearer(token_endpoint: str, *, assertion: str, resource: str | None = None, scopes: Iterable[str] = ()) -> Ask:
    """A JWT somebody trusted has signed, for a token (RFC 7523 §2.1): a workload's identity, or an ID-JAG."""
    _keep_secret(assertion)
    return _ask(token_endpoint, JWT_BEARER, (("assertion", assertion),), resource, scopes)


def identity_exchange(
    idp_token_endpoint: str,
    *,
    subject_token: str,
    audience: str,
    resource: str | None = None,
    scopes: Iterable[str] = (),
    subject_token_type: str = ID_TOKEN,
) -> Ask:
    """At the identity provider: a person's ID token for an ID-JAG, which :func:`jwt_bearer` then presents.

    ``audience`` is the issuer of the MCP server's authorization server, ``resource`` the MCP server (RFC 8693 §2.1,
    draft-ietf-oauth-identity-assertion-authz-grant §4.3).
    """
    _keep_secret(subject_token)
    given = (
        ("requested_token_type", ID_JAG),
        ("audience", audience),
        ("subject_token", subject_token),
        ("subject_token_type", subject_token_type),
    )
    return _ask(idp_token_endpoint, TOKEN_EXCHANGE, given, resource, scopes)


def revocation(
    revocation_endpoint: str, token: str, hint: Literal["access_token", "refresh_token"] = "refresh_token"
) -> Ask:
    """The end of a token (RFC 7009 §2.1)."""
    _keep_secret(token)
    return Ask("POST", revocation_endpoint, form=(("token", token), ("token_type_hint", hint)))


def _ask(
    endpoint: str, grant_type: str, given: tuple[tuple[str, str], ...], resource: str | None, scopes: Iterable[str]
) -> Ask:
    scope = " ".join(dict.fromkeys(scopes))
    optional = (("resource", resource or ""), ("scope", scope))
    return Ask("POST", endpoint, form=(("grant_type", grant_type), *given, *(each for each in optional if each[1])))


def _keep_secret(*values: str) -> None:
    for value in values:
        redactor().register(value)
