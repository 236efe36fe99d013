"""JSON with Python in it becomes JSON text: tokens are copied, never re-made (RFC 8259).

White space between tokens goes; key order, number literals and string escapes stay as typed. Where a value may
stand, ``$name`` and ``{expression}`` are Python: a ``{`` begins an object only when the next thing is ``}`` or a
quoted text without an operator behind it. The reader keeps its own stack, so nesting has no limit.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal

from mcp_magics.errors import CommandError
from mcp_magics.magics.balance import closing
from mcp_magics.magics.pointer import place
from mcp_magics.magics.references import NAME, References, goes_on
from mcp_magics.schema.values import member

Kind = Literal["object", "array", "string", "number", "true", "false", "null", "python"]

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_STRING_START = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*')
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[^\s,:{}\[\]\"]+")
_LITERALS: tuple[Kind, ...] = ("true", "false", "null")
_HINTS = {
    "True": "write true, or start the body with python:",
    "False": "write false, or start the body with python:",
    "None": "write null, or start the body with python:",
    "NaN": "JSON has no NaN; write null",
    "Infinity": "JSON has no infinity; write null",
    "-Infinity": "JSON has no infinity; write null",
    "undefined": "write null, or leave the key out",
}


@dataclass(frozen=True, slots=True)
class JSONText:
    """Valid JSON text on one line; ``kind`` is what its outermost value is."""

    text: str
    kind: Kind
    keys: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Open:
    """A container being read; ``keys`` is None for an array."""

    closing: str
    keys: set[str] | None = None
    count: int = 0
    last: str = field(default="")

    def below(self, path: str) -> str:
        return f"{path}[{self.count - 1}]" if self.keys is None else member(path, self.last)


def read_json(text: str, references: References | None = None, path: str = "arguments") -> JSONText:
    """The JSON text that ``text`` says; ``CommandError`` with line and column where it says none.

    Without ``references`` nothing in it is Python. Duplicate keys are errors (RFC 8259 §4 leaves their meaning open).
    """
    return _Reader(text, references, path).read()


class _Reader:
    def __init__(self, text: str, references: References | None, path: str) -> None:
        self._text, self._references, self._path = text, references, path
        self._out: list[str] = []
        self._stack: list[_Open] = []
        self._top: _Open | None = None

    def read(self) -> JSONText:
        at, kind = self._value(self._behind_space(0))
        while self._stack:
            at = self._step(self._behind_space(at))
        at = self._behind_space(at)
        if at < len(self._text):
            raise self._error(at, f"{self._word(at)} behind the end of the value", "one value, nothing behind it")
        keys = frozenset(self._top.keys or ()) if self._top else frozenset()
        return JSONText("".join(self._out), kind, keys)

    def _behind_space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        assert found is not None
        return found.end()

    def _step(self, at: int) -> int:
        top = self._stack[-1]
        char = self._text[at : at + 1]
        if char == top.closing:
            self._stack.pop()
            self._out.append(char)
            return at + 1
        if top.count:
            at = self._comma(at, top)
        top.count += 1
        if top.keys is not None:
            at = self._key(at, top, top.keys)
        return self._value(at)[0]

    def _comma(self, at: int, top: _Open) -> int:
        if self._text[at : at + 1] != ",":
            raise self._error(at, f"{self._word(at)} where , or {top.closing} should stand", "separate them with ,")
        self._out.append(",")
        behind = self._behind_space(at + 1)
        if self._text[behind : behind + 1] == top.closing:
            raise self._error(at, f"a comma before {top.closing}", "leave the last comma out")
        return behind

    def _key(self, at: int, top: _Open, keys: set[str]) -> int:
        if self._text[at : at + 1] != '"':
            raise self._error(at, f"{self._word(at)} where a key should stand", 'a JSON key is quoted: "key"')
        end = self._string_end(at)
        key = json.loads(self._text[at:end])
        if key in keys:
            raise self._error(at, f"the key {key!r} is given twice", "leave one of them out", class_="duplicate_key")
        keys.add(key)
        top.last = key
        colon = self._behind_space(end)
        if self._text[colon : colon + 1] != ":":
            raise self._error(colon, f"{self._word(colon)} where : should stand", f'"{key}": value')
        self._out += (self._text[at:end], ":")
        return self._behind_space(colon + 1)

    def _value(self, at: int) -> tuple[int, Kind]:
        char = self._text[at : at + 1]
        if char == '"':
            return self._copy(at, self._string_end(at)), "string"
        if char == "[" or (char == "{" and not self._is_expression(at)):
            return self._open(at, char)
        if char in ("{", "$") and self._references is not None:
            return self._python(at, char, self._references), "python"
        for literal in _LITERALS:
            if self._text.startswith(literal, at) and self._word(at) == literal:
                return self._copy(at, at + len(literal)), literal
        number = NUMBER.match(self._text, at)
        if number and number.group() == self._word(at):
            return self._copy(at, number.end()), "number"
        raise self._no_value(at)

    def _open(self, at: int, char: str) -> tuple[int, Kind]:
        container = _Open("]") if char == "[" else _Open("}", set())
        self._top = self._top or container
        self._stack.append(container)
        self._out.append(char)
        return at + 1, "array" if char == "[" else "object"

    def _here(self) -> str:
        return reduce(lambda path, container: container.below(path), self._stack, self._path)

    def _copy(self, start: int, end: int) -> int:
        self._out.append(self._text[start:end])
        return end

    def _string_end(self, at: int) -> int:
        if found := _STRING.match(self._text, at):
            return found.end()
        begun = _STRING_START.match(self._text, at)
        assert begun is not None
        stop = begun.end()
        if stop >= len(self._text):
            raise self._error(at, "a string that never ends", 'close it with "')
        if self._text[stop] == "\\":
            raise self._error(stop, f"{self._text[stop : stop + 2]} is no escape", "write \\\\ for a backslash")
        if self._text[stop] == "\n":
            raise self._error(stop, "a line break in a string", 'close the string with ", or write \\n')
        raise self._error(stop, "a control character in a string", f"write \\u{ord(self._text[stop]):04x}")

    def _is_expression(self, at: int) -> bool:
        behind = self._behind_space(at + 1)
        return self._text[behind : behind + 1] not in ('"', "}", "") or goes_on(self._text, behind)

    def _python(self, at: int, char: str, references: References) -> int:
        if char == "{":
            end = closing(self._text, at)
            source = self._text[at + 1 : end - 1].strip()
        else:
            found = NAME.match(self._text, at)
            if found is None or found.group() != self._word(at):
                raise self._no_value(at)
            end, source = found.end(), found[1]
        self._out.append(references.json(source, at, self._here()))
        return end

    def _word(self, at: int) -> str:
        found = _WORD.match(self._text, at)
        return found.group() if found else self._text[at : at + 1] or "the end of the text"

    def _no_value(self, at: int) -> CommandError:
        word = self._word(at)
        hint = _HINTS.get(word, 'text is quoted: "…"')
        if word[0] == "'":
            hint = "JSON strings have double quotes; for a Python value start the body with python:"
        if word[0] == "{":
            hint = 'a JSON key is quoted: {"key": value}'
        if at >= len(self._text):
            hint = "write the value that is missing"
        return self._error(at, f"{word} is no JSON value", hint)

    def _error(self, at: int, problem: str, hint: str, class_: str = "not_json") -> CommandError:
        where = place(self._text, at)
        return CommandError(
            f"JSON: {problem} ({where})", class_=class_, phase="arguments", evidence=where.shown, next_step=hint
        )
