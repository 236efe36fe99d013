"""The front ends of one kernel: whether the one a cell was sent from answers widgets, and how it sees the kernel.

Each page (a client session of the Jupyter protocol) is asked once, at the first cell that wants to know, and never
where the cell's request says that nobody is there (``allow_stdin`` false: nbclient, nbconvert, papermill).
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from IPython.core.interactiveshell import InteractiveShell

    from mcp_magics.auth.surroundings import FrontEnd, Lookout

PATIENCE = 1.0
"""Seconds a page has to answer; JupyterLab 4.6 in Chromium took 0.06 s to 0.08 s."""
PROBE_PATIENCE = 3.0
"""Seconds a page has to fetch something from the kernel's machine."""


class FrontEnds:
    """What the pages of one shell's kernel have answered."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._answers: dict[str, FrontEnd] = {}
        self._asked: dict[str, asyncio.Task[None]] = {}

    def page(self) -> Page | None:
        """The page the running cell was sent from, to be asked while the cell awaits; None where nobody is there."""
        session = _session(self._shell)
        here = threading.current_thread() is threading.main_thread()  # where the kernel hears its pages
        return None if session is None or not here else Page(session, self, asyncio.get_running_loop())

    def memory(self) -> Lookout | None:
        """The same for a cell that blocks, in which no page can be asked: what it has said before."""
        answer = self._answers.get(_session(self._shell) or "")
        return None if answer is None else Memory(answer)

    def cell(self) -> str:
        """The request the kernel works on in this context: what names a cell's output."""
        return str(_request(self._shell).get("header", {}).get("msg_id", ""))

    def heard(self, answer: FrontEnd) -> str:
        """Keep what the page answered whose message the kernel works on; its session."""
        session = _session_of(_request(self._shell))
        self._answers[session] = answer
        return session

    async def front_end(self, session: str) -> FrontEnd | None:
        """The answer of the page of ``session``, on the kernel's loop; one that was silent is not waited for again."""
        asked = self._asked.get(session)
        if asked is None:
            asked = self._asked[session] = asyncio.create_task(self.ask(session, "", PATIENCE))
        if not asked.done():  # whoever else wants to know waits for the same answer
            await asyncio.wait({asked})
        return self._answers.get(session)

    async def ask(self, session: str, probe: str, patience: float) -> None:
        """Ask the page of ``session``, on the kernel's loop."""
        from mcp_magics.widgets.envoy import ask_page

        await ask_page(probe, lambda answer: self.heard(answer) == session, patience)

    def known(self, session: str) -> FrontEnd | None:
        """What the page of ``session`` has answered so far."""
        return self._answers.get(session)


class Page:
    """One page; an :class:`~mcp_magics.auth.surroundings.Lookout` that may be used on any loop."""

    def __init__(self, session: str, front_ends: FrontEnds, loop: asyncio.AbstractEventLoop) -> None:
        self._session = session
        self._front_ends = front_ends
        self._loop = loop

    async def front_end(self) -> FrontEnd | None:
        """What the page has answered, asked now if it never was; None where it is silent."""
        await self._on_kernels_loop(self._front_ends.front_end(self._session), 2 * PATIENCE)
        return self._front_ends.known(self._session)

    async def probed(self, port: int, path: str) -> FrontEnd | None:
        """The same after the page has tried to reach ``path`` of ``port`` through the Jupyter proxy."""
        ask = self._front_ends.ask(self._session, f"{port}{path}", PROBE_PATIENCE)
        await self._on_kernels_loop(ask, 2 * PROBE_PATIENCE)
        return self._front_ends.known(self._session)

    async def _on_kernels_loop(self, work: Coroutine[Any, Any, object], patience: float) -> None:
        """Wait for ``work``; where a cell blocks that loop meanwhile, not longer than ``patience``."""
        job = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            async with asyncio.timeout(patience):
                await asyncio.wrap_future(job)
        except TimeoutError:
            pass


@dataclass(frozen=True, slots=True)
class Memory:
    """What a page said before; asks nothing."""

    answer: FrontEnd

    async def front_end(self) -> FrontEnd | None:
        """What it said."""
        return self.answer

    async def probed(self, port: int, path: str) -> FrontEnd | None:  # noqa: ARG002  asks nothing
        """What it said, of whatever port."""
        return self.answer


def _session(shell: InteractiveShell) -> str | None:
    """The client session of the request the kernel works on; None where it comes from no person's front end."""
    request = _request(shell) if hasattr(shell, "kernel") else {}
    return (_session_of(request) or None) if request.get("content", {}).get("allow_stdin") else None


def _request(shell: InteractiveShell) -> dict[str, Any]:
    """The message the kernel works on: a cell's request, or what a page sent to a widget."""
    request: dict[str, Any] = getattr(shell, "get_parent", dict)()
    return request


def _session_of(request: dict[str, Any]) -> str:
    return str(request.get("header", {}).get("session", ""))
