"""Faults of notifications: progress under the wrong token or after the end, floods of progress and of log messages."""

from __future__ import annotations

from typing import Any

from mcp_magics.playground.faulty.on_calls import OnCalls
from mcp_magics.playground.plain_server import ECHO, Message, WellBehaved, mapping, text_result

_STEPS = 3
_FLOOD = 1_000_000


def _token(request: Message) -> Any:
    return mapping(mapping(request.get("params")).get("_meta")).get("progressToken")


class _Progressing(OnCalls):
    """Reports progress on calls; the next classes say when and of which."""

    def progress(self, token: Any, step: float, total: float | None = None, message: str | None = None) -> None:
        """Report one step of the request with that ``token``; nothing where it has none."""
        if token is not None:
            told = {"progressToken": token, "progress": step, "total": total, "message": message}
            params = {name: value for name, value in told.items() if value is not None}
            self.send({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})

    def report(self, token: Any, word: str) -> None:
        """Report all steps."""
        for step in range(1, _STEPS + 1):
            self.progress(token, step, _STEPS, f"{word} {step} of {_STEPS}")


class _ProgressTokenReused(_Progressing):
    """Reports the progress of every call under the token of the first one."""

    name = "progress-token-reused"
    first: Any = None

    def spoil(self, request: Message) -> None:
        self.first = _token(request) if self.first is None else self.first
        self.report(self.first, "step")
        self.send(self.reply(request))


class _ProgressAfterEnd(_Progressing):
    """Answers each call and reports its progress afterwards."""

    name = "progress-after-end"

    def spoil(self, request: Message) -> None:
        self.send(self.reply(request))
        self.report(_token(request), "late step")


class _ProgressBackwards(_Progressing):
    """Reports progress that goes down, beyond its total, and with numbers that are none."""

    name = "progress-backwards"

    def spoil(self, request: Message) -> None:
        token = _token(request)
        for step in (3, 2, 2, -1, 1e300):
            self.progress(token, step, 3, f"at {step}")
        for nonsense in ("half", None, True, [1], {"a": 1}):
            params = {"progressToken": token, "progress": nonsense, "total": nonsense, "message": nonsense}
            self.send({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
        self.send(self.reply(request))


class _Flood(_Progressing):
    """Has a tool flood, which sends very many notifications before it answers."""

    def tools(self, _params: Message) -> Message:
        count = {"type": "integer", "minimum": 0, "default": _FLOOD, "description": "How many notifications."}
        schema = {"type": "object", "properties": {"count": count}}
        return {"tools": [ECHO, {"name": "flood", "description": "Flood the client.", "inputSchema": schema}]}

    def call(self, params: Message) -> Message:
        if params.get("name") == "flood":
            return text_result(f"sent {_count(params)}")
        return super().call(params)

    def spoil(self, request: Message) -> None:
        params = mapping(request.get("params"))
        reply = self.reply(request)
        if params.get("name") == "flood":
            self.flood(_count(params), _token(request))
        self.send(reply)

    def flood(self, count: int, token: Any) -> None:
        """Send ``count`` notifications."""
        raise NotImplementedError


class _ProgressFlood(_Flood):
    """Has a tool flood that reports a million steps of progress, or as many as asked for."""

    name = "progress-flood"

    def flood(self, count: int, token: Any) -> None:
        for step in range(1, count + 1):
            self.progress(token, step, count, f"step {step}")


class _LogFlood(_Flood):
    """Has a tool flood that sends a million log messages, or as many as asked for, whoever wants them."""

    name = "log-flood"

    def capabilities(self) -> Message:
        return super().capabilities() | {"logging": {}}

    def result(self, method: str, params: Message) -> Message:
        return {} if method == "logging/setLevel" and not self.is_modern else super().result(method, params)

    def flood(self, count: int, token: Any) -> None:
        del token
        for number in range(1, count + 1):
            params = {"level": "info", "logger": "flood", "data": f"message {number}"}
            self.send({"jsonrpc": "2.0", "method": "notifications/message", "params": params})


class _StrangeNotices(WellBehaved):
    """Sends, before each answer, notifications without parameters, of no known method, or about nothing it has."""

    name = "strange-notices"

    def respond(self, request: Message) -> None:
        for method, params in _STRANGE:
            note: Message = {"jsonrpc": "2.0", "method": method}
            self.send(note if params is None else note | {"params": params})
        super().respond(request)


def _count(params: Message) -> int:
    wanted = mapping(params.get("arguments")).get("count", _FLOOD)
    return wanted if isinstance(wanted, int) else _FLOOD


_STRANGE: tuple[tuple[str, Any], ...] = (
    ("notifications/progress", None),
    ("notifications/progress", [1, 2]),
    ("notifications/message", {"level": "shouting", "data": None}),
    ("notifications/resources/updated", {"uri": 7}),
    ("notifications/prompts/list_changed", None),
    ("notifications/cancelled", {"requestId": "never-asked"}),
    ("notifications/nobody/knows", {"x": 1}),
)


KINDS: tuple[type[WellBehaved], ...] = (
    _ProgressTokenReused,
    _ProgressAfterEnd,
    _ProgressBackwards,
    _ProgressFlood,
    _LogFlood,
    _StrangeNotices,
)
"""The faults of this file."""
