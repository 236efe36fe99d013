"""One entry of a configuration document, read into a :class:`~mcp_magics.config.model.ServerSpec`.

``command`` makes a server a stdio one, ``url`` an HTTP one; keys of the other kind are refused in Codex's words
(``{field} is not supported for {stdio|streamable_http}``), an inline ``bearer_token`` always. Unknown keys are passed
over.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from mcp_magics.config.address import check_address
from mcp_magics.config.model import EMPTY, HttpTransport, OAuthOptions, ServerSpec, StdioTransport
from mcp_magics.config.names import check_name
from mcp_magics.config.references import reject_bare_dollar
from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.config.entry import HttpEntry, SharedEntry, StdioEntry

Entry = TypeVar("Entry", "StdioEntry", "HttpEntry")

_SPELLINGS = {
    "httpUrl": "url",
    "serverUrl": "url",
    "server_url": "url",
    "envFile": "env_file",
    "bearerTokenEnvVar": "bearer_token_env_var",
    "clientId": "client_id",
    "callbackPort": "callback_port",
    "callbackUrl": "callback_url",
}
_STDIO_TYPES = frozenset({"stdio", "local"})
_HTTP_TYPES = frozenset({"http", "https", "streamable", "streamable_http", "streamablehttp", "sse", "remote"})
_TOOL_KEYS = frozenset({"approval_mode"})


class EntryProblem(Exception):  # noqa: N818  not an error of the tree: it becomes one where the file is known
    """What is wrong with one entry, and at which key; ``class_`` is that of the failure."""

    def __init__(
        self, path: Sequence[str | int], message: str, class_: str = "config_invalid", next_step: str = ""
    ) -> None:
        super().__init__(message)
        self.path = tuple(path)
        self.message = message
        self.class_ = class_
        self.next_step = next_step

    def error(self, server: str, where: str = "", next_step: str = "") -> ConfigurationError:
        """The problem as an error; ``where`` is a file and a line, ``next_step`` for want of a better one."""
        return ConfigurationError(
            f"{where}: {self.message}" if where else self.message,
            class_=self.class_,
            phase="config",
            server=None if self.class_ == "name_invalid" else server,
            next_step=self.next_step or next_step or f"%mcp add {server} --help",
        )


def read_entry(name: str, entry: object) -> ServerSpec:
    """The spec of ``entry``; raises :class:`EntryProblem` with the place of what is wrong."""
    _check_name(name)
    if not isinstance(entry, Mapping):
        raise EntryProblem((), f"the entry of {name!r} must be an object, not {_kind(entry)}")
    keys: dict[str, Any] = {_SPELLINGS.get(key, str(key)): value for key, value in entry.items() if value is not None}
    if "bearer_token" in keys:
        raise EntryProblem(
            ["bearer_token"],
            "bearer_token is not supported: what stands here is no secret; name a variable in bearer_token_env_var",
            next_step="%mcp secret MY_TOKEN, and bearer_token_env_var = MY_TOKEN",
        )
    kind = _transport(name, keys)
    if kind == "stdio":
        return _stdio_spec(name, keys)
    return _http_spec(name, keys)


def _transport(name: str, keys: Mapping[str, Any]) -> str:
    """``stdio`` or ``streamable_http``, after the keys that do not fit have been refused."""
    from mcp_magics.config.entry import HTTP_KEYS, STDIO_KEYS

    word = str(keys.get("type", "")).lower().replace("-", "_")
    if word in ("ws", "websocket", "wss"):
        raise EntryProblem(
            ["type"],
            f"unsupported transport {keys['type']!r}: MCP servers here are stdio or streamable_http",
            "unsupported_transport",
        )
    kind = "stdio" if "command" in keys else "streamable_http"
    if kind == "streamable_http" and "url" not in keys:
        raise EntryProblem(
            (), f"invalid transport: {name!r} has neither command nor url" + _meant(keys, STDIO_KEYS | HTTP_KEYS)
        )
    if kind == "stdio" and "url" in keys:
        raise EntryProblem(["url"], f"url is not supported for stdio: {name!r} has both command and url, keep one")
    if word in (_HTTP_TYPES if kind == "stdio" else _STDIO_TYPES):
        raise EntryProblem(["type"], f"type {keys['type']!r} is not supported for {kind}")
    foreign = HTTP_KEYS - STDIO_KEYS if kind == "stdio" else STDIO_KEYS - HTTP_KEYS
    for key in keys:
        if key in foreign and keys[key] not in ({}, [], ""):
            raise EntryProblem([key], f"{key} is not supported for {kind}")
    return kind


def _meant(keys: Mapping[str, Any], known: frozenset[str]) -> str:
    for key in keys:
        near = difflib.get_close_matches(str(key), known, n=1) if key not in known else []
        if near:
            return f"; is {key!r} meant to be {near[0]!r}?"
    return ""


def _validated(model: type[Entry], keys: Mapping[str, Any]) -> Entry:
    """``keys`` as ``model``, those it does not know left out."""
    from pydantic import ValidationError

    try:
        return model.model_validate(
            {key: _pruned(key, value) for key, value in keys.items() if key in model.model_fields}
        )
    except ValidationError as error:
        first, *others = error.errors(include_url=False, include_context=False)
    path = [step for step in first["loc"] if step != "[key]"]
    where = ".".join(str(step) for step in path)
    reason = first["msg"][:1].lower() + first["msg"][1:]
    found = f", not {_kind(first['input'])}" if first["type"].endswith("_type") else ""
    more = f" (and {len(others)} more)" if others else ""
    raise EntryProblem(path, f"{where}: {reason}{found}{more}")


def _pruned(key: str, value: Any) -> Any:
    """``value`` without the members that only other clients know."""
    if key == "oauth" and isinstance(value, Mapping):
        from mcp_magics.config.entry import OAuthEntry

        members = {_SPELLINGS.get(name, name): each for name, each in value.items()}
        return {name: each for name, each in members.items() if name in OAuthEntry.model_fields}
    if key == "tools" and isinstance(value, Mapping):
        return {tool: _pruned("tool", each) for tool, each in value.items()}
    if key == "tool" and isinstance(value, Mapping):
        return {name: each for name, each in value.items() if name in _TOOL_KEYS}
    return dict(value) if isinstance(value, Mapping) else value


def _stdio_spec(name: str, keys: Mapping[str, Any]) -> ServerSpec:
    from mcp_magics.config.entry import StdioEntry

    entry = _validated(StdioEntry, keys)
    for key, value in (entry.env or {}).items():
        _check_dollars(["env", key], value, f"env {key}", name)
    transport = StdioTransport(
        command=entry.command,
        args=tuple(entry.args or ()),
        env=_mapping(entry.env),
        env_vars=tuple(entry.env_vars or ()),
        env_file=entry.env_file,
        cwd=entry.cwd,
    )
    return ServerSpec(name, transport, **_shared(entry), reload=tuple(entry.reload or ()))


def _http_spec(name: str, keys: Mapping[str, Any]) -> ServerSpec:
    from mcp_magics.config.entry import HttpEntry

    url = keys["url"]
    if isinstance(url, str):
        _check_address(url, name)
    entry = _validated(HttpEntry, keys)
    headers = {**(entry.http_headers or {}), **(entry.headers or {})}
    for key, value in headers.items():
        _check_dollars(
            ["headers" if key in (entry.headers or {}) else "http_headers", key], value, f"header {key}", name
        )
    transport = HttpTransport(
        url=entry.url,
        headers=_mapping(headers),
        env_headers=_mapping(entry.env_http_headers),
        bearer_token_env_var=entry.bearer_token_env_var,
        env_file=entry.env_file,
        type="sse" if str(keys.get("type", "")).lower() == "sse" else "streamable_http",
    )
    return ServerSpec(name, transport, **_shared(entry), oauth=_oauth(entry))


def _check_name(name: str) -> None:
    try:
        check_name(name)
    except ConfigurationError as error:
        failure = error.failure
    else:
        return
    raise EntryProblem((), failure.message, failure.class_, failure.next_step)


def _check_address(url: str, name: str) -> None:
    try:
        check_address(url, name)
        reject_bare_dollar(url, "the address", name)
    except ConfigurationError as error:
        failure = error.failure
    else:
        return
    raise EntryProblem(["url"], failure.message, failure.class_, failure.next_step)


def _check_dollars(path: list[str | int], value: str, where: str, name: str) -> None:
    try:
        reject_bare_dollar(value, where, name)
    except ConfigurationError as error:
        failure = error.failure
    else:
        return
    raise EntryProblem(path, failure.message, failure.class_, failure.next_step)


def _oauth(entry: HttpEntry) -> OAuthOptions:
    told = entry.oauth.model_dump(exclude_none=True) if entry.oauth else {}
    scopes = None if entry.scopes is None else tuple(entry.scopes)
    return OAuthOptions(scopes=scopes, resource=entry.oauth_resource, **told)


def _shared(entry: SharedEntry) -> dict[str, Any]:
    milliseconds = entry.startup_timeout_ms
    startup = entry.startup_timeout_sec or (milliseconds / 1000 if milliseconds else None)
    enabled = entry.enabled if entry.enabled is not None else not entry.disabled
    given = {
        "enabled": enabled,
        "required": entry.required,
        "startup_timeout": startup,
        "tool_timeout": entry.tool_timeout_sec,
        "enabled_tools": None if entry.enabled_tools is None else tuple(entry.enabled_tools),
        "disabled_tools": tuple(entry.disabled_tools or ()),
        "protocol": entry.protocol,
        "approval": entry.default_tools_approval_mode,
        "capabilities": MappingProxyType(dict(entry.capabilities)) if entry.capabilities else None,
        "extensions": MappingProxyType(dict(entry.extensions)) if entry.extensions else None,
        "tool_approvals": MappingProxyType(
            {tool: each.approval_mode for tool, each in (entry.tools or {}).items() if each.approval_mode}
        ),
    }
    return {key: value for key, value in given.items() if value is not None}


def _mapping(values: Mapping[str, str] | None) -> Mapping[str, str]:
    return MappingProxyType(dict(values)) if values else EMPTY


def _kind(value: object) -> str:
    """What JSON calls the type of ``value``."""
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), type(value).__name__)
