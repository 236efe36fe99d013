"""How long to wait for calls, and what goes beside their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.waiting import Patience
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from mcp_magics.config.model import ServerSpec


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How to wait for calls; ``timeout`` None means the server's own ``tool_timeout``. Seconds."""

    timeout: float | None = None
    max_time: float | None = None
    meta: Mapping[str, Any] | None = None

    def patience(self, spec: ServerSpec) -> Patience:
        """The clock of one request."""
        return Patience(spec.tool_timeout if self.timeout is None else self.timeout, self.max_time)

    @property
    def meta_members(self) -> str:
        """``meta`` as the members of a JSON object."""
        return compact(dict(self.meta))[1:-1] if self.meta else ""
