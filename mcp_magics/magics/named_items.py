"""What a line names, as far as it is known: a connection, a prompt or template, the schema of its arguments. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mcp_magics.magics.wanted import named, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.manager import Servers

_VARIABLE = re.compile(r"(?<=[{,+#./;?&])([\w.%]+)(?=[^{}]*\})")
_WITH_TEMPLATE = 2
"""Words of a line that names a server and a template."""


def connection_named(word: str, servers: Servers) -> Connection | None:
    """The connection of a server's name as it is written, or None."""
    name = word.strip("\"'")
    return servers.live(name).connection if name in servers else None


def names_of(connection: Connection | None, kind: str, member: str = "name") -> list[str]:
    """The tools, prompts or resources a connection has listed so far."""
    if connection is None:
        return []
    if kind == "tools":
        return list(connection.catalog.tools)
    return [str(item.get(member)) for item in connection.known.get(kind, ())]


def reference_of(verb: str, places: Sequence[str], servers: Servers | None) -> tuple[Connection, str, bool] | None:
    """The connection, and the prompt or the template's text, that a line is about; None where it is about neither."""
    if servers is None or verb not in ("prompt", "read", "complete"):
        return None
    found = _item(places[0], servers) if verb != "read" else None
    if found is not None:
        return *found, False
    connection = connection_named(places[0], servers)
    if connection is None or len(places) < _WITH_TEMPLATE:
        return None
    name = unquoted(places[1])
    listed = named(connection.known.get("templates", ()), name, "uriTemplate")
    text = str(listed.get("uriTemplate")) if listed is not None else name
    return (connection, text, True) if "{" in text else None


def schema_of(verb: str, places: Sequence[str], servers: Servers | None) -> Mapping[str, Any]:
    """The schema of the arguments of the tool, prompt or template that a line names, as far as known."""
    found = _item(places[0], servers) if servers is not None and verb != "read" else None
    if found is not None:
        return _of_item(found[0], verb, found[1])
    reference = reference_of(verb, places, servers)
    return _of_names(_VARIABLE.findall(reference[1])) if reference is not None else {}


def _item(target: str, servers: Servers) -> tuple[Connection, str] | None:
    """The connection and the item of ``SERVER.ITEM``."""
    for name in sorted(servers, key=len, reverse=True):
        for server in (name, f'"{name}"'):
            if target.startswith(f"{server}."):
                return servers.live(name).connection, target[len(server) + 1 :].strip("\"'")
    return None


def _of_item(connection: Connection, verb: str, item: str) -> Mapping[str, Any]:
    if verb == "call":
        tool = connection.catalog.tools.get(item)
        return tool.input_schema if tool is not None else {}
    prompts = [each for each in connection.known.get("prompts", ()) if each.get("name") == item]
    arguments = prompts[0].get("arguments") if prompts else None
    told = [each for each in arguments if isinstance(each, dict)] if isinstance(arguments, list) else []
    return _of_names(str(each.get("name")) for each in told)


def _of_names(names: Iterable[str]) -> Mapping[str, Any]:
    return {"properties": {name: {} for name in names}}
