"""The options of a command: read from its words, checked, and handed out by type."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, cast

from mcp_magics.magics.tokens import Line, Token

if TYPE_CHECKING:
    from mcp_magics.errors import CommandError
    from mcp_magics.magics.verb import Option, Verb

Value = str | int | float | bool | tuple[str, ...] | tuple[tuple[str, str], ...] | tuple[Token, ...]

_SECONDS = re.compile(r"(\d+\.?\d*|\.\d+)(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BARE_DOLLAR = re.compile(r"(?<!\$)\$([A-Za-z_][A-Za-z0-9_]*)")
_ANY_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_CLASS_WORD = re.compile(r"[a-z][a-z0-9_]*|-?\d+|[A-Z][A-Za-z]*Error")
"""A class of the catalogue, a JSON-RPC code, or an exception's name."""


class Options:
    """What was given, by an option's name without dashes; an option the verb does not have is a ``KeyError``."""

    def __init__(self, verb: Verb, values: Mapping[str, Value]) -> None:
        self._known = frozenset(option.name for option in verb.options)
        self._values = dict(values)

    def __repr__(self) -> str:
        return f"Options({self._values!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Options) and self._values == other._values

    __hash__ = None  # type: ignore[assignment]

    def given(self, name: str) -> bool:
        """Whether the option stands on the line, with a value or without."""
        return self._get(name) is not None

    def flag(self, name: str) -> bool:
        """Whether the flag stands on the line."""
        return self._get(name) is True

    def text(self, name: str) -> str | None:
        """The text or choice given; ``""`` for an optional value that was left out; None when not given."""
        return cast("str | None", self._get(name))

    def integer(self, name: str) -> int | None:
        """The whole number given, or None."""
        return cast("int | None", self._get(name))

    def seconds(self, name: str) -> float | None:
        """The duration given, in seconds, always more than 0; None where there is none, or an optional one left out."""
        return cast("float | None", self._get(name) or None)

    def many(self, name: str) -> tuple[str, ...]:
        """Every value given, in order; for ``a,b,c`` its parts."""
        return cast("tuple[str, ...]", self._get(name) or ())

    def words(self, name: str) -> tuple[Token, ...]:
        """Every value given, in order, as it stands on the line: what is not quoted may be Python."""
        return cast("tuple[Token, ...]", self._get(name) or ())

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Every ``(key, value)`` given, in order."""
        return cast("tuple[tuple[str, str], ...]", self._get(name) or ())

    def __contains__(self, name: object) -> bool:
        """Whether the verb has such an option at all."""
        return name in self._known

    def changed(self, verb: Verb, leaving: Sequence[str], adding: Sequence[str]) -> Options:
        """The same without some, and with the flags ``adding`` that ``verb`` has."""
        values = {name: value for name, value in self._values.items() if name not in leaving}
        return Options(verb, values | {name: True for name in adding if name in self._known})

    def _get(self, name: str) -> Value | None:
        if name not in self._known:
            raise KeyError(name)
        return self._values.get(name)


class OptionReader:
    """Takes the options out of a line's words; what it leaves are the verb's words and arguments."""

    def __init__(self, verb: Verb, line: Line, servers: Sequence[str]) -> None:
        self._verb, self._line, self._servers = verb, line, servers
        self._values: dict[str, Value] = {}

    def read(self, tokens: Sequence[Token]) -> tuple[tuple[Token, ...], Options]:
        """The tokens that are no options, and the options; ``CommandError`` for what the verb does not know."""
        words: list[Token] = []
        waiting = list(reversed(tokens))
        while waiting:
            token = waiting.pop()
            if is_option(token):
                self._take(token, waiting)
            else:
                words.append(token)
        return tuple(words), Options(self._verb, self._values)

    def _take(self, token: Token, waiting: list[Token]) -> None:
        equals = token.find("=") if token.text.startswith("--") else -1
        name, given = token.split(equals) if equals >= 0 else (token, None)
        option = self._verb.option(name.text)
        if option is None:
            raise self._unknown(name)
        if option.kind == "flag":
            if given is not None:
                raise self._line.error(
                    f"{name.text} takes no value", given.column, next_step=f"write {name.text} alone, or leave it out"
                )
            self._values[option.name] = True
            return
        value = given or self._next(option, name, waiting)
        if option.kind not in ("many", "pairs", "list", "words") and option.name in self._values:
            raise self._line.error(f"{name.text} is given twice", token.column, next_step="leave one of them out")
        self._values[option.name] = "" if value is None else self._value(option, value)

    def _next(self, option: Option, name: Token, waiting: list[Token]) -> Token | None:
        if option.kind in ("optional", "span"):
            may_follow = self._is_class if option.kind == "optional" else self._is_span
            if option.kind == "span" and waiting and self._is_meant_as_span(waiting[-1]):
                raise self._wrong(option, waiting[-1], "a number of seconds above 0, or nothing", "30")
            return waiting.pop() if waiting and may_follow(waiting[-1]) else None
        if not waiting or (waiting[-1].text.startswith("--") and is_option(waiting[-1])):
            raise self._line.error(
                f"{name.text} needs a value: {name.text} {option.metavar}",
                name.column + len(name.raw),
                next_step=f"{name.text} {option.metavar} ({option.summary}); quote a value that begins with --",
            )
        return waiting.pop()

    def _is_class(self, token: Token) -> bool:
        return token.bare and bool(_CLASS_WORD.fullmatch(token.text)) and token.text not in self._servers

    def _is_span(self, token: Token) -> bool:
        return token.bare and bool(_SECONDS.fullmatch(token.text)) and token.text not in self._servers

    def _is_meant_as_span(self, token: Token) -> bool:
        """Whether a word can be nothing but a duration that is none: no server, no ``SERVER.ITEM``, no argument."""
        if not token.bare or is_option(token) or token.text in self._servers or _SECONDS.fullmatch(token.text):
            return False
        return "=" not in token.text and bool(re.fullmatch(r"[\w-]+|\d.*", token.text))

    def _value(self, option: Option, token: Token) -> Value:
        self._refuse_dollar(option, token)
        earlier = cast("tuple[Any, ...]", self._values.get(option.name, ()))
        match option.kind:
            case "many":
                return (*earlier, token.text)
            case "words":
                return (*earlier, token)
            case "list":
                return (*earlier, *(part.strip() for part in token.text.split(",") if part.strip()))
            case "pairs":
                return (*earlier, self._pair(option, token))
            case _:
                return self._single(option, token)

    def _single(self, option: Option, token: Token) -> Value:
        match option.kind:
            case "integer":
                return self._integer(option, token)
            case "seconds" | "span":
                return self._duration(option, token)
            case "variable" if not token.text.isidentifier() or iskeyword(token.text):
                raise self._wrong(option, token, "the name of a variable", "total")
            case "choice":
                return self._choice(option, token)
            case _:
                return token.text

    def _integer(self, option: Option, token: Token) -> int:
        if not re.fullmatch(r"[+-]?\d{1,18}", token.text):
            raise self._wrong(option, token, "a whole number", "10")
        return int(token.text)

    def _duration(self, option: Option, token: Token) -> float:
        found = _SECONDS.fullmatch(token.text)
        seconds = float(found[1]) * _UNITS[found[2] or "s"] if found else 0.0
        if not 0 < seconds < math.inf:
            raise self._wrong(option, token, "a number of seconds above 0", "30")
        return seconds

    def _choice(self, option: Option, token: Token) -> str:
        if token.text not in option.choices:
            meant = [word for said, word in option.meant if said == token.text]
            near = meant or difflib.get_close_matches(token.text, option.choices, n=1, cutoff=0.5)
            raise self._wrong(option, token, "one of " + ", ".join(option.choices), (near or option.choices)[0])
        return token.text

    def _pair(self, option: Option, token: Token) -> tuple[str, str]:
        at = min((i for i in map(token.text.find, option.separators) if i > 0), default=-1)
        key, value = token.text[:at].strip(), token.text[at + 1 :]
        if at < 0 or not key:
            raise self._wrong(option, token, option.metavar.strip("'"), option.metavar)
        return key, value if option.separators == "=" else value.strip()

    def _wrong(self, option: Option, token: Token, wanted: str, example: str) -> CommandError:
        return self._line.error(
            f"--{option.name} takes {wanted}, not {token.text!r}",
            token.column,
            next_step=f"--{option.name} {example}",
        )

    def _refuse_dollar(self, option: Option, token: Token) -> None:
        if option.holds == "configuration":
            refuse_bare_dollar(self._line, token, f"--{option.name}")
        name = token.text.rpartition(":")[2].strip() if option.kind == "pairs" else token.text
        if option.holds == "variable" and (found := _ANY_VARIABLE.fullmatch(name)):
            raise self._line.error(
                f"--{option.name} takes the name of a variable, not its value",
                token.column,
                next_step=f"--{option.name} {found[1]}",
            )

    def _unknown(self, name: Token) -> CommandError:
        return self._line.error(
            f"{self._verb.name} has no option {name.text}",
            name.column,
            class_="unknown_option",
            next_step=self._instead(name.text),
        )

    def _instead(self, name: str) -> str:
        longer = [each for each in self._verb.spellings if name.startswith("--") and each.startswith(name)]
        if near := longer or difflib.get_close_matches(name, self._verb.spellings, n=2, cutoff=0.6):
            return f"did you mean {' or '.join(near)}?"
        if self._verb.takes_literal and self._line.literal is None:
            return f"put -- before a command's own words: {self._verb.example}"
        return f"%mcp {self._verb.name} --help; quote a word that begins with -"


def is_option(token: Token) -> bool:
    """Whether a word is an option: it begins with an unquoted ``-`` and is more than a number or a dash."""
    if not token.text.startswith("-") or token.quoted[0]:
        return False
    return len(token.text) > 1 and not token.text[1].isdigit()


def refuse_bare_dollar(line: Line, token: Token, what: str) -> None:
    """Raise where a configuration value says ``$TOKEN`` and must say ``${TOKEN}``."""
    if found := _BARE_DOLLAR.search(token.text):
        raise line.error(
            f"{what}: {found.group()} is not expanded here; in configuration write ${{{found[1]}}}",
            token.column,
            next_step=f"write ${{{found[1]}}} instead of {found.group()}",
        )
