"""Messages as JSON-RPC 2.0 has them: responses, and the notifications whose parameters MCP defines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mcp_magics.results.violations.rule import Finding, Member, Violation, in_members, name_of, stated

_RESPONSE = "JSON-RPC 2.0 §5: Response object"
_ERROR = "JSON-RPC 2.0 §5.1: Error object"
_NOTICES: Mapping[str, tuple[Member, ...]] = {
    "notifications/message": (Member("level", "a string", is_required=True), Member("logger", "a string")),
    "notifications/resources/updated": (Member("uri", "a string", is_required=True),),
    "notifications/cancelled": (Member("reason", "a string"),),
}
_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")


def is_plain(message: Mapping[str, Any]) -> bool:
    """Whether a response is plainly what JSON-RPC and MCP want: the test of every answer, so it is short."""
    return message.get("jsonrpc") == "2.0" and "error" not in message and type(message.get("result")) is dict


def in_response(message: Mapping[str, Any]) -> Iterator[Violation]:
    """Violations in a response as a message; those in its result are looked for elsewhere."""
    yield from stated(_response(message), "")


def in_notification(method: str, params: Mapping[str, Any], revision: str | None) -> Iterator[Violation]:
    """Violations in the parameters of a notification that MCP defines."""
    yield from stated(_notification(method, params), revision)


def _response(message: Mapping[str, Any]) -> Iterator[Finding]:
    if message.get("jsonrpc") != "2.0":
        version = message.get("jsonrpc")
        said = f"is {name_of(version)}" if "jsonrpc" in message else "is missing"
        yield Finding(_RESPONSE, "jsonrpc", version, f'must be "2.0", {said}')
    if "error" in message and "result" in message:
        yield Finding(_RESPONSE, "error", message["error"], "has both a result and an error")
    if "error" not in message and "result" not in message:
        yield Finding(_RESPONSE, "", None, "has neither a result nor an error")
    if "result" in message and not isinstance(message["result"], dict):
        result = message["result"]
        yield Finding("wrong_type", "result", result, f"must be an object, is {name_of(result)} (MCP basic: Responses)")
    if message.get("error") is not None:
        yield from _error(message["error"])


def _error(error: Any) -> Iterator[Finding]:
    if not isinstance(error, dict):
        yield Finding(_ERROR, "error", error, f"must be an object, is {name_of(error)}")
        return
    code, text = error.get("code"), error.get("message")
    if not isinstance(code, int) or isinstance(code, bool):
        said = f"is {name_of(code)}" if "code" in error else "is missing"
        yield Finding(_ERROR, "error.code", code, f"must be an integer, {said}")
    if not isinstance(text, str):
        said = f"is {name_of(text)}" if "message" in error else "is missing"
        yield Finding(_ERROR, "error.message", text, f"must be a string, {said}")


def _notification(method: str, params: Mapping[str, Any]) -> Iterator[Finding]:
    yield from in_members(params, "params", _NOTICES.get(method, ()))
    if method != "notifications/message":
        return
    level = params.get("level")
    if isinstance(level, str) and level not in _LEVELS:
        yield Finding("wrong_type", "params.level", level, f"must be one of {', '.join(_LEVELS)}, is {name_of(level)}")
    if "data" not in params:
        yield Finding("missing_data", "params.data", None, "missing: must be any JSON value")
