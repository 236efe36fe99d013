"""The verbs to learn with."""

from __future__ import annotations

from mcp_magics.magics.verb import Option, Positional, Verb
from mcp_magics.magics.verbs.common import COMMON, PROTOCOL

VERBS = (
    Verb(
        "playground",
        "learn",
        "servers to learn and test with, on this machine only",
        (
            Positional("ACTION", "choice", choices=("start", "stop", "list")),
            Positional("NAME", "playground", required=False, many=True),
        ),
        (
            Option("port", "N", "where the first one listens", "integer"),
            Option("seed", "N", "the same seed, the same data", "integer"),
            Option("fault", "NAME", "what goes wrong"),
            Option("expiry", "SECONDS", "how long an access token is good (30s, 5m)", "seconds"),
            Option("tokens", "KIND", "what an access token looks like", "choice", choices=("jwt", "opaque")),
            Option("delay", "SECONDS", "how slow a slow fault is", "seconds"),
            Option("transport", "KIND", "how it is spoken to", "choice", choices=("stdio", "http", "sse"), short="t"),
            PROTOCOL,
            *COMMON,
        ),
        example="%mcp playground start shop",
        synonyms=("demo",),
    ),
    Verb(
        "help",
        "learn",
        "this screen, or one verb's",
        (Positional("VERB", "verb", required=False),),
        COMMON,
        example="%mcp help call",
    ),
)
