"""A call left to run: its cell goes on at once, and what becomes of the call arrives in that cell's output."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.jobs.register import jobs
from mcp_magics.magics.outcome import Shown

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mcp_magics.connection.jobs.job import Job
    from mcp_magics.connection.server import Server
    from mcp_magics.connection.waiting import Until
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command


async def carried_out(
    context: Context, command: Command, server: Server, what: str, work: Coroutine[Until, None, Any]
) -> Any:
    """Steps: the result of ``work``; with ``--no-wait`` the job that does it, which shows itself in this cell."""
    if not command.options.flag("no-wait"):
        return await work
    return left_running(context, command, server, what, work)


def left_running(
    context: Context, command: Command, server: Server, what: str, work: Coroutine[Until, None, Any]
) -> Shown | Job[Any]:
    """A job that does ``work``; where that is shown, the running cell's output has its state and its result."""
    path = command.options.text("save")
    job = jobs.start(server.name, what, work if path is None else _saved(work, path), context.servers.attendant)
    if command.options.flag("json") or not command.shown or context.use == "value":
        return Shown(job) if path is not None else job
    _draw(context, job)
    return Shown(job)


async def _saved(work: Coroutine[Until, None, Any], path: str) -> Any:
    from mcp_magics.magics.saving import save

    result = await work
    save(result, path)
    return result


def _draw(context: Context, job: Job[Any]) -> None:
    surface, nowhere = context.surface(), contextvars.Context()
    surface.show(job.glance.bundle())
    # Said as of whatever cell runs by then: nbclient hears no other, and every front end goes by the display's id.
    job.on_change(lambda: nowhere.run(surface.show, job.glance.bundle()))
    if context.lookout is not None and not job.done and asyncio._get_running_loop() is not None:  # noqa: SLF001
        from mcp_magics.widgets.job import offer_button

        offer_button(job, context.lookout)
