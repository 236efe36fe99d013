"""JSON (RFC 8259) read with the place of every value, so that errors name a line and edits change nothing else.

``lenient`` reads what people paste and what VS Code writes: ``//`` and ``/* */`` comments, trailing commas, and the
``...`` of a README that left something out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from json import decoder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH = 200
MAX_DIGITS = 4000
"""Of an integer read as one: Python refuses longer ones."""

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_SPACE = re.compile(r"[ \t\r\n]*")
_LENIENT_SPACE = re.compile(r"(?:[ \t\r\n\ufeff\u00a0]|//[^\n]*|/\*[\s\S]*?\*/|\.\.\.|…)*")
_CONSTANTS = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"[A-Za-z]+")


class JsonTextError(ValueError):
    """Text that is not JSON; ``line`` and ``column`` count from 1."""

    def __init__(self, reason: str, text: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line, self.column = place(text, position)


def place(text: str, position: int) -> tuple[int, int]:
    """Line and column (from 1) of ``position``."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def begin(text: str) -> int:
    """Where the first value of lenient ``text`` stands, behind white space and comments."""
    found = _LENIENT_SPACE.match(text)
    return found.end() if found else 0


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object; ``start`` is where its name begins."""

    name: str
    start: int
    node: Node


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands: ``text[start:end]``; ``members`` of an object, ``items`` of an array."""

    value: Any
    start: int
    end: int
    members: tuple[Member, ...] = ()
    items: tuple[Node, ...] = ()

    def member(self, name: str) -> Member | None:
        """The member called ``name``, if this is an object that has it."""
        return next((member for member in self.members if member.name == name), None)

    def start_of(self, path: Iterable[str | int]) -> int:
        """Where the value at ``path`` begins (a member: its name), or the nearest value around it."""
        node, start = self, self.start
        for step in path:
            member = node.member(step) if isinstance(step, str) else None
            if member is not None:
                node, start = member.node, member.start
            elif isinstance(step, int) and step < len(node.items):
                node = node.items[step]
                start = node.start
            else:
                break
        return start


def parse(text: str, *, lenient: bool = False) -> Node:
    """The whole of ``text`` as one value; raises :class:`JsonTextError` (a name used twice is one too)."""
    reader = _Reader(text, lenient=lenient)
    node = reader.value(reader.skip(0), 0)
    rest = reader.skip(node.end)
    if rest < len(text):
        raise JsonTextError("more text after the end of the value", text, rest)
    return node


class _Reader:
    def __init__(self, text: str, *, lenient: bool) -> None:
        self.text = text
        self.lenient = lenient
        self._space = _LENIENT_SPACE if lenient else _SPACE

    def skip(self, position: int) -> int:
        match = self._space.match(self.text, position)
        return match.end() if match else position

    def fail(self, reason: str, position: int) -> JsonTextError:
        if position >= len(self.text):
            reason = f"the text ends where {reason.removeprefix('expected ')} should be"
        return JsonTextError(reason, self.text, position)

    def value(self, position: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.fail(f"nested more than {MAX_DEPTH} deep", position)
        first = self.text[position : position + 1]
        if first == "{":
            return self.object(position, depth)
        if first == "[":
            return self.array(position, depth)
        if first == '"':
            value, end = self.string(position)
            return Node(value, position, end)
        return self.scalar(position)

    def string(self, position: int) -> tuple[str, int]:
        try:
            value, end = decoder.scanstring(self.text, position + 1, True)  # type: ignore[attr-defined]  # noqa: FBT003
        except ValueError as error:
            reason = str(error).partition(":")[0].lower()
            raise JsonTextError(reason, self.text, getattr(error, "pos", position)) from None
        return str(value), int(end)

    def scalar(self, position: int) -> Node:
        number = _NUMBER.match(self.text, position)
        if number:
            whole = number[1] is None and number[2] is None and len(number[0]) <= MAX_DIGITS
            return Node(int(number[0]) if whole else float(number[0]), position, number.end())
        word = _WORD.match(self.text, position)
        if word and word[0] in _CONSTANTS:
            return Node(_CONSTANTS[word[0]], position, word.end())
        raise self.fail(
            "expected a value" + (f", found {self.text[position]!r}" if self.text[position:] else ""), position
        )

    def object(self, start: int, depth: int) -> Node:
        members: dict[str, Member] = {}
        position = self.skip(start + 1)
        while (position := self.commas(position)) < len(self.text) and self.text[position] != "}":
            member = self.member(position, depth)
            if member.name in members:
                raise self.fail(f"the name {member.name!r} is used twice", position)
            members[member.name] = member
            position = self.separator(member.node.end, "}")
        if position >= len(self.text):
            raise self.fail("expected '}'", position)
        value = {name: member.node.value for name, member in members.items()}
        return Node(value, start, position + 1, members=tuple(members.values()))

    def member(self, position: int, depth: int) -> Member:
        if self.text[position] != '"':
            raise self.fail(f"expected a name in double quotes, found {self.text[position]!r}", position)
        name, end = self.string(position)
        colon = self.skip(end)
        if self.text[colon : colon + 1] != ":":
            raise self.fail(f"expected ':' after {name!r}", colon)
        return Member(name, position, self.value(self.skip(colon + 1), depth + 1))

    def array(self, start: int, depth: int) -> Node:
        items: list[Node] = []
        position = self.skip(start + 1)
        while (position := self.commas(position)) < len(self.text) and self.text[position] != "]":
            items.append(self.value(position, depth + 1))
            position = self.separator(items[-1].end, "]")
        if position >= len(self.text):
            raise self.fail("expected ']'", position)
        return Node([item.value for item in items], start, position + 1, items=tuple(items))

    def commas(self, position: int) -> int:
        while self.lenient and self.text[position : position + 1] == ",":
            position = self.skip(position + 1)
        return position

    def separator(self, position: int, closing: str) -> int:
        """Past the comma after an element; the closing bracket stays."""
        position = self.skip(position)
        found = self.text[position : position + 1]
        if found == closing:
            return position
        if found != ",":
            raise self.fail(f"expected ',' or {closing!r}", position)
        after = self.skip(position + 1)
        if self.text[after : after + 1] == closing and not self.lenient:
            raise self.fail(f"a comma before {closing!r}", position)
        return after
