"""The one word for a stored credential, told from what it says of itself and the time: pure, nothing is asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from mcp_magics.auth.credential import SKEW

if TYPE_CHECKING:
    from mcp_magics.auth.credential import OAuthCredential

CredentialWord = Literal["none", "oauth_ok", "oauth_refreshable", "reauth_needed"]


def credential_word(credential: OAuthCredential | None, now: float | None = None) -> CredentialWord:
    """What a login is still good for at ``now`` (seconds since the epoch; None is the present).

    An access token counts as expired :data:`~mcp_magics.auth.credential.SKEW` seconds early. A client without tokens
    is no login.
    """
    if credential is None or credential.tokens is None:
        return "none"
    tokens = credential.tokens
    if not credential.client.client_id.strip():
        return "reauth_needed"
    if tokens.expires_at is not None and tokens.expires_at - SKEW <= (time.time() if now is None else now):
        return "oauth_refreshable" if credential.renewable else "reauth_needed"
    return "oauth_ok" if tokens.access_token.strip() else "reauth_needed"
