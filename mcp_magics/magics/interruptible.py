"""Reading a line from a person that can be called off when the answer has come another way."""

from __future__ import annotations

import _thread
import os
import signal
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable


T = TypeVar("T")


class _Withdrawn(BaseException):
    """Raised in the reading thread; no ``except Exception`` of a library must swallow it."""


def read_unless(read: Callable[[], T], called_off: Callable[[Callable[[], None]], None]) -> T | None:
    """What ``read`` returns, or None where it was called off meanwhile.

    ``called_off`` is given a function to call, from any thread, when the answer is no longer wanted. Works on the main
    thread only, as signals do; elsewhere reading simply goes on. KeyboardInterrupt passes through, also where a
    front end's handler would only have cancelled the cell's task.
    """
    if threading.current_thread() is not threading.main_thread():
        return read()
    lock = threading.Lock()
    state = {"reading": True, "withdrawn": False}

    def withdraw() -> None:
        with lock:
            if state["reading"]:
                state["withdrawn"] = True
                _interrupt()

    def on_interrupt(_number: int, _frame: Any) -> None:
        raise _Withdrawn if state["withdrawn"] else KeyboardInterrupt

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        try:
            called_off(withdraw)
            return read()
        finally:
            with lock:
                state["reading"] = False
    except _Withdrawn:
        return None
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt() -> None:
    """Make a blocking read on the main thread look up."""
    if os.name == "posix":
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()
