"""What a server offers to read, as listings: resources, templates, prompts and skills, every member it sent kept.

A member the specification has and no item of the list uses has no column of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mcp_magics.results.icons import icons_text
from mcp_magics.results.listing import Listing, counted
from mcp_magics.results.skill import SkillEntry

_FIRST = {
    "resources": ("uri", "name", "mimeType", "size", "description"),
    "templates": ("uriTemplate", "name", "mimeType", "description"),
    "prompts": ("name", "title", "arguments", "description"),
}
_ANNOTATIONS = ("audience", "priority", "lastModified")
_WHERE_USED = ("title", *_ANNOTATIONS, "icons", "_meta")


def offers(server: str, kind: str, items: Sequence[Mapping[str, Any]]) -> Listing:
    """The ``resources``, ``templates`` or ``prompts`` of ``server`` (MCP "Resources", "Prompts": data types)."""
    first = _FIRST[kind]
    rows = [_row(item, first) for item in items]
    columns = with_used(first, _WHERE_USED, rows)
    return Listing(f"{server}: {counted(len(rows), kind[:-1])}", columns, rows, items)


def skill_offers(server: str, entries: Sequence[SkillEntry]) -> Listing:
    """The skills of ``server`` from their entries alone; ``problems`` says where an entry breaks the rules."""
    rows = [_skill_row(entry) for entry in entries]
    shared = sorted(name for name, count in Counter(entry.name for entry in entries).items() if count > 1)
    columns = with_used(("name", "uri", "files", "bytes", "description"), ("problems",), rows)
    note = f"one name, several skills: {', '.join(shared)}; they are told apart by their uri" if shared else ""
    return Listing(f"{server}: {counted(len(rows), 'skill')}", columns, rows, entries, note)


def with_used(first: tuple[str, ...], others: Iterable[str], rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """``first``, and those of ``others`` that any of ``rows`` has a value for."""
    used = {name for row in rows for name, value in row.items() if value not in (None, "", [])}
    return (*first, *(name for name in others if name in used and name not in first))


def _row(item: Mapping[str, Any], first: tuple[str, ...]) -> dict[str, Any]:
    row = {name: item.get(name, "") for name in first}
    if "arguments" in row:
        row["arguments"] = _arguments(item.get("arguments"))
    told = item.get("annotations")
    annotations = told if isinstance(told, dict) else {}
    row |= {name: _joined(annotations.get(name, "")) for name in _ANNOTATIONS}
    return row | {
        "title": item.get("title", ""),
        "icons": icons_text(item.get("icons")),
        "_meta": item.get("_meta", ""),
    }


def _arguments(sent: Any) -> Any:
    if not isinstance(sent, list):
        return sent or ""
    named = [each for each in sent if isinstance(each, dict)]
    return ", ".join(f"{each.get('name')}{'' if each.get('required') else '?'}" for each in named)


def _joined(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _skill_row(entry: SkillEntry) -> dict[str, Any]:
    sizes = [each.size for each in entry.files if each.is_usable]
    return {
        "name": entry.name,
        "uri": entry.uri,
        "files": "dynamic" if entry.is_dynamic else len(entry.files),
        "bytes": None if entry.is_dynamic else sum(sizes),
        "description": entry.description,
        "problems": "; ".join(entry.breaches()),
        "frontmatter": dict(entry.frontmatter),
    }
