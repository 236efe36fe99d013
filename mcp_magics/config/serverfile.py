"""One file of ``mcpServers``, read: its specs, and what is wrong with it, by file, line and key."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcp_magics.config.files import read_text
from mcp_magics.config.jsontext import JsonTextError, parse, place
from mcp_magics.config.reading import EntryProblem, read_entry
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mcp_magics.config.jsontext import Node
    from mcp_magics.config.model import ServerSpec

SERVERS = "mcpServers"


@dataclass(frozen=True, slots=True)
class ServerFile:
    """What one file holds; ``broken`` are the entries that cannot be read, ``text`` the whole of a file that cannot."""

    path: Path | None
    specs: Mapping[str, ServerSpec] = field(default_factory=dict)
    broken: Mapping[str, ConfigurationError] = field(default_factory=dict)
    text: str = ""
    problems: tuple[ConfigurationError, ...] = ()

    @property
    def names(self) -> set[str]:
        """The names of all entries, readable or not."""
        return {*self.specs, *self.broken}

    def problem_of(self, name: str) -> ConfigurationError | None:
        """Why ``name`` cannot be read from here, if it may be here at all."""
        if name in self.broken:
            return self.broken[name]
        spellings = (json.dumps(name), json.dumps(name, ensure_ascii=False))
        return self.problems[0] if any(spelt in self.text for spelt in spellings) else None


def read_servers(path: Path) -> ServerFile:
    """The servers of the file at ``path``; never raises."""
    text = ""
    try:
        text = read_text(path) or ""
        if not text.strip():
            return ServerFile(path)
        document = servers_of(text, path)
    except ConfigurationError as error:
        return ServerFile(path, text=text, problems=(error,))
    return _entries(text, document, path)


def servers_of(text: str, path: Path) -> Node:
    """The document in ``text``, an object whose ``mcpServers``, if it is there, is one too.

    Raises ``ConfigurationError`` naming file, line and key.
    """
    try:
        document = parse(text)
    except JsonTextError as error:
        wrong = (f"{path}:{error.line}", f", column {error.column}: {error.reason}")
    else:
        servers = document.member(SERVERS)
        if isinstance(document.value, dict) and (servers is None or isinstance(servers.node.value, dict)):
            return document
        line, _ = place(text, document.start_of([SERVERS]))
        what = f"{SERVERS} must be an object" if servers else "the file must hold an object"
        wrong = (f"{path}:{line}", f": {what} of servers by name")
    where, why = wrong
    raise ConfigurationError(
        where + why, phase="config", evidence=("the file has not been changed",), next_step=f"mend {where}"
    )


def _entries(text: str, document: Node, path: Path) -> ServerFile:
    servers = document.member(SERVERS)
    specs: dict[str, ServerSpec] = {}
    broken: dict[str, ConfigurationError] = {}
    for member in servers.node.members if servers else ():
        try:
            specs[member.name] = read_entry(member.name, member.node.value)
        except EntryProblem as problem:
            keys = [SERVERS, member.name, *problem.path]
            line, _ = place(text, document.start_of(keys))
            broken[member.name] = problem.error(
                member.name, f"{path}:{line}: {SERVERS}.{_shown(member.name)}", f"mend {path}:{line}"
            )
    return ServerFile(path, specs, broken, problems=tuple(broken.values()))


def _shown(name: str) -> str:
    return name if name.isprintable() else json.dumps(name)
