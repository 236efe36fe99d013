"""What ``WWW-Authenticate`` asks for (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5.1): pure parsing.

A field may hold several challenges, and several fields arrive joined by commas.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST = 16 * 1024
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105  a grammar rule
_PARAMETER = re.compile(rf'\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=][^\s,"]*))\s*')
_SCHEME = re.compile(rf"\s*({_TOKEN})(?:\s+|$|(?=,))")
_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*\s*(?=,|$)")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: its scheme in lower case and its parameters, names in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def error(self) -> str | None:
        """The error code of RFC 6750 §3.1: ``invalid_token``, ``insufficient_scope`` and the like."""
        return self.parameters.get("error")

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """The scopes it names, in order, or None where it names none."""
        scope = self.parameters.get("scope")
        return None if scope is None else tuple(dict.fromkeys(scope.split()))

    @property
    def resource_metadata(self) -> str | None:
        """The address of the protected resource metadata (RFC 9728 §5.1)."""
        return self.parameters.get("resource_metadata")


def challenges(header: str | None) -> tuple[Challenge, ...]:
    """Every challenge of a ``WWW-Authenticate`` field, in order; what cannot be read is left out."""
    return tuple(_challenges((header or "")[:LONGEST]))


def oauth_challenge(header: str | None, prefer: str | None = None) -> Challenge | None:
    """The challenge to answer with a token: ``Bearer`` or ``DPoP``, the preferred one, else the one that says most."""
    wanted = [each for each in challenges(header) if each.scheme in ("bearer", "dpop")]
    return max(
        wanted,
        key=lambda each: (each.scheme == prefer, each.resource_metadata is not None, len(each.parameters)),
        default=None,
    )


def _challenges(text: str) -> Iterator[Challenge]:
    position, scheme, parameters = 0, "", dict[str, str]()
    while position < len(text):
        if text[position] in ", \t":
            position += 1
            continue
        found = _PARAMETER.match(text, position)
        if found is not None and scheme:
            value = found[3] if found[2] is None else re.sub(r"\\(.)", r"\1", found[2])
            parameters.setdefault(found[1].lower(), value)
        else:
            if scheme:
                yield Challenge(scheme, parameters)
            found = _SCHEME.match(text, position)
            if found is None:
                return
            scheme, parameters = found[1].lower(), {}
            if _PARAMETER.match(text, found.end()) is None:
                found = _TOKEN68.match(text, found.end()) or found
        position = found.end()
    if scheme:
        yield Challenge(scheme, parameters)
