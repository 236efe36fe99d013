"""An address a server wants a person to open (URL mode elicitation): what to know before one agrees.

Nothing is fetched and nothing is opened here. Source: client/elicitation, "URL mode": the whole address and the host
are shown, hosts that may be mistaken for others are pointed out, and consent comes first.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from mcp_magics.auth.address import browser_refusal, is_loopback, is_private, split
from mcp_magics.results.sanitise import clean, is_clickable


@dataclass(frozen=True, slots=True)
class Visit:
    """``address`` and ``host`` as they may be shown; ``refusal`` is why it must not be opened from here, or empty."""

    address: str
    host: str
    refusal: str = ""
    warnings: tuple[str, ...] = ()


def visit_of(url: object) -> Visit:
    """What a person has to know of ``url``, whatever a server put there."""
    if not isinstance(url, str):
        return Visit(clean(repr(url)[:2000]), "", "it is no URL")
    parts = split(url)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    refusal = browser_refusal(url, "") or ("" if is_clickable(url) else "it holds characters that no URL has")
    shown = f"{clean(host)}:{port}" if port else clean(host)
    return Visit(clean(url), shown, refusal, tuple(_warnings(host)))


def _warnings(host: str) -> list[str]:
    found = []
    if not host.isascii() or any(label.startswith("xn--") for label in host.split(".")):
        found.append(f"the host is written in other letters and may look like another one: {_both(host)}")
    if host and is_private(host):
        found.append("the host is this machine" if is_loopback(host) else "the host is in a private network")
    return found


def _both(host: str) -> str:
    """A host in the letters people see and in those that travel (RFC 5891, RFC 3492)."""
    try:
        ascii_form = host.encode("idna").decode("ascii")
        seen = ascii_form.encode("ascii").decode("idna")
    except UnicodeError:
        return clean(host)
    scripts = sorted({unicodedata.name(char, "?").split()[0] for char in seen if char.isalpha() and not char.isascii()})
    return f"{clean(seen)} is {ascii_form}" + (f" ({', '.join(scripts)})" if scripts else "")
