"""What a server says on its own account, kept for whoever asks later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.serverlog import ServerLog


class Heard:
    """The listening side of one connection (:class:`~mcp_magics.wire.observer.Observer`); belongs to the loop.

    ``stale`` are the lists the server says have changed, ``warnings`` what whoever connects should be told.
    """

    def __init__(self, log: ServerLog) -> None:
        self.log = log
        self.stale: set[str] = set()
        self.warnings: list[str] = []

    def notification(self, method: str, params: Mapping[str, Any]) -> None:
        """Keep log messages; remember which lists have changed."""
        if method == "notifications/message":
            self.log.message(params)
            return
        if method.endswith("/list_changed"):
            self.stale.add(method.split("/")[1])
        self.log.add("notification", f"{method} {compact(params)[:400]}")

    def noise(self, text: str) -> None:
        """Keep a line of stdout that is no JSON-RPC."""
        self.log.add("stdout", text.rstrip("\r\n"), level="warning")

    def warning(self, text: str) -> None:
        """Keep what could not be done as it was configured, for the log and for whoever connects."""
        self.log.add("client", text, level="warning")
        if text not in self.warnings:
            self.warnings.append(text)

    def violation(self, rule: str, message: str) -> None:
        """Count and keep a breach of the protocol that belongs to no single answer."""
        self.log.violations += 1
        self.log.add("violation", f"{rule}: {message}", level="warning")

    def stderr(self, line: str) -> None:
        """Keep a line of the server's standard error."""
        self.log.add("stderr", line)
