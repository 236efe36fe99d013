"""A line that lacks a word: what is missing, and the line that has it, with the servers there are. Pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from mcp_magics.errors import CommandError
from mcp_magics.magics.meant import quoted
from mcp_magics.magics.usage import usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.magics.tokens import Token
    from mcp_magics.magics.verb import Positional, Verb

_SHOWN = 3  # servers that a line is shown with
_ADDING = "%mcp add NAME -- COMMAND, or %mcp add NAME https://…"
_LISTED_BY = {"read": "resources", "skill": "skills"}
"""The verb for one → the verb that lists what it takes."""


def missing_word(verb: Verb, words: Sequence[Token], servers: Sequence[str]) -> CommandError:
    """The error for a line without a word its verb needs; ``words`` are those it has."""
    needed = [positional for positional in verb.positionals if positional.required]
    return CommandError(
        f"{verb.name} needs {needed[len(words)].name}",
        phase="parse",
        evidence=(f"usage: {usage(verb)}",),
        next_step=_begun(verb, needed, words, servers) if words else _from_nothing(verb, needed, servers),
    )


def _from_nothing(verb: Verb, needed: Sequence[Positional], servers: Sequence[str]) -> str:
    first, *others = needed
    if first.kind not in ("server", "target"):
        return verb.example
    item = first.name.partition(".")[2]
    rest = "".join(f" {each.name}" for each in others)
    lines = [f"%mcp {verb.name} {quoted(name)}{f'.{item}' if item else ''}{rest}" for name in servers[:_SHOWN]]
    return ", or ".join(lines) or _ADDING


def _begun(verb: Verb, needed: Sequence[Positional], words: Sequence[Token], servers: Sequence[str]) -> str:
    name, said = words[0].text, words[0].raw
    if needed[0].kind == "target" and name in servers:
        return f"%mcp prompts {said}, or %mcp templates {said}" if verb.name == "complete" else f"%mcp tools {said}"
    if needed[0].kind == "server" and name not in servers and (near := get_close_matches(name, servers, n=1)):
        said = quoted(near[0])
    rest = [*(word.raw for word in words[1:]), *(each.name for each in needed[len(words) :])]
    line = " ".join(["%mcp", verb.name, said, *rest])
    listing = _LISTED_BY.get(verb.name)
    return f"%mcp {listing} {said} lists them; then {line}" if listing else line
