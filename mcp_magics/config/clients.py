"""Other clients' formats: ``mcpServers`` JSON, VS Code ``servers`` JSON, Codex TOML, and where they lie on disk."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.config.document import entry_from_spec, spec_from_entry
from mcp_magics.config.literals import without_literals
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcp_magics.config.model import ServerSpec

Format = Literal["mcpServers", "vscode", "codex"]

_MEMBERS = ("mcpServers", "servers", "mcp_servers", "context_servers")
_FENCE = re.compile(r"\A\s*```[\w-]*\s*\n(?P<inside>.*?)\n\s*```\s*\Z", re.DOTALL)
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')
_ENTRY_KEYS = frozenset({"command", "url", "httpUrl", "serverUrl"})


def specs_from_text(text: str, *, name: str | None = None) -> list[ServerSpec]:
    """The servers of a pasted configuration, whichever client's; ``name`` is for an entry that has none.

    Raises ``ConfigurationError`` naming the line.
    """
    found = _FENCE.match(text)
    text = found["inside"] if found else text
    document = _json(text) if text.lstrip().startswith(("{", '"')) else _toml(text)
    specs = [_spec(key, entry) for key, entry in _entries(document, name).items()]
    if not specs:
        raise ConfigurationError(
            "the configuration holds no server", phase="config", next_step='%%mcp add, then {"mcpServers": {…}}'
        )
    return specs


def _json(text: str) -> dict[str, Any]:
    """JSON with comments and trailing commas, as VS Code reads it; ``"name": {…}`` without braces too."""
    lenient = _TRAILING_COMMA.sub(lambda m: m[1] or "", _COMMENT.sub(lambda m: m[1] or _blank(m[0]), text))
    if lenient.lstrip().startswith('"'):
        lenient = f"{{{lenient}}}"
    try:
        document = json.loads(lenient, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        line = text.splitlines()[error.lineno - 1] if error.lineno <= len(text.splitlines()) else ""
        raise ConfigurationError(
            f"line {error.lineno}, column {error.colno}: {error.msg}",
            class_="not_json",
            phase="config",
            evidence=(line.strip()[:160],) if line.strip() else (),
            next_step=f"mend line {error.lineno}",
        ) from None
    if not isinstance(document, dict):
        raise ConfigurationError("a configuration is a JSON object", phase="config", next_step='{"mcpServers": {…}}')
    return document


def _blank(comment: str) -> str:
    return "\n" * comment.count("\n") or " "


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ConfigurationError(
                f"the key {key!r} is there twice", phase="config", next_step="leave one of them out"
            )
        found[key] = value
    return found


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"neither JSON nor TOML: {error}",
            class_="not_toml",
            phase="config",
            next_step="paste the whole block of the README",
        ) from None


def _entries(document: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    """The entries by name, wherever in the document they stand."""
    for member in _MEMBERS:
        if isinstance(document.get(member), dict):
            return dict(document[member])
    for member in ("mcp", "projects"):
        nested = document.get(member)
        if isinstance(nested, dict) and (found := _nested(nested)):
            return found
    if _ENTRY_KEYS & document.keys():
        if name is None:
            raise ConfigurationError("this is one server without its name", phase="config", next_step="%%mcp add NAME")
        return {name: dict(document)}
    return {key: value for key, value in document.items() if isinstance(value, dict) and _ENTRY_KEYS & value.keys()}


def _nested(nested: Mapping[str, Any]) -> dict[str, Any]:
    for member in _MEMBERS:
        if isinstance(nested.get(member), dict):
            return dict(nested[member])
    return {key: value for key, value in nested.items() if isinstance(value, dict) and _ENTRY_KEYS & value.keys()}


def _spec(name: str, entry: Any) -> ServerSpec:
    if not isinstance(entry, dict):
        raise ConfigurationError(
            f"{name} is no object", phase="config", server=name, next_step='"NAME": {"command": …}'
        )
    command = entry.get("command")
    if isinstance(command, list):  # opencode's and others' whole command line
        entry = {**entry, "command": command[0] if command else "", "args": [*command[1:], *entry.get("args", [])]}
    elif isinstance(command, dict):  # Zed's nested form
        entry = {
            **entry,
            "command": command.get("path"),
            "args": command.get("args", []),
            "env": command.get("env", {}),
        }
    if isinstance(entry.get("environment"), dict):
        entry = {**entry, "env": entry["environment"]}
    if entry.get("type") not in (None, "stdio", "http", "streamable_http", "streamable-http", "streamableHttp", "sse"):
        entry = {key: value for key, value in entry.items() if key != "type"}
    return spec_from_entry(name, {key: value for key, value in entry.items() if value is not None})


# -- out -----------------------------------------------------------------------------------------------------


def export(specs: Sequence[ServerSpec], kind: Format) -> str:
    """The configuration of ``specs`` as text in another client's format; literal secrets leave as references."""
    entries = {spec.name: entry_from_spec(without_literals(spec)[0]) for spec in specs}
    if kind == "codex":
        return "\n".join(_codex(name, entry) for name, entry in entries.items())
    if kind == "vscode":
        servers = {name: {"type": entry.get("type", "stdio"), **entry} for name, entry in entries.items()}
        return json.dumps({"servers": servers}, indent=2, ensure_ascii=False) + "\n"
    return json.dumps({"mcpServers": entries}, indent=2, ensure_ascii=False) + "\n"


def _codex(name: str, entry: Mapping[str, Any]) -> str:
    table = f"mcp_servers.{_key(name)}"
    plain = {("http_headers" if key == "headers" else key): value for key, value in entry.items() if key != "type"}
    lines = [f"[{table}]"]
    lines += [f"{key} = {_value(value)}" for key, value in plain.items() if not isinstance(value, dict)]
    for key, value in plain.items():
        if isinstance(value, dict):
            lines += ["", f"[{table}.{key}]", *(f"{_key(inner)} = {_value(each)}" for inner, each in value.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


# -- on disk -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A configuration of another client found on this machine; it is read, never written."""

    client: str
    path: Path
    specs: tuple[ServerSpec, ...]
    problem: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its servers."""
        return tuple(spec.name for spec in self.specs)


def places() -> dict[str, tuple[Path, ...]]:
    """Where clients keep their configuration, by the word ``%mcp import`` takes."""
    user, here = Path.home(), Path.cwd()
    config = user / ".config"
    mac = user / "Library" / "Application Support"
    return {
        "claude-desktop": (
            mac / "Claude/claude_desktop_config.json", config / "Claude/claude_desktop_config.json",
            user / "AppData/Roaming/Claude/claude_desktop_config.json",
        ),
        "claude-code": (here / ".mcp.json", user / ".claude.json"),
        "cursor": (here / ".cursor/mcp.json", user / ".cursor/mcp.json"),
        "vscode": (here / ".vscode/mcp.json", config / "Code/User/mcp.json", mac / "Code/User/mcp.json"),
        "codex": (here / ".codex/config.toml", user / ".codex/config.toml"),
        "windsurf": (user / ".codeium/windsurf/mcp_config.json",),
        "gemini": (here / ".gemini/settings.json", user / ".gemini/settings.json"),
        "opencode": (here / "opencode.json", config / "opencode/opencode.json"),
        "zed": (config / "zed/settings.json",),
    }  # fmt: skip


def import_sources() -> list[Source]:
    """Every configuration found, with its servers, or with what is wrong with it."""
    return [_source(client, path) for client, paths in places().items() for path in paths if path.is_file()]


def _source(client: str, path: Path) -> Source:
    try:
        return Source(client, path, tuple(specs_from_text(path.read_text(encoding="utf-8-sig"))))
    except (ConfigurationError, OSError, UnicodeDecodeError) as error:
        return Source(client, path, (), str((getattr(error, "failure", None) and error.failure.message) or error))  # type: ignore[union-attr]


def specs_of_source(source: str) -> list[ServerSpec]:
    """The servers of a client by its word, or of a file by its path; raises ``ConfigurationError``."""
    known = places()
    paths = [path for path in known.get(source, (Path(source).expanduser(),)) if path.is_file()]
    if not paths:
        where = ", ".join(str(path) for path in known.get(source, ())) or source
        raise ConfigurationError(
            f"nothing to import: {where} is not there",
            class_="nothing_to_import",
            phase="config",
            evidence=(f"clients: {', '.join(known)}",),
            next_step="%mcp import (what there is), or %mcp import FILE",
        )
    found: dict[str, ServerSpec] = {}
    for path in paths:
        for spec in specs_from_text(path.read_text(encoding="utf-8-sig")):
            found.setdefault(spec.name, spec)
    return list(found.values())
