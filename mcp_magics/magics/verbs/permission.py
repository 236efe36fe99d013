"""The verbs about logging in."""

from __future__ import annotations

from mcp_magics.magics.oauth_options import OAUTH
from mcp_magics.magics.verb import Option, Verb
from mcp_magics.magics.verbs.common import COMMON, SERVER, flag

_HOP = (
    flag("browser", "open the link in this machine's browser"),
    Option("consent", "DECISION", "a script decides: playground servers only", "choice", choices=("approve", "deny")),
    Option("timeout", "SECONDS", "for the browser to come back", "seconds"),
)

VERBS = (
    Verb(
        "login",
        "permission",
        "get a credential: a link, a wait, the tools it unlocks",
        (SERVER,),
        (
            *OAUTH,
            flag("again", "also where a usable credential is there"),
            flag("no-wait", "return at once; it completes in the background"),
            *_HOP,
            *COMMON,
        ),
        example="%mcp login linear",
        synonyms=("signin", "authenticate", "authorize"),
    ),
    Verb(
        "logout",
        "permission",
        "revoke and forget the credential",
        (SERVER,),
        (flag("forget-client", "forget the registered client too"), *COMMON),
        example="%mcp logout linear",
        synonyms=("signout", "revoke"),
    ),
    Verb(
        "auth",
        "permission",
        "the credential: claims, scopes, expiry, where it is",
        (SERVER,),
        COMMON,
        example="%mcp auth linear",
        synonyms=("token", "whoami", "claims"),
    ),
    Verb(
        "oauth",
        "permission",
        "the OAuth flow, one request at a time",
        (SERVER,),
        (*OAUTH, *_HOP, flag("reveal", "show secrets: playground servers only"), *COMMON),
        example="%mcp oauth linear -o flow",
        synonyms=("flow",),
    ),
)
