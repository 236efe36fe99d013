"""A JSON-RPC error that asks for authorization, in an answer whose status does not: pure reading of one body.

The specification has a 401 for it (MCP authorization: Access Token Usage); servers behind a JSON-RPC framework answer
200 all the same.
"""

from __future__ import annotations

import json
import re
from typing import Any

from mcp_magics.auth.oauth_error import shown

_BEGINNING = 65536
_CODES = (401, -32401)
_KIND = r"(?:(?:access|bearer|auth|authentication|authorization|oauth)[ _-]?)?"
_WORDS = re.compile(
    r"\bunauthori[sz]ed\b|\bunauthenticated\b|\bnot (?:authori[sz]ed|authenticated|logged in)\b"
    rf"|\b(?:authentication|authorization|login|{_KIND}token|credentials?) (?:is |are )?(?:required|needed|missing)\b"
    rf"|\b(?:missing|no|invalid|expired)[ _](?:{_KIND}token|credentials?|authorization)\b",
    re.IGNORECASE,
)
_OTHERS = (-32700, -32601, -32602)
"""Codes that say something else whatever the words (JSON-RPC 2.0, section 5.1): the method or its parameters."""


def unauthorized(body: bytes) -> str | None:
    """The error in ``body`` in words, where it says that a credential is wanted; None of any other answer."""
    error = _error(body)
    if error is None:
        return None
    code, message = error.get("code"), error.get("message")
    text = message if isinstance(message, str) else ""
    if code in _CODES or (code not in _OTHERS and _WORDS.search(text[:_BEGINNING])):
        return shown(f"{code}: {text}" if text else str(code), 200)
    return None


def is_error(body: bytes) -> bool:
    """Whether ``body`` is a JSON-RPC error: no method is answered by one."""
    return _error(body) is not None


def _error(body: bytes) -> dict[str, Any] | None:
    for line in _candidates(body):
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):  # deep nesting, from a hostile server
            continue
        error = message.get("error") if isinstance(message, dict) else None
        if isinstance(error, dict) and "result" not in message:
            return error
    return None


def _candidates(body: bytes) -> list[bytes]:
    """The body, or the data of its events where it is a stream of them."""
    start = body[:_BEGINNING]
    if b'"error"' not in start:
        return []
    data = [line[5:] for line in start.splitlines() if line.startswith(b"data:")]
    return data or [body]
