"""Durations as people write them."""

from __future__ import annotations

import re

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def seconds(word: str) -> int:
    """The seconds that ``30``, ``30s``, ``5m`` or ``1h`` says.

    Raises:
        ValueError: it says nothing of the kind.
    """
    found = re.fullmatch(r"(\d+)([smh]?)", word)
    if found is None or int(found[1]) < 1:
        message = f"{word!r} is no duration like 30s, 5m or 1h"
        raise ValueError(message)
    return int(found[1]) * _UNITS[found[2]]
