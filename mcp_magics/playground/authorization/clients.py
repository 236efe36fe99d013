"""The clients an authorization server knows, and where they may be redirected to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from mcp_magics.playground.authorization.keys import client_key, public_set

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
SERVICE, SERVICE_SECRET = "playground-service", "playground-service-secret"
SERVICE_WITH_KEY = "playground-service-key"
DESKTOP = "playground-desktop"
DOCUMENTED = frozenset({SERVICE, SERVICE_WITH_KEY, DESKTOP})

Redirects = Literal["exact", "any loopback port", "any loopback"]


@dataclass(frozen=True, slots=True)
class Client:
    """A client; ``methods`` are how it may authenticate, ``redirects`` how its redirect URIs are compared.

    ``any loopback port`` is RFC 8252 §7.3, ``exact`` what many authorization servers do instead; ``any loopback`` is
    for a client that everyone may practise with.
    """

    client_id: str
    name: str
    methods: tuple[str, ...] = ("none",)
    redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    secret: str | None = None
    keys: dict[str, Any] | None = None
    redirects: Redirects = "exact"

    def may_redirect_to(self, uri: str) -> bool:
        """Whether ``uri`` is one of its redirect URIs."""
        if uri in self.redirect_uris or (
            self.redirects == "any loopback" and uri.startswith("http://") and is_loopback(uri)
        ):
            return True
        return self.redirects == "any loopback port" and _without_port(uri) in map(_without_port, self.redirect_uris)


class Clients:
    """Those that registered here and those that were there before."""

    def __init__(self) -> None:
        self._known = {client.client_id: client for client in _preregistered()}

    def add(self, client: Client) -> None:
        """Remember a client."""
        self._known[client.client_id] = client

    def forget(self, client_id: str) -> None:
        """Know a client no longer, unless it is one of the documented ones."""
        if client_id not in DOCUMENTED:
            self._known.pop(client_id, None)

    def get(self, client_id: str) -> Client | None:
        """The client of that identifier."""
        return self._known.get(client_id)


def is_loopback(url: str) -> bool:
    """Whether ``url`` leads to this machine only."""
    return urlsplit(url).hostname in LOOPBACK_HOSTS


def _without_port(uri: str) -> tuple[str, ...]:
    """What of a loopback redirect URI is compared (RFC 8252 §7.3); any other URI whole."""
    parts = urlsplit(uri)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK_HOSTS:
        return (uri,)
    return (parts.hostname or "", parts.path, parts.query)


def _preregistered() -> Iterator[Client]:
    """The documented clients: they need no registration, and their secrets are none."""
    service = ("client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer")
    secret = ("client_secret_basic", "client_secret_post")
    yield Client(SERVICE, "Playground service", secret, grant_types=service, secret=SERVICE_SECRET)
    yield Client(
        SERVICE_WITH_KEY,
        "Playground service with a key",
        ("private_key_jwt",),
        grant_types=service,
        keys=public_set(client_key()),
    )
    yield Client(
        DESKTOP,
        "Playground desktop",
        redirects="any loopback",
    )
