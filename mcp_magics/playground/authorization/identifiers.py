"""Values that look random and are the same for the same seed and the same sequence of requests."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections import Counter

_BYTES = 24


class Identifiers:
    """The identifiers of one run: ``new("code")`` is another one each time, and in each run the same ones."""

    def __init__(self, seed: int) -> None:
        self._secret = f"mcp_magics playground {seed}".encode()
        self._counts: Counter[str] = Counter()

    def new(self, kind: str) -> str:
        """The next identifier of that kind: 32 characters that a URL may carry unescaped."""
        self._counts[kind] += 1
        return urlsafe_b64encode(self._digest(f"{kind} {self._counts[kind]}")[:_BYTES]).decode()

    def key(self, kind: str) -> bytes:
        """The 32 bytes that a key of that kind is made from."""
        return self._digest(f"key {kind}")

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._secret, text.encode(), hashlib.sha256)
