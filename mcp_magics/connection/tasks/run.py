"""A call that its server runs as a task, followed to its end: polled as often as the server likes, and no oftener."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mcp_magics.connection.exchange import interrupted
from mcp_magics.connection.loop import background
from mcp_magics.connection.tasks.legacy import LegacyTask
from mcp_magics.connection.tasks.modern import ModernTask
from mcp_magics.connection.waiting import Until

if TYPE_CHECKING:
    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.exchange import Request
    from mcp_magics.connection.tasks.following import Following
    from mcp_magics.connection.tasks.task import TaskState
    from mcp_magics.results.reply import Reply


async def followed(connection: Connection, request: Request, reply: Reply, first: TaskState) -> Reply:
    """Steps: the result of the task that ``reply`` says was created; whoever made the call is told how it ran.

    Raises ``MCPMagicsError``. Giving up cancels the task on its server.
    """
    kind: type[Following] = ModernTask if connection.is_modern else LegacyTask
    task = kind(connection, request, reply, first)
    job = background.start(task.run())
    try:
        await Until(job, connection.spec.name, task.overdue, lambda: task.life)
    except BaseException:
        task.give_up()  # here and now: what this thread sends next comes after it
        job.cancel()
        raise
    if isinstance(job.error, asyncio.CancelledError):
        raise interrupted(connection.spec.name)
    if request.hearing is not None:
        request.hearing.note(task.note)
    return job.result()
