"""The pages of the authorization endpoint: plain HTML forms, no script, everything a client said escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from mcp_magics.playground.authorization.codes import AuthorizationRequest

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; color: #1f2937; }
h1 { font-size: 1.4rem; } dt { font-weight: 600; } dd { margin: 0 0 .75rem; overflow-wrap: anywhere; }
button { font: inherit; padding: .5rem 1.25rem; border: 1px solid #1f2937; border-radius: .375rem; background: #fff; }
button.approve { background: #1d4ed8; border-color: #1d4ed8; color: #fff; }
button:focus-visible { outline: 3px solid #f59e0b; outline-offset: 2px; }
"""
_SCOPE_MEANINGS = {
    "shop:read": "look at the shelves",
    "shop:write": "place orders",
    "offline_access": "stay logged in",
}


def consent_page(request: AuthorizationRequest, name: str, action: str) -> str:
    """The page that asks a person; its form posts the ``name`` of the request and the decision to ``action``."""
    client = request.client
    scopes = "".join(f"<li>{_scope(scope)}</li>" for scope in request.scopes) or "<li>nothing in particular</li>"
    facts = (
        ("Client", f"{escape(client.name)} <small>({escape(client.client_id)})</small>"),
        ("Wants to", f"<ul>{scopes}</ul>"),
        ("At", escape(request.resource)),
        ("Sends you back to", escape(urlsplit(request.redirect_uri).netloc or request.redirect_uri)),
    )
    listed = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in facts)
    form = (
        f'<form method="post" action="{escape(action)}">'
        f'<input type="hidden" name="request" value="{escape(name)}">'
        '<button type="submit" class="approve" name="decision" value="approve">Approve</button> '
        '<button type="submit" name="decision" value="deny">Deny</button></form>'
    )
    title = f"Allow {client.name}?"
    note = "<p>This is the mcp_magics playground: a lesson on this machine. There is no password.</p>"
    return _page(title, f"<dl>{listed}</dl>{form}{note}")


def error_page(error: str, description: str) -> str:
    """The page for an authorization request that cannot be sent back to its client."""
    return _page("This authorization request is wrong", f"<p><b>{escape(error)}</b>: {escape(description)}</p>")


def _scope(scope: str) -> str:
    meaning = _SCOPE_MEANINGS.get(scope)
    return f"{escape(meaning)} <small>({escape(scope)})</small>" if meaning else escape(scope)


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
