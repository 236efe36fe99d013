"""Which scopes to ask for: explicit or configured, else challenged, else advertised (MCP: Scope Selection Strategy)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_magics.auth.flow.state import FlowSettings, Found

Source = Literal["explicit", "challenge", "resource metadata", "server metadata", "none"]

OFFLINE = "offline_access"
"""The scope that asks for a refresh token (OpenID Connect Core §11); asked for only where it is advertised."""


@dataclass(frozen=True, slots=True)
class Scopes:
    """The scopes to ask for, in order, and where they come from; ``wanted`` None leaves the parameter out."""

    wanted: tuple[str, ...] | None
    source: Source

    @property
    def discovered(self) -> bool:
        """Whether nobody here asked for them: then a server that rejects them is asked once more without."""
        return self.source not in ("explicit", "none") and bool(self.wanted)


def clean_scopes(words: Iterable[str]) -> tuple[str, ...]:
    """Each scope once, without blanks; one word may hold several, apart by spaces or commas."""
    return tuple(dict.fromkeys(scope for word in words for scope in word.replace(",", " ").split()))


def choose_scopes(settings: FlowSettings, found: Found) -> Scopes:
    """The scopes of a login; those of an earlier one are kept where the server now challenges for more."""
    if settings.scopes is not None:
        return Scopes(clean_scopes(settings.scopes) or None, "explicit")
    scopes = _kept(settings, found, _discovered(found))
    if scopes.wanted is None or settings.grant != "authorization_code":
        return scopes
    advertised = found.server.scopes if found.server is not None else None
    if OFFLINE in (advertised or ()) and OFFLINE not in scopes.wanted:
        return Scopes((*scopes.wanted, OFFLINE), scopes.source)
    return scopes


def _kept(settings: FlowSettings, found: Found, scopes: Scopes) -> Scopes:
    """What a login that stands was granted by the same server is not lost by logging in again."""
    known = settings.known
    if known is None or known.tokens is None or found.server is None or scopes.wanted is None:
        return scopes
    if known.issuer != found.server.issuer:
        return scopes
    return Scopes(union(scopes.wanted, known.tokens.scopes), scopes.source)


def _discovered(found: Found) -> Scopes:
    if found.challenge is not None and found.challenge.scopes:
        return Scopes(found.challenge.scopes, "challenge")
    if found.resource is not None:
        wanted = clean_scopes(found.resource.scopes or ())
        return Scopes(wanted, "resource metadata") if wanted else Scopes(None, "none")
    advertised = clean_scopes(found.server.scopes or ()) if found.server is not None else ()
    return Scopes(advertised, "server metadata") if advertised else Scopes(None, "none")


def union(*groups: Iterable[str] | None) -> tuple[str, ...]:
    """Every scope of ``groups`` once, in order: a step-up keeps what was granted before."""
    return clean_scopes(scope for group in groups for scope in group or ())
