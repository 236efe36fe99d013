"""The authorization request a person's browser makes (RFC 6749 §4.1.1), with PKCE (RFC 7636) and its secrets."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urldefrag, urlsplit

from mcp_magics.auth.message import Ask, with_query
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_magics.auth.message import Fields

_OWN = frozenset(
    {"response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method", "scope"}
    | {"resource"}
)
"""What the flow itself says; neither the endpoint's query nor additions say it a second time."""


@dataclass(frozen=True, slots=True)
class Pkce:
    """A code verifier and its S256 challenge (RFC 7636 §4.1, §4.2)."""

    verifier: str = field(repr=False)
    challenge: str

    @classmethod
    def of(cls, verifier: str) -> Pkce:
        """The pair of ``verifier``: 43 to 128 unreserved characters, or ``ValueError`` is raised."""
        from authlib.oauth2.rfc7636.challenge import CODE_VERIFIER_PATTERN, create_s256_code_challenge

        if CODE_VERIFIER_PATTERN.fullmatch(verifier) is None:
            raise ValueError("a code verifier has 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636 §4.1)")
        redactor().register(verifier)
        return cls(verifier, create_s256_code_challenge(verifier))

    @classmethod
    def new(cls) -> Pkce:
        """A new pair."""
        return cls.of(unguessable())


def unguessable() -> str:
    """Text nobody can guess: 256 bits in 43 URL-safe characters, for ``state`` and verifiers (RFC 6749 §10.10)."""
    text = secrets.token_urlsafe(32)
    redactor().register(text)
    return text


def authorization_request(
    endpoint: str,
    *,
    client_id: str,
    redirect_uri: str,
    state: str,
    challenge: str,
    scopes: Iterable[str] = (),
    resource: str | None = None,
    extra: Fields = (),
) -> Ask:
    """The request to show to a browser; the endpoint's own query is kept (RFC 6749 §3.1).

    ``extra`` are further parameters (``prompt``, ``dpop_jkt`` …); those of the flow itself are not taken from it. No
    empty parameter is sent, and ``resource`` (RFC 8707 §2) exactly once where given.
    """
    bare = urldefrag(endpoint).url
    kept = [each for each in parse_qsl(urlsplit(bare).query, keep_blank_values=True) if each[0] not in _OWN]
    own = (
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("state", state),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("scope", " ".join(dict.fromkeys(scopes))),
        ("resource", resource or ""),
    )
    added = [each for each in extra if each[0] not in _OWN]
    replaced = {name for name, _ in added}
    fields = [each for each in kept if each[0] not in replaced] + [each for each in own if each[1]] + added
    return Ask("GET", with_query(bare, tuple(fields)), browser=True)
