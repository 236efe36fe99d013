"""A configuration written for other clients: what they can say in their own words, secrets as references."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.config.document import entry_from_spec
from mcp_magics.config.keeping import remember
from mcp_magics.config.literals import with_references
from mcp_magics.config.model import HttpTransport, ObjectTransport, StdioTransport
from mcp_magics.config.names import alias
from mcp_magics.config.references import Reference, parse
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcp_magics.config.model import ServerSpec

Format = Literal["mcpServers", "vscode", "codex"]


def export(specs: Sequence[ServerSpec], kind: Format) -> str:
    """``specs`` as the text of a configuration file of another client.

    Literal secrets leave as ``${NAME}``. What a client's format cannot say is left out there (in TOML, with a comment).
    Raises ``ConfigurationError`` for a server object: only this process has it.
    """
    _refuse_objects(specs)
    clean = [with_references(spec, remember(spec)) for spec in specs]
    if kind == "codex":
        return "\n".join(_codex(spec, others=[each.name for each in clean[:index]]) for index, spec in enumerate(clean))
    document = (
        _vscode(clean) if kind == "vscode" else {"mcpServers": {spec.name: portable_entry(spec) for spec in clean}}
    )
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _refuse_objects(specs: Sequence[ServerSpec]) -> None:
    objects = [spec.name for spec in specs if isinstance(spec.transport, ObjectTransport)]
    if objects:
        others = " ".join(spec.name for spec in specs if spec.name not in objects)
        message = f"{objects[0]!r} is an object of this process: no other client can start it"
        raise ConfigurationError(
            message, phase="config", server=objects[0], next_step=f"%mcp export {others}" if others else "%mcp list"
        )


def portable_entry(spec: ServerSpec) -> dict[str, Any]:
    """The entry of ``spec`` in the words every ``mcpServers`` client reads: only ``env`` and ``headers``."""
    entry = entry_from_spec(spec)
    transport = spec.transport
    if isinstance(transport, StdioTransport):
        env = {**{name: f"${{{name}}}" for name in transport.env_vars}, **transport.env}
        entry = _replaced(entry, ("env", "env_vars"), "env", env)
        if transport.env_file:
            entry["envFile"] = entry.pop("env_file")
    elif isinstance(transport, HttpTransport):
        headers = {
            **transport.headers,
            **{name: f"${{{variable}}}" for name, variable in transport.env_headers.items()},
        }
        if transport.bearer_token_env_var:
            headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
            headers["Authorization"] = f"Bearer ${{{transport.bearer_token_env_var}}}"
        entry = _replaced(entry, ("headers", "env_http_headers", "bearer_token_env_var"), "headers", headers)
    return entry


def _replaced(entry: dict[str, Any], gone: tuple[str, ...], key: str, value: dict[str, str]) -> dict[str, Any]:
    kept = {name: each for name, each in entry.items() if name not in gone}
    return {**kept, key: value} if value else kept


# -- VS Code -------------------------------------------------------------------------------------------------


def _vscode(specs: Sequence[ServerSpec]) -> dict[str, Any]:
    inputs: dict[str, dict[str, Any]] = {}

    def rewrite(text: str) -> str:
        return "".join(piece if isinstance(piece, str) else _vscode_reference(piece, inputs) for piece in parse(text))

    servers = {spec.name: _texts(portable_entry(spec), rewrite) for spec in specs}
    return {"servers": servers, **({"inputs": list(inputs.values())} if inputs else {})}


def _vscode_reference(reference: Reference, inputs: dict[str, dict[str, Any]]) -> str:
    """VS Code's own spelling; what has a default or is a secret of ours is asked for once, as an input."""
    if reference.predefined is not None:
        return f"${{{reference.name}}}"
    if reference.kind == "env" and reference.default is None:
        return f"${{env:{reference.name}}}"
    default = {} if reference.default is None else {"default": reference.default}
    inputs.setdefault(
        reference.name,
        {"type": "promptString", "id": reference.name, "description": reference.name, "password": True, **default},
    )
    return f"${{input:{reference.name}}}"


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _texts(each, change) for key, each in value.items()}
    return [_texts(each, change) for each in value] if isinstance(value, list) else value


# -- Codex ---------------------------------------------------------------------------------------------------

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def _codex(spec: ServerSpec, others: list[str]) -> str:
    """One ``[mcp_servers.NAME]`` table. Codex expands no references, but forwards variables by name."""
    entry = {
        key: value
        for key, value in entry_from_spec(spec).items()
        if key not in ("type", "protocol", "reload", "capabilities", "extensions", "env_file")
    }
    entry = _with_forwarded(entry) if isinstance(spec.transport, StdioTransport) else _with_env_headers(entry)
    name = alias(spec.name, [alias(other) for other in others])
    unsaid = [f"# {key}: Codex does not expand the reference in it" for key, value in entry.items() if _refers(value)]
    if getattr(spec.transport, "env_file", None):
        unsaid.append("# env_file: Codex has none")
    return (
        "\n".join(
            [f"[mcp_servers.{name}]", *unsaid, *(f"{_key(key)} = {_toml(value)}" for key, value in entry.items())]
        )
        + "\n"
    )


def _with_forwarded(entry: dict[str, Any]) -> dict[str, Any]:
    """``env = {X: ${X}}`` as ``env_vars = [X]``."""
    env = dict(entry.get("env", {}))
    same = [name for name, value in env.items() if parse(value) == (Reference(name),)]
    kept = {name: value for name, value in env.items() if name not in same}
    forwarded = [*entry.get("env_vars", []), *same]
    rest = {key: value for key, value in entry.items() if key not in ("env", "env_vars")}
    return {**rest, **({"env": kept} if kept else {}), **({"env_vars": forwarded} if forwarded else {})}


def _with_env_headers(entry: dict[str, Any]) -> dict[str, Any]:
    """Headers that are one reference as ``env_http_headers``, ``Bearer ${X}`` as ``bearer_token_env_var``."""
    static, from_env = {}, dict(entry.get("env_http_headers", {}))
    bearer = entry.get("bearer_token_env_var")
    for name, value in entry.get("headers", {}).items():
        pieces = parse(value)
        last = pieces[-1] if pieces else ""
        if isinstance(last, Reference) and last.default is None and len(pieces) == 1:
            from_env[name] = last.name
        elif (
            isinstance(last, Reference)
            and last.default is None
            and pieces[:-1] == ("Bearer ",)
            and name.lower() == "authorization"
        ):
            bearer = bearer or last.name
        else:
            static[name] = value
    said = {"http_headers": static, "env_http_headers": from_env, "bearer_token_env_var": bearer}
    rest = {key: value for key, value in entry.items() if key not in ("headers", *said)}
    return {**rest, **{key: value for key, value in said.items() if value}}


def _refers(value: Any) -> bool:
    if isinstance(value, str):
        return any(isinstance(piece, Reference) for piece in parse(value))
    if isinstance(value, dict):
        return any(map(_refers, value.values()))
    return isinstance(value, list) and any(map(_refers, value))


def _toml(value: Any) -> str:
    """``value`` as TOML 1.0 writes it; its basic strings are JSON's, but for DEL."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else repr(value)


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _toml(name)
