"""What a connection notices of breaches: those it is told of, and the answers that are still to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.results.violations import Violation, in_notification

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.serverlog import ServerLog
    from mcp_magics.results.reply import Reply


class Witness:
    """The part of a connection that bears witness; ``revision`` is the negotiated one, ``""`` before that."""

    def __init__(self, log: ServerLog) -> None:
        self.log = log
        self.revision = ""

    def violation(self, rule: str, message: str, *, path: str = "", value: Any = None, where: str = "") -> None:
        """Keep a breach of the protocol that belongs to no single answer; the log says each kind once."""
        self._bear(Violation(rule, path, value, self.revision, message), where)

    def answered(
        self, method: str, reply: Reply, *, name: str | None = None, output_schema: Mapping[str, Any] | None = None
    ) -> None:
        """Keep an answer that the rules are still to be applied to."""
        revision = self.revision or None
        self.log.breaches.hold(method, reply, revision, name=name, output_schema=output_schema)

    def notified(self, method: str, params: Mapping[str, Any]) -> None:
        """Hold a notification against the rules."""
        for violation in in_notification(method, params, self.revision):
            self._bear(violation, method)

    def unreadable(self, text: str) -> None:
        """Count what is no message at all (basic/transports: a server writes nothing else)."""
        message = "what is sent must be JSON-RPC messages, and this is none"
        violation = Violation("basic/transports: messages", "", text, self.revision, message)
        self.log.breaches.add(violation, "stdout")

    def _bear(self, violation: Violation, where: str) -> None:
        if self.log.breaches.add(violation, where):
            self.log.add("violation", f"{violation.rule}: {violation.message}", level="warning")
