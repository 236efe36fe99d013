"""How wide a line may be where it is printed now."""

from __future__ import annotations

import shutil
import sys

LINE_WIDTH = 100
"""Columns of a line where there is no terminal: saved notebooks, logs of continuous integration."""

_NARROWEST = 60
_WIDEST = 400


def line_width() -> int:
    """The columns of the terminal standard output goes to, or :data:`LINE_WIDTH`."""
    isatty = getattr(sys.stdout, "isatty", None)
    if isatty is None or not isatty():
        return LINE_WIDTH
    return min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
