"""One question to the page a cell was sent from: a widget that is opened, answers once, and is closed, never shown."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from mcp_magics.auth.surroundings import FrontEnd
from mcp_magics.widgets.fleeting import FleetingWidget

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 2_000


class Envoy(FleetingWidget):
    """Answers where the page stands; with a ``probe`` (``PORT/PATH``), whether the Jupyter proxy leads there."""

    _esm = Path(__file__).with_name("envoy.js").read_text("utf-8")
    probe = traitlets.Unicode("").tag(sync=True)


async def ask_page(probe: str, heard: Callable[[FrontEnd], bool], patience: float) -> None:
    """Open an envoy on the kernel's loop and wait ``patience`` seconds; ``heard`` is told, later too if need be.

    Every page of the kernel answers; ``heard`` says whether it was the one that was meant.
    """
    envoy, answered = Envoy(probe=probe), asyncio.Event()

    def on_message(_widget: Any, content: Any, _buffers: Any) -> None:
        front_end = front_end_of(content)
        if front_end is not None and heard(front_end):
            envoy.close()
            answered.set()

    envoy.on_msg(on_message)
    try:
        async with asyncio.timeout(patience):
            await answered.wait()
    except TimeoutError:
        pass


def front_end_of(content: Any) -> FrontEnd | None:
    """What a page answered; None where that is no such answer."""
    match content:
        case {"origin": str(origin), "base_path": str(path), "proxy_answers": bool(reached)}:
            fine = len(origin) + len(path) <= _LONGEST and path.startswith("/")
            return FrontEnd(origin, path, reached) if fine else None
    return None
