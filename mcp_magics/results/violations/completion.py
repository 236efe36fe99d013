"""The result of ``completion/complete`` (server/utilities/completion: ``CompleteResult``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcp_magics.results.violations.rule import Finding, Member, Violation, in_members, in_result, name_of, stated

MOST_VALUES = 100
"""Suggestions that one answer may hold."""
_RESULT = (Member("completion", "an object", is_required=True),)
_COMPLETION = (
    Member("values", "a list", is_required=True),
    Member("total", "a number"),
    Member("hasMore", "a boolean"),
)


def in_completion(raw: Any, revision: str | None) -> Iterator[Violation]:
    """Violations in the result of ``completion/complete``."""
    yield from stated(_completion(raw, revision or ""), revision)


def _completion(raw: Any, revision: str) -> Iterator[Finding]:
    yield from in_result(raw, revision, _RESULT)
    completion = raw.get("completion") if isinstance(raw, dict) else None
    if not isinstance(completion, dict):
        return
    yield from in_members(completion, "completion", _COMPLETION)
    values = completion.get("values")
    if isinstance(values, list):
        yield from _values(values)


def _values(values: list[Any]) -> Iterator[Finding]:
    if len(values) > MOST_VALUES:
        text = f"must be at most {MOST_VALUES}, are {len(values):,}"
        yield Finding("too_many_values", "completion.values", len(values), text)
    for index, value in enumerate(values):
        if not isinstance(value, str):
            yield Finding("wrong_type", f"completion.values[{index}]", value, f"must be a string, is {name_of(value)}")
