"""The verbs that draw what there is to see."""

from __future__ import annotations

from mcp_magics.magics.verb import Option, Verb
from mcp_magics.magics.verbs.common import COMMON, LAST, MAYBE_SERVER

VERBS = (
    Verb(
        "diagram",
        "look",
        "a sequence diagram of what went over the wire",
        (MAYBE_SERVER,),
        (
            LAST,
            Option("from", "N", "begin with message N of the wire log", "integer"),
            Option("to", "N", "end with message N of the wire log", "integer"),
            *COMMON,
        ),
        example="%mcp diagram everything --last 20",
        synonyms=("sequence", "draw", "mermaid"),
    ),
)
