"""A button to end a line that a cell waits for: there after a second, where the page has answered; gone with the wait.

It ends the line as the stop button ends the cell: the server is told, the connection stays usable.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_magics.connection.questions.inbox import Inbox
    from mcp_magics.connection.waiting import Until
    from mcp_magics.magics.parse import Command
    from mcp_magics.magics.progress import ProgressBar
    from mcp_magics.widgets.cancel import CancelPanel
    from mcp_magics.widgets.frontend import FrontEnds, Page

AFTER = 1.0
"""Seconds a line waits for a server before there is a button."""
MOST = 5
"""Buttons at a time in one kernel; a line beyond them has one when another is gone."""
_DRAW_THEMSELVES = frozenset({"browse", "form", "list", "login", "oauth", "status", "subscribe", "trace"})
"""Verbs whose panels have buttons of their own; a second one above them would leave an empty output."""


def what_is_ended(command: Command) -> str:
    """What the button of a line says it ends; empty where it has none."""
    left_to_run = "no-wait" in command.options and command.options.flag("no-wait")
    if command.verb.name in _DRAW_THEMSELVES or left_to_run:
        return ""
    return f"{command.verb.name} {command.word(0) or ''}".rstrip()


class LineCancelled(asyncio.CancelledError):
    """Raised in the wait of a line whose button was pressed."""


class Buttons:
    """The buttons of one shell's waiting lines; used on the kernel's loop."""

    def __init__(self, inbox: Inbox, front_ends: FrontEnds) -> None:
        self._inbox = inbox
        self._front_ends = front_ends
        self._open: list[CancelPanel] = []
        self._asking: asyncio.Task[None] | None = None
        self._asked_in = ""

    def look(self, bar: ProgressBar, until: Until) -> None:
        """Called at each tick of a line's wait. Raises :class:`LineCancelled` where its button was pressed.

        The clock stands still while a person is asked something: that has buttons of its own.
        """
        if bar.is_over or not bar.what:
            return
        if bar.is_cancelled:
            raise LineCancelled
        panel, now = bar.panel, time.monotonic()
        if panel is None and now - bar.waited_since < AFTER:
            return
        asked = any(each.server == until.server for each in self._inbox.standing())
        if panel is not None:
            panel.stand_aside(aside=asked)
        elif asked:
            bar.waited_since = now
        else:
            self._offer(bar, now - bar.began)

    def _offer(self, bar: ProgressBar, elapsed: float) -> None:
        """A button, if the page is known to be there; else it is asked, and the next tick looks again."""
        if self._front_ends.memory() is None:
            self._ask()
            return
        self._open = [each for each in self._open if each.is_open]
        if len(self._open) < MOST:
            from mcp_magics.widgets.cancel import CancelPanel

            panel = CancelPanel(bar.what, elapsed, bar.cancel)
            self._open.append(panel)
            bar.accompany(panel)

    def _ask(self) -> None:
        """Ask the page, once in a cell."""
        page, cell = self._front_ends.page(), self._front_ends.cell()
        if page is not None and cell != self._asked_in:
            self._asked_in = cell
            self._asking = asyncio.create_task(self._have_answered(page))

    @staticmethod
    async def _have_answered(page: Page) -> None:
        """Widgets take a while to be imported: on a thread of their own, so that the answer of the call can arrive."""
        await asyncio.to_thread(_import_widgets)
        await page.front_end()


def _import_widgets() -> None:
    import mcp_magics.widgets.cancel  # noqa: F401
