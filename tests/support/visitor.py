"""A client that walks through OAuth by hand, one plain HTTP request at a time, and the person at its browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from mcp_magics.playground.plan import Wanted

CALLBACK = "http://127.0.0.1:5555/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-here"
HEADERS = {"Accept": "application/json, text/event-stream"}


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def rpc(method: str, **params: Any) -> dict[str, Any]:
    """A JSON-RPC request of 2026-07-28, which needs no handshake."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "visitor", "version": "0"},
    }
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}


class _Form(HTMLParser):
    """The first form of a page: where it goes, its hidden fields, its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.buttons: list[dict[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given["action"] or ""
        elif tag == "input" and given["type"] == "hidden":
            self.hidden[given["name"] or ""] = given["value"] or ""
        elif tag == "button":
            self.buttons.append(given)


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the first form of a page goes, and its hidden fields."""
    form = _Form(page)
    return form.action, form.hidden


@dataclass
class Visitor:
    """Talks to one protected server at ``mcp`` and to its authorization server at ``issuer``."""

    mcp: str
    issuer: str
    http: httpx2.Client
    scope: str | None = "shop:read"
    client: dict[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the MCP server."""
        return self.mcp.removesuffix("/mcp")

    def call(self, tool: str, arguments: dict[str, Any] | None = None, token: str | None = None) -> httpx2.Response:
        """Call a tool, with a token or without."""
        return self.send(rpc("tools/call", name=tool, arguments=arguments or {}), token, tool)

    def send(self, message: dict[str, Any], token: str | None = None, name: str = "") -> httpx2.Response:
        """POST a message to the MCP server."""
        headers = HEADERS | {"Mcp-Method": message["method"], "MCP-Protocol-Version": "2026-07-28"}
        headers |= {"Mcp-Name": name} if name else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.post(self.mcp, json=message, headers=headers)

    def resource_metadata(self) -> httpx2.Response:
        """The protected resource metadata, where RFC 9728 puts it."""
        return self.http.get(f"{self.origin}/.well-known/oauth-protected-resource/mcp")

    def server_metadata(self) -> httpx2.Response:
        """The authorization server metadata, where RFC 8414 puts it."""
        parts = urlsplit(self.issuer)
        return self.http.get(f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path}")

    def register(self, **metadata: Any) -> httpx2.Response:
        """Register a public client, unless the metadata says otherwise."""
        asked = {
            "client_name": "visitor",
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        }
        answer = self.http.post(f"{self.issuer}/register", json=asked | metadata)
        if answer.status_code == 201:
            self.client = answer.json()
        return answer

    def asking(self, **changes: Any) -> dict[str, Any]:
        """The parameters of an authorization request; None leaves one out."""
        asked = {
            "response_type": "code",
            "client_id": self.client.get("client_id"),
            "redirect_uri": CALLBACK,
            "state": "a state",
            "scope": self.scope,
            "resource": self.mcp,
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (asked | changes).items() if value is not None}

    def authorize(self, **changes: Any) -> httpx2.Response:
        """Open the authorization endpoint in a browser that follows no redirects."""
        return self.http.get(f"{self.issuer}/authorize", params=self.asking(**changes))

    def decide(self, page: httpx2.Response, decision: str = "approve") -> httpx2.Response:
        """Click a button of the consent page."""
        form = _Form(page.text)
        assert decision in [button["value"] for button in form.buttons]
        return self.http.post(form.action, data=form.hidden | {"decision": decision})

    def approve(self, **changes: Any) -> dict[str, str]:
        """What the client gets back once a person has approved."""
        return came_back(self.decide(self.authorize(**changes)))

    def token(self, *, auth: tuple[str, str] | None = None, headers: Any = None, **form: Any) -> httpx2.Response:
        """A token request; the resource is sent unless it is given as None."""
        fields = {"resource": self.mcp} | form
        sent = {name: value for name, value in fields.items() if value is not None}
        more: dict[str, Any] = {"auth": auth} if auth else {}
        return self.http.post(f"{self.issuer}/token", data=sent, headers=headers, **more)

    def exchange(self, code: str, /, **changes: Any) -> httpx2.Response:
        """Exchange a code for tokens."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "client_id": self.client["client_id"],
            "code_verifier": VERIFIER,
        }
        return self.token(**(form | changes))

    def refresh(self, refresh_token: str, /, **changes: Any) -> httpx2.Response:
        """Use a refresh token."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": self.client["client_id"],
        }
        return self.token(**(form | changes))

    def login(self, **changes: Any) -> dict[str, Any]:
        """Register if need be, authorize, approve, exchange: the tokens."""
        if not self.client:
            self.register()
        answer = self.exchange(self.approve(**changes)["code"])
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def asked(self) -> list[dict[str, Any]]:
        """What the authorization server was asked so far."""
        answer: list[dict[str, Any]] = self.http.get(f"{self.issuer}/requests").json()
        return answer

    def seen(self) -> list[dict[str, Any]]:
        """What the MCP server was asked so far."""
        answer: list[dict[str, Any]] = self.http.get(f"{self.origin}/requests").json()
        return answer


def came_back(redirect: httpx2.Response) -> dict[str, str]:
    """The parameters of a redirect to the client."""
    assert redirect.status_code in (302, 303), redirect.text
    location = redirect.headers["location"]
    assert location.startswith(f"{CALLBACK}?")
    return dict(parse_qsl(urlsplit(location).query))


def challenge(response: httpx2.Response) -> dict[str, str]:
    """The parameters of ``WWW-Authenticate``."""
    return dict(re.findall(r'(\w+)="([^"]*)"', response.headers["www-authenticate"]))


def structured(response: httpx2.Response) -> Any:
    """The structured content of a tool's result, from JSON or from an event stream."""
    assert response.status_code == 200, response.text
    line = next((line for line in response.text.splitlines() if line.startswith("data: {")), response.text)
    return json.loads(line.removeprefix("data: "))["result"]["structuredContent"]


@contextmanager
def visiting(name: str = "l2", **wanted: Any) -> Iterator[Visitor]:
    """A visitor of a server of the playground, a process of its own that ends with the visit."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mcp_magics.playground", name, *Wanted(**wanted).words(), "--lifeline"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        ready = json.loads(process.stdout.readline())  # type: ignore[union-attr]
        with httpx2.Client(timeout=20, limits=httpx2.Limits(max_keepalive_connections=0)) as http:
            yield Visitor(ready["url"], ready.get("authorization_server", ""), http)
