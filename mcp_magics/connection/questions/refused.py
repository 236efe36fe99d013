"""The answer to a question that is none: a JSON-RPC error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_magics.errors import MCPMagicsError

METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32601, -32602, -32603
REJECTED = -1
"""The code of a sampling request that was rejected (client/sampling: error handling)."""


class RefusedError(Exception):
    """A question that gets a JSON-RPC error for an answer; ``ended`` is why, where its connection ended meanwhile."""

    def __init__(self, code: int, message: str, ended: MCPMagicsError | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.ended = ended
