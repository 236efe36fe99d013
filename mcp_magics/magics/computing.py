"""The stop button while an awaiting cell computes: it is stopped as any other cell is.

A cell with ``%mcp`` at its top level is an asynchronous one. There ipykernel answers SIGINT by cancelling the cell's
task, which ends a wait and nothing else: code of the cell that sleeps or computes would go on to its end. Here it
gets its ``KeyboardInterrupt``; whatever waits is cancelled as before.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

    from IPython.core.interactiveshell import InteractiveShell

_THEIRS = "_cancel_on_sigint.<locals>.handle_sigint"
"""The end of the name of ipykernel's handler, which is there while an asynchronous cell runs."""
_NOT_THE_CELLS = frozenset({"mcp_magics", "asyncio", "nest_asyncio", "nest_asyncio2"})
"""Packages in whose midst nothing is raised: they have waits to end and loops to keep."""


def install(shell: InteractiveShell) -> None:
    """Watch the cells of ``shell`` from now on; once, however often it is called."""
    uninstall(shell)
    shell.events.register("pre_run_cell", _watch)


def uninstall(shell: InteractiveShell) -> None:
    """Leave the cells of ``shell`` as they are; nothing happens where nothing was installed."""
    for each in list(shell.events.callbacks["pre_run_cell"]):
        if getattr(each, "__module__", "") == __name__:
            shell.events.unregister("pre_run_cell", each)


def _watch(info: Any) -> None:
    """Stand before ipykernel's handler; it puts back what was there before its own when the cell has ended."""
    if "mcp" not in (info.raw_cell or "") or threading.current_thread() is not threading.main_thread():
        return
    theirs: Any = signal.getsignal(signal.SIGINT)
    if not getattr(theirs, "__qualname__", "").endswith(_THEIRS):
        return

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if computes(frame):
            raise KeyboardInterrupt
        theirs(number, frame)

    signal.signal(signal.SIGINT, on_interrupt)


def computes(frame: FrameType | None) -> bool:
    """Whether the cell itself runs ``frame``, where what is raised is caught, and no loop or library in it does."""
    from IPython.core.interactiveshell import InteractiveShell

    while frame is not None and frame.f_code is not InteractiveShell.run_code.__code__:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] in _NOT_THE_CELLS:
            return False
        frame = frame.f_back
    return frame is not None
