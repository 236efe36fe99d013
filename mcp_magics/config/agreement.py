"""Whether two specs mean the same, whatever words they use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_magics.config.defaults import startup_timeout, tool_timeout
from mcp_magics.config.expand import ExpandedHttp, expand
from mcp_magics.config.model import HttpTransport, ObjectTransport
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from mcp_magics.config.expand import ExpandedStdio
    from mcp_magics.config.model import ServerSpec


def agree(one: ServerSpec, other: ServerSpec) -> bool:
    """Whether connecting to ``one`` and to ``other`` is the same thing now.

    ``--bearer-token-env-var X`` and the header ``Authorization: Bearer ${X}`` are, and so are a literal and the
    reference that stands for it in a file. Where a reference has no value, only equal words agree.
    """
    one, other = _timed(one), _timed(other)
    if one == other:
        return True
    if one.transport.type != other.transport.type or isinstance(one.transport, ObjectTransport):
        return False
    if replace(one, transport=other.transport) != other:
        return False
    if _headers_alone(one) == _headers_alone(other):
        return True
    try:
        return _meaning(expand(one)) == _meaning(expand(other))
    except ConfigurationError:
        return False


def _timed(spec: ServerSpec) -> ServerSpec:
    return replace(spec, startup_timeout=startup_timeout(spec), tool_timeout=tool_timeout(spec))


def _headers_alone(spec: ServerSpec) -> ServerSpec:
    """``spec`` with a bearer token's variable as the header it stands for."""
    transport = spec.transport
    if not isinstance(transport, HttpTransport) or not transport.bearer_token_env_var:
        return spec
    headers = {name: value for name, value in transport.headers.items() if name.lower() != "authorization"}
    headers["Authorization"] = f"Bearer ${{{transport.bearer_token_env_var}}}"
    return replace(spec, transport=replace(transport, headers=headers, bearer_token_env_var=None))


def _meaning(expanded: ExpandedStdio | ExpandedHttp) -> tuple[object, ...]:
    if isinstance(expanded, ExpandedHttp):
        return expanded.url, {name.lower(): value for name, value in expanded.headers.items()}
    return expanded.command, expanded.args, dict(expanded.env), expanded.cwd
