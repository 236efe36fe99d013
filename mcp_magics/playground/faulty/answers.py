"""Faults of answers: to nobody, twice, too late, or never."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.playground.faulty.on_calls import OnCalls
from mcp_magics.playground.plain_server import Message, Settings, WellBehaved, mapping, text_result

if TYPE_CHECKING:
    from mcp_magics.playground.channel import Channel


class _WrongId(OnCalls):
    """Answers calls under an id nobody asked with."""

    name = "wrong-id"

    def spoil(self, request: Message) -> None:
        self.send(self.reply(request) | {"id": 1_000_000})


class _DuplicateIds(OnCalls):
    """Answers each call twice, differently."""

    name = "duplicate-ids"

    def spoil(self, request: Message) -> None:
        reply = self.reply(request)
        self.send(reply)
        self.send(reply | {"result": self.dressed(text_result("a second answer"))})


class _ErrorWithNullId(OnCalls):
    """Answers calls with an error that names no request."""

    name = "error-with-null-id"

    def spoil(self, request: Message) -> None:
        error = {"code": -32603, "message": f"Internal error in {request['method']}"}
        self.send({"jsonrpc": "2.0", "id": None, "error": error})


class _NeverAnswers(OnCalls):
    """Lists its tools and never answers a call."""

    name = "never-answers"

    def spoil(self, request: Message) -> None:
        pass


class _NoResultType(WellBehaved):
    """Leaves out the resultType that 2026-07-28 requires of every result."""

    name = "no-result-type"

    def dressed(self, result: Message) -> Message:
        whole = super().dressed(result)
        return {key: value for key, value in whole.items() if key != "resultType"}


class _ResultAfterCancel(OnCalls):
    """Answers a call of echo only once it was cancelled, and then with a result."""

    name = "result-after-cancel"

    def __init__(self, settings: Settings, channel: Channel | None = None) -> None:
        super().__init__(settings, channel)
        self.kept: dict[Any, Message] = {}

    def spoil(self, request: Message) -> None:
        if mapping(request.get("params")).get("name") == "echo":
            self.kept[request["id"]] = self.reply(request)
        else:
            self.send(self.reply(request))

    def note(self, message: Message) -> None:
        if message.get("method") == "notifications/cancelled":
            reply = self.kept.pop(mapping(message.get("params")).get("requestId"), None)
            if reply is not None:
                self.send(reply)


KINDS: tuple[type[WellBehaved], ...] = (
    _WrongId,
    _DuplicateIds,
    _ErrorWithNullId,
    _NeverAnswers,
    _NoResultType,
    _ResultAfterCancel,
)
"""The faults of this file."""
