"""Where an answer breaks the specification: found and named, and never a reason to hide the answer.

The rules are tables: which members an object must and may have, from the MCP schema of the negotiated revision
(``schema.ts`` of 2024-11-05 to 2026-07-28). A file holds those of one kind of message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.results.violations.completion import in_completion
from mcp_magics.results.violations.content import in_call, in_prompt, in_read
from mcp_magics.results.violations.handshake import in_handshake
from mcp_magics.results.violations.lists import LISTS, in_list
from mcp_magics.results.violations.messages import in_notification, in_response, is_plain
from mcp_magics.results.violations.rule import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Violation",
    "in_answer",
    "in_call",
    "in_completion",
    "in_handshake",
    "in_list",
    "in_notification",
    "in_prompt",
    "in_read",
    "in_response",
    "is_plain",
]


def in_answer(method: str, raw: Any, revision: str | None, *, expects_structured: bool = False) -> Iterator[Violation]:
    """Violations in the result of any method whose result MCP defines and this package knows.

    ``expects_structured`` where the tool that was called has an output schema.
    """
    match method:
        case "tools/call":
            yield from in_call(raw, revision, expects_structured=expects_structured)
        case "resources/read":
            yield from in_read(raw, revision)
        case "prompts/get":
            yield from in_prompt(raw, revision)
        case "completion/complete":
            yield from in_completion(raw, revision)
        case _ if method in LISTS:
            yield from in_list(method, raw, revision)
