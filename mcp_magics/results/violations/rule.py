"""Rules as tables: which members an object must and may have, and what a breach of one looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

STATELESS = "2026-07-28"
"""The revision from which every result states its ``resultType``."""
STRUCTURED = "2025-06-18"
"""The revision that brought ``structuredContent`` and resource links."""

MESSAGE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken: ``path`` says where (``content[0].data``), ``value`` is what stood there.

    ``revision`` is the protocol revision whose rule it is, empty where the connection's is not known.
    """

    rule: str
    path: str
    value: Any = field(repr=False)
    revision: str
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.message}"

    def to_json(self) -> dict[str, str]:
        """The violation as plain JSON, without the value."""
        return {"rule": self.rule, "path": self.path, "revision": self.revision, "message": self.message}


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation before its revision is said."""

    rule: str
    path: str
    value: Any
    message: str


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object: what it must be, and whether it may be missing."""

    name: str
    kind: str
    is_required: bool = False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_audience(value: Any) -> bool:
    return isinstance(value, list) and all(role in ("user", "assistant") for role in value)


KINDS: Mapping[str, Callable[[Any], bool]] = {
    "a string": lambda value: isinstance(value, str),
    "a boolean": lambda value: isinstance(value, bool),
    "an object": lambda value: isinstance(value, dict),
    "a list": lambda value: isinstance(value, list),
    "a number": _is_number,
    "a number of milliseconds": lambda value: _is_number(value) and value >= 0,
    "'user' or 'assistant'": lambda value: value in ("user", "assistant"),
    "'public' or 'private'": lambda value: value in ("public", "private"),
    "a list of 'user' and 'assistant'": _is_audience,
    "a number from 0 to 1": lambda value: _is_number(value) and 0 <= value <= 1,
}


RESULT = (Member("_meta", "an object"),)
STATED = Member("resultType", "a string", is_required=True)
CACHED = (
    Member("ttlMs", "a number of milliseconds", is_required=True),
    Member("cacheScope", "'public' or 'private'", is_required=True),
)


def stated(findings: Iterable[Finding], revision: str | None) -> Iterator[Violation]:
    """``findings`` as violations of ``revision``'s rules."""
    for found in findings:
        yield Violation(found.rule, found.path, found.value, revision or "", found.message[:MESSAGE_LENGTH])


def in_result(raw: Any, revision: str, own: tuple[Member, ...]) -> Iterator[Finding]:
    """What breaks the members that every result has, and its ``own``."""
    yield from in_members(raw, "", (*RESULT, *((STATED,) if revision >= STATELESS else ()), *own))


def in_members(value: Any, path: str, members: Iterable[Member]) -> Iterator[Finding]:
    """What breaks the rules about an object's ``members``; a value that is no object breaks one."""
    if not isinstance(value, dict):
        yield Finding("wrong_type", path, value, f"must be an object, is {name_of(value)}")
        return
    for member in members:
        where = f"{path}.{member.name}" if path else member.name
        if member.name not in value:
            if member.is_required:
                yield Finding(f"missing_{member.name}", where, None, f"missing: must be {member.kind}")
        elif not KINDS[member.kind](value[member.name]):
            found = value[member.name]
            yield Finding("wrong_type", where, found, f"must be {member.kind}, is {name_of(found)}")


def name_of(value: Any) -> str:
    """A wrong value in a few words: ``null``, ``"nine"``, ``a list``."""
    match value:
        case None:
            return "null"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return repr(value[:60])
        case _:
            return str(value).lower()[:60]
