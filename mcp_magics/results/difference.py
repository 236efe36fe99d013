"""Where two JSON values differ: pure, in the order of the values, bounded for huge ones.

Members of objects are compared by name, elements of lists by position: their order means something in JSON. Where one
list is longer, what both begin and end with stays together, so that one inserted element is one difference.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mcp_magics.results.output_schema import path_text

MOST = 1_000
"""Differences after which looking stops."""
VALUES = 1_000_000
"""Pairs of values that are looked at."""

Path = tuple[str | int, ...]

_INDEX = re.compile(r"\[\d+\]")


class _Missing:
    """The value of what is not there: JSON's ``null`` is there."""

    def __repr__(self) -> str:
        return "(missing)"


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two values differ; :data:`MISSING` is what only one of them has."""

    path: str
    left: Any
    right: Any

    def to_json(self) -> dict[str, Any]:
        """The path, and each value that is there."""
        sides = {"left": self.left, "right": self.right}
        return {"path": self.path, **{name: value for name, value in sides.items() if value is not MISSING}}


@dataclass(frozen=True, slots=True)
class Differences:
    """What was found; ``is_whole`` False where looking was given up, ``unmatched`` are paths that neither value has."""

    found: tuple[Difference, ...]
    is_whole: bool = True
    unmatched: tuple[str, ...] = ()


def differences(left: Any, right: Any, ignored: Sequence[str] = ()) -> Differences:
    """Where ``left`` and ``right`` differ, without what stands at or below an ``ignored`` path.

    A path is written as it is shown, ``content[0].text``; ``[*]`` is any position.
    """
    rules = {path: _pattern(_plain(path)) for path in ignored}
    used: set[str] = set()
    found: list[Difference] = []
    looked = 0
    for path, one, other in _pairs(left, right):
        looked += 1
        if looked > VALUES or len(found) >= MOST:
            return Differences(tuple(found), is_whole=False, unmatched=_unmatched(rules, used, left, right))
        if path is None:
            continue
        text = path_text(path).removeprefix(".")
        matching = [rule for rule, pattern in rules.items() if pattern.match(text)]
        if matching:
            used.update(matching)
        else:
            found.append(Difference(text, one, other))
    return Differences(tuple(found), unmatched=_unmatched(rules, used, left, right))


def _unmatched(rules: Mapping[str, re.Pattern[str]], used: Container[str], *values: Any) -> tuple[str, ...]:
    """The ``rules`` that are not ``used`` and name no place of any of ``values``: one that is equal is there too."""
    unused = {rule: pattern for rule, pattern in rules.items() if rule not in used}
    return tuple(
        rule for rule, pattern in unused.items() if not any(_has(each, _plain(rule), pattern) for each in values)
    )


def _has(value: Any, rule: str, pattern: re.Pattern[str]) -> bool:
    """Whether ``pattern``, which is ``rule``'s, names a place below ``value``; looks only on the way there."""
    way = _INDEX.sub("[*]", rule)
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        text, here = waiting.pop()
        for step, below in _members(here):
            place = f"{text}{path_text((step,))}".removeprefix(".")
            if pattern.match(place):
                return True
            if way.startswith(_INDEX.sub("[*]", place)):
                waiting.append((place, below))
    return False


def _members(value: Any) -> Iterable[tuple[str | int, Any]]:
    return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()


def _plain(path: str) -> str:
    return path.strip().lstrip(".")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\[\*\]", r"\[\d+\]") + r"(?:[.\[]|\Z)")


def _pairs(left: Any, right: Any) -> Iterator[tuple[Path | None, Any, Any]]:
    """Every place that differs, with its values; a place that does not comes as None, to be counted."""
    waiting: list[tuple[Path, Any, Any]] = [((), left, right)]
    while waiting:
        path, one, other = waiting.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            yield None, None, None
            names = dict.fromkeys([*one, *other])
            below: list[tuple[Path, Any, Any]] = [
                ((*path, name), one.get(name, MISSING), other.get(name, MISSING)) for name in names
            ]
        elif isinstance(one, list) and isinstance(other, list):
            yield None, None, None
            below = list(_elements(path, one, other))
        else:
            yield (None, None, None) if _is_same(one, other) else (path, one, other)
            continue
        waiting.extend(reversed(below))


def _elements(path: Path, one: list[Any], other: list[Any]) -> Iterator[tuple[Path, Any, Any]]:
    start, tail = _shared(one, other) if len(one) != len(other) else (0, 0)
    left, right = one[start : len(one) - tail], other[start : len(other) - tail]
    for index in range(max(len(left), len(right))):
        here = (*path, start + index)
        yield (
            here,
            left[index] if index < len(left) else MISSING,
            right[index] if index < len(right) else MISSING,
        )


def _shared(one: list[Any], other: list[Any]) -> tuple[int, int]:
    """How many elements two lists of different length share at their beginning, and then at their end."""
    shorter = min(len(one), len(other))
    start = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    rest = shorter - start
    return start, next((at for at in range(rest) if one[-1 - at] != other[-1 - at]), rest)


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are one in JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return one is other or one == other or (one != one and other != other)  # noqa: PLR0124  not a number
