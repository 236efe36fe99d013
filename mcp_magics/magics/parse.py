"""A line of ``%mcp`` becomes a :class:`Command`, without any I/O and without evaluating anything.

What the words mean is in ``docs/grammar.md``; what verbs there are in :mod:`mcp_magics.magics.verbs`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from mcp_magics.errors import CommandError
from mcp_magics.magics.meant import quoted
from mcp_magics.magics.missing import missing_word
from mcp_magics.magics.options import OptionReader, Options, refuse_bare_dollar
from mcp_magics.magics.tokens import Line, Token, tokenize
from mcp_magics.magics.verbs import VERBS, Verb, near_verbs

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Assignment", "Command", "Options", "parse", "quoted"]

AssignmentKind = Literal["value", "json", "file", "json_file"]
_ADDRESS = re.compile(r"[^=]*[/{]|[A-Za-z][\w+.-]*:(?!=)")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One argument on a line: ``key=value``, ``key:=JSON``, ``key=@file`` or ``key:=@file.json``.

    ``text`` is the value, the JSON text or the path; ``bare`` tells whether none of it was quoted (only then
    can it be Python); ``column`` counts from 0.
    """

    key: str
    kind: AssignmentKind
    text: str
    bare: bool
    column: int


@dataclass(frozen=True, slots=True)
class Command:
    """A line understood: its verb, the words that are no options, the options and the arguments."""

    verb: Verb
    words: tuple[Token, ...]
    options: Options
    assignments: tuple[Assignment, ...]
    literal: tuple[str, ...] | None
    silenced: bool
    body: str | None
    line: Line

    def word(self, index: int) -> str | None:
        """The text of a word by its place, or None when it was left out."""
        return self.words[index].text if index < len(self.words) else None

    def without(self, *options: str) -> Command:
        """The same line without these options."""
        return replace(self, options=self.options.changed(self.verb, options, ()))

    def asking_anew(self) -> Command:
        """The same line, answered by the server itself and not from what is kept of a list."""
        return replace(self, options=self.options.changed(self.verb, (), ("refresh",)))

    @property
    def shown(self) -> bool:
        """Whether its result is to be shown: not silenced by ``;`` and not ``--quiet``."""
        return not (self.silenced or self.options.flag("quiet"))


def parse(line: str, *, body: str | None = None, servers: Sequence[str] = (), verb: str | None = None) -> Command:
    """The command a line says; ``%%mcp_call X`` is ``parse("X", verb="call", body=…)``.

    ``%mcp`` alone, ``--help`` and ``VERB --help`` are the verb ``help``. Raises ``CommandError`` with the line to
    type instead.
    """
    scanned = tokenize(line)
    known, tokens = _verb(scanned, verb)
    reader = OptionReader(known, scanned, servers)
    rest, options = reader.read(tokens)
    if known.name != "help" and options.flag("help"):
        return _help(known, scanned)
    words, assignments = _arguments(known, scanned, rest)
    _check_words(known, scanned, words, servers)
    _check_literal_and_body(known, scanned, body)
    return Command(known, words, options, assignments, scanned.literal, scanned.silenced, body, scanned)


def _verb(line: Line, preset: str | None) -> tuple[Verb, tuple[Token, ...]]:
    if preset is not None:
        return VERBS[preset], line.tokens
    if not line.tokens:
        return VERBS["help"], ()
    first, *rest = line.tokens
    if first.text in ("--help", "-h"):
        return VERBS["help"], tuple(rest)
    if first.text in VERBS:
        return VERBS[first.text], tuple(rest)
    near = near_verbs(first.text)
    raise line.error(
        f"there is no verb {first.text!r}",
        first.column,
        class_="unknown_verb",
        next_step=f"did you mean {' or '.join(f'%mcp {name}' for name in near)}?" if near else "%mcp (all verbs)",
    )


def _help(verb: Verb, line: Line) -> Command:
    name = Token(verb.name, verb.name, 0, (False,) * len(verb.name), tuple(range(len(verb.name))))
    return Command(VERBS["help"], (name,), Options(VERBS["help"], {}), (), None, line.silenced, None, line)


def _arguments(verb: Verb, line: Line, tokens: Sequence[Token]) -> tuple[tuple[Token, ...], tuple[Assignment, ...]]:
    if not verb.assignments:
        return tuple(tokens), ()
    words: list[Token] = []
    assignments: dict[str, Assignment] = {}
    for token in tokens:
        if _is_awaited_address(verb, len(words), token):
            words.append(token)
            continue
        found = _assignment(line, token, may_be_quoted=bool(words))
        if found is None:
            words.append(token)
        elif found.key in assignments:
            raise line.error(
                f"the argument {found.key!r} is given twice", token.column, next_step="leave one of them out"
            )
        else:
            assignments[found.key] = found
    return tuple(words), tuple(assignments.values())


def _is_awaited_address(verb: Verb, index: int, token: Token) -> bool:
    """Whether a word is a URI that the verb awaits there: one may hold ``=`` without being an argument."""
    awaited = verb.positionals[index] if index < len(verb.positionals) else None
    return awaited is not None and awaited.kind == "uri" and _ADDRESS.match(token.text) is not None


def _assignment(line: Line, token: Token, *, may_be_quoted: bool) -> Assignment | None:
    """The assignment a word is; ``'key=a b'`` quoted as a whole is one too, where no name is awaited."""
    at = token.find("=")
    whole = at < 0 and may_be_quoted and not token.bare and token.raw[0] in "'\""
    if whole:
        at = token.text.find("=")
    if at < 0 or (token.text[0] in "{[" and (whole or not token.quoted[0])):
        return None
    key, value = token.split(at)
    is_json = key.text.endswith(":") and (whole or not key.quoted[-1])
    name = key.text[: -1 if is_json else None]
    if not name:
        raise line.error("a value without its name", token.column, next_step=f"name={value.raw or 'value'}")
    text, kind = value.text, "json" if is_json else "value"
    if text.startswith("@") and not value.quoted[0]:
        text, kind = text[1:], "json_file" if is_json else "file"
    elif is_json and value.raw.startswith('"') and not whole:
        text = value.raw  # key:="x" is the JSON text "x": here the quotes are JSON's
    return Assignment(name, kind, text, value.bare, value.column)  # type: ignore[arg-type]


def _check_words(verb: Verb, line: Line, words: Sequence[Token], servers: Sequence[str]) -> None:
    needed = [positional for positional in verb.positionals if positional.required]
    if len(words) < len(needed):
        raise missing_word(verb, words, servers)
    if len(words) > len(verb.positionals) and not (verb.positionals and verb.positionals[-1].many):
        extra = words[len(verb.positionals)]
        hint = f"an argument is key=value: {extra.text}=…" if verb.assignments else f"%mcp {verb.name} --help"
        raise line.error(f"{verb.name} does not know what to do with {extra.text!r}", extra.column, next_step=hint)
    for positional, word in zip(verb.positionals, words, strict=False):
        _check_word(positional.name, positional.kind, positional.choices, line, word)


def _check_word(name: str, kind: str, choices: Sequence[str], line: Line, word: Token) -> None:
    if kind == "address":
        _refuse_python(line, word)
        if "://" in word.text:
            refuse_bare_dollar(line, word, name)
    if kind == "json" and word.text[:1] not in ("{", "[", "$"):
        raise line.error(
            f"{word.text!r} is no argument", word.column, next_step='key=value words, or one JSON word: {"key": …}'
        )
    if kind == "choice" and word.text not in choices:
        near = get_close_matches(word.text, choices, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(choices)}"
        raise line.error(f"{name} is one of {', '.join(choices)}, not {word.text!r}", word.column, next_step=hint)


def _refuse_python(line: Line, word: Token) -> None:
    """Raise where Python stands for an address: configuration is text, which a file can keep."""
    inner = word.text[1:-1] if word.text.startswith("{") else word.text.removeprefix("$")
    if word.text[:1] == "{" or (word.text[:1] == "$" and inner.isidentifier()):
        raise line.error(
            f"{word.text} is not evaluated here: Python stands only in arguments of a call",
            word.column,
            next_step=f"write the address itself, or from Python: servers.add('NAME', url={inner.strip()})",
        )


def _check_literal_and_body(verb: Verb, line: Line, body: str | None) -> None:
    if line.literal is not None and not verb.takes_literal:
        raise line.error(
            f"-- begins a server's command line, and {verb.name} takes none",
            line.literal_column,
            next_step="quote a word that begins with --, or leave the -- out",
        )
    if body is not None and body.strip() and not verb.takes_body:
        raise CommandError(
            f"{verb.name} takes no body",
            phase="parse",
            next_step=f"%mcp {line.text.strip()} with one percent sign, its code in a cell of its own",
        )
