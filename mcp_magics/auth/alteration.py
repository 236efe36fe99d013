"""What a person changed in a request before it was sent: each field with a mark, and names that are no field at all."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.auth.message import Fields

Mark = Literal["", "changed", "added", "left out"]

OPTIONAL = frozenset(
    {"acr_values", "actor_token", "actor_token_type", "audience", "authorization_details", "claims", "client_assertion"}
    | {"client_assertion_type", "client_id", "client_secret", "code_challenge", "code_challenge_method", "display"}
    | {"code_verifier", "dpop_jkt", "id_token_hint", "login_hint", "max_age", "nonce", "prompt", "redirect_uri"}
    | {"request", "request_uri", "requested_token_type", "resource", "response_mode", "response_type", "scope"}
    | {"state", "ui_locales", "assertion", "code", "grant_type", "refresh_token", "username", "password"}
)
"""Parameters of the IANA registry "OAuth Parameters" that a request may have and this one had not."""

REGISTRABLE = frozenset(
    {"client_name", "client_uri", "contacts", "jwks", "jwks_uri", "logo_uri", "policy_uri", "redirect_uris", "scope"}
    | {"application_type", "grant_types", "response_types", "software_id", "software_statement", "software_version"}
    | {"token_endpoint_auth_method", "tos_uri"}
)
"""The same for client metadata (RFC 7591 §2)."""

KNOWN = {"authorize": OPTIONAL, "token": OPTIONAL, "identity_exchange": OPTIONAL, "registration": REGISTRABLE}
"""By the name of a step; discovery has no parameters of its own."""


@dataclass(frozen=True, slots=True)
class MarkedField:
    """A field of a request and what a person did to it; one that was left out has its name and no value."""

    name: str
    value: str
    mark: Mark = ""


def marked(own: Fields, sent: Fields, changes: Mapping[str, Any]) -> tuple[MarkedField, ...]:
    """The fields of ``sent`` in the order of ``own``, those of ``changes`` marked; what was added comes last."""
    rows: list[MarkedField] = []
    for name in dict.fromkeys(name for name, _ in (*own, *sent)):
        values = [value for each, value in sent if each == name]
        mark = _mark(name, own, changes)
        if not values:
            rows.append(MarkedField(name, "", "left out"))
        rows += [MarkedField(name, value, mark) for value in values]
    return tuple(rows)


def _mark(name: str, own: Fields, changes: Mapping[str, Any]) -> Mark:
    if name not in changes:
        return ""
    return "changed" if name in dict(own) else "added"


def told(fields: tuple[MarkedField, ...]) -> str:
    """What was done in one line: ``scope (changed), code_verifier (left out)``; empty where nothing was."""
    return ", ".join(dict.fromkeys(f"{each.name} ({each.mark})" for each in fields if each.mark))


def misnamed(step: str, own: Fields, changes: Mapping[str, Any]) -> tuple[str, ...]:
    """A line for each name of ``changes`` that is no field of that step: a misspelt one changes nothing."""
    names = list(dict.fromkeys(name for name, _ in own))
    strange = [name for name in changes if name not in names and name not in KNOWN.get(step, frozenset())]
    return tuple(_note(step, name, names, changes[name]) for name in strange)


def _note(step: str, name: str, names: list[str], value: Any) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    became = "nothing was left out" if value is None else "sent as an extra"
    return f"{name} is no field of {step}{hint}; {became}"
