"""A server's authorization to look at: the three axes with their evidence, and the credential without its secrets."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mcp_magics.auth.refusal import audiences, claims
from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import clean, escaped, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.auth.status import AuthStatus

Row = tuple[str, str]

LONGEST = 400


@dataclass(frozen=True)
class AuthCard:
    """One server's permission at one moment, as rows of a name and a text; ``data`` is the same for ``--json``."""

    server: str
    rows: tuple[Row, ...]
    data: Mapping[str, Any]

    @classmethod
    def of(cls, server: str, status: AuthStatus, credential: OAuthCredential | None, place: str) -> AuthCard:
        """The card of ``server`` now; ``place`` is where the credential is kept."""
        told = _told(credential) if credential is not None else None
        rows = [*_axes(status), *(_credential_rows(credential, told, place) if credential is not None else ())]
        rows += [("evidence", line) for line in _evidence(status)]
        return cls(server, tuple(rows), _data(server, status, credential, told, place))

    @property
    def claims(self) -> dict[str, Any] | None:
        """The claims of the access token, where it is a JWT: read here, not verified."""
        found = self.data["claims"]
        return dict(found) if found is not None else None

    def to_json(self) -> dict[str, Any]:
        """The data, plain."""
        return dict(self.data)

    def __repr__(self) -> str:
        width = max((len(name) for name, _ in self.rows), default=0)
        lines = [f"{name.ljust(width)}  {clean(text)}" for name, text in self.rows]
        return "\n".join([f"{clean(self.server)}: authorization", *lines])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        cells = "".join(
            f'<tr><td style="text-align:left">{escaped(name)}</td><td style="text-align:left">{escaped(text)}</td></tr>'
            for name, text in self.rows
        )
        return {
            "text/plain": repr(self),
            "text/html": f"<b>{escaped(self.server)}: authorization</b><table>{cells}</table>",
        }


def _axes(status: AuthStatus) -> list[Row]:
    measured, held = status.measured, status.holding
    at = f", as of {_clock(measured.at)}" if measured.at is not None else ", not measured yet"
    why = f" ({held.failure.class_}: {held.failure.message})" if held.failure is not None else ""
    source = [("from", held.source)] if held.source else []
    return [
        ("requirement", f"{measured.text if status.requirement == measured.requirement else status.requirement}{at}"),
        ("credential", f"{status.credential}{why}"),
        *source,
        ("connection", status.connection),
        ("in Codex's words", status.codex_word),
    ]


def _evidence(status: AuthStatus) -> list[str]:
    """What was measured; of a token that was refused, when, and what became of its refresh."""
    refused = status.holding.failure if status.credential == "reauth_needed" else None
    return [*status.measured.evidence, *((refused.message, *refused.evidence) if refused is not None else ())]


def _credential_rows(credential: OAuthCredential, told: dict[str, Any] | None, place: str) -> list[Row]:
    tokens, client = credential.tokens, credential.client
    rows = [("issuer", credential.issuer), ("client", f"{client.client_id} ({client.origin.replace('_', ' ')})")]
    rows += [("resource", credential.resource or "not named"), ("grant", credential.grant)]
    rows.append(("scopes requested", " ".join(credential.requested) or "none"))
    if tokens is not None:
        rows.append(("scopes granted", " ".join(tokens.scopes) or "none"))
        rows.append(("token", f"{_kind(tokens.token_type, told)}, {lifetime(credential)}"))
    if credential.dpop_key is not None:
        rows.append(("bound to a key", "DPoP (RFC 9449)"))
    rows.append(("kept in", place))
    return [*rows, *_audience(credential, told), *_claim_rows(told)]


def _kind(token_type: str, told: dict[str, Any] | None) -> str:
    return f"{token_type}, {'a JWT' if told is not None else 'opaque'}"


def _audience(credential: OAuthCredential, told: dict[str, Any] | None) -> list[Row]:
    found = audiences(told)
    if found is None:
        return []
    resource = credential.resource or credential.server_url
    fits = resource.rstrip("/") in {each.rstrip("/") for each in found}
    return [("audience", f"{', '.join(found)} ({'it is' if fits else 'it is not'} the resource)")]


def _claim_rows(told: dict[str, Any] | None) -> Iterable[Row]:
    for name, value in (told or {}).items():
        if name != "aud":
            dated = f" ({_clock(value)})" if name in ("exp", "iat", "nbf", "auth_time") and _is_time(value) else ""
            yield f"claim {one_line(name, 40)}", f"{one_line(redactor().text(str(value)), LONGEST)}{dated}"


def _told(credential: OAuthCredential) -> dict[str, Any] | None:
    return claims(credential.tokens.access_token) if credential.tokens is not None else None


def _data(
    server: str, status: AuthStatus, credential: OAuthCredential | None, told: dict[str, Any] | None, place: str
) -> dict[str, Any]:
    tokens = credential.tokens if credential is not None else None
    held: dict[str, Any] | None = None
    if credential is not None:
        held = {
            "issuer": credential.issuer,
            "resource": credential.resource,
            "client_id": credential.client.client_id,
            "client_origin": credential.client.origin,
            "grant": credential.grant,
            "scopes_requested": list(credential.requested),
            "scopes_granted": list(tokens.scopes) if tokens is not None else [],
            "expires_at": tokens.expires_at if tokens is not None else None,
            "refreshable": bool(tokens is not None and tokens.refresh_token),
            "dpop": credential.dpop_key is not None,
            "kept_in": place,
        }
    advertised = status.measured.found.resource.scopes if status.measured.found.resource is not None else None
    return {
        "name": server,
        "auth": status.to_json(),
        "auth_status": status.codex_word,
        "refused": status.measured.refused,
        "measured_at": status.measured.at,
        "evidence": _evidence(status),
        "scopes_advertised": list(advertised) if advertised is not None else None,
        "credential": held,
        "claims": told,
    }


def lifetime(credential: OAuthCredential) -> str:
    """How long the credential is good, in words."""
    tokens = credential.tokens
    if tokens is None or not tokens.access_token:
        return "no token is held"
    renewable = "renewed by itself" if credential.renewable else "not renewable"
    if tokens.expires_at is None:
        return f"it names no end, {renewable}"
    left = tokens.expires_at - time.time()
    return f"good for {duration(left)}, {renewable}" if left > 0 else f"ended {duration(-left)} ago, {renewable}"


def duration(seconds: float) -> str:
    """``seconds`` as a person says it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value < 4e10


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
