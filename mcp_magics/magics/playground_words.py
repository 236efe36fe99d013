"""The playground's servers and what they can do wrong, for Tab; no library is imported for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence


def playground_names(places: Sequence[str], registered: Container[str]) -> list[str]:
    """The servers behind ``start`` or ``stop``, each once: every one to start, the ``registered`` ones to stop."""
    from mcp_magics.playground import CATALOGUE

    action, *given = places
    if action not in ("start", "stop"):
        return []
    return [name for name in CATALOGUE if name not in given and (action == "start" or name in registered)]


def playground_faults(names: Sequence[str]) -> list[str]:
    """What all the servers of these ``names`` can do wrong, or where there are none, what any can."""
    from mcp_magics.playground import CATALOGUE, faults_of

    known = [list(faults_of(name)) for name in names if name in CATALOGUE]
    every = known or [list(faults_of(name)) for name in CATALOGUE]
    faults = dict.fromkeys(fault for each in every for fault in each if fault != "none")
    return [fault for fault in faults if all(fault in each for each in known)]
