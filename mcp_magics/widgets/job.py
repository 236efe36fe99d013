"""The button beside a running job: there while a page answers and the job runs, and never in a saved notebook."""

from __future__ import annotations

import asyncio
import contextvars
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from mcp_magics.results.sanitise import clean
from mcp_magics.widgets.fleeting import FleetingWidget

if TYPE_CHECKING:
    from IPython.core.display_functions import DisplayHandle

    from mcp_magics.auth.surroundings import Lookout
    from mcp_magics.connection.jobs.job import Job

VIEW = "application/vnd.jupyter.widget-view+json"
_GONE = {"text/plain": "", "text/html": ""}
_asking: set[asyncio.Task[None]] = set()


class JobWidget(FleetingWidget):
    """What the page draws; ``name`` is what the button ends."""

    _esm = Path(__file__).with_name("job.js").read_text("utf-8")
    name = traitlets.Unicode("").tag(sync=True)


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
        self._open = True
        self._widget = JobWidget(name=clean(f"job {job.number}: {job.what}"))
        self._widget.on_msg(self._on_message)
        view = {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}
        place.update({"text/plain": "", VIEW: view}, raw=True)
        job.on_change(self._changed)

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if content == {"do": "cancel"}:
            self._job.cancel()

    def _changed(self) -> None:
        """Called on the job's loop."""
        if self._job.done:
            try:
                self._loop.call_soon_threadsafe(self._end)
            except RuntimeError:  # the kernel's loop is closed: nobody looks at its buttons any more
                self._open = False

    def _end(self) -> None:
        if self._open:
            self._open = False
            self._here.run(self._vanish)

    def _vanish(self) -> None:
        """Leave the output; the view goes first, for it must not outlive its model."""
        self._place.update(_GONE, raw=True)
        self._widget.close()
