"""What a server requires, as its answers to anonymous requests have shown: pure judgement on how a discovery ended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from mcp_magics.auth.flow.state import Discovered, Found, Refused
from mcp_magics.errors import Failure

if TYPE_CHECKING:
    from mcp_magics.auth.flow.state import State

Requirement = Literal["none", "optional", "required", "unknown"]

_ASKED_ANEW = (None, "initialize", "notifications/initialized", "tools/list", "GET")
"""What every discovery asks for itself; None is no refusal."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured requirement: ``refused`` is the method that was, ``failure`` what kept us from knowing or using it.

    ``at`` is seconds since the epoch.
    """

    requirement: Requirement = "unknown"
    refused: str | None = None
    failure: Failure | None = None
    found: Found = field(default_factory=Found)
    at: float | None = None

    def beside(self, earlier: Measured) -> Measured:
        """This measurement, with what an earlier one saw refused that nobody has asked for again (``tools/call``)."""
        if earlier.demanded.refused is None or self.requirement not in ("none", "optional"):
            return self
        return replace(self, requirement="required", refused=earlier.refused)

    @property
    def demanded(self) -> Found:
        """What a flow begins with: a refusal, and its challenge, that its own anonymous requests will not meet."""
        if self.refused in _ASKED_ANEW:
            return Found()
        return Found(refused=self.refused, challenge=self.found.challenge)

    @property
    def text(self) -> str:
        """The requirement in words."""
        if self.requirement == "required":
            return f"required ({self.refused} is refused without a credential)" if self.refused else "required"
        if self.requirement == "optional":
            return "optional (not needed; a login is offered)"
        if self.requirement == "unknown" and self.failure is not None:
            return f"unknown ({self.failure.class_})"
        return self.requirement

    @property
    def evidence(self) -> tuple[str, ...]:
        """What was asked and answered, a line each; then what was wrong and tolerated."""
        said = (" · ".join(self.failure.lines()[:1]),) if self.failure is not None else ()
        return (*self.found.table, *self.found.problems, *said)


NOT_MEASURED = Measured()


def measured(end: State) -> Measured:
    """The requirement that the end of a discovery shows; what could not be checked is ``unknown``, never ``none``."""
    if isinstance(end, Discovered):
        return _discovered(end.found, time.time())
    if isinstance(end, Refused):
        return _refused(end, time.time())
    return Measured(at=time.time())


def _discovered(found: Found, at: float) -> Measured:
    if _is_hearsay(found):
        return Measured("unknown", None, _not_sure(found), found, at)
    if found.refused is not None:
        return Measured("required", found.refused, None, found, at)
    if found.server is not None or found.resource is not None:
        return Measured("optional", None, None, found, at)
    word: Requirement = "none" if found.unchecked is None else "unknown"
    return Measured(word, None, found.unchecked, found, at)


def _is_hearsay(found: Found) -> bool:
    """Whether a JSON-RPC error is all that speaks of authorization: no status does, and no document."""
    return found.said is not None and found.challenge is None and found.resource is None and found.server is None


def _not_sure(found: Found) -> Failure:
    text = f"the server refused to begin: {found.said}"
    return Failure("initialize_refused", text, "discovery", evidence=("nothing says where to log in",))


def _refused(end: Refused, at: float) -> Measured:
    found = end.found
    if _is_hearsay(found):
        return Measured("unknown", None, _not_sure(found), found, at)
    if found.refused is not None:
        return Measured("required", found.refused, end.failure, found, at)
    offered = found.resource is not None or bool(found.tried)  # documents there are, but none to go by
    return Measured("optional" if offered else "unknown", None, end.failure, found, at)
