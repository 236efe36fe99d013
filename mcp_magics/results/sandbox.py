"""A document of a server, shown where it can do nothing.

An ``iframe`` with an empty ``sandbox`` and a content security policy that forbids every request (WHATWG HTML §4.8.5,
CSP Level 3).
"""

from __future__ import annotations

import html
from collections.abc import Callable

POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; media-src data:; '
    "style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'\">"
)
"""What stands before the document, of the room it has."""


def framed(source: str, cut: Callable[[str], str] = str) -> tuple[str, int]:
    """``source`` in its frame, as much of it as ``cut`` leaves, and how many characters are missing."""
    shown = cut(_encodable(source))
    style = "width:100%;height:24em;border:1px solid #ccc;background:#fff"
    document = html.escape(POLICY + shown)
    frame = f'<iframe sandbox="" referrerpolicy="no-referrer" style="{style}" srcdoc="{document}"></iframe>'
    return frame, len(source) - len(shown)


def _encodable(text: str) -> str:
    """The text without lone surrogates, which no front end could be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")
