"""The verbs about resources and prompts."""

from __future__ import annotations

from mcp_magics.magics.verb import Positional, Verb
from mcp_magics.magics.verbs.common import ASKING, COMMON, COMPARING, LISTING, NO_WAIT, REFRESH, SERVER, flag

_PROMPT = Positional("SERVER.PROMPT", "target")

VERBS = (
    Verb(
        "resources",
        "content",
        "all resources of a server",
        (SERVER,),
        (*LISTING, *COMMON),
        example="%mcp resources everything",
    ),
    Verb(
        "templates",
        "content",
        "all resource templates of a server",
        (SERVER,),
        (*LISTING, *COMMON),
        example="%mcp templates everything",
    ),
    Verb(
        "read",
        "content",
        "read a resource; a template's variables are arguments",
        (SERVER, Positional("URI", "uri")),
        (*ASKING, REFRESH, NO_WAIT, *COMPARING, *COMMON),
        takes_body=True,
        assignments=True,
        example="%mcp read everything demo://resource/static/document/features.md",
    ),
    Verb(
        "prompts",
        "content",
        "all prompts of a server",
        (SERVER,),
        (*LISTING, *COMMON),
        example="%mcp prompts everything",
    ),
    Verb(
        "prompt",
        "content",
        "get a prompt",
        (_PROMPT, Positional("JSON", "json", required=False)),
        (*ASKING, NO_WAIT, *COMPARING, *COMMON),
        takes_body=True,
        assignments=True,
        example="%mcp prompt everything.args-prompt city=Paris",
    ),
    Verb(
        "complete",
        "content",
        "what the server suggests for an argument",
        (
            Positional("SERVER.PROMPT", "target"),
            Positional("TEMPLATE", "uri", required=False),
            Positional("ARGUMENT", "text"),
            Positional("PREFIX", "text", required=False),
        ),
        (*ASKING, *COMMON),
        assignments=True,
        example="%mcp complete everything.completable-prompt department E",
    ),
    Verb(
        "skills",
        "content",
        "all skills of a server, without fetching their files",
        (SERVER,),
        (*LISTING, *COMMON),
        example="%mcp skills docs",
    ),
    Verb(
        "skill",
        "content",
        "load a skill, or one of its files, verified against its entry",
        (SERVER, Positional("URI", "text"), Positional("FILE", "text", required=False)),
        (*ASKING, flag("refresh", "ask the server for its entry again"), *COMMON),
        example="%mcp skill docs skill://git-workflow/SKILL.md",
    ),
)
