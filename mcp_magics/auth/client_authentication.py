"""How a client proves who it is at the token, revocation and exchange endpoints (RFC 6749 §2.3): pure.

:func:`choose_method` says how, :func:`authenticate` does it to a request that is not sent yet.
"""

from __future__ import annotations

import difflib
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from mcp_magics.auth.assertion import client_assertion, secret_assertion
from mcp_magics.errors import ConfigurationError
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from mcp_magics.auth.assertion import SigningKey
    from mcp_magics.auth.credential import Client
    from mcp_magics.auth.message import Ask, Fields

OPTION = "--token-endpoint-auth-method"
METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "client_secret_jwt", "none")
"""The names of the registry of RFC 7591 §4.2 that are spoken here."""
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_WITH_SECRET = ("client_secret_basic", "client_secret_post", "client_secret_jwt")


def authenticate(
    ask: Ask, client: Client, method: str | None = None, *, key: SigningKey | None = None, audience: str | None = None
) -> Ask:
    """``ask`` with the client's authentication; ``method`` None is the client's own.

    ``audience`` of an assertion is the issuer unless something else is given: a token endpoint is what RFC 7523 §3
    allowed, an issuer what its revision demands (draft-ietf-oauth-rfc7523bis §4). Raises ``ConfigurationError`` where
    the secret or the key is missing.
    """
    method = _known(method or client.auth_method)
    _check(method, client, key)
    if method == "client_secret_basic":
        ask = _with_form(ask, (("client_id", client.client_id),))  # some servers look for it there all the same
        return _with_headers(ask, (("authorization", basic(client.client_id, client.client_secret or "")),))
    if method == "client_secret_post":
        return _with_form(ask, (("client_id", client.client_id), ("client_secret", client.client_secret or "")))
    if method == "none":
        return _with_form(ask, (("client_id", client.client_id),))
    aud = audience or client.issuer or ask.url
    if method == "private_key_jwt" and key is not None:
        assertion = client_assertion(key, client.client_id, aud)
    else:
        assertion = secret_assertion(client.client_secret or "", client.client_id, aud)
    named = (("client_id", client.client_id), ("client_assertion_type", ASSERTION_TYPE))
    return _with_form(ask, (*named, ("client_assertion", assertion)))


def basic(client_id: str, client_secret: str) -> str:
    """The value of ``Authorization``: both parts are form-encoded before they are joined (RFC 6749 §2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    encoded = b64encode(pair.encode("ascii")).decode("ascii")
    redactor().register(encoded)
    return f"Basic {encoded}"


def choose_method(
    client: Client,
    supported: tuple[str, ...] | None,
    configured: str | None = None,
    *,
    key: SigningKey | None = None,
) -> str:
    """The method to authenticate with: as configured, as registered, as the server advertises, else ``none``.

    ``supported`` is ``token_endpoint_auth_methods_supported``; where it is None the default is
    ``client_secret_basic`` (RFC 8414 §2). Raises ``ConfigurationError`` for a method that is unknown, lacks its
    secret or key, or where client and server have none in common.
    """
    if configured is not None:
        method = _known(configured)
        _check(method, client, key)
        return method
    if client.origin == "registered" and client.auth_method in _possible(client, key):
        return client.auth_method
    return _advertised(client, supported, key)


def method_to_register(supported: tuple[str, ...] | None, configured: str | None = None) -> str:
    """The method a registration asks for: as configured, else ``none``, else the first secret the server takes."""
    if configured is not None:
        return _known(configured)
    if supported is None or "none" in supported:
        return "none"
    return next((each for each in _WITH_SECRET if each in supported), "none")


def method_for_issued_secret(supported: tuple[str, ...] | None) -> str:
    """The method for a secret that was issued without a word on how to use it (RFC 7591 §2: by default, Basic)."""
    if supported is None:
        return "client_secret_basic"
    return next((each for each in (*_WITH_SECRET, "none") if each in supported), "client_secret_basic")


def _advertised(client: Client, supported: tuple[str, ...] | None, key: SigningKey | None) -> str:
    possible = _possible(client, key)
    if possible == ("none",):
        return "none"  # a public client; servers seldom list that they take it
    if supported is None:
        return "client_secret_basic" if client.client_secret else "private_key_jwt"
    common = [each for each in possible if each in supported]
    if common:
        return common[0]
    raise ConfigurationError(
        f"the authorization server takes {', '.join(supported)[:200] or 'no method'} to authenticate a client, "
        f"and this one can do {', '.join(possible)}",
        class_="token_exchange_failed",
        phase="token",
        next_step=f"{OPTION} {possible[0]}",
    )


def _possible(client: Client, key: SigningKey | None) -> tuple[str, ...]:
    """What the client can do, the strongest first."""
    with_key = ("private_key_jwt",) if key is not None else ()
    return (*with_key, *(_WITH_SECRET if client.client_secret else ()), "none")


def _known(method: str) -> str:
    if method in METHODS:
        return method
    near = difflib.get_close_matches(method, METHODS, n=1)
    raise ConfigurationError(
        f"there is no way here to authenticate a client by {method!r}: it is one of {', '.join(METHODS)}",
        phase="token",
        next_step=f"{OPTION} {near[0] if near else 'client_secret_basic'}",
    )


def _check(method: str, client: Client, key: SigningKey | None) -> None:
    if method in _WITH_SECRET and not client.client_secret:
        message = f"{method} needs the client's secret, and client {client.client_id} has none"
        raise ConfigurationError(message, phase="token", next_step="--oauth-client-secret-env-var NAME")
    if method == "private_key_jwt" and key is None:
        message = f"private_key_jwt needs the client's private key, and client {client.client_id} has none"
        raise ConfigurationError(message, phase="token", next_step="--private-key-file FILE")


def _with_form(ask: Ask, fields: Fields) -> Ask:
    names = {name for name, _ in fields}
    return replace(ask, form=(*(each for each in ask.form or () if each[0] not in names), *fields))


def _with_headers(ask: Ask, headers: Fields) -> Ask:
    names = {name for name, _ in headers}
    return replace(ask, headers=(*(each for each in ask.headers if each[0].lower() not in names), *headers))
