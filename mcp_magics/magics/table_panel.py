"""A live table in the place of each long one, where a page is there to draw it; the cell does not wait for that."""

from __future__ import annotations

import asyncio
import secrets
from importlib import import_module
from typing import TYPE_CHECKING

from mcp_magics.results.answer import Answer
from mcp_magics.results.listing import Listing

if TYPE_CHECKING:
    from mcp_magics.auth.surroundings import Lookout
    from mcp_magics.results.document import Document, Placed
    from mcp_magics.results.long_table import LongTable
    from mcp_magics.results.media import Bundle
    from mcp_magics.widgets.table_rows import TableRows

MOST = 4
"""Long tables of one result that are live."""
_LOOKS, _BETWEEN = 20, 0.5
"""How often a page is looked for, and the seconds between two looks."""
_asking: set[asyncio.Task[None]] = set()


def parts_of(value: Answer | Listing, lookout: Lookout | None) -> tuple[list[Bundle], list[Placed]]:
    """The outputs of ``value`` and its long tables, which are in places where a page may be there to draw live ones."""
    if lookout is None or asyncio._get_running_loop() is None:  # noqa: SLF001  where none runs, no page is heard
        return value.display_parts(), []
    from mcp_magics.results.long_table import placed, places

    tables: list[Placed] = []

    def change(document: Document) -> Document:
        changed = placed(document, [secrets.token_hex(8) for _ in range(MOST)])
        tables.extend(places(changed))
        return changed

    return value.display_parts(change), tables


def offer_tables(tables: list[Placed], lookout: Lookout) -> None:
    """Draw a live table in each of these places once the page has answered; called after they were shown.

    Called on the kernel's main thread, whose loop is running: it hears the page, and a message that comes while a
    widget is being made would be lost on any other.
    """
    task = asyncio.get_running_loop().create_task(_shown_once_known(tables, lookout))
    _asking.add(task)
    task.add_done_callback(_asking.discard)


async def _shown_once_known(tables: list[Placed], lookout: Lookout) -> None:
    """What takes its time is done on a thread, so that the kernel goes on meanwhile."""
    await asyncio.to_thread(import_module, "mcp_magics.widgets.envoy")
    if not await _answers(lookout):
        return
    await asyncio.to_thread(import_module, "mcp_magics.widgets.table")
    for each in tables:
        found = await asyncio.to_thread(_found, each)
        if found is not None:
            _show(each, *found)


async def _answers(lookout: Lookout) -> bool:
    """Whether a page answers: one that is slow may, for nobody waits here."""
    for _ in range(_LOOKS):
        if await lookout.front_end() is not None:
            return True
        await asyncio.sleep(_BETWEEN)
    return False


def _found(placed: Placed) -> tuple[LongTable, TableRows] | None:
    from mcp_magics.results.long_table import long_table
    from mcp_magics.widgets.table_rows import TableRows

    long = long_table(placed.item)
    return None if long is None else (long, TableRows(long.table))


def _show(placed: Placed, long: LongTable, rows: TableRows) -> None:
    from mcp_magics.results.mime import beside
    from mcp_magics.widgets.table import LiveTable

    LiveTable(rows, long.keeps, placed.name if long.is_all else beside(placed.name)).begin()
