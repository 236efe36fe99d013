"""Configuration documents ⇄ :class:`~mcp_magics.config.model.ServerSpec`, and their JSON Schema.

A timeout that is not configured stays so: :mod:`mcp_magics.config.defaults` has what holds then.
"""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from mcp_magics.config.model import HttpTransport, ObjectTransport, ServerSpec, StdioTransport
from mcp_magics.config.names import check_name
from mcp_magics.config.reading import EntryProblem, read_entry
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.config.model import OAuthOptions

_OPTION_KEYS = {
    "startup_timeout": "startup_timeout_sec",
    "tool_timeout": "tool_timeout_sec",
    "env_headers": "env_http_headers",
    "approval": "default_tools_approval_mode",
}
_DEFAULTS = {field.name: field.default for field in fields(ServerSpec)}


def spec_from_entry(name: str, entry: Mapping[str, Any]) -> ServerSpec:
    """The spec of an ``mcpServers`` or ``[mcp_servers]`` entry; raises ``ConfigurationError`` naming the wrong key."""
    try:
        return read_entry(name, entry)
    except EntryProblem as problem:
        error = problem.error(name)
    raise error


def spec_from_options(
    name: str,
    *,
    command: Sequence[str] | str | None = None,
    url: str | None = None,
    object: Any = None,  # noqa: A002  the word of the published Python face
    **options: Any,
) -> ServerSpec:
    """The spec of a server given as exactly one of ``command``, ``url`` and ``object``.

    ``command`` is a list of words, or one string read as a POSIX shell would. ``options`` are fields of the spec and of
    its transport, or the keys of an entry; None means "not given". Raises ``ConfigurationError``.
    """
    given = {key: value for key, value in options.items() if value is not None}
    if object is not None:
        return _object_spec(name, object, {"command": command, "url": url, **given})
    entry = _as_entry(given)
    if "tool_approvals" in entry:
        entry["tools"] = {tool: {"approval_mode": mode} for tool, mode in entry.pop("tool_approvals").items()}
    _refuse_unknown(name, entry)
    if command is not None:
        entry["command"], *entry["args"] = _words(command, name)
    if url is not None:
        entry["url"] = url
    return spec_from_entry(name, entry)


def spec_with(spec: ServerSpec, **options: Any) -> ServerSpec:
    """``spec`` with ``options`` too: mappings gain members, all else is replaced. Raises ``ConfigurationError``."""
    entry = entry_from_spec(spec)
    for key, value in _as_entry(options).items():
        own = entry.get(key)
        entry[key] = {**own, **value} if isinstance(own, dict) and isinstance(value, dict) else value
    return spec_from_entry(spec.name, entry)


def _as_entry(options: Mapping[str, Any]) -> dict[str, Any]:
    return {_OPTION_KEYS.get(key, key): _plain(value) for key, value in options.items()}


def _object_spec(name: str, server: Any, others: Mapping[str, Any]) -> ServerSpec:
    shared = {key: value for key, value in others.items() if key in _DEFAULTS and key not in ("name", "transport")}
    wrong = [key for key, value in others.items() if value is not None and key not in shared]
    if wrong:
        message = f"{wrong[0]} is not supported for a server object in this process"
        raise ConfigurationError(
            message, phase="config", server=name, next_step=f"servers.add({name!r}, object=server)"
        )
    spec = spec_from_options(name, command=["-"], **shared)
    changed = {key: getattr(spec, key) for key in shared}
    return ServerSpec(check_name(name), ObjectTransport(server), **changed)


def _refuse_unknown(name: str, entry: Mapping[str, Any]) -> None:
    from mcp_magics.config.entry import HTTP_KEYS, STDIO_KEYS

    known = STDIO_KEYS | HTTP_KEYS | {"type", "bearer_token"}
    for key in entry:
        if key not in known:
            near = difflib.get_close_matches(key, [*known, *_OPTION_KEYS], n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            message = f"there is no option {key!r} of a server{hint}"
            raise ConfigurationError(message, phase="config", server=name, next_step="%mcp schema (every option)")


def _words(command: Sequence[str] | str, name: str) -> list[str]:
    if isinstance(command, str):
        whole = os.path.exists(command)  # noqa: PTH110  a program whose path has spaces is one word
        try:
            words = [command] if whole else shlex.split(command, posix=os.name == "posix")
        except ValueError as error:
            message = f"the command cannot be split into words: {error}"
            raise ConfigurationError(
                message, phase="config", server=name, next_step='command=["PROGRAM", "ARGUMENT"]'
            ) from None
    else:
        words = [os.fspath(word) for word in command]
    if not words or not words[0].strip():
        message = "the command is empty"
        raise ConfigurationError(message, phase="config", server=name, next_step=f"%mcp add {name} -- COMMAND")
    return words


def _plain(value: Any) -> Any:
    """``value`` as JSON has it: paths as text, tuples as lists."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [_plain(each) for each in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def entry_from_spec(spec: ServerSpec) -> dict[str, Any]:
    """``spec`` as the entry of an ``mcpServers`` file; what is as by default is left out.

    Raises ``ConfigurationError`` for a server object: only this process has it.
    """
    transport = spec.transport
    if isinstance(transport, StdioTransport):
        entry = _stdio_entry(transport)
    elif isinstance(transport, HttpTransport):
        entry = _http_entry(transport)
    else:
        message = f"{spec.name!r} is an object of this process: no file can hold it"
        raise ConfigurationError(message, phase="config", server=spec.name, next_step="--scope notebook")
    return {**entry, **_oauth_entry(spec.oauth), **_shared_entry(spec)}


def _stdio_entry(transport: StdioTransport) -> dict[str, Any]:
    optional = {
        "args": list(transport.args),
        "env": dict(transport.env),
        "env_vars": list(transport.env_vars),
        "env_file": transport.env_file,
        "cwd": transport.cwd,
    }
    return {"type": "stdio", "command": transport.command, **_present(optional)}


def _http_entry(transport: HttpTransport) -> dict[str, Any]:
    optional = {
        "headers": dict(transport.headers),
        "env_http_headers": dict(transport.env_headers),
        "bearer_token_env_var": transport.bearer_token_env_var,
        "env_file": transport.env_file,
    }
    kind = "http" if transport.type == "streamable_http" else transport.type
    return {"type": kind, "url": transport.url, **_present(optional)}


def _oauth_entry(oauth: OAuthOptions) -> dict[str, Any]:
    told = {each.name: getattr(oauth, each.name) for each in fields(oauth) if each.name not in ("scopes", "resource")}
    entry: dict[str, Any] = _present({"oauth_resource": oauth.resource, "oauth": _present(told)})
    return entry if oauth.scopes is None else {"scopes": list(oauth.scopes), **entry}


def _shared_entry(spec: ServerSpec) -> dict[str, Any]:
    values = {
        "enabled": spec.enabled,
        "required": spec.required,
        "startup_timeout_sec": spec.startup_timeout,
        "tool_timeout_sec": spec.tool_timeout,
        "protocol": spec.protocol,
        "default_tools_approval_mode": spec.approval,
    }
    keys = {key: option for option, key in _OPTION_KEYS.items()}
    changed = {key: value for key, value in values.items() if value != _DEFAULTS[keys.get(key, key)]}
    tools = {tool: {"approval_mode": mode} for tool, mode in spec.tool_approvals.items()}
    lists = _present({"disabled_tools": list(spec.disabled_tools), "tools": tools, "reload": list(spec.reload)})
    lists |= _present({"capabilities": dict(spec.capabilities), "extensions": dict(spec.extensions)})
    enabled_tools = {} if spec.enabled_tools is None else {"enabled_tools": list(spec.enabled_tools)}
    return {**changed, **enabled_tools, **lists}


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, [], {})}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a configuration file; unlike the loader it refuses unknown keys."""
    from mcp_magics.config.entry import schema

    return schema()
