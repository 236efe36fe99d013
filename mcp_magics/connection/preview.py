"""What of a request its HTTP headers repeat (basic/transports: Standard Request Headers), sent or only shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.steps import ServerSteps


def headers_of(server: ServerSteps, method: str, members: str) -> Mapping[str, str]:
    """What ``server``, once connected over HTTP, would be sent beside ``members``, the text of the params' members."""
    connection = server.connection
    if connection.envelope is None or connection.transport != "streamable_http":
        return {}
    name, mirrored = repeated(server, method, members)
    return connection.envelope.headers_for(method, name, mirrored)


def repeated(server: ServerSteps, method: str, members: str) -> tuple[str | None, Mapping[str, str]]:
    """What of the params a 2026-07-28 request repeats in headers: the name or URI, and ``x-mcp-header`` arguments."""
    from mcp.shared.inbound import NAME_BEARING_METHODS

    from mcp_magics.connection.envelope import mirrored_headers

    member = NAME_BEARING_METHODS.get(method)
    if member is None:
        return None, {}
    params = _object(f"{{{members}}}")
    name, arguments = params.get(member), params.get("arguments")
    if not isinstance(name, str):
        return None, {}
    mapping = server.connection.header_maps.get(name, {}) if method == "tools/call" else {}
    return name, mirrored_headers(mapping, arguments if isinstance(arguments, dict) else {})


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
