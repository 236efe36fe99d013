"""The verbs about any message."""

from __future__ import annotations

from mcp_magics.magics.verb import Option, Positional, Verb
from mcp_magics.magics.verbs.common import ASKING, COMMON, COMPARING, NO_WAIT, SERVER, flag

VERBS = (
    Verb(
        "handle",
        "messages",
        "have a function answer what servers ask; alone: all handlers",
        (
            Positional(
                "KIND",
                "kind",
                required=False,
                choices=("elicitation", "sampling", "roots", "connected"),
                summary="a method (notifications/mine), or",
            ),
            Positional(
                "FUNCTION", "python", required=False, summary="a name, {expression}; of roots paths and URIs too"
            ),
            Positional("SERVER", "server", required=False, many=True, summary="only for these; every server if none"),
        ),
        (
            flag("remove", "forget the handlers of this kind, server and capability"),
            Option("server", "SERVER", "for this server only", "many"),
            Option("capability", "NAME", "only for servers that declare it"),
            *COMMON,
        ),
        example="%mcp handle elicitation my_function",
        synonyms=("handler", "handlers", "on", "elicitation", "sampling", "roots"),
    ),
    Verb(
        "request",
        "messages",
        "any request, its result as it came",
        (SERVER, Positional("METHOD", "text"), Positional("JSON", "json", required=False)),
        (
            *ASKING,
            NO_WAIT,
            flag("raw", "send the body's text as the params, as it is"),
            *COMPARING,
            *COMMON,
        ),
        takes_body=True,
        example='%mcp request everything tools/call {"name": "echo", "arguments": {"message": "hi"}}',
    ),
    Verb(
        "notify",
        "messages",
        "any notification; there is no answer, and no order to requests",
        (SERVER, Positional("METHOD", "text"), Positional("JSON", "json", required=False)),
        (flag("dry-run", "show the message and send nothing"), *COMMON),
        takes_body=True,
        example="%mcp notify everything notifications/roots/list_changed",
    ),
)
