"""What is said of a job: its news, and the errors of one that was cancelled, goes on, or takes too long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from mcp_magics.errors import RequestCancelledError, StillRunningError
from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from mcp_magics.connection.jobs.job import Job
    from mcp_magics.connection.tasks.task import TaskState
    from mcp_magics.wire.pending import Progress

Stop = TypeVar("Stop", KeyboardInterrupt, asyncio.CancelledError)


def news_text(progress: Progress | None, task: TaskState | None) -> str:
    """``reading (3 of 10)``, or how its task stands, as far as its server has said; empty where it has said nothing."""
    if task is not None and (progress is None or not progress.total):
        return f"{task.status} {task.message}".rstrip()
    return "" if progress is None else progress.text


def going_on(error: Stop, job: Job[Any]) -> Stop:
    """``error``, saying that the job goes on and what ends it, instead of where in a library one waited."""
    text = f"the waiting ended; job {job.number} ({job.what}) goes on; %mcp jobs cancel {job.number} ends it"
    line = clean(f"{type(error).__name__}: {text}")
    error.args = (text,)
    error._render_traceback_ = lambda: [line]  # type: ignore[attr-defined]
    return error


def cancelled(job: Job[Any]) -> RequestCancelledError:
    """The error of a job that was cancelled."""
    return RequestCancelledError(
        f"job {job.number} ({job.what}) was cancelled",
        phase="call",
        server=job.server,
        evidence=("its server was told; whether it acted before is unknown",),
        next_step=f"%mcp log {job.server}",
    )


def still_running(job: Job[Any], seconds: float) -> StillRunningError:
    """The error of a wait that ended after so many ``seconds``, and before its job."""
    return StillRunningError(
        f"job {job.number} ({job.what}) is still {job.state} after {seconds:g} s",
        phase="call",
        server=job.server,
        evidence=("it goes on",),
        next_step=f"%mcp jobs {job.number}",
    )
