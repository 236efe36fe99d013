"""Tab asks a server what a value may be (MCP "Completion"): only one that is connected and declares it, and briefly."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.magics.wanted import Wanted

AT_MOST = 0.5
"""Seconds a keystroke may wait for a server."""
KEPT = 5.0
"""Seconds an answer is good for the same question."""
_MOST_KEPT = 64

_kept: dict[tuple[int, str], tuple[float, tuple[str, ...]]] = {}


def server_values(wanted: Wanted) -> tuple[str, ...]:
    """What the server suggests for ``wanted``, none where it fails or is slow; never connects, never raises."""
    connection = wanted.connection
    if connection.state != "ready" or "completions" not in connection.capabilities:
        return ()
    from mcp_magics.connection.content.suggested import Reference, members_of

    reference = Reference("template" if wanted.is_template else "prompt", wanted.name)
    members = members_of(reference, wanted.argument, wanted.typed, wanted.known)
    key, now = (id(connection), members), time.monotonic()
    if key in _kept and _kept[key][0] > now:
        return _kept[key][1]
    try:
        values = _asked(wanted, members)
    except Exception:  # noqa: BLE001  a keystroke is no place for an error
        return ()
    _keep(key, now + KEPT, values)
    return values


def _asked(wanted: Wanted, members: str) -> tuple[str, ...]:
    pending = wanted.connection.submit("completion/complete", members)
    if not pending.wait(AT_MOST):
        from mcp_magics.connection.exchange import interrupted

        wanted.connection.dispatcher.abandon(pending, interrupted(wanted.connection.spec.name))
        return ()
    result = (pending.message or {}).get("result")
    completion = result.get("completion") if isinstance(result, dict) else None
    values = completion.get("values") if isinstance(completion, dict) else None
    return _texts(values) if isinstance(values, list) else ()


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(each for each in values[:100] if isinstance(each, str))


def _keep(key: tuple[int, str], until: float, values: tuple[str, ...]) -> None:
    if len(_kept) >= _MOST_KEPT:
        _kept.pop(next(iter(_kept)))
    _kept[key] = (until, values)
