"""What a JSON-RPC message says, in one line: its method, whom it names and what it carries, or its error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mcp_magics.results.listing import counted
from mcp_magics.results.sanitise import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 200
"""Characters of a summary."""

_NAMES = ("name", "uri")


def summarised(message: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """One line about ``message``; ``asked`` is the request it answers, empty where there is none or it is not known."""
    if "method" in message:
        return one_line(_request(message), LONGEST)
    about, said = target(asked), answered(message)
    return one_line(
        f"{about} {said}".lstrip() if "error" in message else f"{about}: {said}".removeprefix(": "), LONGEST
    )


def answered(message: Mapping[str, Any]) -> str:
    """What a result or an error says, without what it answers; as long as it is."""
    return _error(message["error"]) if "error" in message else _result(message.get("result"))


def _request(message: Mapping[str, Any]) -> str:
    params = _params(message)
    rest = {key: value for key, value in params.items() if key not in _NAMES}
    carried = rest["arguments"] if list(rest) == ["arguments"] else rest
    return f"{target(message)} {_json(carried) if carried else ''}".rstrip()


def target(message: Mapping[str, Any]) -> str:
    """Method and name: ``tools/call search_products``."""
    return f"{message.get('method', '')} {named(message)}".strip()


def named(message: Mapping[str, Any]) -> str:
    """The tool, the prompt or the URI a request names, or ``""``."""
    params = _params(message)
    return next((str(params[key]) for key in _NAMES if key in params), "")


def _params(message: Mapping[str, Any]) -> dict[str, Any]:
    params = message.get("params")
    return {key: value for key, value in params.items() if key != "_meta"} if isinstance(params, dict) else {}


def _error(error: Any) -> str:
    if not isinstance(error, dict):
        return f"error {_json(error)}"
    return f"error {error.get('code', '')}: {error.get('message', '')}"


def _result(result: Any) -> str:
    """The result's own text where it is a tool's, how many where it is a list, else its JSON."""
    if not isinstance(result, dict):
        return _json(result)
    content = {key: value for key, value in result.items() if key not in ("_meta", "resultType")}
    failed = "isError " if content.get("isError") is True else ""
    if isinstance(blocks := content.get("content"), list):
        return failed + _blocks(blocks)
    lists = ((_LISTS[key], value) for key, value in content.items() if key in _LISTS and isinstance(value, list))
    counts = [counted(len(value), noun) for noun, value in lists]
    return ", ".join(counts) or _json(content)


_LISTS = {"tools": "tool", "resources": "resource", "resourceTemplates": "template", "prompts": "prompt"}


def _blocks(blocks: list[Any]) -> str:
    return "; ".join(_block(block) for block in blocks) or "no content"


def _block(block: Any) -> str:
    if isinstance(block, dict) and isinstance(block.get("text"), str):
        return str(block["text"][: 2 * LONGEST])
    return f"[{block.get('type', '?')}]" if isinstance(block, dict) else _json(block)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "(nested too deeply)"
