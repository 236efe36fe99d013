"""Whether two specs mean the same, whatever words they use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_magics.config.expand import ExpandedHttp, expand
from mcp_magics.config.model import ObjectTransport
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from mcp_magics.config.expand import ExpandedStdio
    from mcp_magics.config.model import ServerSpec


def agree(one: ServerSpec, other: ServerSpec) -> bool:
    """Whether connecting to ``one`` and to ``other`` is the same thing now.

    ``--bearer-token-env-var X`` and the header ``Authorization: Bearer ${X}`` are, and so are a literal and the
    reference that stands for it in a file. Where a reference has no value, only equal words agree.
    """
    if one == other:
        return True
    if one.transport.type != other.transport.type or isinstance(one.transport, ObjectTransport):
        return False
    if replace(one, transport=other.transport) != other:
        return False
    try:
        return _meaning(expand(one)) == _meaning(expand(other))
    except ConfigurationError:
        return False


def _meaning(expanded: ExpandedStdio | ExpandedHttp) -> tuple[object, ...]:
    if isinstance(expanded, ExpandedHttp):
        return expanded.url, {name.lower(): value for name, value in expanded.headers.items()}
    return expanded.command, expanded.args, dict(expanded.env), expanded.cwd
