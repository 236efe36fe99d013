"""The seconds that hold for every server whose configuration names none; a notebook's settings change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_magics.config.model import ServerSpec


@dataclass(slots=True)
class Defaults:
    """One process has one: looked at when a wait begins, so that a change reaches servers that run already."""

    startup_timeout: float = 30.0
    tool_timeout: float = 300.0


defaults = Defaults()


def startup_timeout(spec: ServerSpec) -> float:
    """Seconds that starting and connecting may take."""
    return defaults.startup_timeout if spec.startup_timeout is None else spec.startup_timeout


def tool_timeout(spec: ServerSpec) -> float:
    """Seconds a server may be silent in one call."""
    return defaults.tool_timeout if spec.tool_timeout is None else spec.tool_timeout
