"""Waiting in a test for the thing itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds; a busy machine needs more than a free one, and a test that passes never waits so long."""


def until(condition: Callable[[], T], seconds: float = PATIENCE) -> T:
    """The first true value of ``condition``, looked at again and again; fails after ``seconds``."""
    deadline, turn = time.monotonic() + seconds, threading.Event()
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        turn.wait(0.005)
    return value
