"""An MCP server that breaks the protocol in one chosen way, to try clients with.

It is the plain server, because no library would write what this one must. Each fault is a class that overrides the
one step it spoils; its docstring is its description.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mcp_magics.playground.faulty import answers, frames, lists, notices, processes, questions
from mcp_magics.playground.plain_server import Settings, WellBehaved

if TYPE_CHECKING:
    from mcp_magics.playground.channel import Channel

_CLASSES: dict[str, type[WellBehaved]] = {
    kind.name: kind
    for kinds in (
        (WellBehaved,),
        processes.KINDS,
        frames.KINDS,
        answers.KINDS,
        lists.KINDS,
        questions.KINDS,
        notices.KINDS,
    )
    for kind in kinds
}
FAULTS: dict[str, str] = {name: (kind.__doc__ or "") for name, kind in _CLASSES.items()}


def run(fault: str, settings: Settings, channel: Channel | None = None) -> None:
    """Serve ``channel`` (default: standard input and output) with the ``fault`` of that name, until its input ends."""
    try:
        _CLASSES[fault](settings, channel).run()
    except BrokenPipeError:
        os._exit(0)  # the client left in the middle of an answer, and so does the interpreter's last flush
