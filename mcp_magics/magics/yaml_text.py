"""YAML 1.2 with Python in it becomes JSON text (core schema, YAML 1.2.2 §10.3).

Only ``null``, ``true``, ``false`` and numbers mean something unquoted: ``NO``, ``12:30`` and dates are texts. Number
literals that JSON has stay as typed. Keys are texts as typed, given once. Anchors and aliases work up to a bound;
merge keys, which 1.2 does not have, are ordinary keys. An unquoted whole ``$name`` or ``{expression}`` is Python;
``{}`` and ``{key: value}`` are YAML.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from mcp_magics.errors import CommandError
from mcp_magics.magics.pointer import place
from mcp_magics.magics.references import NAME, References, unescaped
from mcp_magics.magics.yaml_core import core_text, has_type
from mcp_magics.schema.values import json_string, member

_MOST_ALIASED = 10_000_000  # characters that aliases may add: enough for any arguments, too few for a "billion laughs"

_TAG = "tag:yaml.org,2002:"


def read_yaml(text: str, references: References) -> str | None:
    """The JSON text that one YAML document says, or None for an empty one.

    Raises ``CommandError`` with line and column for what is no YAML or no JSON value.
    """
    composer = _Composer(text, references)
    for event in _events(text):
        composer.take(event)
    return composer.text()


def _events(text: str) -> Iterator[Any]:
    """The parsing events of ``text``, the reader's own errors as ``CommandError``."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    from mcp_magics.magics.yaml_scanner import ExpressionScanner

    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = ExpressionScanner
    failed: CommandError
    try:
        yield from yaml.parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ": ".join(part for part in (error.context, error.problem) if part)
        failed = _error(text, mark.index if mark else 0, problem, 'quote a text that has : # { [ & * ! % @ in it: "…"')
    except ReaderError as error:
        char = f"the character U+{error.character:04X}"
        failed = _error(text, error.position, f"{char} may not stand here", f'"\\u{error.character:04x}" in quotes')
    except YAMLError as error:
        failed = _error(text, 0, str(error).splitlines()[0], "start with { for JSON")
    else:
        return
    raise failed


def _error(text: str, offset: int, problem: str, hint: str, class_: str = "not_yaml") -> CommandError:
    where = place(text, offset)
    return CommandError(
        f"YAML: {problem} ({where})", class_=class_, phase="arguments", evidence=where.shown, next_step=hint
    )


@dataclass(slots=True)
class _Open:
    """A container being composed; ``keys`` is None for a sequence, ``key`` the one that awaits its value."""

    anchor: str | None
    start: int
    keys: set[str] | None = None
    key: str | None = None
    count: int = 0

    def below(self, path: str) -> str:
        return f"{path}[{self.count}]" if self.keys is None else member(path, self.key or "")


@dataclass(slots=True)
class _Composer:
    """Events in, JSON text out; its own stack, so that nesting has no limit."""

    source: str
    references: References
    out: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, str | None] = field(default_factory=dict)  # None while the anchored value is not complete
    aliased: int = 0
    documents: int = 0

    def text(self) -> str | None:
        return "".join(self.out) if self.out else None

    def take(self, event: Any) -> None:
        match type(event).__name__:
            case "DocumentStartEvent":
                self._document(event)
            case "ScalarEvent":
                self._scalar(event)
            case "AliasEvent":
                self._alias(event)
            case "MappingStartEvent" | "SequenceStartEvent" as name:
                self._begin(event, is_mapping=name.startswith("Mapping"))
            case "MappingEndEvent" | "SequenceEndEvent":
                self._end()
            case _:
                pass  # the beginning and end of the stream, the end of a document

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self._refuse(event, "a second document begins", "one document: leave the --- out")

    def _scalar(self, event: Any) -> None:
        if self._awaits_key():
            self._key(event, self._key_text(event))
        else:
            self._put(event, self._value(event))

    def _awaits_key(self) -> bool:
        return bool(self.stack) and self.stack[-1].keys is not None and self.stack[-1].key is None

    def _key_text(self, event: Any) -> str:
        if event.style == "{":
            raise self._refuse(event, "a key that is Python", 'quote a key that begins with {: "{…}"')
        return str(event.value)

    def _key(self, event: Any, key: str) -> None:
        top = self.stack[-1]
        assert top.keys is not None
        if key in top.keys:
            raise self._refuse(event, f"the key {key!r} is given twice", "leave one of them out", "duplicate_key")
        self._anchor(event, json_string(key))
        top.keys.add(key)
        top.key = key
        self.out.append(f"{',' if top.count else ''}{json_string(key)}:")

    def _put(self, event: Any, value: str) -> None:
        self._anchor(event, value)
        self._lead()
        self.out.append(value)
        self._done()

    def _lead(self) -> None:
        if self.stack and self.stack[-1].keys is None and self.stack[-1].count:
            self.out.append(",")

    def _done(self) -> None:
        if self.stack:
            self.stack[-1].count += 1
            self.stack[-1].key = None

    def _begin(self, event: Any, *, is_mapping: bool) -> None:
        if self._awaits_key():
            raise self._refuse(event, "a key that is no text", 'quote a key that begins with [ or {: "[…]"')
        kind = "map" if is_mapping else "seq"
        if event.tag not in (None, "!", _TAG + kind):
            shown = event.tag.replace(_TAG, "!!")
            raise self._refuse(event, f"{shown} is no type of JSON", "leave the tag out")
        if event.anchor:
            self.anchors[event.anchor] = None
        self._lead()
        self.stack.append(_Open(event.anchor, len(self.out), set() if is_mapping else None))
        self.out.append("{" if is_mapping else "[")

    def _end(self) -> None:
        ended = self.stack.pop()
        self.out.append("]" if ended.keys is None else "}")
        if ended.anchor:
            self.anchors[ended.anchor] = "".join(self.out[ended.start :])
        self._done()

    def _anchor(self, event: Any, value: str) -> None:
        if event.anchor:
            self.anchors[event.anchor] = value

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise self._refuse(
                event, f"nothing is anchored as &{event.anchor}", 'quote a text that begins with *: "*…"'
            )
        value = self.anchors[event.anchor]
        if value is None:
            raise self._refuse(event, f"*{event.anchor} stands inside its own value", "JSON has no cycles")
        self.aliased += len(value)
        if self.aliased > _MOST_ALIASED:
            raise self._refuse(event, "aliases make the text too big", "write the values out, or use python:")
        if not self._awaits_key():
            self._lead()
            self.out.append(value)
            self._done()
        elif value.startswith('"'):
            self._key(_Unanchored(event.start_mark), json.loads(value))
        else:
            raise self._refuse(event, "a key that is no text", "write the key out")

    def _value(self, event: Any) -> str:
        text, where = event.value, event.end_mark.index - len(event.value)
        if event.style == "{":
            return self.references.json(text, event.start_mark.index, self._here())
        plain = event.implicit[0]
        tag = event.tag.removeprefix(_TAG) if event.tag else ""
        if tag in ("str", "!") or (not tag and not plain):
            return json_string(text)
        if not tag and (name := NAME.fullmatch(text)):
            return self.references.json(name[1], max(where, 0), self._here())
        core = core_text(text)
        if core is None:
            raise self._refuse(event, f"{text} is not JSON", "write null where there is no number")
        if tag and not has_type(core, tag):
            shown = event.tag.replace(_TAG, "!!")
            raise self._refuse(event, f"{text!r} is no {shown}", "leave the tag out")
        return json_string(unescaped(text)) if core == "" else core

    def _here(self) -> str:
        return reduce(lambda path, container: container.below(path), self.stack, "arguments")

    def _refuse(self, event: Any, problem: str, hint: str, class_: str = "not_yaml") -> CommandError:
        return _error(self.source, event.start_mark.index, problem, hint, class_)


@dataclass(frozen=True, slots=True)
class _Unanchored:
    """Where an alias stands, when it stands for a key."""

    start_mark: Any
    anchor: None = None
