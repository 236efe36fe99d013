"""A request that a server refused: whether it has what was asked for, as far as its lists are known."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from mcp_magics.connection.lists.catalog import fetch
from mcp_magics.errors import MCPMagicsError
from mcp_magics.magics.parse import quoted
from mcp_magics.results.sanitise import one_line

if TYPE_CHECKING:
    from mcp_magics.connection.server import Server
    from mcp_magics.errors import RequestError

Kind = Literal["prompts", "resources"]
_NAMES_SHOWN = 8
_PLAIN_URI = re.compile(r"[\w:/.?&=%+~-]+")


async def with_cause(server: Server, kind: Kind, name: str, refused: RequestError) -> RequestError:
    """Steps: ``refused`` itself, saying that the server has no such prompt or resource where that is so.

    Prompts are listed where that has not been done; resources are not, as templates may stand for any number.
    """
    names = await _known(server, kind)
    if not names or name in names:
        return refused
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    shown = one_line(", ".join(names[:_NAMES_SHOWN]), 300) + (" …" if len(names) > _NAMES_SHOWN else "")
    hint = f"; did you mean {one_line(near[0], 100)!r}?" if near else ""
    evidence = f"{server.name} has no {kind[:-1]} {one_line(name, 100)!r}{hint}"
    step = _line(server.name, kind, near[0]) if near else f"%mcp {kind} {quoted(server.name)}"
    told = (evidence, f"it has: {shown}", *refused.failure.evidence)
    refused.failure = replace(refused.failure, evidence=told, next_step=step)
    return refused


async def _known(server: Server, kind: Kind) -> list[str]:
    known = server.connection.known
    if kind == "resources":
        resources = [str(each.get("uri")) for each in known.get("resources", ())]
        return [*resources, *(str(each.get("uriTemplate")) for each in known.get("templates", ()))]
    if "prompts" not in known or "prompts" in server.connection.stale:
        try:
            known["prompts"] = (await fetch(server, server.name, "prompts")).items
        except MCPMagicsError:
            return []
        server.connection.stale.discard("prompts")
    return [str(each.get("name")) for each in known["prompts"]]


def _line(server: str, kind: Kind, name: str) -> str:
    if kind == "prompts":
        return f"%mcp prompt {quoted(server)}.{quoted(name)} …"
    return f"%mcp read {quoted(server)} {name if _PLAIN_URI.fullmatch(name) else quoted(name)}"
