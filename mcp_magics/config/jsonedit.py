"""Changes to one member of a JSON text that leave every other character as it was."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp_magics.config.jsontext import Member, Node

_INDENTED = re.compile(r"\n([ \t]+)\S")
_DEFAULT_INDENT = "  "


def with_member(text: str, owner: Node, name: str, value: Any) -> str:
    """``text`` with ``value`` as the member ``name`` of ``owner``, an object in it; new ones come last."""
    known = owner.member(name)
    if known is not None:
        margin = _margin(text, known.start)
        return text[: known.node.start] + _written(value, text, margin) + text[known.node.end :]
    margin = _margin(text, owner.start)
    inner = margin + _indent(text)
    entry = f"{_dumped(name)}: "
    if not owner.members:
        return (
            text[: owner.start]
            + "{\n"
            + inner
            + entry
            + _written(value, text, inner)
            + f"\n{margin}}}"
            + text[owner.end :]
        )
    last = owner.members[-1]
    if _begins_line(text, last.start):
        inner, gap = _margin(text, last.start), "\n" + _margin(text, last.start)
    else:
        gap = " "
    return text[: last.node.end] + "," + gap + entry + _written(value, text, inner) + text[last.node.end :]


def without_member(text: str, owner: Node, name: str) -> str:
    """``text`` without the member ``name`` of ``owner``, which has it."""
    names = [member.name for member in owner.members]
    index = names.index(name)
    gone, others = owner.members[index], owner.members[:index] + owner.members[index + 1 :]
    if not others:
        return text[: owner.start] + "{}" + text[owner.end :]
    if index < len(others):
        return text[: gone.start] + text[owner.members[index + 1].start :]
    return text[: _end(others[-1])] + text[_end(gone) :]


def _end(member: Member) -> int:
    return member.node.end


def _written(value: Any, text: str, margin: str) -> str:
    return _dumped(value, _indent(text)).replace("\n", "\n" + margin)


def _dumped(value: Any, indent: str | None = None) -> str:
    written = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        written.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can name and UTF-8 cannot hold
        return json.dumps(value, indent=indent)
    return written


def _indent(text: str) -> str:
    found = _INDENTED.search(text)
    return found[1] if found else _DEFAULT_INDENT


def _margin(text: str, position: int) -> str:
    """The white space the line of ``position`` begins with."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _begins_line(text: str, position: int) -> bool:
    return not text[text.rfind("\n", 0, position) + 1 : position].strip(" \t")
