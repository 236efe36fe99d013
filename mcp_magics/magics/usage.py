"""What ``%mcp`` and ``%mcp VERB --help`` say: written from the table of verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.magics.verbs import GROUPS, VERBS

if TYPE_CHECKING:
    from mcp_magics.magics.verb import Option, Positional, Verb

_SCREEN = """\
%mcp VERB [SERVER[.ITEM]] [options]              %mcp VERB --help shows one verb, with an example

{verbs}

key=value              text where the tool takes text, else the JSON it spells, else as typed
key:=JSON              JSON as it is        key=@FILE, key:=@FILE.json   from a file
$name  {{expression}}    a Python value, unquoted and whole; what stands in quotes is never evaluated
-o NAME  --quiet  --json  --save FILE  ;        store, hide, print as JSON, write, silence

%%mcp_call SERVER.TOOL takes its arguments from the cell: YAML 1.2, JSON, or python: EXPRESSION

%mcp add everything -- npx -y @modelcontextprotocol/server-everything
%mcp tools everything
%mcp call everything.get-sum a=40 b=2"""


def help_text(verb: str | None = None) -> str:
    """One screen (24 lines of 100 columns) about all verbs, or what there is to say about one.

    Raises ``KeyError`` for a name that is no verb.
    """
    if verb is None:
        rows = [f"{group:<12}{' '.join(each.name for each in verbs)}" for group, verbs in GROUPS.items()]
        return _SCREEN.format(verbs="\n".join(rows))
    return _one(VERBS[verb])


def usage(verb: Verb) -> str:
    """The one line that shows what a verb takes."""
    words = [positional.shown for positional in verb.positionals]
    more = ["[key=value…]"] if verb.assignments else []
    literal = ["[-- COMMAND ARG…]"] if verb.takes_literal else []
    return " ".join(["%mcp", verb.name, *words, *more, "[options]", *literal])


def _one(verb: Verb) -> str:
    body = [f"%%mcp {verb.name} takes the cell below it as its body."] if verb.takes_body else []
    words = [_word_line(positional) for positional in verb.positionals if positional.summary or positional.choices]
    options = [_option_line(option) for option in verb.options]
    told = [*words, ""] if words else []
    head = [f"{usage(verb)}\n    {verb.summary}", *body, ""]
    return "\n".join([*head, *told, *options, "", f"example: {verb.example}"])


def _word_line(positional: Positional) -> str:
    summary = " ".join(filter(None, (positional.summary, " | ".join(positional.choices))))
    return f"  {positional.name:<32}  {summary}"


def _option_line(option: Option) -> str:
    spellings = ", ".join(option.spellings[: 2 if option.short else 1])
    choices = f": {' | '.join(option.choices)}" if option.choices else ""
    repeated = " (may be repeated)" if option.kind in ("many", "pairs", "words") else ""
    return f"  {f'{spellings} {option.metavar}'.rstrip():<32}  {option.summary}{choices}{repeated}"
