"""The HTTP headers of MCP's own that a request would be sent with (basic/transports: Standard Request Headers)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.steps import ServerSteps


def headers_of(server: ServerSteps, method: str, members: str) -> Mapping[str, str]:
    """What ``server``, once connected over HTTP, would be sent beside ``members``, the text of the params' members."""
    from mcp.shared.inbound import NAME_BEARING_METHODS

    from mcp_magics.connection.envelope import mirrored_headers

    connection = server.connection
    if connection.envelope is None or connection.transport != "streamable_http":
        return {}
    params = _object(f"{{{members}}}")
    name = params.get(NAME_BEARING_METHODS.get(method, ""))
    name = name if isinstance(name, str) else None
    arguments = params.get("arguments")
    mapping = connection.header_maps.get(name or "", {}) if method == "tools/call" else {}
    mirrored = mirrored_headers(mapping, arguments if isinstance(arguments, dict) else {})
    return connection.envelope.headers_for(method, name, mirrored)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
