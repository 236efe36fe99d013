"""One kernel's keeper as a process of its own: ``refreshing.py (fresh|renew)``; says when it is ready, then waits.

It prints the access token it would send, or the class of its failure.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import replace

import httpx2

from mcp_magics.auth.credential import OAuthCredential, Tokens
from mcp_magics.auth.keeper import Keeper
from mcp_magics.auth.store import FileCredentials
from mcp_magics.config.model import HttpTransport, ServerSpec
from mcp_magics.errors import ConnectionFailedError, MCPMagicsError

SPEC = ServerSpec("shop", HttpTransport("https://mcp.example.com/mcp"))


async def refreshed(credential: OAuthCredential) -> OAuthCredential:
    """Ask the credential's token endpoint."""
    assert credential.tokens is not None
    form = {"grant_type": "refresh_token", "refresh_token": credential.tokens.refresh_token or ""}
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(credential.endpoints["token_endpoint"], data=form)
    document = answer.json()
    if answer.status_code != 200:
        raise ConnectionFailedError("refused", class_=document["error"])
    tokens = Tokens(
        document["access_token"], "Bearer", time.time() + document["expires_in"], document.get("refresh_token")
    )
    return replace(credential, tokens=tokens, obtained_at=time.time())


async def main(way: str) -> str:
    """Load, wait for the word, and ask for a token."""
    keeper = Keeper(SPEC, FileCredentials(), refreshed)
    held = await keeper.load()
    assert held is not None
    assert held.tokens is not None
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    try:
        credential = await (keeper.fresh() if way == "fresh" else keeper.renew(held.tokens.access_token))
    except MCPMagicsError as error:
        return error.failure.class_
    return credential.tokens.access_token if credential is not None and credential.tokens is not None else "none"


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1])), flush=True)
