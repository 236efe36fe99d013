"""The authorization response as it reaches the redirect URI (RFC 6749 §4.1.2): a value, and pure reading of it.

``state`` is looked at before anything else, in errors too: what does not carry ours is not about our login, and any
page in the browser could have sent it (RFC 6749 §10.12, RFC 9700 §4.7).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mcp_magics.auth.address import is_loopback
from mcp_magics.errors import Failure, MCPMagicsError
from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import is_clickable, one_line

if TYPE_CHECKING:
    from typing import Self

PARAMETERS = ("code", "state", "iss", "error", "error_description", "error_uri")
"""The parameters of RFC 6749 §4.1.2, §4.1.2.1 and RFC 9207 §2; all others are ignored, as §4.1.2 wants."""
MAX_PARAMETERS = 100
LONGEST_SHOWN = 500
_DENIALS = {
    "access_denied": ("access_denied", "%mcp login {server}"),
    "invalid_scope": ("scope_rejected", "%mcp login {server} --scopes SCOPE,SCOPE"),
    "invalid_target": ("audience_rejected", "%mcp login {server} --oauth-resource URL"),
}
"""The error codes of RFC 6749 §4.1.2.1 and RFC 8707 §2 that have a class of their own, and what to type next."""


@dataclass(frozen=True, slots=True)
class Callback:
    """An authorization response; an empty parameter counts as left out (RFC 6749 §3.1).

    Nothing is registered as secret by reading it: a stranger may send thousands. :meth:`kept` does that.
    """

    code: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    iss: str | None = None
    error: str | None = None
    error_description: str | None = None
    error_uri: str | None = None

    def accepts(self, expected_state: str) -> bool:
        """Whether it answers the request that carried ``expected_state``, compared in constant time."""
        given = (self.state or "").encode("utf-8", "surrogatepass")
        return bool(expected_state) and compare_digest(given, expected_state.encode("utf-8", "surrogatepass"))

    @property
    def complete(self) -> bool:
        """Whether it says anything: a code, or an error."""
        return self.code is not None or self.error is not None

    def kept(self) -> Self:
        """The same, its code and state known as secrets from now on."""
        for secret in (self.code, self.state):
            if secret:
                redactor().register(secret)
        return self


def parse_callback(query: str) -> Callback:
    """The authorization response in ``query`` (without ``?``); raises ``MCPMagicsError`` of class ``callback_invalid``.

    A parameter that comes twice is refused (RFC 6749 §3.1): two readers could each believe another one.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="replace")
    except ValueError:
        raise invalid(f"it has more than {MAX_PARAMETERS} parameters") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in PARAMETERS and name in found:
            raise invalid(f"the parameter {name} comes twice")
        if name in PARAMETERS:
            found[name] = value
    return Callback(**{name: value or None for name, value in found.items()})


def invalid(why: str, next_step: str = "") -> MCPMagicsError:
    """The error of an authorization response that cannot be used."""
    return MCPMagicsError(
        f"this is no OAuth callback that can be used: {why}",
        class_="callback_invalid",
        phase="login",
        next_step=next_step,
    )


def denial(callback: Callback, server: str) -> Failure:
    """What an error response means (RFC 6749 §4.1.2.1): the server's words, cleaned, redacted and cut."""
    class_, step = _DENIALS.get(callback.error or "", ("authorization_failed", "%mcp login {server}"))
    evidence = [f"more: {where}"] if (where := shown_uri(callback)) else []
    return Failure(
        class_,
        _refusal_in_words(callback, class_),
        "login",
        server,
        tuple(evidence),
        step.format(server=server),
        retryable=True,
    )


def _refusal_in_words(callback: Callback, class_: str) -> str:
    """The server's words, without a code that is the class itself."""
    if callback.error != class_:
        return ": ".join(error_words(callback))
    return f"the authorization server refused: {_shown(callback.error_description or 'it gives no reason')}"


def error_words(callback: Callback) -> list[str]:
    """``OAuth error: CODE`` and the decoded description, if there is one."""
    words = [f"OAuth error: {_shown(callback.error or 'unknown')}"]
    return [*words, _shown(callback.error_description)] if callback.error_description else words


def shown_uri(callback: Callback) -> str | None:
    """The ``error_uri``, if it is an http or https address; it is shown as text and never as a link."""
    uri = callback.error_uri or ""
    return _shown(uri) if is_clickable(uri) and not uri.lower().startswith("mailto:") else None


def same_place(pasted: str, expected: str) -> bool:
    """Whether two hosts are one: equal, or both this machine under two of its names."""
    return pasted == expected or (is_loopback(pasted) and is_loopback(expected))


def _shown(text: str) -> str:
    return one_line(redactor().text(text), LONGEST_SHOWN)
