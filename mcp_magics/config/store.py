"""Where specs are kept: in this notebook, in ``./.mcp.json`` (project), in ``$MCP_MAGICS_HOME/mcp.json`` (user).

The same name: notebook, then project, then user. Files are read, never started from. One that cannot be read as it
stands is named with line and key and never overwritten, and hides no server of another place; what a change does not
concern stays as it was, to the character.
"""

from __future__ import annotations

import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_magics.config.document import entry_from_spec
from mcp_magics.config.files import PRIVATE, locked, read_text, replace_text
from mcp_magics.config.home import home
from mcp_magics.config.jsonedit import with_member, without_member
from mcp_magics.config.keeping import advice, with_kept_secrets
from mcp_magics.config.model import ObjectTransport
from mcp_magics.config.serverfile import SERVERS, ServerFile, read_servers, servers_of
from mcp_magics.errors import ConfigurationError, UnknownServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_magics.config.jsontext import Node
    from mcp_magics.config.model import Scope, ServerSpec

PROJECT_FILE = ".mcp.json"
USER_FILE = "mcp.json"
_PUBLIC = 0o644
_FILE_SCOPES: tuple[Scope, ...] = ("project", "user")


@dataclass(frozen=True, slots=True)
class ScopedSpec:
    """A spec and where it was found; ``path`` is None in the notebook."""

    spec: ServerSpec
    scope: Scope
    path: Path | None = None


class Store:
    """The three scopes as one. Thread-safe; files are read again when they have changed."""

    def __init__(self) -> None:
        self._notebook: dict[str, ServerSpec] = {}
        self._files: dict[Path, tuple[tuple[int, int, int], ServerFile]] = {}
        self._lock = threading.RLock()

    # -- reading -------------------------------------------------------------------------------------------

    def specs(self) -> list[ScopedSpec]:
        """Every server that can be read, each once, from its nearest scope; what cannot be is in :meth:`problems`."""
        found: dict[str, ScopedSpec] = {}
        for scope in ("notebook", *_FILE_SCOPES):
            for each in self._in_scope(scope):
                found.setdefault(each.spec.name, each)
        return list(found.values())

    def names(self) -> list[str]:
        """The names of :meth:`specs`."""
        return [each.spec.name for each in self.specs()]

    def problems(self) -> list[ConfigurationError]:
        """What is wrong with the project's and the user's file; empty where all is well."""
        kept = [problem for scope in _FILE_SCOPES for problem in self._file(scope).problems]
        return [type(problem).of(problem.failure) for problem in kept]

    def get(self, name: str) -> ScopedSpec | None:
        """The server of that name from its nearest scope, or None.

        Raises ``ConfigurationError`` where the nearest entry of that name is one that cannot be read.
        """
        if name in self._notebook:
            return ScopedSpec(self._notebook[name], "notebook")
        for scope in _FILE_SCOPES:
            file = self._file(scope)
            if name in file.specs:
                return ScopedSpec(file.specs[name], scope, file.path)
            if problem := file.problem_of(name):
                raise type(problem).of(problem.failure)
        return None

    def _in_scope(self, scope: Scope) -> Iterator[ScopedSpec]:
        if scope == "notebook":
            yield from [ScopedSpec(spec, "notebook") for spec in list(self._notebook.values())]
            return
        file = self._file(scope)
        yield from [ScopedSpec(spec, scope, file.path) for spec in file.specs.values()]

    def _file(self, scope: Scope) -> ServerFile:
        """The file of ``scope`` as it is now."""
        try:
            path = self._path(scope)
        except ConfigurationError as error:
            return ServerFile(None, problems=(error,))
        try:
            status = path.stat()
        except OSError:
            return ServerFile(path)
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        kept = self._files.get(path)
        if kept is None or kept[0] != stamp:
            kept = self._files[path] = (stamp, read_servers(path))
        return kept[1]

    @staticmethod
    def _path(scope: Scope) -> Path:
        return Path.cwd() / PROJECT_FILE if scope == "project" else home() / USER_FILE

    # -- changing ------------------------------------------------------------------------------------------

    def put(self, spec: ServerSpec, scope: Scope) -> tuple[str, ...]:
        """Keep ``spec`` in ``scope``; returns notes for the person who did it.

        A literal secret never reaches a project's file: a reference does, and this session remembers the value.
        Raises ``ConfigurationError`` where the file is broken or cannot be written; then nothing has changed.
        """
        if scope == "notebook":
            with self._lock:
                self._notebook[spec.name] = spec
            return advice(spec, "this notebook")
        if isinstance(spec.transport, ObjectTransport):
            entry_from_spec(spec)  # raises: no file can hold it
        path = self._path(scope)
        spec, notes = (
            with_kept_secrets(spec) if scope == "project" else (spec, advice(spec, f"{path}, which only you can read"))
        )
        with self._lock:
            self._write(path, scope, spec.name, spec)
            self._notebook.pop(spec.name, None)
        hidden = scope == "user" and spec.name in self._file("project").specs
        return (*notes, f"the project's {spec.name!r} hides this one here") if hidden else notes

    def remove(self, name: str, scope: Scope | None = None) -> Scope:
        """Forget ``name`` in ``scope``, or in its nearest one; returns which. Raises ``UnknownServerError``."""
        with self._lock:
            for where in (scope,) if scope else ("notebook", *_FILE_SCOPES):
                if where == "notebook" and self._notebook.pop(name, None) is not None:
                    return where
                if where in _FILE_SCOPES and self._remove_from_file(where, name):
                    return where
        places = f"scope {scope}" if scope else "any scope"
        message = f"no server {name!r} in {places}"
        raise UnknownServerError(message, phase="config", server=name, next_step="%mcp list")

    def _remove_from_file(self, scope: Scope, name: str) -> bool:
        file = self._file(scope)
        if file.path is None or not (name in file.names or file.problem_of(name)):
            return False
        self._write(file.path, scope, name, None)
        return True

    def _write(self, path: Path, scope: Scope, name: str, spec: ServerSpec | None) -> None:
        """Put the entry of ``spec`` in place of that of ``name``, or take it out."""
        with locked(path):
            text = read_text(path)
            text = "{}\n" if text is None or not text.strip() else text
            document = servers_of(text, path)
            replace_text(path, _changed(text, document, name, spec), _mode(path, scope))
            self._files.pop(path, None)


def _changed(text: str, document: Node, name: str, spec: ServerSpec | None) -> str:
    servers = document.member(SERVERS)
    if spec is None:
        return text if servers is None else without_member(text, servers.node, name)
    entry = entry_from_spec(spec)
    if servers is None:
        return with_member(text, document, SERVERS, {name: entry})
    return with_member(text, servers.node, name, entry)


def _mode(path: Path, scope: Scope) -> int:
    """A user's file is the user's alone; a project's keeps the mode it has, for no literal secret reaches it."""
    if scope == "user":
        return PRIVATE
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else _PUBLIC
