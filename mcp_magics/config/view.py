"""A configuration as it may be shown to anyone: literals masked, names and references kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.config.literals import masked_args
from mcp_magics.config.masking import masked
from mcp_magics.config.model import HttpTransport, StdioTransport
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.config.model import ServerSpec


def transport_json(spec: ServerSpec) -> dict[str, Any]:
    """The transport of ``spec`` as plain JSON, with Codex's keys; literals in ``env`` and headers are masked."""
    transport = spec.transport
    if isinstance(transport, StdioTransport):
        return {
            "type": transport.type,
            "command": redactor().text(transport.command),
            "args": [redactor().text(arg) for arg in masked_args(spec)],
            "env": _masked(transport.env),
            "env_vars": list(transport.env_vars),
            "env_file": transport.env_file,
            "cwd": transport.cwd,
        }
    if isinstance(transport, HttpTransport):
        return {
            "type": transport.type,
            "url": redactor().url(transport.url),
            "bearer_token_env_var": transport.bearer_token_env_var,
            "http_headers": _masked(transport.headers),
            "env_http_headers": dict(transport.env_headers),
            "env_file": transport.env_file,
        }
    return {"type": transport.type, "object": type(transport.server).__qualname__}


def whereabouts(spec: ServerSpec) -> str:
    """The command line or the address of ``spec`` as :func:`transport_json` has it; the class of a server object."""
    shown = transport_json(spec)
    if shown["type"] == "stdio":
        return " ".join([shown["command"], *shown["args"]])
    return str(shown.get("url") or shown.get("object") or "")


def _masked(values: Mapping[str, str]) -> dict[str, str]:
    return {name: redactor().text(masked(name, value)) for name, value in values.items()}


def disclosure(spec: ServerSpec) -> str:
    """What connecting to ``spec`` starts or addresses, and which variables and headers it sends, by name."""
    shown = transport_json(spec)
    if shown["type"] == "stdio":
        names = [*shown["env"], *shown["env_vars"]]
        return f"starts {' '.join([shown['command'], *shown['args']])}; variables sent: {', '.join(names) or 'none'}"
    names = [*shown.get("http_headers", ()), *shown.get("env_http_headers", ())]
    names += ["Authorization"] if shown.get("bearer_token_env_var") else []
    return f"addresses {shown.get('url', 'an object')}; headers sent: {', '.join(names) or 'none'}"
