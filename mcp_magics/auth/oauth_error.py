"""What an endpoint of an authorization server says when it refuses (RFC 6749 §5.2), and how that is shown: pure.

All of it is the server's text: cleaned, redacted and cut before it stands in a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.auth.message import Answer

_WIDTH = 300
_PREVIEW = 200
_MAX_FIELDS = 100
_NAMES = 12
_TRANSIENT = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


@dataclass(frozen=True, slots=True)
class OAuthError:
    """An error code, its description and the address of a page about it; the last two may be empty."""

    code: str
    description: str = ""
    uri: str = ""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> OAuthError | None:
        """The error in ``document``, or None where it has no ``error``; objects with a ``message`` are understood."""
        error = document.get("error")
        if error in (None, "", False):
            return None
        told = document.get("error_description") or document.get("message") or document.get("detail") or ""
        if isinstance(error, dict):
            told = error.get("message") or error.get("description") or told
            error = error.get("code") or error.get("type") or error.get("status") or "error"
        return cls(shown(error, 80), shown(told), shown(document.get("error_uri") or ""))

    def __str__(self) -> str:
        """The code and, where there is one, its description."""
        return f"{self.code}: {self.description}" if self.description else self.code


def members(answer: Answer) -> Mapping[str, Any] | None:
    """The members of the answer's body: a JSON object, or else a form (GitHub's default); None where it is neither."""
    document = answer.document
    if document is not None:
        return document
    if is_page(answer) or (not is_form(answer) and not answer.body.startswith((b"access_token=", b"error="))):
        return None
    try:
        pairs = parse_qsl(answer.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return None
    return dict(reversed(pairs)) or None  # of a repeated name the first counts


def is_form(answer: Answer) -> bool:
    """Whether the answer says that it is form-encoded."""
    return answer.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded")


def is_page(answer: Answer) -> bool:
    """Whether the answer is a web page, whatever it says it is."""
    return answer.body[:256].lstrip()[:1] == b"<"


def is_transient(answer: Answer, error: OAuthError | None = None) -> bool:
    """Whether the same request may succeed later."""
    status = answer.status or 0
    return status in (408, 425, 429) or status >= 500 or (error is not None and error.code in _TRANSIENT)


def evidence(answer: Answer, error: OAuthError | None = None, *, told: str = "") -> tuple[str, ...]:
    """Status and address, ``told`` beside them; then the page about the error; then how the body begins.

    A body that may hold tokens (2xx) shows the names of its members only.
    """
    redact = redactor()
    first = f"{answer.status} from {redact.url(answer.url)}" + (f" · {told}" if told else "")
    about = f"see {error.uri}" if error is not None and error.uri else ""
    return tuple(each for each in (first, about, _beginning(answer)) if each)


def shown(value: object, width: int = _WIDTH) -> str:
    """A value of the server's as text on one line, redacted, of at most ``width`` characters."""
    text = value if isinstance(value, str) else str(value)
    return one_line(redactor().text(text[: 4 * _WIDTH]), width)


def _beginning(answer: Answer) -> str:
    if not answer.body.strip():
        return "body: empty"
    found = members(answer) if answer.ok else None
    if found is not None:
        return shown("members: " + (", ".join(str(name) for name in list(found)[:_NAMES]) or "none"), _PREVIEW)
    return shown("body: " + answer.body[: 4 * _WIDTH].decode("utf-8", "replace"), _PREVIEW)
