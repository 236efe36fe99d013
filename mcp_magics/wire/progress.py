"""What a progress notification says, whatever it holds (basic/utilities/progress)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.wire.message import number, told
from mcp_magics.wire.pending import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 1000
"""Characters of a message or a value that are kept."""


def progress_in(params: Mapping[str, Any], before: Progress | None) -> Progress:
    """The progress ``params`` report; a value that is no number stands in the message, beside the last that was."""
    value, message = params.get("progress"), params.get("message")
    done = number(value)
    text = message[:_LONGEST] if isinstance(message, str) else None
    if done is None:
        shown = value if isinstance(value, str) else told(value) if value is not None else ""
        text = " ".join(filter(None, (shown[:_LONGEST], text))) or None
        done = before.progress if before is not None else 0.0
    return Progress(done, number(params.get("total")), text)


def unevenness(params: Mapping[str, Any], before: Progress | None) -> str:
    """How ``params`` break the rule that progress is a number and grows with each notification, else ``""``."""
    value = params.get("progress")
    done = number(value)
    if done is None:
        return f"progress is {told(value, 100)}, no number"
    if before is not None and done <= before.progress:
        return f"progress went from {before.progress:g} to {done:g}; it has to grow"
    return ""
