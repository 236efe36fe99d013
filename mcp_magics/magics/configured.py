"""All that is configured of one server, and where: as lines under the keys of a file, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from mcp_magics.config.defaults import startup_timeout, tool_timeout
from mcp_magics.config.view import transport_json
from mcp_magics.redact import looks_secret, mask, redactor
from mcp_magics.results.sanitise import one_line
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_magics.config.model import OAuthOptions, ServerSpec
    from mcp_magics.config.store import ScopedSpec

_LONGEST = 400
_SHOWN_ABOVE = frozenset({"type", "command", "args", "url", "object"})
_ADDRESSES = frozenset({"resource", "client_metadata_url", "callback_url", "idp_token_endpoint"})


def filters(found: ScopedSpec) -> dict[str, Any]:
    """What ``%mcp get --json`` has beyond ``%mcp list --json``."""
    spec = found.spec
    return {
        "file": str(found.path) if found.path else None,
        "enabled_tools": list(spec.enabled_tools) if spec.enabled_tools is not None else None,
        "disabled_tools": list(spec.disabled_tools),
        "required": spec.required,
        "protocol": spec.protocol,
        "default_tools_approval_mode": spec.approval,
        "tools_approval_modes": dict(spec.tool_approvals),
        "reload": list(spec.reload),
        "capabilities": dict(spec.capabilities),
        "extensions": dict(spec.extensions),
        "oauth": _oauth(spec.oauth),
    }


def settings(found: ScopedSpec) -> tuple[str, ...]:
    """One line for each key that is set, values masked; the timeouts always."""
    place = f"scope: {found.scope}{f', in {found.path}' if found.path else ''}"
    return (place, *(one_line(f"{key}: {value}", _LONGEST) for key, value in _keys(found.spec) if value))


def _keys(spec: ServerSpec) -> Iterator[tuple[str, str]]:
    for key, value in transport_json(spec).items():
        if key not in _SHOWN_ABOVE and value:
            yield key, _text(value)
    yield "enabled", "" if spec.enabled else "false"
    yield "required", "true" if spec.required else ""
    yield "startup_timeout_sec", f"{startup_timeout(spec):g}"
    yield "tool_timeout_sec", f"{tool_timeout(spec):g}"
    yield "enabled_tools", "" if spec.enabled_tools is None else _text(spec.enabled_tools) or "none"
    yield "disabled_tools", _text(spec.disabled_tools)
    yield "protocol", "" if spec.protocol == "auto" else spec.protocol
    yield "default_tools_approval_mode", "" if spec.approval == "approve" else spec.approval
    yield "approval_mode of tools", _text(spec.tool_approvals)
    yield "reload", _text(spec.reload)
    yield "capabilities", _declared(spec.capabilities)
    yield "extensions", _declared(spec.extensions)
    for key, value in _oauth(spec.oauth).items():
        yield f"oauth {key}", compact(value) if isinstance(value, bool) else _text(value) or "none"


def _oauth(options: OAuthOptions) -> dict[str, Any]:
    """Every key that is set, as :class:`OAuthOptions` has them; addresses may hold a secret, and are shown without."""
    given = {each.name: getattr(options, each.name) for each in fields(options)}
    return {key: _shown(key, value) for key, value in given.items() if value is not None}


def _shown(key: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return [_shown(key, each) for each in value]
    if not isinstance(value, str):
        return value
    if key in _ADDRESSES:
        return redactor().url(value)
    return mask(value) if looks_secret(value) else redactor().text(value)


def _declared(told: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={compact(settings)}" for name, settings in told.items())


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={text}" for name, text in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
