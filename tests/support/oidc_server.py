"""A small MCP server behind somebody else's authorization server: it believes what that server signed, for itself.

``python oidc_server.py SOCKET ISSUER`` serves on an inherited listening socket, and ends with its standard input.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import Annotated

import httpx2
import uvicorn
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from pydantic import AnyHttpUrl, BaseModel, Field


class Entry(BaseModel):
    """Who wrote what."""

    by: str
    client: str
    scopes: list[str]
    text: str


class Signed:
    """Tokens signed by ``issuer`` for ``resource`` (RFC 9068 §4); its keys are read once."""

    def __init__(self, issuer: str, resource: str) -> None:
        self._resource = resource
        self._keys = KeySet.import_key_set(httpx2.get(_metadata(issuer)["jwks_uri"]).json())
        self._rules = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": resource},
            exp={"essential": True},
        )

    async def verify_token(self, token: str) -> AccessToken | None:
        """What the token says, or None where it is not good here and now."""
        try:
            read = jwt.decode(token, self._keys, algorithms=["ES256"])
            self._rules.validate(read.claims)
        except (JoseError, ValueError):
            return None
        claims = read.claims
        scopes = str(claims.get("scope", "")).split()
        return AccessToken(
            token=token,
            client_id=claims["client_id"],
            scopes=scopes,
            expires_at=claims["exp"],
            resource=self._resource,
            subject=claims["sub"],
        )


def _metadata(issuer: str) -> dict[str, str]:
    document: dict[str, str] = httpx2.get(f"{issuer}/.well-known/openid-configuration").json()
    return document


def ledger(issuer: str, resource: str) -> MCPServer:
    """The server."""
    settings = AuthSettings(
        issuer_url=AnyHttpUrl(issuer),
        resource_server_url=AnyHttpUrl(resource),
        required_scopes=["ledger:read"],
        validate_token_resource=True,
    )
    server = MCPServer("ledger", token_verifier=Signed(issuer, resource), auth=settings, log_level="WARNING")

    @server.tool()
    async def write(text: Annotated[str, Field(description="What to write down.")]) -> Entry:
        """Write a line into the ledger."""
        token = get_access_token()
        assert token is not None  # nobody comes in without one
        return Entry(by=token.subject or "", client=token.client_id, scopes=token.scopes, text=text)

    return server


def main(fd: int, issuer: str) -> None:
    """Serve until standard input ends."""
    listening = socket.socket(fileno=fd)
    port = listening.getsockname()[1]
    app = ledger(issuer, f"http://127.0.0.1:{port}/mcp").streamable_http_app()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    threading.Thread(target=_until_input_ends, args=(server,), daemon=True).start()
    server.run([listening])


def _until_input_ends(server: uvicorn.Server) -> None:
    os.read(0, 1)
    server.should_exit = True


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
