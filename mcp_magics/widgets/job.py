"""The button beside a running job: there while a page answers and the job runs, and never in a saved notebook."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any

from mcp_magics.widgets.cancel import CancelPanel

if TYPE_CHECKING:
    from IPython.core.display_functions import DisplayHandle

    from mcp_magics.auth.surroundings import Lookout
    from mcp_magics.connection.jobs.job import Job

_GONE = {"text/plain": "", "text/html": ""}
_asking: set[asyncio.Task[None]] = set()


def offer_button(job: Job[Any], lookout: Lookout) -> None:
    """Show the button in the running cell's output once its page has answered; the cell does not wait for that.

    Called on the kernel's main thread, whose loop has to be running.
    """
    from IPython.display import display

    place = display(_GONE, raw=True, display_id=True)
    if place is not None:
        task = asyncio.get_running_loop().create_task(_shown_once_known(job, lookout, place))
        _asking.add(task)
        task.add_done_callback(_asking.discard)


async def _shown_once_known(job: Job[Any], lookout: Lookout, place: DisplayHandle) -> None:
    if await lookout.front_end() is not None and not job.done:
        _Button(job, place)


class _Button:
    """One button from its making to the end of its job; made and used on the kernel's loop."""

    def __init__(self, job: Job[Any], place: DisplayHandle) -> None:
        self._job = job
        self._place = place
        self._loop = asyncio.get_running_loop()
        self._here = contextvars.copy_context()
        self._panel = CancelPanel(f"job {job.number}: {job.what}", job.elapsed, job.cancel)
        place.update(self._panel.output, raw=True)
        job.on_change(self._changed)

    def _changed(self) -> None:
        """Called on any thread."""
        if self._job.done and self._panel.is_open:
            try:
                self._loop.call_soon_threadsafe(self._end)
            except RuntimeError:  # the kernel's loop is closed: nobody looks at its buttons any more
                return

    def _end(self) -> None:
        """Leave the output of the cell that made it."""
        if self._panel.is_open:
            self._here.run(self._place.update, _GONE, raw=True)
            self._panel.close()
