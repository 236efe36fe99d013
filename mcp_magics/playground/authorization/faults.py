"""What a protected server or its authorization server can do wrong: each fault spoils one step of the behaviour."""

from __future__ import annotations

from mcp_magics.playground.authorization.behaviour import Behaviour
from mcp_magics.playground.authorization.document_faults import DOCUMENT_FAULTS
from mcp_magics.playground.authorization.flow_faults import FLOW_FAULTS

_KINDS: tuple[type[Behaviour], ...] = (Behaviour, *DOCUMENT_FAULTS, *FLOW_FAULTS)
_CLASSES = {kind.name: kind for kind in _KINDS}


def faults_of(server: str) -> dict[str, str]:
    """What the server of that name can do wrong: the names of its faults and what each does."""
    return {name: kind.__doc__ or "" for name, kind in _CLASSES.items() if server in kind.servers}


def behaviour(fault: str, delay: float) -> Behaviour:
    """The behaviour that the fault of that name makes; ``delay`` (s) is how slow it is."""
    return _CLASSES[fault](delay)
