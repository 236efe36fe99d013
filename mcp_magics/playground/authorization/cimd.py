"""Clients whose identifier is the URL of a document that describes them (OAuth Client ID Metadata Document)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from mcp_magics.playground.authorization.clients import Client, is_loopback
from mcp_magics.playground.authorization.refusal import Refusal

_LARGEST_BYTES = 64 * 1024
_SECONDS = 5.0
_METHODS = ("none", "private_key_jwt")


def is_document_url(client_id: str) -> bool:
    """Whether a client identifier is such a URL: https, or http on loopback, with a path."""
    parts = urlsplit(client_id)
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(client_id))
    return secure and parts.path not in ("", "/") and not parts.fragment and "@" not in parts.netloc


async def client_at(url: str) -> Client:
    """The client that the document at ``url`` describes.

    Raises:
        Refusal: the document cannot be had, or does not describe a client of that identifier.
    """
    return _client(url, await _fetch(url))


def _client(url: str, document: Any) -> Client:
    if not isinstance(document, dict) or document.get("client_id") != url:
        raise Refusal("invalid_client", f"The client_id in the document at {url} is not its address.")
    uris = document.get("redirect_uris")
    if not isinstance(uris, list) or not uris or not all(isinstance(uri, str) for uri in uris):
        raise Refusal("invalid_client", f"The document at {url} has no redirect_uris.")
    method = document.get("token_endpoint_auth_method", "none")
    if method not in _METHODS:
        raise Refusal("invalid_client", f"The document at {url} wants {method!r}; only {' and '.join(_METHODS)} work.")
    return Client(
        url,
        str(document.get("client_name") or urlsplit(url).netloc),
        (method,),
        redirect_uris=tuple(uris),
        keys=document.get("jwks"),
        redirects="any loopback port",
    )


async def _fetch(url: str) -> Any:
    import httpx2

    try:
        direct = is_loopback(url)  # a proxy of the environment knows nothing of this machine's loopback
        async with (
            httpx2.AsyncClient(timeout=_SECONDS, trust_env=not direct) as http,
            http.stream("GET", url) as answer,
        ):
            answer.raise_for_status()
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > _LARGEST_BYTES:
                    raise Refusal("invalid_client", f"The document at {url} is too big.")
        return json.loads(body)
    except (httpx2.HTTPError, ValueError) as error:
        raise Refusal("invalid_client", f"There is no client metadata document at {url}.") from error
