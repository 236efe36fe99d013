"""What a token endpoint answered, as tokens or as a failure (RFC 6749 §5): pure.

Servers that stray from §5 are understood where what they mean is plain; how they stray is told in ``violations``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcp_magics.auth.credential import Tokens
from mcp_magics.auth.grants import ID_JAG
from mcp_magics.auth.oauth_error import OAuthError, evidence, is_form, is_page, is_transient, members, shown
from mcp_magics.errors import Failure
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.auth.credential import Client
    from mcp_magics.auth.message import Answer

LONGEST_LIFE = 100 * 365 * 86400.0
"""Seconds beyond which ``expires_in`` is taken for a mistake."""

_TYPES = {"bearer": "Bearer", "dpop": "DPoP"}
_SENDABLE = re.compile(r"[\x21-\x7e]+")
_INVALID_GRANT = Failure("invalid_grant", "", "token", next_step="%mcp login {server} --again")
_CLIENT_UNKNOWN = Failure("client_unknown", "", "token", next_step="%mcp logout {server} --forget-client")
_SCOPE_REJECTED = Failure("scope_rejected", "", "token", next_step="%mcp login {server} --scopes SCOPE,SCOPE")
_AUDIENCE_REJECTED = Failure("audience_rejected", "", "token", next_step="%mcp login {server} --oauth-resource URL")
_OTHER = Failure("token_exchange_failed", "", "token", next_step="%mcp login {server} --again")
_REFUSALS = {
    "invalid_grant": _INVALID_GRANT,
    "bad_verification_code": _INVALID_GRANT,  # GitHub's name
    "bad_refresh_token": _INVALID_GRANT,  # GitHub's name
    "invalid_client": _CLIENT_UNKNOWN,
    "incorrect_client_credentials": _CLIENT_UNKNOWN,  # GitHub's name
    "invalid_scope": _SCOPE_REJECTED,
    "invalid_target": _AUDIENCE_REJECTED,
}
"""What the error codes of RFC 6749 §5.2 and RFC 8707 §2 mean here."""
_METHOD_STEP = "%mcp login {server} --token-endpoint-auth-method METHOD"


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """Tokens as granted, and where the answer broke RFC 6749 §5.1 (one sentence each)."""

    tokens: Tokens
    violations: tuple[str, ...] = ()


def read_tokens(
    answer: Answer, *, server: str, method: str, arrived: float, requested: tuple[str, ...] = ()
) -> TokenAnswer | Failure:
    """The tokens in ``answer``, or why there are none.

    ``method`` is how the client authenticated, ``arrived`` seconds since the epoch, ``requested`` the scopes asked
    for: they are those granted where the answer says nothing (RFC 6749 §5.1).
    """
    document = _granted(answer, server, method)
    if isinstance(document, Failure):
        return document
    broken: list[str] = _form_notes(answer)
    kind = _token_type(document, broken)
    access = document["access_token"]
    if kind is None:
        told = shown(document.get("token_type"), 40)
        return _failure(answer, server, method, f"the token's type is {told}, which no request here can carry")
    if _SENDABLE.fullmatch(access) is None:
        return _failure(answer, server, method, "the access token has characters no header can carry")
    expires_in = _expires_in(document, broken)
    tokens = Tokens(
        access,
        kind,
        None if expires_in is None else arrived + expires_in,
        _refresh_token(document, broken),
        _scopes(document, requested, broken),
    )
    return TokenAnswer(tokens, tuple(broken))


def read_identity_assertion(answer: Answer, *, server: str, method: str) -> str | Failure:
    """The ID-JAG an identity provider issued in a token exchange (RFC 8693 §2.2.1), or why there is none."""
    document = _granted(answer, server, method)
    if isinstance(document, Failure):
        return document
    issued = document.get("issued_token_type")
    if issued != ID_JAG:
        message = f"the identity provider issued {shown(issued, 80)} where {ID_JAG} was asked for"
        return _failure(answer, server, method, message)
    return str(document["access_token"])


def _granted(answer: Answer, server: str, method: str) -> Mapping[str, Any] | Failure:
    """The members of an answer that has an access token; all its tokens are registered as secrets."""
    if answer.failure is not None:
        return answer.failure
    if is_page(answer):
        return _page(answer, server, method)
    document = members(answer)
    error = None if document is None else OAuthError.of(document)
    if error is not None:
        return _refused(answer, server, method, error)
    if document is None or not answer.ok:
        return _failure(answer, server, method, _unlike_tokens(answer, document))
    for name in ("access_token", "refresh_token", "id_token"):
        if isinstance(document.get(name), str):
            redactor().register(document[name])
    access = document.get("access_token")
    if not isinstance(access, str) or not access.strip():
        return _failure(answer, server, method, f"the token endpoint answered {answer.status} without an access token")
    return document


def _refused(answer: Answer, server: str, method: str, error: OAuthError) -> Failure:
    known = _REFUSALS.get(error.code, _OTHER)
    step = _METHOD_STEP if known is _OTHER and answer.status == 401 else known.next_step
    return replace(
        known,
        message=f"the token endpoint refused: {_said(error, known.class_)}",
        server=server,
        evidence=evidence(answer, error, told=_authenticated(method)),
        next_step=step.format(server=server),
        retryable=is_transient(answer, error),
    )


def _said(error: OAuthError, class_: str) -> str:
    """The server's words, without a code that is the class itself."""
    return error.description if error.code == class_ and error.description else str(error)


def _authenticated(method: str) -> str:
    return "public client, no authentication" if method == "none" else f"client authenticated by {method}"


def as_configured(failure: Failure, client: Client | None, grant: str) -> Failure:
    """``failure``, with the options that name the client where an unknown one is configured: nothing to forget then."""
    if failure.class_ != "client_unknown" or client is None or client.origin != "configured":
        return failure
    how = "" if grant == "authorization_code" else f" --grant {grant}"
    secret = " --oauth-client-secret-env-var NAME" if client.client_secret else ""
    return replace(failure, next_step=f"%mcp login {failure.server} --again{how} --oauth-client-id ID{secret}")


def _page(answer: Answer, server: str, method: str) -> Failure:
    if answer.status in (404, 405):
        return _failure(answer, server, method, f"no token endpoint answers there ({answer.status}, a web page)")
    return Failure(
        "intercepted_html",
        f"something answered {answer.status} with a web page in place of the token endpoint",
        "token",
        server,
        evidence(answer, told=_authenticated(method)),
        f"%mcp login {server} --again  # where that stays so, ask the operator of that address to allow this client",
        is_transient(answer),
    )


def _unlike_tokens(answer: Answer, document: Mapping[str, Any] | None) -> str:
    if 300 <= (answer.status or 0) < 400:
        return f"the token endpoint redirects ({answer.status}), and a token request is not sent elsewhere"
    if document is None:
        kind = shown(answer.headers.get("content-type") or "no content type", 60)
        return f"the token endpoint answered {answer.status} with {kind}, which holds neither tokens nor an error"
    told = shown(document.get("error_description") or document.get("message") or document.get("detail") or "")
    return f"the token endpoint answered {answer.status}" + (f": {told}" if told else " and names no error")


def _failure(answer: Answer, server: str, method: str, message: str) -> Failure:
    step = _METHOD_STEP if answer.status in (400, 401) else "%mcp trace {server}"
    return Failure(
        "token_exchange_failed",
        message,
        "token",
        server,
        evidence(answer, told=_authenticated(method)),
        step.format(server=server),
        is_transient(answer),
    )


def _form_notes(answer: Answer) -> list[str]:
    if answer.document is None:
        return ["the answer is form-encoded, not JSON (RFC 6749 §5.1)"]
    kind = answer.headers.get("content-type", "")
    if is_form(answer) or "json" not in kind.lower():
        return [f"the answer is JSON and calls itself {shown(kind, 60) or 'nothing'} (RFC 6749 §5.1)"]
    return []


def _token_type(document: Mapping[str, Any], broken: list[str]) -> str | None:
    kind = document.get("token_type")
    if not isinstance(kind, str) or not kind.strip():
        broken.append("token_type is missing; taken for Bearer (RFC 6749 §5.1)")
        return "Bearer"
    return _TYPES.get(kind.strip().lower())


def _expires_in(document: Mapping[str, Any], broken: list[str]) -> float | None:
    """Seconds to live, or None where it is not said; what is no such number is taken for unsaid."""
    given = document.get("expires_in")
    if given is None:
        return None
    if isinstance(given, str):
        broken.append("expires_in is a string, not a number (RFC 6749 §5.1)")
    seconds = _number(given)
    if seconds is None or not 0 < seconds <= LONGEST_LIFE:
        broken.append(f"expires_in is {shown(given, 40)}; taken for unsaid (RFC 6749 §5.1)")
        return None
    return seconds


def _number(given: Any) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        seconds = float(given)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None


def _refresh_token(document: Mapping[str, Any], broken: list[str]) -> str | None:
    given = document.get("refresh_token")
    if given is None or (isinstance(given, str) and given.strip()):
        return given
    broken.append("refresh_token is no token; taken for unsaid (RFC 6749 §5.1)")
    return None


def _scopes(document: Mapping[str, Any], requested: tuple[str, ...], broken: list[str]) -> tuple[str, ...]:
    given = document.get("scope")
    if given is None:
        return requested
    if isinstance(given, list):
        broken.append("scope is a list, not a string (RFC 6749 §3.3)")
        return tuple(dict.fromkeys(each for each in given if isinstance(each, str)))
    if not isinstance(given, str):
        broken.append(f"scope is {shown(given, 40)}; taken for unsaid (RFC 6749 §3.3)")
        return requested
    if "," in given and " " not in given.strip() and given not in requested:
        broken.append("scopes are separated by commas, not by spaces (RFC 6749 §3.3)")
        given = given.replace(",", " ")
    return tuple(dict.fromkeys(given.split()))
