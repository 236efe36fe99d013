"""What a server says on its own account, kept for whoever asks later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.connection.lists.listening import ACKNOWLEDGED, Listening, subscription_id
from mcp_magics.connection.tasks.task import NOTIFICATIONS as TASK_NOTIFICATIONS
from mcp_magics.connection.witness import Witness
from mcp_magics.wire.message import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mcp_magics.connection.serverlog import ServerLog


_LONGEST_METHOD = 200
_MOST_NEWS = 100


class Heard(Witness):
    """The listening side of one connection (:class:`~mcp_magics.wire.observer.Observer`); belongs to the loop.

    ``stale`` are the lists the server says have changed, ``news`` how, ``warnings`` what whoever connects should be
    told. ``listenings`` are the open streams of notifications, by their id as text; ``tasks`` wakes who follows one.
    """

    def __init__(self, log: ServerLog) -> None:
        super().__init__(log)
        self.stale: set[str] = set()
        self.news: dict[str, list[str]] = {}
        self.warnings: list[str] = []
        self.listenings: dict[str, Listening] = {}
        self.tasks: dict[str, Callable[[], None]] = {}
        self.on_list_changed: Callable[[str], None] = self.stale.add
        self.on_resource_updated: Callable[[str], None] = _ignore

    def notification(self, method: str, params: Mapping[str, Any]) -> None:
        """Keep what is said; lists and resources that have changed are looked after by whoever cares."""
        self.notified(method, params)
        if method == "notifications/message":
            self.log.message(params)
            return
        if method == ACKNOWLEDGED:
            self._acknowledged(params)
        elif method in TASK_NOTIFICATIONS:
            self.tasks.get(str(params.get("taskId")), _nothing)()
        elif method == "notifications/resources/updated":
            self.on_resource_updated(str(params.get("uri")))
        elif method.startswith("notifications/") and method.endswith("/list_changed"):
            self.on_list_changed(method.split("/")[1])
        self.log.add("notification", f"{method[:_LONGEST_METHOD]} {told(params)}")

    def _acknowledged(self, params: Mapping[str, Any]) -> None:
        stream = self.listenings.get(subscription_id(params) or "")
        if stream is not None:
            stream.acknowledge(params.get("notifications"))

    def tell_news(self, kind: str, lines: Iterable[str]) -> None:
        """Keep how a list has changed, for the log and for whoever calls next; of very much the newest."""
        fresh = list(lines)
        if fresh:
            self.news[kind] = [*self.news.get(kind, ()), *fresh][-_MOST_NEWS:]
            self.log.add("client", f"the {kind} have changed: {'; '.join(fresh[-10:])}")

    def noise(self, text: str) -> None:
        """Keep a line of stdout that is no JSON-RPC."""
        self.log.add("stdout", text.rstrip("\r\n"), level="warning")
        self.unreadable(text)

    def remark(self, text: str) -> None:
        """Keep what happened on the wire and is nobody's fault."""
        self.log.add("client", text)

    def warning(self, text: str) -> None:
        """Keep what could not be done as it was configured, for the log and for whoever connects."""
        self.log.add("client", text, level="warning")
        if text not in self.warnings:
            self.warnings.append(text)

    def stderr(self, line: str) -> None:
        """Keep a line of the server's standard error."""
        self.log.add("stderr", line)


def _nothing() -> None:
    """Nobody follows that task."""


def _ignore(_uri: str) -> None:
    """Nobody cares."""
