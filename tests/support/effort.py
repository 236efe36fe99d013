"""How much work something is, counted in calls: the same on any machine, however busy it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class TooMuchWork(AssertionError):  # noqa: N818  a failure of a test
    """What was inside made more calls than it may."""


@contextmanager
def at_most_calls(most: int) -> Iterator[None]:
    """Fail as soon as what is inside has made more than ``most`` calls of functions, Python's and C's."""
    made = 0

    def count(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal made
        made += event in ("call", "c_call")
        if made > most:
            sys.setprofile(None)
            raise TooMuchWork(f"more than {most:,} calls, the last one in {frame.f_code.co_qualname}")

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(None)
