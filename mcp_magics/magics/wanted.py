"""A value that only a server can suggest: which argument of which prompt or template, and what is typed of it. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.schema.words import in_quotes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcp_magics.connection.client import Connection

Form = Literal["line", "yaml", "json"]

_ASSIGNED = re.compile(r"(?P<key>[^=\s{}/]+?):?=(?P<value>.*)\Z", re.DOTALL)
_YAML_PAIR = re.compile(r"^(?P<key>[^\s:#-][^:\n]*?)\s*:\s+(?P<value>.*)$", re.MULTILINE)
_JSON_PAIR = re.compile(r'(?P<key>"(?:[^"\\]|\\.)*")\s*:\s*(?P<value>"(?:[^"\\]|\\.)*")')
_YAML_OPEN = re.compile(r"(?P<key>[^\s:#-][^:\n]*?)\s*:\s+(?P<value>[^\n]*)\Z")
_JSON_OPEN = re.compile(r'(?P<key>"(?:[^"\\]|\\.)*")\s*:\s*(?P<value>(?:"(?:[^"\\]|\\.)*)?)\Z')
_BARE = re.compile(r"[\w./:@+-]+\Z")
_YAML_BARE = re.compile(r"[A-Za-z_][\w -]*(?<! )\Z")
_YAML_WORDS = frozenset({"true", "false", "null", "yes", "no"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """The value of ``argument`` of a prompt, or of a template (``name`` is its text); ``typed`` is what is there.

    ``known`` are the arguments given already, ``form`` says how a value is written where the cursor is.
    """

    connection: Connection
    name: str
    is_template: bool
    argument: str
    typed: str
    known: Mapping[str, str] = field(default_factory=dict)
    form: Form = "line"

    def written(self, value: str) -> str:
        """``value`` as it is written at the cursor."""
        if self.form == "line":
            return value if _BARE.match(value) else in_quotes(value)
        if self.form == "yaml" and _YAML_BARE.match(value) and value.lower() not in _YAML_WORDS:
            return value
        return in_quotes(value)


def unquoted(text: str) -> str:
    """What a word says, its quotes left out, closed or not."""
    if text[:1] == '"':
        try:
            return str(json.loads(text if len(text) > 1 and text.endswith('"') else f'{text}"'))
        except ValueError:
            return text.strip('"')
    return text.strip("'")


def on_line(words: Iterable[str]) -> dict[str, str]:
    """The arguments that finished words of a line give."""
    found = (_ASSIGNED.match(word) for word in words)
    return {unquoted(each["key"]): unquoted(each["value"]) for each in found if each is not None}


def assigned(prefix: str) -> tuple[str, str] | None:
    """The argument a word gives, and what is typed of its value as it stands."""
    found = _ASSIGNED.match(prefix)
    return (unquoted(found["key"]), found["value"]) if found is not None else None


def in_body(body: str, form: Form) -> dict[str, str]:
    """The texts that a body gives already, at its outermost level as far as can be seen."""
    pairs = (_JSON_PAIR if form == "json" else _YAML_PAIR).finditer(body)
    return {unquoted(each["key"]): unquoted(each["value"]) for each in pairs if each["value"]}


def open_pair(body: str, form: Form) -> tuple[str, str] | None:
    """The argument whose value is being written at the end of a body, and what is typed of it."""
    found = (_JSON_OPEN if form == "json" else _YAML_OPEN).search(body if form == "json" else body.rpartition("\n")[2])
    return (unquoted(found["key"]), found["value"]) if found is not None else None


def named(items: Iterable[Mapping[str, Any]], name: str, member: str) -> Mapping[str, Any] | None:
    """The first item of a list that is called ``name``, or has it as its ``member``."""
    return next((each for each in items if name in (each.get("name"), each.get(member))), None)
