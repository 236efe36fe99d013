"""A server's request for a completion as something to read: its parts in order, each with a label.

Source: client/sampling. Whoever answers by hand sees what a model would have seen, and what it would have been told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_magics.results.sanitise import clean

LONGEST = 8_000
"""Characters of one part that are shown."""
MOST = 100
"""Messages that are shown: the last ones."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the request, cleaned and capped; ``role`` is a message's, empty for all else."""

    label: str
    text: str
    role: str = ""


def parts_of(params: Mapping[str, Any]) -> tuple[Part, ...]:
    """The system prompt, the messages, and what else the server wishes, each only where it is there."""
    return (*_prompt(params), *_messages(params.get("messages")), *_wishes(params))


def _prompt(params: Mapping[str, Any]) -> Iterator[Part]:
    if params.get("systemPrompt"):
        yield Part("system prompt", capped(params["systemPrompt"]))


def _messages(messages: Any) -> Iterator[Part]:
    listed = messages if isinstance(messages, list) else [] if messages is None else [messages]
    if len(listed) > MOST:
        yield Part("messages", f"{len(listed) - MOST:,} earlier ones are not shown")
    for message in listed[-MOST:]:
        if isinstance(message, Mapping):
            role = clean(str(message.get("role", "?")))[:40]
            yield Part(role, capped(_content(message.get("content"))), role)
        else:
            yield Part("?", capped(message), "?")


def _content(content: Any) -> str:
    blocks = content if isinstance(content, list) else [content]
    return "\n".join(_block(block) for block in blocks[:MOST])


def _block(block: Any) -> str:
    """A text as it is; of an image or a sound its type and size, of anything else its JSON."""
    match block:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": "image" | "audio" as kind, "data": str(data)}:
            return f"[{kind}, {block.get('mimeType', 'of no type')}, {len(data) * 3 // 4:,} bytes]"
        case str():
            return block
    return _json(block)


_WISHES = {
    "modelPreferences": "model preferences",
    "maxTokens": "max tokens",
    "temperature": "temperature",
    "stopSequences": "stop sequences",
    "includeContext": "include context of",
    "tools": "tools",
    "toolChoice": "tool choice",
    "metadata": "metadata",
}


def _wishes(params: Mapping[str, Any]) -> Iterator[Part]:
    for name, label in _WISHES.items():
        value = params.get(name)
        if value in (None, [], {}) or (name == "includeContext" and value == "none"):
            continue
        yield Part(label, capped(_tools(value) if name == "tools" else value))


def _tools(tools: Any) -> Any:
    """The names of tools, one a line with its description; anything else as it is."""
    if not isinstance(tools, list) or not all(isinstance(each, Mapping) for each in tools):
        return tools
    return "\n".join(": ".join(filter(None, _tool(each))) for each in tools[:MOST])


def _tool(tool: Mapping[str, Any]) -> tuple[str, str]:
    first, _, _ = str(tool.get("description") or "").partition("\n")
    return str(tool.get("name")), first


def capped(value: Any) -> str:
    """``value`` as text that may be shown, at most :data:`LONGEST` characters of it."""
    text = value if isinstance(value, str) else _json(value)
    shown = clean(text[:LONGEST])
    return shown if len(text) <= LONGEST else f"{shown}… ({len(text):,} characters)"


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError, TypeError):
        return "(nested too deeply to be shown)"
