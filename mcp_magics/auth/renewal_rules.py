"""When a token is renewed, when another's is taken instead, and what is carried forward: pure decisions."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_magics.auth.credential import SKEW
from mcp_magics.errors import Failure

if TYPE_CHECKING:
    from mcp_magics.auth.credential import OAuthCredential

_REFUSALS = frozenset({"client_unknown", "token_exchange_failed", "scope_rejected", "audience_rejected"})


def access_of(credential: OAuthCredential | None) -> str:
    """The access token, or an empty text where there is none."""
    return "" if credential is None or credential.tokens is None else credential.tokens.access_token


def can_refresh(credential: OAuthCredential) -> bool:
    """Whether another token can be had without a person."""
    return credential.renewable


def lives(credential: OAuthCredential) -> bool:
    """Whether its access token can be sent at all and has not ended, to the second."""
    tokens = credential.tokens
    if tokens is None or not tokens.access_token.strip() or not credential.client.client_id.strip():
        return False
    return tokens.expires_at is None or tokens.expires_at > time.time()


def is_fresh(credential: OAuthCredential) -> bool:
    """Whether it is sent as it is: it lives, and not in its last :data:`SKEW` seconds.

    Of a token that lives shorter than twice that, in the second half of its life: it would never be fresh otherwise.
    """
    tokens = credential.tokens
    if tokens is None or not lives(credential):
        return False
    if tokens.expires_at is None:
        return True
    skew = min(SKEW, (tokens.expires_at - credential.obtained_at) / 2)
    return tokens.expires_at - skew > time.time()


def is_adopted(stored: OAuthCredential, stale: str, rejected: str | None) -> bool:
    """Whether what the store holds is used instead of a refresh: another token than the stale and the rejected one.

    A token of the same text counts where it is fresh, unless it was rejected: its end may have been moved.
    """
    access = access_of(stored)
    if access == rejected:
        return False
    return is_fresh(stored) if access == stale else lives(stored)


def carried_forward(before: OAuthCredential, after: OAuthCredential) -> OAuthCredential:
    """``after`` with what its answer left out (RFC 6749 §6): refresh token, scopes and resource stay as they were."""
    if after.tokens is None or before.tokens is None:
        return after
    tokens = replace(
        after.tokens,
        refresh_token=after.tokens.refresh_token or before.tokens.refresh_token,
        scopes=after.tokens.scopes or before.tokens.scopes,
    )
    return replace(after, tokens=tokens, resource=after.resource or before.resource)


def spent(credential: OAuthCredential, rejected: str | None) -> OAuthCredential:
    """``credential`` after its refresh token was refused: a new login is needed, the client is kept."""
    if credential.tokens is None:
        return credential
    access = "" if credential.tokens.access_token == rejected else credential.tokens.access_token
    return replace(credential, tokens=replace(credential.tokens, access_token=access, refresh_token=None))


def no_refresh_token(server: str) -> Failure:
    """The login has ended and the server gave nothing to renew it with: its policy, no fault here."""
    return Failure(
        "reauth_required",
        "the login has ended and there is no refresh token",
        "refresh",
        server,
        ("no_refresh_token: whether a login can be renewed is the authorization server's policy",),
        f"%mcp login {server}",
    )


def refused(server: str, failure: Failure) -> Failure:
    """The authorization server refused the refresh token for good."""
    text = f"the login can no longer be renewed ({failure.class_}): {failure.message}"
    return Failure("reauth_required", text, "refresh", server, failure.evidence, f"%mcp login {server}")


def superseded(server: str, failure: Failure) -> Failure:
    """The refresh token was spent by another process, which has stored what it got."""
    text = "another process renewed this login at the same time"
    told = (f"the refresh token was refused: {failure.message}", *failure.evidence)
    return Failure("refresh_superseded", text, "refresh", server, told, f"%mcp connect {server}", retryable=True)


def could_not_refresh(server: str, failure: Failure) -> Failure:
    """The refresh did not come about; the login stays as it is, and what may pass is tried again."""
    again = f"%mcp connect {server}  # later: it may pass"
    step = again if failure.retryable and failure.phase == "token" else failure.next_step or f"%mcp connect {server}"
    return replace(
        failure, message=f"could not refresh: {failure.message}", phase="refresh", server=server, next_step=step
    )


def ends_login(failure: Failure) -> bool:
    """Whether the authorization server itself refused the refresh, and would again."""
    return failure.class_ in _REFUSALS and not failure.retryable


def too_slow(server: str, seconds: float) -> Failure:
    """The token endpoint did not answer."""
    text = f"the token endpoint did not answer within {seconds:g} s"
    return Failure("no_response", text, "refresh", server, (), f"%mcp connect {server}", retryable=True)
