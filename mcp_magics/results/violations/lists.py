"""The results of the four lists (``tools/list`` to ``prompts/list``), item by item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mcp_magics.results.violations.content import in_annotations
from mcp_magics.results.violations.rule import (
    CACHED,
    STATELESS,
    Finding,
    Member,
    Violation,
    in_members,
    in_result,
    name_of,
    stated,
)
from mcp_magics.results.violations.shared import ANNOTATIONS, DESCRIPTION, META, MIME_TYPE, NAMED, RESOURCE, TITLE

_TOOL = (
    *NAMED,
    META,
    Member("inputSchema", "an object", is_required=True),
    Member("outputSchema", "an object"),
    ANNOTATIONS,
    Member("execution", "an object"),
)
_RESOURCE = (*RESOURCE, META, ANNOTATIONS)
_TEMPLATE = (Member("uriTemplate", "a string", is_required=True), *NAMED, MIME_TYPE, META, ANNOTATIONS)
_PROMPT = (*NAMED, META, Member("arguments", "a list"))
_HINTS = (
    TITLE,
    *(Member(f"{hint}Hint", "a boolean") for hint in ("readOnly", "destructive", "idempotent", "openWorld")),
)
_ARGUMENT = (
    Member("name", "a string", is_required=True),
    TITLE,
    DESCRIPTION,
    Member("required", "a boolean"),
)
_TOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of list: the member it stands in, what one item is called, what tells items apart."""

    member: str
    noun: str
    key: str
    members: tuple[Member, ...]


_KINDS: Mapping[str, _Kind] = {
    "tools/list": _Kind("tools", "tool", "name", _TOOL),
    "resources/list": _Kind("resources", "resource", "uri", _RESOURCE),
    "resources/templates/list": _Kind("resourceTemplates", "template", "uriTemplate", _TEMPLATE),
    "prompts/list": _Kind("prompts", "prompt", "name", _PROMPT),
}
LISTS = frozenset(_KINDS)
"""The methods whose results :func:`in_list` knows."""


def in_list(method: str, raw: Any, revision: str | None) -> Iterator[Violation]:
    """Violations in one page of a list; those of its items name the item."""
    yield from stated(_page(_KINDS[method], raw, revision or ""), revision)


def _page(kind: _Kind, raw: Any, revision: str) -> Iterator[Finding]:
    own = (Member(kind.member, "a list", is_required=True), Member("nextCursor", "a string"))
    yield from in_result(raw, revision, (*own, *(CACHED if revision >= STATELESS else ())))
    items = raw.get(kind.member) if isinstance(raw, dict) else None
    seen: set[str] = set()
    for index, item in enumerate(items if isinstance(items, list) else ()):
        path = f"{kind.member}[{index}]"
        key = item.get(kind.key) if isinstance(item, dict) else None
        for found in _item(kind, item, path, revision):
            named = f"{kind.noun} {key[:80]!r}: {found.message}" if isinstance(key, str) else found.message
            yield replace(found, message=named)
        if isinstance(key, str):
            if key in seen:
                yield duplicate(kind.noun, f"{path}.{kind.key}", key)
            seen.add(key)


def duplicate(noun: str, path: str, name: str) -> Finding:
    """The finding that two items of one list have one name."""
    return Finding("duplicate_name", path, name, f"{noun} {name[:80]!r} is listed twice: the later one counts")


def _item(kind: _Kind, item: Any, path: str, revision: str) -> Iterator[Finding]:
    yield from in_members(item, path, kind.members)
    if not isinstance(item, dict):
        return
    if kind.noun == "tool":
        yield from _tool(item, path, revision)
    elif isinstance(item.get("annotations"), dict):
        yield from in_annotations(item["annotations"], f"{path}.annotations")
    uri = item.get("uri")
    if kind.noun == "resource" and isinstance(uri, str) and not _SCHEME.match(uri):
        yield Finding("not_a_uri", f"{path}.uri", uri, "has no scheme (RFC 3986 §3)")
    for index, argument in enumerate(item["arguments"] if isinstance(item.get("arguments"), list) else ()):
        yield from in_members(argument, f"{path}.arguments[{index}]", _ARGUMENT)


def _tool(tool: dict[str, Any], path: str, revision: str) -> Iterator[Finding]:
    name = tool.get("name")
    if isinstance(name, str) and not _TOOL_NAME.match(name):
        message = "should be 1 to 128 of A-Z a-z 0-9 _ - . (server/tools: Tool Names)"
        yield Finding("tool_name", f"{path}.name", name, message)
    yield from _object_schema(tool.get("inputSchema"), f"{path}.inputSchema")
    if revision < STATELESS:
        yield from _object_schema(tool.get("outputSchema"), f"{path}.outputSchema")
    if isinstance(tool.get("annotations"), dict):
        yield from in_members(tool["annotations"], f"{path}.annotations", _HINTS)


def _object_schema(schema: Any, path: str) -> Iterator[Finding]:
    if not isinstance(schema, dict) or schema.get("type") == "object":
        return
    kind = schema.get("type")
    said = f"is {name_of(kind)}" if "type" in schema else "is missing"
    yield Finding("schema_type", f"{path}.type", kind, f'must be "object", {said}')
