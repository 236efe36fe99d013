"""The server's questions as tasks of ours: it gets a task at once, and comes back for the answer.

A receiver's side of 2025-11-25 basic/utilities/tasks, for ``sampling/createMessage`` and ``elicitation/create``.
Bounded in number and in time; it ends with its connection.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from mcp_magics.connection.questions.refused import INTERNAL_ERROR, INVALID_PARAMS, RefusedError
from mcp_magics.connection.tasks.task import EXTENSION, RELATED
from mcp_magics.wire.message import number

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from mcp_types import ClientCapabilities

AUGMENTED = frozenset({"sampling/createMessage", "elicitation/create"})
METHODS = frozenset({"tasks/get", "tasks/result", "tasks/list", "tasks/cancel"})
CAPABILITY: Mapping[str, Any] = {
    "list": {},
    "cancel": {},
    "requests": {"sampling": {"createMessage": {}}, "elicitation": {"create": {}}},
}
MOST = 100
"""Tasks of one server at a time."""
USUAL_TTL, LONGEST_TTL = 300.0, 3600.0
"""Seconds a task is kept, from its creation, where the server says nothing, and at most."""
_INTERVAL = 500
_TOO_MANY = -32000

Status = Literal["working", "completed", "failed", "cancelled"]


_WORDS = {"working": "the client is asked", "cancelled": "the task was cancelled", "completed": "answered"}


@dataclass(slots=True, eq=False)
class _Kept:
    id: str
    ttl: float
    work: asyncio.Task[dict[str, Any]]
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    is_cancelled: bool = False

    @property
    def status(self) -> Status:
        if self.is_cancelled:
            return "cancelled"
        if not self.work.done():
            return "working"
        if self.work.cancelled():
            return "cancelled"
        return "failed" if self.work.exception() is not None else "completed"

    def to_json(self) -> dict[str, Any]:
        """The task as the server is told of it."""
        told = _WORDS.get(self.status) or (str(self.work.exception()) if self.status == "failed" else "")
        return {
            "taskId": self.id,
            "status": self.status,
            **({"statusMessage": told} if told else {}),
            "createdAt": _iso(self.created),
            "lastUpdatedAt": _iso(self.updated),
            "ttl": round(self.ttl * 1000),
            "pollInterval": _INTERVAL,
        }


class ClientTasks:
    """The tasks one server has given us; belongs to the loop."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def takes(self, method: str, params: Mapping[str, Any]) -> bool:
        """Whether a request is for here: about a task, or one that is to become one."""
        return method in METHODS or (method in AUGMENTED and isinstance(params.get("task"), dict))

    async def answer(
        self, method: str, params: Mapping[str, Any], ask: Callable[..., Coroutine[Any, Any, dict[str, Any]]]
    ) -> dict[str, Any]:
        """The result of such a request; ``ask(method, params)`` answers the question. Raises ``RefusedError``."""
        match method:
            case "tasks/list":
                return {"tasks": [each.to_json() for each in self._kept.values()]}
            case "tasks/get":
                return self._named(params).to_json()
            case "tasks/cancel":
                return self._cancelled(self._named(params))
            case "tasks/result":
                return await self._result(self._named(params))
        return {"task": self._created(params, ask(method, params)).to_json()}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """The connection ends, and nobody can come for an answer."""
        for each in self._kept.values():
            each.work.cancel()
        self._kept.clear()

    def _created(self, params: Mapping[str, Any], asking: Coroutine[Any, Any, dict[str, Any]]) -> _Kept:
        if len(self._kept) >= MOST:
            asking.close()
            raise RefusedError(_TOO_MANY, f"{MOST} tasks are kept already")
        loop = asyncio.get_running_loop()
        wished = number(params["task"].get("ttl"))
        ttl = USUAL_TTL if wished is None else min(max(wished / 1000, 0.0), LONGEST_TTL)
        kept = _Kept(secrets.token_urlsafe(16), ttl, loop.create_task(asking))
        self._kept[kept.id] = kept
        kept.work.add_done_callback(lambda work: self._over(kept, work))
        loop.call_later(ttl, self._expire, kept)
        return kept

    @staticmethod
    def _over(kept: _Kept, work: asyncio.Task[dict[str, Any]]) -> None:
        kept.updated = time.time()
        if not work.cancelled():
            work.exception()  # told to whoever comes for the result

    def _expire(self, kept: _Kept) -> None:
        self._kept.pop(kept.id, None)
        kept.work.cancel()

    def _named(self, params: Mapping[str, Any]) -> _Kept:
        found = self._kept.get(str(params.get("taskId")))
        if found is None:
            raise RefusedError(INVALID_PARAMS, "Failed to retrieve task: Task not found")
        return found

    def _cancelled(self, kept: _Kept) -> dict[str, Any]:
        if kept.status != "working":
            raise RefusedError(INVALID_PARAMS, f"Cannot cancel task: it is {kept.status}")
        kept.is_cancelled, kept.updated = True, time.time()
        kept.work.cancel()
        return kept.to_json()

    async def _result(self, kept: _Kept) -> dict[str, Any]:
        """What the question itself would have been answered, once that is known; says whose it is."""
        await asyncio.wait([kept.work])
        if kept.work.cancelled():
            raise RefusedError(_TOO_MANY, "the task was cancelled")
        error = kept.work.exception()
        if isinstance(error, RefusedError):
            raise error
        if error is not None:
            raise RefusedError(INTERNAL_ERROR, f"{type(error).__name__} in the client's handler")
        return related({RELATED: {"taskId": kept.id}}, kept.work.result())


def declared_with_tasks(declared: ClientCapabilities, version: str) -> ClientCapabilities:
    """What this client declares of tasks: its own in the handshake era, the extension since 2026-07-28."""
    from mcp_types import ClientTasksCapability
    from mcp_types.version import MODERN_PROTOCOL_VERSIONS

    if version in MODERN_PROTOCOL_VERSIONS:
        return declared.model_copy(update={"extensions": {**(declared.extensions or {}), EXTENSION: {}}})
    return declared.model_copy(update={"tasks": ClientTasksCapability.model_validate(CAPABILITY)})


def related(meta: object, result: dict[str, Any]) -> dict[str, Any]:
    """``result`` with the task that ``meta`` of its request names (Associating Task-Related Messages)."""
    task = meta.get(RELATED) if isinstance(meta, dict) else None
    return result if task is None else {**result, "_meta": {**(result.get("_meta") or {}), RELATED: task}}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
