"""Where a command stands in the user's Python: the names it sees, and whether the cell itself waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

Names = dict[str, Any]
"""What ``$name`` and ``{expr}`` may mention."""


def names_at(frame: FrameType | None) -> Names:
    """The names where the caller of ``frame`` stands: the notebook's own, a function's before them."""
    caller = frame.f_back if frame is not None else None
    return joined(caller.f_globals, caller.f_locals) if caller is not None else {}


def joined(outer: Names, inner: Names) -> Names:
    """One mapping for both: expressions with scopes of their own (comprehensions) see only globals."""
    return outer if inner is outer else {**outer, **inner}


def is_the_cell(frame: FrameType | None) -> bool:
    """Whether the coroutine that runs in ``frame`` is awaited by the cell itself, not by a task the user made."""
    from IPython.core.interactiveshell import InteractiveShell

    while frame is not None and frame.f_code is not InteractiveShell.run_code.__code__:
        frame = frame.f_back
    return frame is not None
