"""Three axes instead of one word: what the server requires, what we hold, whether we are connected.

``requirement`` is measured, never inferred from published metadata; where nothing was measured it is ``unknown``.
``codex_word`` is Codex's single word for the same, for those who compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mcp_magics.config.model import HttpTransport
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_magics.config.model import ServerSpec

Requirement = Literal["none", "optional", "required", "unknown"]
Credential = Literal[
    "none", "env_missing", "bearer", "header", "oauth_ok", "oauth_refreshable", "reauth_needed", "store_error"
]
CodexWord = Literal["unsupported", "not_logged_in", "bearer_token", "o_auth", "unknown"]


@dataclass(frozen=True, slots=True)
class AuthStatus:
    """Where a server stands; ``connection`` is one bare word: ``idle``, ``connecting``, ``ready`` or ``failed``."""

    requirement: Requirement
    credential: Credential
    connection: str
    codex_word: CodexWord

    def to_json(self) -> dict[str, str]:
        """The three axes as they stand in ``%mcp list --json``."""
        return {"requirement": self.requirement, "credential": self.credential, "connection": self.connection}


def auth_status(spec: ServerSpec, connection: str, lookup: Callable[[str], str | None]) -> AuthStatus:
    """The status of ``spec`` from its configuration; ``lookup`` finds a variable's value."""
    transport = spec.transport
    if not isinstance(transport, HttpTransport):
        return AuthStatus("none", "none", connection, "unsupported")
    try:
        credential = _credential(transport, lookup)
    except ConfigurationError as error:
        credential = "store_error" if error.failure.class_ == "store_error" else "env_missing"
    word: CodexWord = "bearer_token" if credential in ("bearer", "header") else "unknown"
    return AuthStatus("unknown", credential, connection, word)


def _credential(transport: HttpTransport, lookup: Callable[[str], str | None]) -> Credential:
    if transport.bearer_token_env_var:
        return "bearer" if (lookup(transport.bearer_token_env_var) or "").strip() else "env_missing"
    named = {name.lower() for name in transport.headers}
    if "authorization" in named:
        return "header"
    for name, variable in transport.env_headers.items():
        if name.lower() == "authorization":
            return "header" if (lookup(variable) or "").strip() else "env_missing"
    return "none"
