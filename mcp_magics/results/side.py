"""One side of a comparison: what was asked of whom, what came, and what of that is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_magics.results.answer import Answer
from mcp_magics.results.call import CallResult
from mcp_magics.results.listing import Listing

if TYPE_CHECKING:
    from mcp_magics.errors import MCPMagicsError

_KEYS = ("uri", "uriTemplate", "name")
"""What tells the items of a list apart, the surest first."""
ENVELOPE = ("resultType", "ttlMs", "cacheScope")
"""Members that one era demands of a result and the other does not know."""
STAMP = "io.modelcontextprotocol/serverInfo"
"""The member of ``_meta`` that says who answered."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Who was asked, and the ``outcome``: an answer or a list; else the ``error`` that came instead.

    ``seconds`` is from asking to having it all; None where nothing was asked, because ``error`` is one of connecting.
    """

    label: str
    outcome: Any = None
    error: MCPMagicsError | None = None
    seconds: float | None = None
    revision: str | None = None

    @property
    def value(self) -> Any:
        """The outcome, or the failure."""
        return self.outcome if self.error is None else self.error.failure

    @property
    def spoke(self) -> bool:
        """Whether it could be asked at all."""
        return self.error is None or self.seconds is not None

    @property
    def kind(self) -> str:
        """What came, in a few words: ``a result``, ``isError``, ``rpc_error -32602``, ``3 listed``."""
        if self.error is not None:
            code = getattr(self.error, "code", None)
            return f"{self.error.failure.class_} {code}" if code else self.error.failure.class_
        if isinstance(self.outcome, Listing):
            return f"{len(self.outcome):,} listed"
        return "isError" if getattr(self.outcome, "is_error", False) else "a result"

    @property
    def compared(self) -> Any:
        """What is held against the other side, as JSON: members of a result, items by their key, an error's parts."""
        if self.error is not None:
            return {"error": _parts(self.error)}
        if isinstance(self.outcome, Listing):
            return _by_key(self.outcome)
        if isinstance(self.outcome, Answer):
            return _members(self.outcome)
        return self.outcome.to_json()

    @property
    def violations(self) -> dict[str, str]:
        """What the answer breaks, by rule and path."""
        found = self.outcome.violations if isinstance(self.outcome, Answer) else ()
        return {f"{each.rule} {each.path}".rstrip(): each.message for each in found}

    def to_json(self) -> dict[str, Any]:
        """The side for ``--json``."""
        given: dict[str, Any] = {"label": self.label, "revision": self.revision, "seconds": self.seconds}
        if self.error is not None:
            return {**given, "failure": self.error.failure.to_json()}
        return {**given, "result": self.outcome.to_json()}


def _parts(error: MCPMagicsError) -> dict[str, Any]:
    parts: dict[str, Any] = {"class": error.failure.class_}
    code = getattr(error, "code", None)
    if code is None:
        return parts
    return {**parts, "code": code, "message": getattr(error, "rpc_message", ""), "data": getattr(error, "data", None)}


def _members(answer: Answer) -> Any:
    raw = answer.raw
    if not isinstance(raw, dict):
        return {"result": raw}
    members = dict(raw)
    if isinstance(answer, CallResult):
        members["isError"] = answer.is_error  # left out, it means false
    meta = members.get("_meta")
    if isinstance(meta, dict) and STAMP in meta:
        members["_meta"] = {key: value for key, value in meta.items() if key != STAMP}
        if not members["_meta"]:
            del members["_meta"]
    return members


def _by_key(listing: Listing) -> dict[str, Any]:
    """The items of a list as an object, by what tells them apart; one that has no key by its position."""
    found: dict[str, Any] = {}
    for index, item in enumerate(listing.items or listing.rows):
        raw = getattr(item, "raw", item)
        key = _key(raw) or f"#{index + 1}"
        while key in found:
            key += " again"
        found[key] = dict(raw) if isinstance(raw, Mapping) else raw
    return found


def _key(item: Any) -> str:
    if not isinstance(item, Mapping):
        return ""
    return next((item[key] for key in _KEYS if isinstance(item.get(key), str)), "")
