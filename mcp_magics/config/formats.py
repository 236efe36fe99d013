"""Configurations in other clients' formats, told apart by their shape and read into specs.

``mcpServers`` JSON (Claude, Cursor, Windsurf, Gemini, Copilot, Amp, the Inspector …), VS Code's ``servers`` and
``inputs``, Zed's ``context_servers``, opencode's ``mcp``, Codex's ``[mcp_servers.NAME]`` TOML, a bare map of servers,
one server alone; as a README has them: in a fence, with comments, trailing commas and ``...``, without the outer
braces.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcp_magics.config.jsontext import JsonTextError, begin, parse, place
from mcp_magics.config.reading import EntryProblem, read_entry
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from mcp_magics.config.jsontext import Node
    from mcp_magics.config.model import ServerSpec

_FENCE = re.compile(r"\A\s*(?P<mark>```+|~~~+)[^\n]*\n(?P<text>.*?)(?:\n[ \t]*(?P=mark)\s*\Z|\Z)", re.DOTALL)
_TOML = re.compile(r"^[ \t]*\[+[ \t]*(?:mcp_servers|\"mcp_servers\")\b", re.MULTILINE)
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_ENTRY_KEYS = frozenset({"command", "url", "httpUrl", "serverUrl", "type"})
_OPENCODE = re.compile(r"\{env:([A-Za-z_]\w*)\}")
_INPUT = re.compile(r"\$\{input:([\w.\-]+)\}")


@dataclass(frozen=True, slots=True)
class Entries:
    """The raw entries of one document; ``path`` leads to them, ``adapt`` turns each into one of our own."""

    values: Mapping[str, Any]
    path: tuple[str, ...] = ()
    adapt: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed configuration; ``line_of`` says on which line of the text (from 1) the value at a path stands."""

    value: Mapping[str, Any]
    line_of: Callable[[tuple[str | int, ...]], int]


def specs_from_text(text: str, *, name: str | None = None, source: str = "") -> list[ServerSpec]:
    """The servers in ``text``, in order; ``name`` is for a server that stands there without one.

    Raises ``ConfigurationError`` naming the line, and ``source``, where that is a file.
    """
    document = _document(text, source)
    entries = find_entries(document.value, name)
    if not entries.values:
        message = _where(source, 1) + "no MCP server in this configuration"
        raise ConfigurationError(message, phase="config", next_step='{"mcpServers": {"NAME": {"command": "…"}}}')
    return [_spec(server, entries, document, source) for server in entries.values]


def specs_in_settings(text: str, source: str, project: str) -> list[ServerSpec]:
    """The servers in the settings file of a client, those for the directory ``project`` first; none where it has none.

    Raises ``ConfigurationError`` naming ``source`` and the line.
    """
    if not text.strip():
        return []
    document = _document(text, source)
    found: list[ServerSpec] = []
    for inside in (("projects", project), ()):  # Claude Code keeps what is local to a project in the user's file
        settings = _at(document.value, inside)
        if isinstance(settings, Mapping) and any(isinstance(_at(settings, path), Mapping) for path, _ in _MEMBERS):
            entries = find_entries(settings)
            entries = replace(entries, path=(*inside, *entries.path))
            found += [_spec(server, entries, document, source) for server in entries.values]
    return found


def _spec(server: str, entries: Entries, document: Document, source: str) -> ServerSpec:
    entry = entries.values[server]
    try:
        return read_entry(server, entries.adapt(entry) if isinstance(entry, Mapping) else entry)
    except EntryProblem as problem:
        line = document.line_of((*entries.path, server, *problem.path))
        error = problem.error(server, f"{source}:{line}" if source else f"line {line}", f"mend line {line}")
    raise error


def find_entries(document: Mapping[str, Any], name: str | None = None) -> Entries:
    """The entries of ``document``, by its shape; empty where it has none."""
    for path, adapt in _MEMBERS:
        found = _by_name(_at(document, path))
        if isinstance(found, Mapping):
            return Entries(found, path, adapt(document))
    if _ENTRY_KEYS & document.keys() and not _are_entries(document):
        called = document.get("name") if name is None else name
        if not isinstance(called, str):
            message = "this is one server without its name"
            raise ConfigurationError(message, phase="config", next_step="%%mcp add NAME")
        return Entries({called: document})
    return Entries(document if _are_entries(document) else {})


def _by_name(found: Any) -> Any:
    """A list of servers that each say their name, as the map it means."""
    if isinstance(found, list) and found and all(isinstance(each, Mapping) and "name" in each for each in found):
        return {str(each["name"]): each for each in found}
    return found


def _at(document: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = document
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _are_entries(document: Mapping[str, Any]) -> bool:
    """Whether every member is a server: then ``document`` is a bare map of them."""
    return bool(document) and all(isinstance(each, Mapping) and _ENTRY_KEYS & each.keys() for each in document.values())


# -- reading text --------------------------------------------------------------------------------------------


def _document(text: str, source: str) -> Document:
    text, before = _unfenced(text.removeprefix("\ufeff"))
    if source.endswith(".toml") or _TOML.search(text):
        return _toml(text, source, before)
    return _json(text, source, before)


def _unfenced(text: str) -> tuple[str, int]:
    """What a Markdown fence holds, and the number of lines before it."""
    fence = _FENCE.match(text)
    return (fence["text"], text.count("\n", 0, fence.start("text"))) if fence else (text, 0)


def _json(text: str, source: str, before: int) -> Document:
    inside = f"{{{text}\n}}" if text[begin(text) :].startswith('"') else text
    try:
        root = parse(inside, lenient=True)
    except JsonTextError as error:
        failure = _not_json(error, text, source, before)
    else:
        if isinstance(root.value, Mapping):
            return Document(root.value, lambda path: _line(inside, root, path) + before)
        failure = _unreadable(f"{_where(source, 1)}a configuration is a JSON object", "")
    raise failure


def _line(text: str, root: Node, path: tuple[str | int, ...]) -> int:
    return place(text, root.start_of(path))[0]


def _not_json(error: JsonTextError, text: str, source: str, before: int) -> ConfigurationError:
    if not source and text[begin(text) :][:1] not in ("{", "[", '"', ""):
        return _unreadable(
            f"{_where(source, before + 1)}this is neither JSON nor TOML",
            text[begin(text) :].splitlines()[0][:160],
            "%mcp add NAME -- COMMAND ARG… for a command line; the body is a block of JSON or TOML",
        )
    lines = text.splitlines()
    shown = lines[error.line - 1].strip()[:160] if error.line <= len(lines) else ""
    where = _where(source, error.line + before, error.column)
    return _unreadable(f"{where}{error.reason}", shown, f"mend line {error.line + before}")


def _toml(text: str, source: str, before: int) -> Document:
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place_ = _TOML_LINE.search(str(error))
        line = (int(place_[1]) if place_ else 1) + before
        failure = _unreadable(
            f"{_where(source, line)}{_TOML_LINE.sub('', str(error)).strip()}", "", f"mend line {line}"
        )
    else:
        return Document(value, lambda path: _toml_line(text, path) + before)
    raise failure


def _toml_line(text: str, path: tuple[str | int, ...]) -> int:
    """The line of the last name of ``path`` that stands after the names before it."""
    position = 0
    for step in path:
        found = re.compile(rf"(?<![\w-]){re.escape(str(step))}(?![\w-])").search(text, position)
        position = found.start() if found else position
    return place(text, position)[0]


def _unreadable(message: str, shown: str, next_step: str = "paste the whole block") -> ConfigurationError:
    from mcp_magics.redact import redactor

    evidence = (redactor().text(shown),) if shown else ()
    return ConfigurationError(message, phase="config", evidence=evidence, next_step=next_step)


def _where(source: str, line: int, column: int | None = None) -> str:
    if source:
        return f"{source}:{line}: " if column is None else f"{source}:{line}, column {column}: "
    return f"line {line}: " if column is None else f"line {line}, column {column}: "


# -- each client's own ways ----------------------------------------------------------------------------------

Adapter = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def _as_is(document: Mapping[str, Any]) -> Adapter:  # noqa: ARG001  every adapter is made from its document
    return _common


def _common(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Gemini's and GitHub Copilot's words for the tool filters, and numbers where an environment only has text."""
    renamed = {"includeTools": "enabled_tools", "excludeTools": "disabled_tools"}
    changed = {renamed.get(key, key): value for key, value in entry.items()}
    if isinstance(changed.get("tools"), list):  # Copilot's: all are "*"
        wanted = changed.pop("tools")
        changed.update({} if "*" in wanted else {"enabled_tools": wanted})
    if isinstance(changed.get("env"), Mapping):
        changed["env"] = {key: _env_text(value) for key, value in changed["env"].items() if value is not None}
    return changed


def _env_text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _vscode(document: Mapping[str, Any]) -> Adapter:
    """VS Code: an input's default becomes the default of its references."""
    inputs = document.get("inputs") or _at(document, ("mcp", "inputs")) or []
    defaults = {
        each["id"]: each["default"]
        for each in (inputs if isinstance(inputs, list) else [])
        if isinstance(each, Mapping) and isinstance(each.get("id"), str) and isinstance(each.get("default"), str)
    }

    def with_default(match: re.Match[str]) -> str:
        return f"${{input:{match[1]}:-{defaults[match[1]]}}}" if match[1] in defaults else match[0]

    return lambda entry: _common(_texts(entry, lambda text: _INPUT.sub(with_default, text)))


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _texts(each, change) for key, each in value.items()}
    return [_texts(each, change) for each in value] if isinstance(value, list) else value


def _zed(document: Mapping[str, Any]) -> Adapter:  # noqa: ARG001
    """Zed: the command may be an object of its own."""

    def adapt(entry: Mapping[str, Any]) -> Mapping[str, Any]:
        command = entry.get("command")
        if not isinstance(command, Mapping):
            return _common(entry)
        return _common(
            {**entry, "command": command.get("path"), "args": command.get("args"), "env": command.get("env")}
        )

    return adapt


def _opencode(document: Mapping[str, Any]) -> Adapter:  # noqa: ARG001
    """opencode: the whole command is one list, ``environment`` is the environment, ``{env:NAME}`` a reference."""

    def adapt(entry: Mapping[str, Any]) -> Mapping[str, Any]:
        changed = dict(_texts(entry, lambda text: _OPENCODE.sub(r"${\1}", text)))
        command = changed.get("command")
        if isinstance(command, list):
            changed["command"], changed["args"] = (command[0] if command else ""), command[1:]
        if "environment" in changed:
            changed["env"] = changed.pop("environment")
        if not isinstance(changed.get("oauth"), Mapping):
            changed.pop("oauth", None)
        return _common(changed)

    return adapt


_MEMBERS: tuple[tuple[tuple[str, ...], Callable[[Mapping[str, Any]], Adapter]], ...] = (
    (("mcpServers",), _as_is),
    (("servers",), _vscode),
    (("mcp", "servers"), _vscode),
    (("mcp", "mcpServers"), _as_is),
    (("mcp_servers",), _as_is),
    (("amp.mcpServers",), _as_is),
    (("augment.advanced", "mcpServers"), _as_is),
    (("context_servers",), _zed),
    (("mcp",), _opencode),
)
