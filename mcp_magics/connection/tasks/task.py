"""A server's task as it stands: read leniently from what was sent, whichever revision's words it uses.

2025-11-25 (basic/utilities/tasks) says ``ttl`` and ``pollInterval``; the extension of 2026-07-28
(``io.modelcontextprotocol/tasks``, SEP-2663) says ``ttlMs`` and ``pollIntervalMs``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mcp_magics.errors import CommandError
from mcp_magics.wire.message import number

if TYPE_CHECKING:
    from mcp_magics.config.model import ServerSpec

EXTENSION = "io.modelcontextprotocol/tasks"
RELATED = "io.modelcontextprotocol/related-task"
NOTIFICATIONS = frozenset({"notifications/tasks/status", "notifications/tasks"})
FINAL = frozenset({"completed", "failed", "cancelled"})

USUAL_INTERVAL = 1.0
"""Seconds between two looks where the server says nothing about it."""
SHORTEST, _LONGEST = 0.05, 60.0
_LONGEST_ID = 1024


@dataclass(frozen=True, slots=True)
class TaskState:
    """One state of a task; ``at`` is when it was heard (seconds since the epoch), ``ttl`` in seconds."""

    id: str
    status: str
    message: str = ""
    interval: float = USUAL_INTERVAL
    ttl: float | None = None
    at: float = field(default_factory=time.time)

    @property
    def is_final(self) -> bool:
        """Whether it stays so."""
        return self.status in FINAL

    def says_more_than(self, other: TaskState) -> bool:
        """Whether this is news after ``other``."""
        return (self.status, self.message) != (other.status, other.message)


def task_state(raw: object) -> TaskState | None:
    """The state a task object tells, or None where it is none."""
    if not isinstance(raw, Mapping):
        return None
    task_id, status = raw.get("taskId"), raw.get("status")
    if not isinstance(task_id, str) or not task_id or len(task_id) > _LONGEST_ID:
        return None
    message = raw.get("statusMessage")
    interval, ttl = _seconds(raw, "pollIntervalMs", "pollInterval"), _seconds(raw, "ttlMs", "ttl")
    return TaskState(
        task_id,
        status if isinstance(status, str) else "working",
        message[:2000] if isinstance(message, str) else "",
        USUAL_INTERVAL if interval is None else min(max(interval, SHORTEST), _LONGEST),
        ttl,
    )


def _seconds(raw: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        found = number(raw.get(name))
        if found is not None:
            return found / 1000
    return None


def claimed(message: Mapping[str, Any] | None) -> TaskState | None:
    """The task a response of 2026-07-28 says was created in the place of a result; None for an ordinary one."""
    result = (message or {}).get("result")
    return task_state(result) if isinstance(result, dict) and result.get("resultType") == "task" else None


def promised(message: Mapping[str, Any] | None) -> TaskState | None:
    """The task in the answer to a request of 2025-11-25 that was to be one; None where it was answered at once."""
    result = (message or {}).get("result")
    return task_state(result.get("task")) if isinstance(result, dict) else None


@dataclass(frozen=True, slots=True)
class AsTask:
    """The wish to have a call run as a task; ``ttl`` is the seconds its server should keep it, None as it likes."""

    ttl: float | None = None

    @property
    def members(self) -> str:
        """The member of ``params`` that says so."""
        return '"task":{}' if self.ttl is None else f'"task":{{"ttl":{round(self.ttl * 1000)}}}'


class Peer(Protocol):
    """What is known of a connected server."""

    spec: ServerSpec
    capabilities: Mapping[str, Any]

    @property
    def is_modern(self) -> bool:
        """Whether it speaks 2026-07-28."""


def task_members(tool: str, peer: Peer, support: object, wish: AsTask | None) -> str:
    """The member of ``params`` that makes a call a task, empty where it is to be none.

    A tool that requires it is called as one by itself. ``support`` is the tool's ``execution.taskSupport``. Raises
    ``CommandError`` where a wish cannot be met (2025-11-25 basic/utilities/tasks: Tool-Level Negotiation).
    """
    server, capabilities = peer.spec.name, peer.capabilities
    if peer.is_modern:
        if wish is not None and EXTENSION not in _inside(capabilities, "extensions"):
            raise _refused(server, tool, f"{server} does not offer the extension {EXTENSION}")
        return ""  # the server decides, call by call
    offered = "call" in _inside(capabilities, "tasks", "requests", "tools")
    if wish is None:
        return AsTask().members if offered and support == "required" else ""
    if not offered:
        raise _refused(server, tool, f"{server} offers no tasks for tools")
    if support not in ("required", "optional"):
        raise _refused(server, tool, f"{tool} may not be run as a task (taskSupport: {support or 'absent'})")
    return wish.members


def _inside(value: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        found = value.get(name)
        value = found if isinstance(found, Mapping) else {}
    return value


def offers(capabilities: Mapping[str, Any], operation: str) -> bool:
    """Whether a server of 2025-11-25 declares ``tasks.list`` or ``tasks.cancel``."""
    return operation in _inside(capabilities, "tasks")


def _refused(server: str, tool: str, why: str) -> CommandError:
    return CommandError(
        why,
        class_="no_task",
        phase="call",
        server=server,
        evidence=("nothing was sent",),
        next_step=f"%mcp tool {server}.{tool}  # then the call without --task",
    )
