"""A tool's structured content against the tool's own output schema (MCP "Tools: Output Schema", JSON Schema 2020-12).

Nothing is ever fetched: a ``$ref`` that leaves the schema is itself a finding. Nothing runs for ever: patterns cannot
backtrack, and a schema that takes too long is given up (:mod:`mcp_magics.schema.violations`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mcp_magics.results.violations import Violation
from mcp_magics.schema.violations import SECONDS, find

MOST = 50
"""Findings after which checking stops."""
LARGE = 20_000
"""Values up to which structured content is held against its schema for display; ``.violations`` always does it."""
PATIENT = 30.0
"""Seconds that checking more than that may take."""

_MESSAGE_LENGTH = 300
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def in_output(structured: Any, schema: Mapping[str, Any], revision: str | None) -> Iterator[Violation]:
    """Violations of ``schema`` in ``structured``, the first :data:`MOST` of them; a broken schema is one too.

    A schema that takes too long is given up and named: a second for what is checked for display, :data:`PATIENT`
    seconds for more than :data:`LARGE` values.
    """
    seconds = PATIENT if is_larger_than(structured, LARGE) else SECONDS
    found = find(structured, schema, most=MOST, seconds=seconds)
    for error in found.errors:
        path = "structuredContent" + path_text(error.absolute_path)
        yield Violation("output_schema", path, error.instance, revision or "", _message(error.message))
    if found.trouble:
        message = _message(f"the output schema cannot be used ({found.trouble})")
        yield Violation("output_schema_unusable", "outputSchema", None, revision or "", message)


def path_text(steps: Iterable[str | int]) -> str:
    """``.items[2]["unit price"]``."""
    return "".join(f".{step}" if isinstance(step, str) and _PLAIN_NAME.match(step) else f"[{step!r}]" for step in steps)


def is_wrapped(schema: Mapping[str, Any] | None, tool: str, raw: Any) -> bool:
    """Whether ``{"result": x}`` is only an envelope that a server library put around the tool's value ``x``.

    Three libraries' marks count, and nothing else, for a tool may well mean ``{"result": …}``: FastMCP's
    ``x-fastmcp-wrap-result`` in the schema or ``_meta.fastmcp.wrap_result`` in the result, and the schema the official
    Python SDK makes for a function that returns no object: titled ``<function>Output``, with the one required
    property ``result`` titled ``Result``.
    """
    structured = raw.get("structuredContent") if isinstance(raw, dict) else None
    if not isinstance(structured, dict) or list(structured) != ["result"]:
        return False
    meta = raw.get("_meta")
    mark = meta.get("fastmcp") if isinstance(meta, dict) else None
    if isinstance(mark, dict) and mark.get("wrap_result") is True:
        return True
    if not isinstance(schema, Mapping):
        return False
    return schema.get("x-fastmcp-wrap-result") is True or _is_sdk_wrapper(schema, tool)


def _is_sdk_wrapper(schema: Mapping[str, Any], tool: str) -> bool:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or list(properties) != ["result"] or schema.get("required") != ["result"]:
        return False
    inner = properties["result"]
    titled = isinstance(inner, dict) and inner.get("title") == "Result"
    return titled and schema.get("title") == re.sub(r"\W", "_", tool) + "Output"


def _message(message: str) -> str:
    return message if len(message) <= _MESSAGE_LENGTH else message[: _MESSAGE_LENGTH - 1] + "…"


def is_larger_than(value: Any, count: int) -> bool:
    """Whether a JSON value has more than ``count`` values in it; takes no longer than counting that far."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        count -= 1
        if count < 0:
            return True
        if isinstance(item, dict | list):
            if len(item) > count:
                return True
            waiting.extend(item.values() if isinstance(item, dict) else item)
    return False
