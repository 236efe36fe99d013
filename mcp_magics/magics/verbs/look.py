"""The verbs that draw what there is to see."""

from __future__ import annotations

from mcp_magics.magics.verb import Option, Positional, Verb
from mcp_magics.magics.verbs.common import COMMON, LAST, MAYBE_SERVER, SERVERS

VERBS = (
    Verb(
        "browse",
        "look",
        "everything servers offer, to filter, to fill in and to run",
        (SERVERS,),
        COMMON,
        example="%mcp browse everything",
        synonyms=("explore", "find", "search"),
    ),
    Verb(
        "form",
        "look",
        "one tool's arguments as a form, and the cell that says the same",
        (Positional("SERVER.TOOL", "target"),),
        COMMON,
        example="%mcp form everything.get-sum",
        synonyms=("fill",),
    ),
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
