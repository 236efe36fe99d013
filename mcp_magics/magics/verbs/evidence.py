"""The verbs about what went over the wire."""

from __future__ import annotations

from mcp_magics.magics.verb import Option, Verb
from mcp_magics.magics.verbs.common import COMMON, LAST, MAYBE_SERVER, flag

VERBS = (
    Verb(
        "trace",
        "evidence",
        "what went over the wire",
        (MAYBE_SERVER,),
        (
            LAST,
            Option("id", "N", "one message whole, with its answer or its request", "integer"),
            flag("live", "messages as they pass, where a page is there to show them"),
            *COMMON,
        ),
        example="%mcp trace everything --last 10",
        synonyms=("journal", "wire", "history"),
    ),
)
