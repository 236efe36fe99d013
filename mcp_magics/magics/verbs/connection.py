"""The verbs about what is running."""

from __future__ import annotations

from mcp_magics.magics.verb import Option, Verb
from mcp_magics.magics.verbs.common import COMMON, LAST, MAYBE_SERVER, PROTOCOL, SERVER, SERVERS, TIMEOUT

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
        (LAST, Option("level", "LEVEL", "this level and above"), *COMMON),
        example="%mcp log everything --last 20",
        synonyms=("logs", "stderr"),
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
