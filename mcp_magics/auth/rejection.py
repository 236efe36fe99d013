"""The access token this process has seen refused, with nothing left to renew it, however far away its end is.

Nothing of it is stored: another process, or the server on a better day, may find the token good.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mcp_magics.auth.renewal_rules import access_of
from mcp_magics.errors import Failure

if TYPE_CHECKING:
    from mcp_magics.auth.credential import OAuthCredential


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refusal; ``why`` is the authorization server's, where a refresh was refused too. ``at``: since the epoch."""

    access_token: str = field(repr=False)
    at: float
    why: Failure | None = None

    @property
    def client_unknown(self) -> bool:
        """Whether the authorization server does not know the client either."""
        return self.why is not None and self.why.class_ == "client_unknown"

    def failure(self, server: str) -> Failure:
        """What to say of the credential while nothing newer is there."""
        at = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        told = (f"the refresh: {self.why.class_}: {self.why.message}",) if self.why is not None else ()
        return Failure(
            "reauth_required", f"the token was refused at {at}", "login", server, told, f"%mcp login {server}"
        )


class Rejections:
    """The last refusal, of exactly one access token; it is forgotten when that token is taken after all."""

    def __init__(self) -> None:
        self._last: Rejection | None = None

    def remember(self, access_token: str, why: Failure | None = None) -> None:
        """``access_token`` was refused, and so was its renewal, or there is none."""
        self._last = Rejection(access_token, time.time(), why)

    def taken(self, access_token: str) -> None:
        """The server took ``access_token``."""
        if self._last is not None and self._last.access_token == access_token:
            self._last = None

    def of(self, credential: OAuthCredential | None) -> Rejection | None:
        """The refusal of what ``credential`` holds; None where it holds another token."""
        last, access = self._last, access_of(credential)
        return last if last is not None and access and last.access_token == access else None
