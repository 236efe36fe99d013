"""Three axes instead of one word: what the server requires, what we hold, whether we are connected.

``requirement`` is measured, never inferred from published metadata; where nothing was measured it is ``unknown``.
``codex_word`` is Codex's single word for the same, for those who compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mcp_magics.auth.requirement import NOT_MEASURED, Measured, Requirement
from mcp_magics.config.model import HttpTransport
from mcp_magics.config.references import Reference, parse
from mcp_magics.errors import ConfigurationError, Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_magics.config.model import ServerSpec

Credential = Literal[
    "none", "env_missing", "bearer", "header", "oauth_ok", "oauth_refreshable", "reauth_needed", "store_error"
]
CodexWord = Literal["unsupported", "not_logged_in", "bearer_token", "o_auth", "unknown"]


@dataclass(frozen=True, slots=True)
class Holding:
    """The credential we hold; ``failure`` says why where it cannot be read or used.

    ``source`` is where a configured one comes from, in words.
    """

    credential: Credential = "none"
    failure: Failure | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class AuthStatus:
    """Where a server stands; ``connection`` is one bare word: ``idle``, ``connecting``, ``ready`` or ``failed``."""

    requirement: Requirement
    credential: Credential
    connection: str
    codex_word: CodexWord
    measured: Measured = NOT_MEASURED
    holding: Holding = Holding()

    def __repr__(self) -> str:
        return f"<requirement {self.requirement}, credential {self.credential}, connection {self.connection}>"

    def to_json(self) -> dict[str, str]:
        """The three axes as they stand in ``%mcp list --json``."""
        return {"requirement": self.requirement, "credential": self.credential, "connection": self.connection}


def auth_status(spec: ServerSpec, connection: str, held: Holding, known: Measured) -> AuthStatus:
    """The status of ``spec`` from what we hold and what was measured."""
    if not isinstance(spec.transport, HttpTransport):
        return AuthStatus("none", "none", connection, "unsupported")
    word = _codex_word(held.credential, known.requirement) if spec.enabled else "unsupported"
    return AuthStatus(known.requirement, held.credential, connection, word, known, held)


def configured(transport: HttpTransport, lookup: Callable[[str], str | None]) -> Holding | None:
    """What the configuration itself holds, or None where it names no credential; ``lookup`` finds a variable."""
    try:
        credential = _configured(transport, lookup)
    except ConfigurationError as error:
        word: Credential = "store_error" if error.failure.class_ == "store_error" else "env_missing"
        return Holding(word, error.failure, _source(transport, word))
    return None if credential is None else Holding(credential, source=_source(transport, credential))


def _source(transport: HttpTransport, credential: Credential) -> str:
    """Which variable, or which part of the configuration, a configured credential comes from."""
    of_header = (variable for name, variable in transport.env_headers.items() if name.lower() == "authorization")
    variable = transport.bearer_token_env_var or next(of_header, None)
    literal = "authorization" in {name.lower() for name in transport.headers}
    if variable is None or (literal and not transport.bearer_token_env_var):
        return "the Authorization header of the configuration"
    return f"environment variable {variable} ({'not set' if credential == 'env_missing' else 'set'})"


def _configured(transport: HttpTransport, lookup: Callable[[str], str | None]) -> Credential | None:
    if transport.bearer_token_env_var:
        return "bearer" if (lookup(transport.bearer_token_env_var) or "").strip() else "env_missing"
    for value in (value for name, value in transport.headers.items() if name.lower() == "authorization"):
        return "header" if all(_has_value(piece, lookup) for piece in parse(value)) else "env_missing"
    for name, variable in transport.env_headers.items():
        if name.lower() == "authorization":
            return "header" if (lookup(variable) or "").strip() else "env_missing"
    return None


def _has_value(piece: str | Reference, lookup: Callable[[str], str | None]) -> bool:
    if isinstance(piece, str) or piece.default is not None or piece.predefined is not None:
        return True
    return bool((lookup(piece.name) or "").strip())


def _codex_word(credential: Credential, requirement: Requirement) -> CodexWord:
    """Codex's word, told truly: a login that is only offered is not *not logged in*, an error is not *unsupported*."""
    if credential in ("bearer", "header"):
        return "bearer_token"
    if credential in ("oauth_ok", "oauth_refreshable"):
        return "o_auth"
    if credential == "reauth_needed":
        return "not_logged_in"
    if credential in ("store_error", "env_missing"):
        return "unknown"
    words: dict[Requirement, CodexWord] = {"required": "not_logged_in", "unknown": "unknown"}
    return words.get(requirement, "unsupported")
