"""Other clients' configurations on this machine: found and read, never written."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_magics.config.files import read_text
from mcp_magics.config.formats import specs_from_text, specs_in_settings
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from mcp_magics.config.model import ServerSpec


@dataclass(frozen=True, slots=True)
class Source:
    """One configuration of another client; ``problem`` says why it could not be read."""

    client: str
    path: Path
    specs: tuple[ServerSpec, ...] = ()
    problem: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its servers."""
        return tuple(spec.name for spec in self.specs)


def places() -> dict[str, tuple[Path, ...]]:
    """Where each client keeps its configuration, the project's first; by the word ``%mcp import`` takes."""
    user, here, apps = Path.home(), Path.cwd(), _applications()
    codex = Path(os.environ.get("CODEX_HOME") or user / ".codex")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or user / ".config")
    zed = apps / "Zed" if sys.platform == "win32" else config / "zed"
    cline = "globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"
    return {
        "claude-desktop": (apps / "Claude/claude_desktop_config.json",),
        "claude-code": (here / ".mcp.json", user / ".claude.json"),
        "cursor": (here / ".cursor/mcp.json", user / ".cursor/mcp.json"),
        "vscode": (here / ".vscode/mcp.json", apps / "Code/User/mcp.json", apps / "Code - Insiders/User/mcp.json"),
        "codex": (here / ".codex/config.toml", codex / "config.toml"),
        "windsurf": (user / ".codeium/windsurf/mcp_config.json",),
        "zed": (here / ".zed/settings.json", zed / "settings.json"),
        "opencode": (here / "opencode.json", config / "opencode/opencode.json", config / "opencode/opencode.jsonc"),
        "gemini": (here / ".gemini/settings.json", user / ".gemini/settings.json"),
        "cline": (apps / "Code/User" / cline,),
        "kiro": (here / ".kiro/settings/mcp.json", user / ".kiro/settings/mcp.json"),
        "lm-studio": (user / ".lmstudio/mcp.json",),
    }


def _applications() -> Path:
    """Where this platform's desktop applications keep their settings."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData/Roaming")
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def import_sources() -> list[Source]:
    """Every configuration that is there and names a server, or cannot be read; nothing is started."""
    found = [_source(client, path) for client, paths in places().items() for path in paths if path.is_file()]
    return [source for source in found if source.specs or source.problem]


def _source(client: str, path: Path) -> Source:
    try:
        return Source(client, path, tuple(_settings(path)))
    except ConfigurationError as error:
        return Source(client, path, problem=error.failure.message)


def _settings(path: Path) -> list[ServerSpec]:
    return specs_in_settings(read_text(path) or "", str(path), str(Path.cwd()))


def specs_of_source(source: str) -> list[ServerSpec]:
    """The servers of a client by its word, or of a file by its path; the project's file before the user's.

    Raises ``ConfigurationError`` where there is no such file, or naming the line that cannot be read.
    """
    known = places()
    paths = known.get(source, (Path(source).expanduser(),))
    there = [path for path in paths if path.is_file()]
    if not there:
        where = ", ".join(map(str, paths))
        raise ConfigurationError(
            f"nothing to import from {source!r}: there is no {where}",
            class_="nothing_to_import",
            phase="config",
            evidence=(f"clients: {', '.join(known)}",),
            next_step="%mcp import (what there is), or %mcp import FILE",
        )
    if source not in known:
        return specs_from_text(read_text(there[0]) or "", source=str(there[0]))
    found: dict[str, ServerSpec] = {}
    for path in there:
        for spec in _settings(path):
            found.setdefault(spec.name, spec)
    return list(found.values())
