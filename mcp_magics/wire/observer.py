"""Who hears what a connection says on its own account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.errors import MCPMagicsError


class Observer(Protocol):
    """Never blocks, never raises."""

    def notification(self, method: str, params: Mapping[str, Any]) -> None:
        """A notification arrived (progress of our own requests excepted)."""

    def noise(self, text: str) -> None:
        """Something arrived that is not JSON-RPC."""

    def remark(self, text: str) -> None:
        """Something happened that is nobody's fault and costs nothing: a stream that broke and is opened again."""

    def warning(self, text: str) -> None:
        """Something was configured that could not be done as it was written."""

    def violation(self, rule: str, message: str, *, path: str = "", value: Any = None, where: str = "") -> None:
        """The server broke the protocol in a way that belongs to no single result; ``where`` is the method."""

    def stderr(self, line: str) -> None:
        """A line of the server's standard error."""

    def closed(self, error: MCPMagicsError) -> None:
        """The channel is gone."""
