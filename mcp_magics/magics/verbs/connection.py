"""The verbs about what is running."""

from __future__ import annotations

from mcp_magics.magics.verb import Option, Positional, Verb
from mcp_magics.magics.verbs.common import COMMON, LAST, LEVELS, MAYBE_SERVER, PROTOCOL, SERVER, SERVERS, TIMEOUT, flag

VERBS = (
    Verb(
        "connect",
        "connection",
        "connect to servers",
        (SERVERS,),
        (PROTOCOL, *COMMON),
        example="%mcp connect everything",
        synonyms=("start", "open"),
    ),
    Verb(
        "disconnect",
        "connection",
        "end connections and the processes behind them",
        (SERVERS,),
        COMMON,
        example="%mcp disconnect everything",
        synonyms=("stop", "close", "kill"),
    ),
    Verb(
        "restart",
        "connection",
        "disconnect, then connect",
        (SERVERS,),
        COMMON,
        example="%mcp restart everything",
        synonyms=("reconnect", "reload"),
    ),
    Verb(
        "status",
        "connection",
        "connections and their process trees",
        (SERVERS,),
        COMMON,
        example="%mcp status",
        synonyms=("ps", "health"),
    ),
    Verb(
        "log",
        "connection",
        "server messages and stderr, on one clock",
        (MAYBE_SERVER,),
        (
            LAST,
            Option("level", "LEVEL", "this level and above", choices=LEVELS),
            Option("set", "LEVEL", "ask the server for messages of this level and above, or off", choices=LEVELS),
            *COMMON,
        ),
        example="%mcp log everything --last 20",
        synonyms=("logs", "stderr"),
    ),
    Verb(
        "subscribe",
        "connection",
        "show a resource again whenever its server says it has changed",
        (SERVER, Positional("URI", "text", required=False)),
        (flag("off", "end it, or all of the server"), *COMMON),
        example="%mcp subscribe everything demo://resource/static/document/features.md -o features",
        synonyms=("watch", "follow", "listen", "unsubscribe"),
    ),
    Verb(
        "violations",
        "connection",
        "what a server broke of the specification so far",
        (SERVER,),
        COMMON,
        example="%mcp violations everything",
        synonyms=("breaches", "conformance"),
    ),
    Verb(
        "ping",
        "connection",
        "how long a round trip takes",
        (SERVER,),
        (TIMEOUT, *COMMON),
        example="%mcp ping everything",
    ),
)
