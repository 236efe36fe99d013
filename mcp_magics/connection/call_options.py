"""How long to wait for calls, and what goes beside their arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_magics.config.defaults import tool_timeout
from mcp_magics.connection.questions.script import Script
from mcp_magics.connection.tasks.task import AsTask
from mcp_magics.connection.waiting import Patience
from mcp_magics.schema.values import to_json_text

if TYPE_CHECKING:
    from mcp_magics.config.model import ServerSpec


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How to wait for calls; ``timeout`` None means the server's own ``tool_timeout``. Seconds.

    ``answers`` are for what the server asks meanwhile (:class:`~mcp_magics.connection.questions.script.Script`).
    """

    timeout: float | None = None
    max_time: float | None = None
    meta: Mapping[str, Any] | None = None
    task: AsTask | None = None
    answers: Sequence[str | Mapping[str, Any]] = ()

    def patience(self, spec: ServerSpec) -> Patience:
        """The clock of one request."""
        return Patience(tool_timeout(spec) if self.timeout is None else self.timeout, self.max_time)

    def script(self) -> Script | None:
        """What answers the questions of one request; None where nothing was given."""
        return Script(self.answers) if self.answers else None

    @property
    def meta_members(self) -> str:
        """``meta`` as the members of a JSON object."""
        return to_json_text(dict(self.meta), "meta")[1:-1] if self.meta else ""
