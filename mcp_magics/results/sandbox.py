"""A document of a server, shown where it can do nothing.

An ``iframe`` with an empty ``sandbox`` and a content security policy that forbids every request (WHATWG HTML §4.8.5,
CSP Level 3). The policy says nothing of connections opened in advance; elements that ask for them become unknown ones.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from mcp_magics.results.sanitise import escaped

POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; media-src data:; '
    "style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'\">"
    '<meta http-equiv="x-dns-prefetch-control" content="off">'
)
"""What stands before the document, of the room it has."""
_FETCHING = re.compile(r"<(?=(?:link|i?frame|frameset|object|embed|portal|fencedframe)[\s/>])", re.IGNORECASE)
"""Elements for which Chromium 156 opens a connection, though the policy then forbids the request."""


def framed(source: str, title: str, cut: Callable[[str], str] = str) -> tuple[str, int]:
    """``source`` in its frame, as much of it as ``cut`` leaves, and how many characters are missing."""
    inert = _FETCHING.sub("<x-", _encodable(source))
    shown = cut(inert)
    style = "width:100%;height:24em;border:1px solid #8888;background:#fff;color-scheme:light"
    document = html.escape(POLICY + shown)
    name = f'title="{escaped(title)}"'
    frame = f'<iframe {name} sandbox="" referrerpolicy="no-referrer" style="{style}" srcdoc="{document}"></iframe>'
    return frame, len(inert) - len(shown)


def _encodable(text: str) -> str:
    """The text without lone surrogates, which no front end could be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")
