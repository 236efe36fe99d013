"""What the browser shows at the end of a login: plain pages without script, link or outside resource.

Whatever a server said is cleaned, redacted, cut and escaped before it stands here.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcp_magics.auth.callback import Callback, error_words, shown_uri
from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import escaped, one_line

LONGEST_REASON = 2000

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em;overflow-wrap:anywhere;"
    "color:#1f2328;background:#fff}h1{font-size:1.4em}p{margin:.6em 0}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}}"
)


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The login is complete: the token of ``server`` is here."""

    server: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The login failed after the callback came, for ``reason``: one sentence for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """The token endpoint refused what came of this attempt, and another one follows."""


Outcome = Succeeded | Failed | Repeated
"""How the exchange of a code ended."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer for the browser: HTTP status (RFC 9110 §15), a heading and paragraphs, none of them escaped yet."""

    status: int
    title: str
    paragraphs: tuple[str, ...] = ()

    def html(self) -> bytes:
        """The page as UTF-8."""
        body = "".join(f"<p>{escaped(each)}</p>" for each in self.paragraphs)
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escaped(self.title)}</title>'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<style>{_STYLE}</style></head><body><main><h1>{escaped(self.title)}</h1>{body}</main></body></html>"
        ).encode("utf-8", "replace")


def of_outcome(outcome: Outcome) -> Page:
    """The page that tells how the login ended."""
    if isinstance(outcome, Succeeded):
        where = f"{one_line(outcome.server, 100)} is logged in."
        return Page(200, "Authentication complete", (where, "You may close this window and go back to the notebook."))
    if isinstance(outcome, Repeated):
        return ONCE_MORE
    reason = one_line(redactor().text(outcome.reason), LONGEST_REASON) or "the reason is not known"
    return Page(400, "Login failed", (reason, "The notebook says more. You may close this window."))


def of_error(callback: Callback) -> Page:
    """The page for an error response of the authorization server (RFC 6749 §4.1.2.1)."""
    title, *description = error_words(callback)
    more = [f"More: {where}"] if (where := shown_uri(callback)) else []
    return Page(400, title, (*description, *more, "The notebook says what follows. You may close this window."))


RECEIVED = Page(
    200,
    "Received",
    (
        "Nothing has succeeded yet: what came back has still to be exchanged for a token.",
        "Go back to the notebook: the next step is there (Run step). You may close this window.",
    ),
)
STILL_EXCHANGING = Page(
    202,
    "Received, still exchanging",
    ("The code has arrived and is still being exchanged for a token.", "The notebook will say how that ended."),
)
ONCE_MORE = Page(
    200,
    "Once more",
    (
        "The authorization server refused what was asked for. The notebook asks again, with a new link.",
        "You may close this window.",
    ),
)
NOT_OURS = Page(
    400,
    "Not for this login",
    ("This address does not belong to the login under way; it may be an older one. Nothing was changed.",),
)
ALREADY_USED = Page(
    409,
    "Already used",
    ("This login has had its answer, which is taken once. Nothing was changed.", "The notebook says how it ended."),
)
NOT_LISTENING_YET = Page(400, "No login is under way", ("Nothing was changed.",))
PRESENT = Page(204, "")
NOT_FOUND = Page(400, "Invalid OAuth callback", ("This is not the address a login ends on. Nothing was changed.",))
NOT_ALLOWED = Page(405, "Method not allowed", ("A login ends with a GET request.",))
ENDED = Failed("the login ended before the code was exchanged")


def invalid_callback(why: str) -> Page:
    """The page for a request that is no authorization response."""
    return Page(400, "Invalid OAuth callback", (one_line(redactor().text(why), LONGEST_REASON), "Nothing was changed."))


def refused(status: int) -> Page:
    """The page for a request that was not read to its end."""
    return Page(status, "Request refused", (_REFUSED.get(status, "The request is no HTTP/1.1 request."),))


_REFUSED = {
    408: "The request did not come in time.",
    414: "The address is too long.",
    431: "The request's headers are too large.",
}
