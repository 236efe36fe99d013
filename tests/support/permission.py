"""Servers of the playground that want a login, as a shell meets them, and a browser of plain requests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2

from mcp_magics.playground import host
from support.shell import Shell
from support.visitor import form_of

SECONDS = 20.0


@dataclass(frozen=True)
class Played:
    """A server started by ``%mcp playground start``: ``url`` and ``issuer`` are its two addresses."""

    name: str
    url: str
    issuer: str

    def asked(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """What the authorization server was asked so far, at one endpoint or at all."""
        entries: list[dict[str, Any]] = get_json(f"{self.issuer}/requests")
        return [entry for entry in entries if endpoint in (None, entry.get("endpoint"))]

    def seen(self) -> list[dict[str, Any]]:
        """The HTTP requests the MCP server saw so far."""
        seen: list[dict[str, Any]] = get_json(f"{self.url.removesuffix('/mcp')}/requests")
        return seen


@contextmanager
def playing() -> Iterator[None]:
    """Every server of the playground that is started here ends here."""
    try:
        yield
    finally:
        host.stop()


def play(shell: Shell, name: str, fault: str = "none", *words: str) -> Played:
    """Start a server of the playground with that fault; a running one of that name ends first."""
    shell(f"%mcp playground start {name} --fault {fault} {' '.join(words)} --quiet")
    return running(name)


def two_ports() -> int:
    """A free port whose successor is free too: for a server and its authorization server."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            with suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port


def running(name: str) -> Played:
    """The server of the playground that runs under that name."""
    server = next(each for each in host.running() if each.name == name)
    assert server.url is not None
    return Played(name, server.url, server.authorization_server or "")


def get_json(url: str) -> Any:
    """The JSON document at ``url``."""
    with httpx2.Client(timeout=SECONDS, trust_env=False) as client:
        return client.get(url).raise_for_status().json()


def parameters(url: str) -> dict[str, list[str]]:
    """The parameters of an address, each with every value it has."""
    return parse_qs(urlsplit(url).query)


def redirected(url: str, decision: str = "approve") -> str:
    """Where a person who decides on the consent page at ``url`` is sent; that address is not opened."""
    with httpx2.Client(timeout=SECONDS, trust_env=False) as client:
        action, hidden = form_of(client.get(url).raise_for_status().text)
        answer = client.post(action, data={**hidden, "decision": decision})
        location: str = answer.headers["location"]
        return location


def visit(url: str) -> httpx2.Response:
    """One GET of a browser, redirects followed."""
    with httpx2.Client(timeout=SECONDS, trust_env=False, follow_redirects=True) as client:
        return client.get(url)


def with_changes(url: str, **changes: str) -> str:
    """``url`` with other parameters."""
    parts = urlsplit(url)
    query = httpx2.QueryParams({**dict(parse_qsl(parts.query)), **changes})
    return parts._replace(query=str(query)).geturl()
