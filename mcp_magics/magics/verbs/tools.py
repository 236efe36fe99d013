"""The verbs about tools."""

from __future__ import annotations

from mcp_magics.magics.verb import Option, Positional, Verb
from mcp_magics.magics.verbs.common import ASKING, COMMON, COMPARING, LEVELS, LISTING, MAYBE_SERVER, NO_WAIT, TASK, flag

NO_APP = flag("no-app", "do not show the tool's app beside its result")
_TOOL = Positional("SERVER.TOOL", "target")

VERBS = (
    Verb(
        "tools",
        "tools",
        "all tools of a server",
        (MAYBE_SERVER,),
        (*LISTING, *COMMON),
        example="%mcp tools everything",
    ),
    Verb(
        "tool",
        "tools",
        "one tool: schema, annotations and an example call",
        (_TOOL,),
        COMMON,
        example="%mcp tool everything.get-sum",
        synonyms=("describe",),
    ),
    Verb(
        "call",
        "tools",
        "call a tool",
        (_TOOL, Positional("JSON", "json", required=False)),
        (
            *ASKING,
            NO_WAIT,
            TASK,
            flag("raw", "send the body's text as the arguments, as it is"),
            Option("log-level", "LEVEL", "ask for log messages of this level and above", choices=LEVELS),
            NO_APP,
            *COMPARING,
            *COMMON,
        ),
        takes_body=True,
        assignments=True,
        example="%mcp call everything.get-sum a=40 b={n + 1} -o total",
        synonyms=("run", "invoke", "execute"),
    ),
)
