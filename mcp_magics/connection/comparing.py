"""The same request of two servers, or of one in both eras: asked one after the other, for honest times."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import CommandError, ConfigurationError, MCPMagicsError, RequestCancelledError, ToolError
from mcp_magics.results.comparison import Comparison
from mcp_magics.results.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.connection.server import Server
    from mcp_magics.connection.waiting import Until

Asking = Callable[["Server"], Coroutine["Until", None, Any]]
"""The request as steps, of the server it is given."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two that are asked, the left one first; ``labels`` tell them apart for people."""

    left: Server
    right: Server
    labels: tuple[str, str]

    @classmethod
    def of_eras(cls, server: Server) -> Pair:
        """One server in both eras, the stateless one first."""
        return cls(server.in_era("2026-07-28"), server.in_era("legacy"), ("2026-07-28", "legacy"))

    @classmethod
    def of_servers(cls, left: Server, right: Server) -> Pair:
        """Two servers, each in the era it is configured for; one and the same is asked twice."""
        return cls(left, right, (left.name, right.name if right.name != left.name else f"{right.name}, again"))


async def compare(what: str, pair: Pair, ask: Asking, ignored: Sequence[str] = ()) -> Comparison:
    """Steps: ask both and hold the answers against each other; an error of one is its side of the comparison.

    Raises what both sides say of the request before anything is sent, and an interrupt.
    """
    left = await _side(pair.left, pair.labels[0], ask)
    right = await _side(pair.right, pair.labels[1], ask)
    if _is_never_sent(left) and _is_never_sent(right):
        assert left.error is not None  # that is what was never sent
        raise left.error
    return Comparison(what, left, right, ignored)


async def _side(server: Server, label: str, ask: Asking) -> Side:
    try:
        await server.ready_steps()
    except MCPMagicsError as error:
        return Side(label, error=_not_interrupted(error))
    started = time.perf_counter()
    outcome, problem = None, None
    try:
        outcome = await ask(server)
    except ToolError as error:
        outcome = error.result
    except MCPMagicsError as error:
        problem = _not_interrupted(error)
    seconds = getattr(outcome, "elapsed", None) or time.perf_counter() - started
    return Side(label, outcome, problem, seconds, server.protocol_version)


def _not_interrupted(error: MCPMagicsError) -> MCPMagicsError:
    if isinstance(error, RequestCancelledError) and error.failure.class_ == "interrupted":
        raise error
    return error


def _is_never_sent(side: Side) -> bool:
    return isinstance(side.error, CommandError | ConfigurationError)
