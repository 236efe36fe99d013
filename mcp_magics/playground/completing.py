"""What completes an argument, handed out as the specification has it (MCP, completion)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mcp_types as types

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_VALUES = 100


def completed(values: Iterable[str], prefix: str) -> types.Completion:
    """The ``values`` that begin as ``prefix`` does, without regard to case; at most 100 of them."""
    begun = prefix.casefold()
    fitting = [value for value in values if value.casefold().startswith(begun)]
    shown = fitting[:_MOST_VALUES]
    return types.Completion(values=shown, total=len(fitting), has_more=len(fitting) > len(shown))
