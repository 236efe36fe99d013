r"""The words of a magic line, before anyone knows what they mean.

* Words are separated by white space. Quotes group and are removed: ``'…'`` is literal, ``"…"`` knows JSON's
  escapes (``\"``, ``\\``, ``\n``, ``\u00e9`` …) and no others. Outside quotes a backslash is a backslash.
* ``{…}``, ``[…]`` and ``(…)`` balance across spaces and stay as typed, the quotes in them too.
* ``#`` at the start of a word, outside quotes and brackets and before ``--``, starts a comment.
* A ``;`` at the very end silences, unless it is quoted; behind ``--`` it does so too, as no POSIX word ends in an
  unquoted ``;`` (``\;`` and ``';'`` are words).
* What follows ``--`` is left to POSIX word splitting, comments and all; ``${VAR}`` in it stays text.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field

from mcp_magics.errors import CommandError
from mcp_magics.magics.balance import closing, unbalanced
from mcp_magics.magics.pointer import place

_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4})')


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its ``text`` without quotes, ``raw`` as typed, and ``column`` (from 0) in the line.

    ``quoted`` says of each character of ``text`` whether it stood in quotes, ``origins`` where in ``raw`` it was.
    """

    text: str
    raw: str
    column: int
    quoted: tuple[bool, ...] = field(repr=False)
    origins: tuple[int, ...] = field(repr=False)

    @property
    def bare(self) -> bool:
        """Whether nothing of it is quoted: only bare values can be Python, a file or an option."""
        return self.raw == self.text and not any(self.quoted)

    def find(self, char: str, start: int = 0) -> int:
        """The first unquoted ``char`` at or after ``start``, or -1."""
        at = self.text.find(char, start)
        while at >= 0 and self.quoted[at]:
            at = self.text.find(char, at + 1)
        return at

    def split(self, at: int) -> tuple[Token, Token]:
        """What stands before the character ``at`` and what stands behind it."""
        origin = self.origins[at]
        before = Token(self.text[:at], self.raw[:origin], self.column, self.quoted[:at], self.origins[:at])
        behind = Token(
            self.text[at + 1 :],
            self.raw[origin + 1 :],
            self.column + origin + 1,
            self.quoted[at + 1 :],
            tuple(each - origin - 1 for each in self.origins[at + 1 :]),
        )
        return before, behind


@dataclass(frozen=True, slots=True)
class Line:
    """A line in its parts; ``literal`` is None without ``--``, and () when nothing follows it."""

    text: str
    tokens: tuple[Token, ...]
    literal: tuple[str, ...] | None
    silenced: bool
    literal_column: int = 0

    def error(self, message: str, column: int, *, next_step: str, class_: str = "usage") -> CommandError:
        """An error at ``column`` (from 0) of this line, which its evidence shows with a caret."""
        return CommandError(
            message, class_=class_, phase="parse", evidence=place(self.text, column).shown, next_step=next_step
        )


def tokenize(line: str) -> Line:
    """The words of ``line``; ``CommandError`` with column and caret for a quote or bracket left open."""
    tokens: list[Token] = []
    at = _skip_space(line, 0)
    while at < len(line) and line[at] != "#":
        if _ends_options(line, at):
            literal, silenced = _literal_words(line, at + 2)
            return Line(line, tuple(tokens), literal, silenced, at)
        tokens.append(_read(line, at))
        at = _skip_space(line, at + len(tokens[-1].raw))
    kept, silenced = _unsilenced(tokens)
    return Line(line, kept, None, silenced)


def _skip_space(line: str, at: int) -> int:
    while at < len(line) and line[at].isspace():
        at += 1
    return at


def _ends_options(line: str, at: int) -> bool:
    return line.startswith("--", at) and (at + 2 == len(line) or line[at + 2].isspace())


def _read(line: str, start: int) -> Token:
    word = _Word(line, start)
    at = start
    while at < len(line) and not line[at].isspace():
        at = word.take(at)
    return Token("".join(word.text), line[start:at], start, tuple(word.quoted), tuple(word.origins))


class _Word:
    """A word while it is read."""

    def __init__(self, line: str, start: int) -> None:
        self.line, self.start = line, start
        self.text: list[str] = []
        self.quoted: list[bool] = []
        self.origins: list[int] = []

    def take(self, at: int) -> int:
        """Take the character, quotation or bracket at ``at``; where to read on."""
        char = self.line[at]
        if char == "'":
            return self._single(at)
        if char == '"':
            return self._double(at)
        if char in "([{":
            return self._add(at, closing(self.line, at))
        if char in ")]}":
            raise unbalanced(self.line, at, f"{char} closes nothing")
        return self._add(at, at + 1)

    def _add(self, start: int, end: int) -> int:
        for at in range(start, end):
            self._put(self.line[at], at, quoted=False)
        return end

    def _put(self, text: str, at: int, *, quoted: bool) -> None:
        for char in text:
            self.text.append(char)
            self.quoted.append(quoted)
            self.origins.append(at - self.start)

    def _single(self, start: int) -> int:
        end = self.line.find("'", start + 1)
        if end < 0:
            raise unbalanced(self.line, start, "the quote ' is never closed")
        for at in range(start + 1, end):
            self._put(self.line[at], at, quoted=True)
        return end + 1

    def _double(self, start: int) -> int:
        at = start + 1
        while at < len(self.line) and self.line[at] != '"':
            if self.line[at] == "\\":
                at = self._escape(at)
            else:
                self._put(self.line[at], at, quoted=True)
                at += 1
        if at >= len(self.line):
            raise unbalanced(self.line, start, 'the quote " is never closed')
        return at + 1

    def _escape(self, at: int) -> int:
        escape = _ESCAPE.match(self.line, at)
        if escape is None:
            where = place(self.line, at)
            shown = self.line[at : at + 2]
            raise CommandError(
                f"{shown} is no escape (column {where.column})",
                phase="parse",
                evidence=where.shown,
                next_step=f"single quotes keep a backslash as it is: '{shown}…'; in double quotes write \\\\",
            )
        self._put(json.loads(f'"{escape.group()}"'), at, quoted=True)
        return escape.end()


def _unsilenced(tokens: list[Token]) -> tuple[tuple[Token, ...], bool]:
    """The tokens without the ``;`` that silences, and whether there was one."""
    if not tokens:
        return (), False
    last = tokens[-1]
    if not (last.raw.endswith(";") and last.text.endswith(";") and not last.quoted[-1]):
        return tuple(tokens), False
    shorter, _ = last.split(len(last.text) - 1)
    return (*tokens[:-1], shorter) if shorter.raw else tuple(tokens[:-1]), True


def _literal_words(line: str, start: int) -> tuple[tuple[str, ...], bool]:
    text = line[start:].rstrip()
    body = text.removesuffix(";")
    backslashes = len(body) - len(body.rstrip("\\"))
    silenced = body != text and backslashes % 2 == 0
    try:
        return tuple(shlex.split(body if silenced else text)), silenced
    except ValueError as problem:
        raise unbalanced(line, start, f"behind --: {str(problem).lower()}") from None
