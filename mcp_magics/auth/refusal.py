"""Why a request was refused for want of permission, given what was sent: pure judgement, one failure in, one out.

The wire knows only the status (401, 403); here it is held against the credential we hold and what was measured.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_magics.auth.address import is_plain
from mcp_magics.auth.flow.scopes import union
from mcp_magics.auth.metadata import canonical
from mcp_magics.auth.oauth_error import shown
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from mcp_magics.auth.credential import OAuthCredential
    from mcp_magics.auth.requirement import Measured
    from mcp_magics.auth.status import Holding
    from mcp_magics.config.model import ServerSpec
    from mcp_magics.errors import Failure
    from mcp_magics.wire.challenge import Challenge

UNAUTHORIZED = frozenset({"auth_required", "auth_required_unadvertised"})
LOGIN_NEEDED = UNAUTHORIZED | {"reauth_required", "refresh_ineffective", "audience_rejected", "step_up_required"}
"""Classes that say: nothing is broken, a person has to log in (again)."""


def explain(
    failure: Failure,
    spec: ServerSpec,
    known: Measured,
    held: Holding,
    credential: OAuthCredential | None,
    challenge: Challenge | None,
) -> Failure:
    """``failure`` as it is, or in the words of what was sent; ``credential`` is the one that went along, if any."""
    if failure.class_ == "step_up_required":
        return _step_up(failure, spec, credential, challenge, known.found.advertised)
    if failure.class_ not in UNAUTHORIZED:
        return failure
    if held.credential == "store_error" and held.failure is not None:
        return replace(
            held.failure, server=spec.name, phase="login", evidence=(*held.failure.evidence, *failure.evidence)
        )
    if credential is not None and credential.tokens is not None:
        return _token_rejected(failure, spec, credential, challenge)
    if held.credential in ("bearer", "header"):
        return _configured_rejected(failure, spec)
    return _anonymous(failure, spec, known, challenge)


def claims(token: str) -> dict[str, Any] | None:
    """The claims of a JWT, read and not verified (RFC 7519 §3); None where it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):  # deep nesting, from a hostile server
        return None
    return found if isinstance(found, dict) else None


def audiences(told: dict[str, Any] | None) -> tuple[str, ...] | None:
    """The audiences among ``told`` (RFC 7519 §4.1.3), or None where nothing is said."""
    aud = (told or {}).get("aud")
    if isinstance(aud, str):
        return (aud,)
    return tuple(each for each in aud if isinstance(each, str)) if isinstance(aud, list) else None


def _anonymous(failure: Failure, spec: ServerSpec, known: Measured, challenge: Challenge | None) -> Failure:
    """Nothing was sent: can one log in at all? Where that was looked for in vain, a token must come another way."""
    if _names_more(challenge, known):
        return replace(failure, next_step=f"%mcp login {spec.name}")
    checked = known.at is not None and known.failure is None and known.found.unchecked is None
    if checked and known.found.server is None and known.found.resource is not None:
        text = f"{failure.message}, and a login would end with no_oauth_metadata"
        told = (*failure.evidence[:1], *known.found.problems, *known.found.telling)
        return replace(failure, message=text, evidence=told, next_step=f"%mcp oauth {spec.name}")
    if checked and known.found.server is None:
        text = f"{failure.message}, and nothing says how to log in"
        address = redactor().url(getattr(spec.transport, "url", "URL"))
        step = f"%mcp add {spec.name} {address} --bearer-token-env-var NAME"
        return replace(failure, message=text, evidence=(*failure.evidence[:1], *known.evidence), next_step=step)
    if (obstacle := _obstacle(known)) is not None:
        told = (obstacle.lines()[0], *failure.evidence[:1])
        text = f"{failure.message}, and a login would end with {obstacle.class_}"
        step = obstacle.next_step or f"%mcp oauth {spec.name}"
        return replace(failure, message=text, evidence=told, next_step=step)
    return replace(failure, next_step=f"%mcp login {spec.name}")


def _names_more(challenge: Challenge | None, known: Measured) -> bool:
    """Whether this challenge says where to look, and nobody has looked there yet."""
    named = challenge.resource_metadata if challenge is not None else None
    return named is not None and redactor().url(named) not in {each.url for each in known.found.tried}


def _obstacle(known: Measured) -> Failure | None:
    """What was measured that every login would meet again; what may pass is none."""
    unchecked = known.found.unchecked if known.found.server is None else None
    found = known.failure or unchecked
    return None if found is None or found.retryable or found.class_ in UNAUTHORIZED else found


def _configured_rejected(failure: Failure, spec: ServerSpec) -> Failure:
    variable = getattr(spec.transport, "bearer_token_env_var", None)
    source = f"the token in {variable}" if variable else "the configured Authorization header"
    step = f"%mcp connect {spec.name}  # with another token in {variable}" if variable else f"%mcp get {spec.name}"
    return replace(failure, class_="token_rejected", message=f"the server refuses {source} (401)", next_step=step)


def _token_rejected(
    failure: Failure, spec: ServerSpec, credential: OAuthCredential, challenge: Challenge | None
) -> Failure:
    tokens = credential.tokens
    aud = audiences(claims(tokens.access_token)) if tokens is not None else None
    resource = credential.resource or credential.server_url
    if aud is not None and canonical(resource) not in {canonical(each) for each in aud}:
        named = f" --oauth-resource {aud[0]}" if aud and is_plain(aud[0]) else ""
        return replace(
            failure,
            class_="audience_rejected",
            message=f"the token is for {shown(', '.join(aud) or 'nobody')}, and the server is {resource}",
            next_step=f"%mcp login {spec.name} --again{named}",
        )
    bound = tokens is not None and tokens.token_type == "DPoP"  # noqa: S105  a scheme
    if bound and challenge is not None and challenge.scheme != "dpop":
        return replace(
            failure,
            class_="reauth_required",
            message="the server asks for a Bearer token, and the one we hold is bound to a key (DPoP)",
            next_step=f"%mcp login {spec.name} --again  # without --dpop",
        )
    text = "the server refuses the token, also after a refresh" if tokens and tokens.refresh_token else None
    return replace(
        failure,
        class_="refresh_ineffective" if text else "reauth_required",
        message=text or "the server refuses the token, and there is no refresh token to get another",
        next_step=f"%mcp login {spec.name} --again",
    )


def _step_up(
    failure: Failure,
    spec: ServerSpec,
    credential: OAuthCredential | None,
    challenge: Challenge | None,
    advertised: tuple[str, ...],
) -> Failure:
    """More scopes are wanted (MCP authorization: Scope Challenge Handling); the union keeps what was granted."""
    wanted = (challenge.scopes if challenge is not None else None) or ()
    granted = credential.tokens.scopes if credential is not None and credential.tokens is not None else ()
    asked = credential.requested if credential is not None else ()
    missing = [scope for scope in wanted if scope not in granted]
    told = f"wanted: {' '.join(wanted) or 'not said'} · granted: {' '.join(granted) or 'none'}"
    others = " ".join(scope for scope in advertised if scope not in granted)
    evidence = (
        told if wanted or not others else f"{told} · advertised beside: {shown(others)}",
        *failure.evidence[:1],
    )
    if (wanted and not missing) or (missing and set(missing) <= set(asked)):
        text = "the server wants scopes that were asked for already: logging in once more would not help"
        step = f"%mcp auth {spec.name}  # a fault of the server, or these are not yours to have"
        return replace(failure, message=text, evidence=evidence, next_step=step)
    scopes = ",".join(union(asked, granted, wanted))
    text = f"this needs more than was granted: {' '.join(missing) or 'scopes the server does not name'} (403)"
    step = f"%mcp login {spec.name} --scopes {scopes}" if is_plain(scopes) else f"%mcp auth {spec.name}"
    if not wanted and is_plain(scopes):
        step = f"{step},SCOPE  # which one, the server does not say"
    return replace(failure, message=text, evidence=evidence, next_step=step)
