"""Answers given beforehand with a call (``--answer``): used in order, the last one for all questions that follow."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Script:
    """What one call answers to its server's questions; of one call only, for it remembers how many were asked.

    An answer is ``accept``, ``decline``, ``cancel``, any other text, or an object.
    """

    def __init__(self, answers: Sequence[str | Mapping[str, Any]]) -> None:
        self._answers = tuple(answers)
        self._used = 0
        self._lock = threading.Lock()

    def next(self) -> str | Mapping[str, Any]:
        """The answer to the next question."""
        with self._lock:
            given = self._answers[min(self._used, len(self._answers) - 1)]
            self._used += 1
        return given

    @property
    def left_over(self) -> tuple[str, ...]:
        """A note on the answers nothing asked for, where there are any."""
        left = len(self._answers) - self._used
        if left <= 0:
            return ()
        return (f"{left} of {len(self._answers)} answers given beforehand were not asked for",)
