"""The tasks a server of 2025-11-25 keeps, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.connection.tasks.task import offers
from mcp_magics.errors import CommandError
from mcp_magics.results.listing import Listing, counted
from mcp_magics.results.sanitise import clean
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from mcp_magics.connection.server import Server

COLUMNS = ("taskId", "status", "statusMessage", "createdAt", "lastUpdatedAt", "ttl")
MOST_PAGES = 100


async def server_tasks(server: Server) -> Listing:
    """Steps: every task ``server`` lists, page by page; raises ``CommandError`` where it lists none.

    ``tasks/list`` is of 2025-11-25 (basic/utilities/tasks: Listing Tasks); 2026-07-28 has no such thing.
    """
    await server.ready_steps()
    if not offers(server.connection.capabilities, "list"):
        raise CommandError(
            f"{server.name} lists no tasks: it does not declare tasks.list",
            class_="no_task",
            phase="call",
            server=server.name,
            evidence=(f"it speaks {server.protocol_version}",),
            next_step="%mcp jobs",
        )
    rows = [_row(each) for each in await _pages(server) if isinstance(each, dict)]
    return Listing(f"{server.name}: {counted(len(rows), 'task')}", COLUMNS, rows)


async def _pages(server: Server) -> list[Any]:
    found: list[Any] = []
    cursors: set[str] = set()
    members = ""
    for _ in range(MOST_PAGES):
        page = await server.result("tasks/list", members)
        tasks, cursor = page.get("tasks"), page.get("nextCursor")
        found += tasks if isinstance(tasks, list) else []
        if not isinstance(cursor, str) or cursor in cursors:
            break
        cursors.add(cursor)
        members = f'"cursor":{compact(cursor)}'
    return found


def _row(task: dict[str, Any]) -> dict[str, Any]:
    return {name: clean(value) if isinstance(value := task.get(name), str) else value for name in COLUMNS}
