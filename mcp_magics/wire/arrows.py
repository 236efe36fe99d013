"""What a slice of the wire log looks like as a sequence diagram: who takes part, and the arrows between them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mcp_magics.results.sequence import Arrow, Interaction, Kind, Participant, interaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcp_magics.wire.passage import Passage

CLIENT = Participant("client", "notebook", "MCP client")
_ISSUER_PATHS = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/token", "/register")
_KINDS: dict[str, Kind] = {"request": "request", "notification": "notice", "result": "answer", "error": "answer"}


def interaction_of(passages: Sequence[Passage]) -> Interaction:
    """``passages`` as participants and arrows; of HTTP, what carried messages is drawn only where it failed."""
    drawn = [told for told in passages if not (told.kind == "http" and told.carries and not told.error)]
    homes = {(told.server, host_of(told.url)) for told in passages if told.carries}
    arrows = [arrow for told in drawn for arrow in _arrows(told, homes)]
    return interaction([CLIENT, *_others(drawn, homes)], arrows)


def host_of(url: str) -> str:
    """Host and port of ``url``, or ``""`` where it has none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _others(passages: Iterable[Passage], homes: set[tuple[str, str]]) -> list[Participant]:
    """Servers, then other hosts, each in the order of its first message."""
    found = {key: told for told in reversed(list(passages)) for key in [_other(told, homes)]}
    in_order = sorted(found, key=lambda key: (key.startswith("host:"), found[key].n))
    issuers = {_other(told, homes) for told in passages if _is_issuer(told)}
    return [_participant(key, "authorization server" if key in issuers else "HTTP") for key in in_order]


def _participant(key: str, role: str) -> Participant:
    kind, _, name = key.partition(":")
    return Participant(key, name, "MCP server" if kind == "server" else role)


def _is_issuer(told: Passage) -> bool:
    path = urlsplit(told.url).path if told.url and host_of(told.url) else ""
    return not told.error and any(each in path for each in _ISSUER_PATHS)


def _other(told: Passage, homes: set[tuple[str, str]]) -> str:
    """Who is at the other end: the server itself, or the host an exchange went to."""
    host = host_of(told.url) if told.kind == "http" else ""
    return f"host:{host}" if host and (told.server, host) not in homes else f"server:{told.server}"


def _arrows(told: Passage, homes: set[tuple[str, str]]) -> list[Arrow]:
    other = _other(told, homes)
    if told.kind == "http":
        return _exchange(told, other)
    ends = (CLIENT.key, other) if told.direction == "→" else (other, CLIENT.key)
    if told.kind == "noise":
        return [Arrow(other, other, f"not a message: {told.said}", "note", told.n, told.at, failed=True)]
    return [Arrow(*ends, _label(told), _KINDS[told.kind], told.n, told.at, told.ms, failed=bool(told.error))]


def _label(told: Passage) -> str:
    if not told.is_answer:
        return told.summary
    return told.said or told.method or "result"


def _exchange(told: Passage, other: str) -> list[Arrow]:
    """A request and its status; the status alone tells whether it failed."""
    parts = urlsplit(told.url) if host_of(told.url) else None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "") if parts else told.url
    asked = told.at - (told.ms or 0) / 1000
    return [
        Arrow(CLIENT.key, other, f"{told.method} {path}", "request", told.n, asked),
        Arrow(other, CLIENT.key, told.said or "no answer", "answer", told.n, told.at, told.ms, failed=bool(told.error)),
    ]
