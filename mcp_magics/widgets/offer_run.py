"""What a panel has sent for a person: a job, whose result stands in an output of its own, and can be cancelled.

What the server asks meanwhile has panels in the same output.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from mcp_magics.connection.jobs.register import jobs
from mcp_magics.connection.questions.inbox import inbox
from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import clean, escaped, one_line
from mcp_magics.widgets.question_board import QuestionBoard

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp_magics.connection.jobs.job import Job
    from mcp_magics.connection.server import Server
    from mcp_magics.results.job import Glance
    from mcp_magics.widgets.field_view import View
    from mcp_magics.widgets.offer import Offer

_SHOWN_CELL = 2_000
_TEXT = 20_000
_NAME = 600
"""Characters of what was asked for."""


class Place(Protocol):
    """Where a result is drawn."""

    def show(self, data: dict[str, Any]) -> None:
        """Draw this in the place of what was drawn before."""


class OfferRuns:
    """The runs of one panel, one at a time; ``told`` is called, on any thread, with how the newest stands.

    Made on the kernel's loop, in the context of the cell whose output it draws in. Each result is marked in its HTML,
    with ``name`` and the number of its job: a page looks for that to know whether it has it.
    """

    def __init__(self, place: Place, told: Callable[[View], None], name: str) -> None:
        self._place = place
        self._told = told
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._here = contextvars.copy_context()
        self._job: Job[Any] | None = None
        self._of = ""
        self._board: QuestionBoard | None = None
        self.result: Any = None

    @property
    def is_running(self) -> bool:
        """Whether one is under way."""
        return self._job is not None and not self._job.done

    def begin(self, server: Server, offer: Offer, text: str, cell: str) -> None:
        """Ask for ``offer`` with the arguments ``text``; nothing while another run is under way."""
        if self.is_running:
            return
        self._of = f"{one_line(offer.server, 200)}.{one_line(offer.name, 400)}"  # as a page calls what it has open
        job = self._job = jobs.start(server.name, f"{offer.server}.{offer.name}", offer.steps(server, text))
        self._changed(job, cell)
        job.on_change(lambda: self._changed(job, cell))

    def cancel(self) -> None:
        """End the run under way, and tell its server."""
        if self._job is not None:
            self._job.cancel()

    def view(self) -> View:
        """How the newest run stands; empty where there is none."""
        job = self._job
        if job is None:
            return {}
        return {"state": job.state, "line": clean(job.line), "mark": self._mark(job), "of": self._of}

    @property
    def text(self) -> str:
        """The newest result as text, for a page that was opened after its output was made and is not given it."""
        text = clean(str(self._job.glance.bundle().get("text/plain", ""))) if self._job is not None else ""
        return text if len(text) <= _TEXT else f"{text[:_TEXT]}\n… {len(text) - _TEXT:,} more characters"

    def _mark(self, job: Job[Any]) -> str:
        return f"{self._name}-{job.number}"

    def _changed(self, job: Job[Any], cell: str) -> None:
        if job is not self._job:
            return
        if job.done:
            self.result = job.result
            self._here.copy().run(self._place.show, _with_cell(job.glance, cell, self._mark(job)))
        elif job.state == "waiting":
            with suppress(RuntimeError):  # the kernel's loop is closed: nobody looks at its panels any more
                self._loop.call_soon_threadsafe(self._put_questions, job)
        self._told(self.view())

    def _put_questions(self, job: Job[Any]) -> None:
        """Show what the server asks below the panel."""
        inbox.offer(job.server)
        while (question := inbox.take(job.server)) is not None:
            if self._board is None:
                self._board = self._here.run(QuestionBoard, inbox)
            self._board.put(question)


def _with_cell(glance: Glance, cell: str, mark: str) -> dict[str, Any]:
    """A result below what it is of, with the cell that asks for it, so that what was clicked can be run again."""
    bundle = glance.bundle()
    shown = clean(redactor().text(cell[:_SHOWN_CELL])) + (" …" if len(cell) > _SHOWN_CELL else "")
    above = {"text/plain": f"{shown}\n\n{bundle.get('text/plain', '')}"}
    if "text/html" in bundle:
        pre = "font-family:var(--jp-code-font-family,monospace);white-space:pre-wrap;overflow:auto;max-height:20em"
        at = time.strftime("%H:%M:%S UTC", time.gmtime(glance.at))
        head = f"<summary>result of {escaped(one_line(glance.what, _NAME))}, {at}: its cell</summary>"
        folded = f'<details data-mcp-run="{escaped(mark)}">{head}<pre style="{pre}">{escaped(shown)}</pre></details>'
        above["text/html"] = f"{folded}{bundle['text/html']}"
    return {**bundle, **above}
