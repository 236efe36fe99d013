"""What a verb is made of: its words, its options, and what it says about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

_Plain = Literal["text", "variable", "integer", "seconds", "flag", "choice", "optional", "span"]
_Repeated = Literal["many", "list", "pairs", "words"]
OptionKind = Literal[_Plain, _Repeated]
_Word = Literal["server", "target", "name", "text", "uri", "address", "command", "json", "verb", "choice"]
PositionalKind = Literal[_Word, "work", "number", "kind", "python", "playground"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    ``kind`` is what it takes: ``text``, a ``variable`` to store in, ``integer``, ``seconds`` or one of the
    ``choices``; a ``flag`` takes nothing, ``many`` may be repeated, ``pairs`` is repeated as
    ``KEY<separator>VALUE``, ``list`` is ``a,b,c``; an ``optional`` may stand without its value, and a ``span``
    is such a number of seconds. ``holds`` says
    what ``$`` in it may mean: ``configuration`` values know ``${VAR}``, a ``variable`` is the name of one. An option
    that is no ``choice`` may be one of the ``choices``, and something else. ``meant`` has words that mean one of them.
    """

    name: str
    metavar: str
    summary: str
    kind: OptionKind = "text"
    choices: tuple[str, ...] = ()
    short: str = ""
    aliases: tuple[str, ...] = ()
    separators: str = ""
    holds: Literal["", "configuration", "variable"] = ""
    meant: tuple[tuple[str, str], ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way to write it: ``-o``, ``--out``, then the spellings other clients use."""
        short = (f"-{self.short}",) if self.short else ()
        return (*short, f"--{self.name}", *(f"--{alias}" for alias in self.aliases))


@dataclass(frozen=True, slots=True)
class Positional:
    """One word of a line by its place; ``many`` takes all that are left.

    A ``choice`` is one of the ``choices``; any other kind may be one of them, and ``summary`` says what else.
    """

    name: str
    kind: PositionalKind
    required: bool = True
    many: bool = False
    choices: tuple[str, ...] = ()
    summary: str = ""

    @property
    def shown(self) -> str:
        """How a usage line shows it: ``NAME``, ``[NAME]``, ``NAME…``."""
        name = self.name + ("…" if self.many else "")
        return name if self.required else f"[{name}]"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: what it takes and what it says about itself.

    ``assignments`` tells whether ``key=value`` words are arguments, ``takes_literal`` whether ``-- WORDS`` may follow;
    ``synonyms`` are only ever suggested.
    """

    name: str
    group: str
    summary: str
    positionals: tuple[Positional, ...] = ()
    options: tuple[Option, ...] = ()
    takes_body: bool = False
    example: str = ""
    assignments: bool = False
    takes_literal: bool = False
    synonyms: tuple[str, ...] = ()
    _spellings: Mapping[str, Option] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        table = {spelling: option for option in self.options for spelling in option.spellings}
        object.__setattr__(self, "_spellings", MappingProxyType(table))

    def option(self, spelling: str) -> Option | None:
        """The option written ``spelling`` (``--out``, ``-o``), or None: options are never abbreviated."""
        return self._spellings.get(spelling)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every spelling of every option, for completion and suggestions."""
        return tuple(self._spellings)
