"""One long piece of work: where it stands follows from when it began and what was answered, so nothing has to run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import mcp_types as types

from mcp_magics.playground.protocol.asking import NoAnswerError
from mcp_magics.playground.protocol.forms import elicit, told
from mcp_magics.playground.s1.registry import structured, text

if TYPE_CHECKING:
    from mcp_magics.playground.protocol.asking import Answer

Status = Literal["working", "input_required", "completed", "failed", "cancelled"]
KEY = "approval"
POLL_MS = 100
QUESTION = elicit("Shall it go on?", {"reason": {"type": "string", "title": "Why?"}})


@dataclass(slots=True)
class Task:
    """Work of so many ``seconds`` that ends as ``how`` says; where it ``asks``, it stands still at half of them."""

    task_id: str
    seconds: float
    how: str
    asks: bool
    ttl_ms: int
    answer: Answer | None = None
    answered: float = 0.0
    cancelled: float | None = None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.monotonic)

    @property
    def status(self) -> Status:
        """Where it stands now."""
        if self.cancelled is not None:
            return "cancelled"
        if self.remaining > 0:
            return "working"
        if self.asks and self.answer is None:
            return "input_required"
        return "failed" if self.how == "error" else "completed"

    @property
    def is_over(self) -> bool:
        """Whether it will never change again."""
        return self.status in ("completed", "failed", "cancelled")

    @property
    def is_expired(self) -> bool:
        """Whether its time to live has passed."""
        return (time.monotonic() - self.began) * 1000 > self.ttl_ms

    @property
    def remaining(self) -> float:
        """Seconds until it asks or ends."""
        return self._phase_ends - time.monotonic()

    @property
    def _phase_ends(self) -> float:
        if not self.asks:
            return self.began + self.seconds
        return self.began + self.seconds / 2 if self.answer is None else self.answered + self.seconds / 2

    def take(self, answer: Answer) -> None:
        """Go on with the ``answer`` to its question."""
        if self.status == "input_required":
            self.answer, self.answered = answer, time.monotonic()

    def cancel(self) -> None:
        """End it, where it has not ended."""
        if not self.is_over:
            self.cancelled = time.monotonic()

    def stands(self) -> dict[str, Any]:
        """What both eras tell of a task."""
        status = self.status
        changed = {"working": self.answered or self.began, "cancelled": self.cancelled or 0.0}.get(
            status, self._phase_ends
        )
        updated = self.created + timedelta(seconds=changed - self.began)
        return {
            "taskId": self.task_id,
            "status": status,
            "statusMessage": _MESSAGES[status],
            "createdAt": self.created.isoformat(),
            "lastUpdatedAt": updated.isoformat(),
        }

    def error(self) -> dict[str, Any]:
        """The JSON-RPC error it failed with."""
        return {"code": types.INTERNAL_ERROR, "message": "The machine broke."}

    def result(self) -> types.CallToolResult:
        """What the tool answers."""
        if self.answer is not None:
            return _decided(self.answer)
        if self.how == "tool_error":
            return text("There is nothing to report.", is_error=True)
        return structured({"report": "all is well"})


def _decided(answer: Answer) -> types.CallToolResult:
    try:
        return told(answer, QUESTION)
    except NoAnswerError as error:
        return text(error.message, is_error=True)


_MESSAGES: dict[Status, str] = {
    "working": "The tea is brewing.",
    "input_required": "Somebody has to decide.",
    "completed": "The tea is ready.",
    "failed": "The machine broke.",
    "cancelled": "Poured away.",
}
