"""A request that a server refused: whether it has what was asked for, as far as its lists are known."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from mcp_magics.connection.line_word import line_word
from mcp_magics.connection.lists.looked_up import known_items, members
from mcp_magics.magics.parse import quoted
from mcp_magics.results.sanitise import one_line
from mcp_magics.schema.uri_template import UriTemplate

if TYPE_CHECKING:
    from mcp_magics.connection.server import Server
    from mcp_magics.errors import RequestError

Kind = Literal["prompts", "resources"]
_NAMES_SHOWN = 8
_PLAIN_URI = re.compile(r"[\w:/.?&=%+~-]+")


async def with_cause(server: Server, kind: Kind, name: str, refused: RequestError) -> RequestError:
    """Steps: ``refused`` itself, saying that the server has no such prompt or resource where that is so.

    What it has is asked for where that has not been done; templates may stand for any number of resources.
    """
    names = await _known(server, kind)
    if not names or name in names:
        return refused
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    shown = one_line(", ".join(names[:_NAMES_SHOWN]), 300) + (" …" if len(names) > _NAMES_SHOWN else "")
    hint = f"; did you mean {one_line(near[0], 100)!r}?" if near else ""
    evidence = f"{server.name} has no {kind[:-1]} {one_line(name, 100)!r}{hint}"
    step = _line(server.name, kind, near[0], name) if near else f"%mcp {kind} {quoted(server.name)}"
    told = (evidence, f"it has: {shown}", *refused.failure.evidence)
    refused.failure = replace(refused.failure, evidence=told, next_step=step)
    return refused


async def _known(server: Server, kind: Kind) -> list[str]:
    if kind == "prompts":
        return members(await known_items(server, "prompts"), "name")
    resources = await known_items(server, "resources")
    templates = await known_items(server, "templates")
    return [*members(resources, "uri"), *members(templates, "uriTemplate")]


def _line(server: str, kind: Kind, near: str, typed: str) -> str:
    if kind == "prompts":
        return f"%mcp prompt {quoted(server)}.{quoted(near)} …"
    given = "".join(f" {name}={line_word(value)}" for name, value in _variables(near, typed).items())
    return f"%mcp read {quoted(server)} {near if _PLAIN_URI.fullmatch(near) else quoted(near)}{given}"


def _variables(template: str, typed: str) -> dict[str, str]:
    """What each variable of a template was meant to be, as far as the parts of ``typed`` say it."""
    names = UriTemplate(template).names if "{" in template else ()
    said = dict.fromkeys(names, "…")
    parts, given = template.split("/"), typed.split("/")
    if len(parts) == len(given):
        said |= {part[1:-1]: text for part, text in zip(parts, given, strict=True) if part[1:-1] in said and text}
    return said
