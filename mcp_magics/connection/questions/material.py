"""What a handler may ask for by the names of its parameters: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp_magics.connection.questions.question import Question

_SAMPLING = ("systemPrompt", "maxTokens", "modelPreferences", "tools", "toolChoice", "temperature", "stopSequences")
_MORE = ("includeContext", "metadata")


def material(question: Question) -> dict[str, Any]:
    """Everything known of ``question`` by name; what the server left out is None."""
    params = question.params
    known: dict[str, Any] = {"params": params, "server": question.server, "question": question, "request": question}
    if question.kind == "sampling":
        known["messages"] = plain_messages(params.get("messages"))
        return known | {name: params.get(name) for name in (*_SAMPLING, *_MORE)}
    schema = dict(question.schema) if question.mode == "form" else None
    known |= {"message": question.message, "mode": question.mode, "url": params.get("url")}
    return known | {"schema": schema, "requestedSchema": schema, "elicitationId": params.get("elicitationId")}


def plain_messages(messages: Any) -> list[dict[str, Any]]:
    """``messages`` of a sampling request as chat functions take them: one text block is its text.

    A list of ``{"role", "content"}``; other content stays a list of the blocks.
    """
    found = [each for each in messages if isinstance(each, Mapping)] if isinstance(messages, list) else []
    return [{"role": each.get("role", "user"), "content": _content(each.get("content"))} for each in found]


def _content(content: Any) -> Any:
    blocks = content if isinstance(content, list) else [content]
    if len(blocks) == 1 and isinstance(blocks[0], Mapping) and blocks[0].get("type") == "text":
        return blocks[0].get("text", "")
    return blocks
