"""What travels with every request once the protocol version is known: ``_meta`` members and HTTP headers.

Up to 2025-11-25 that is one header; since 2026-07-28 each request names its version, client and capabilities
(basic/index: ``_meta``) and repeats method and name as headers (basic/transports: Standard Request Headers).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    NAME_BEARING_METHODS,
    encode_header_value,
    mcp_param_headers,
)
from mcp_types import LOG_LEVEL_META_KEY
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.client.session import ClientSession


_NAMED = frozenset({*NAME_BEARING_METHODS, "tasks/get", "tasks/update", "tasks/cancel"})
"""Methods whose ``Mcp-Name`` header repeats a name, a URI or, since SEP-2663, a task's id."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The stamp of one connection: ``meta`` is the members of a JSON object, as text, ``plain`` without a log level."""

    version: str
    meta: str = ""
    plain: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, session: ClientSession) -> Envelope:
        """The stamp the SDK's session would put on its own requests."""
        data: dict[str, Any] = {"method": "mcp_magics/stamp", "params": {}}
        options: Any = {}
        session._stamp(data, options)  # noqa: SLF001  the seam that keeps our stamp the SDK's own
        headers = {k: v for k, v in options.get("headers", {}).items() if k != MCP_METHOD_HEADER}
        meta = data["params"].get("_meta", {})
        text = compact(meta)[1:-1] if meta else ""
        return cls(session.protocol_version or "", text, text, headers)

    def stamp(self, meta: str) -> str:
        """The stamp with a request's own members ``meta``, which win where both name a log level."""
        own = self.plain if LOG_LEVEL_META_KEY in meta else self.meta
        return f"{own},{meta}" if own and meta else own or meta

    def asking_for_logs(self, level: str | None) -> Envelope:
        """The same, with the log level that 2026-07-28 wants on each request (server/utilities/logging); None: none."""
        member = f"{compact(LOG_LEVEL_META_KEY)}:{compact(level)}" if level is not None and self.modern else ""
        return replace(self, meta=",".join(filter(None, (self.plain, member))))

    @property
    def modern(self) -> bool:
        """Whether this is the stateless era (2026-07-28 and later)."""
        return self.version in MODERN_PROTOCOL_VERSIONS

    def headers_for(self, method: str, name: str | None, mirrored: Mapping[str, str]) -> dict[str, str]:
        """The headers of one request; ``mirrored`` are its ``x-mcp-header`` parameters."""
        headers = dict(self.headers)
        if self.modern:
            headers[MCP_METHOD_HEADER] = method
            if name is not None and method in _NAMED:
                headers[MCP_NAME_HEADER] = encode_header_value(name)
            headers.update(mirrored)
        return headers


def mirrored_headers(mapping: Mapping[tuple[str, ...], str], arguments: Mapping[str, Any]) -> dict[str, str]:
    """The ``Mcp-Param-*`` headers of one call's arguments."""
    return mcp_param_headers(dict(mapping), dict(arguments)) if mapping else {}
