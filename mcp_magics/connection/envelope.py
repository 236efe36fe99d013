"""What travels with every request once the protocol version is known: ``_meta`` members and HTTP headers.

Up to 2025-11-25 that is one header; since 2026-07-28 each request names its version, client and capabilities
(basic/index: ``_meta``) and repeats method and name as headers (basic/transports: Standard Request Headers).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    NAME_BEARING_METHODS,
    encode_header_value,
    mcp_param_headers,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.client.session import ClientSession


@dataclass(frozen=True, slots=True)
class Envelope:
    """The stamp of one connection; ``meta`` is the members of a JSON object, as text."""

    version: str
    meta: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, session: ClientSession) -> Envelope:
        """The stamp the SDK's session would put on its own requests."""
        data: dict[str, Any] = {"method": "mcp_magics/stamp", "params": {}}
        options: Any = {}
        session._stamp(data, options)  # noqa: SLF001  the seam that keeps our stamp the SDK's own
        headers = {k: v for k, v in options.get("headers", {}).items() if k != MCP_METHOD_HEADER}
        meta = data["params"].get("_meta", {})
        return cls(session.protocol_version or "", compact(meta)[1:-1] if meta else "", headers)

    @property
    def modern(self) -> bool:
        """Whether this is the stateless era (2026-07-28 and later)."""
        return self.version in MODERN_PROTOCOL_VERSIONS

    def headers_for(self, method: str, name: str | None, mirrored: Mapping[str, str]) -> dict[str, str]:
        """The headers of one request; ``mirrored`` are its ``x-mcp-header`` parameters."""
        headers = dict(self.headers)
        if self.modern:
            headers[MCP_METHOD_HEADER] = method
            if name is not None and method in NAME_BEARING_METHODS:
                headers[MCP_NAME_HEADER] = encode_header_value(name)
            headers.update(mirrored)
        return headers


def mirrored_headers(mapping: Mapping[tuple[str, ...], str], arguments: Mapping[str, Any]) -> dict[str, str]:
    """The ``Mcp-Param-*`` headers of one call's arguments."""
    return mcp_param_headers(dict(mapping), dict(arguments)) if mapping else {}
