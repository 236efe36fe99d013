"""Answers given beforehand with a call (``--answer``): used in order, the last one for all questions that follow."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import CommandError
from mcp_magics.schema.values import to_json_text

if TYPE_CHECKING:
    from collections.abc import Sequence


def checked_answers(
    given: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]],
) -> tuple[str | Mapping[str, Any], ...]:
    """``given`` as answers, one of them or several; raises ``CommandError`` for what can be no answer."""
    several = [given] if isinstance(given, (str, Mapping)) else list(given)
    return tuple(_checked(each, f"answers[{place}]") for place, each in enumerate(several))


def _checked(answer: object, path: str) -> str | Mapping[str, Any]:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, Mapping):
        found: dict[str, Any] = json.loads(to_json_text(answer, path))
        return found
    raise CommandError(
        f"{path}: {type(answer).__name__} is no answer",
        phase="arguments",
        evidence=("an answer is a dict, or a text: accept, decline, cancel, or a reply",),
        next_step='server.with_options(answers=[{"field": "value"}])',
    )


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
