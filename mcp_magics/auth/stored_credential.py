"""A credential as it stands in a store: under which key, and read back without trusting what is there. Pure."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

from mcp_magics.auth.credential import OAuthCredential
from mcp_magics.auth.metadata import canonical
from mcp_magics.config.secret_store import store_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DIGITS = 16


def entry_key(name: str, server_url: str) -> str:
    """``NAME|HEX``: the server's name, and the beginning of the SHA-256 of its canonical address (RFC 8707 §2)."""
    digest = hashlib.sha256(canonical(server_url).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{name}|{digest[:_DIGITS]}"


def read_entry(entry: Any, name: str, place: str) -> OAuthCredential:
    """The credential in ``entry``; raises ``ConfigurationError`` (``store_error``) naming the ``place``."""
    try:
        credential = OAuthCredential.of_json(entry)
        sound = _is_sound(credential)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        sound = False
    if not sound:
        raise store_error(f"failed to parse the credential of {name} in {place}", f"%mcp logout {name}").at(server=name)
    return credential


def _is_sound(credential: OAuthCredential) -> bool:
    """Whether every field is of its type: what a person or another program wrote is checked before it is used."""
    client, tokens = credential.client, credential.tokens
    texts = [credential.server_url, credential.grant, client.client_id, client.origin, client.issuer]
    texts += [client.auth_method, *credential.requested]
    maybe = [credential.resource, credential.dpop_key, client.redirect_uri, client.client_secret]
    maybe += [client.registration_token, client.registration_uri]
    times = [client.secret_expires_at, credential.obtained_at]
    if tokens is not None:
        texts += [tokens.access_token, tokens.token_type, *tokens.scopes]
        maybe.append(tokens.refresh_token)
        times.append(tokens.expires_at)
    return (
        _are_texts(texts)
        and _are_texts(each for each in maybe if each is not None)
        and _are_times(times)
        and (_are_endpoints(credential.endpoints))
    )


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(each, str) for each in values)


def _are_times(values: Iterable[Any]) -> bool:
    given = [each for each in values if each is not None]
    return all(isinstance(each, int | float) and not isinstance(each, bool) and math.isfinite(each) for each in given)


def _are_endpoints(endpoints: Mapping[Any, Any]) -> bool:
    return isinstance(endpoints, dict) and _are_texts(endpoints) and _are_texts(endpoints.values())
