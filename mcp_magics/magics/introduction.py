"""What a connected server says of itself: who it is, what it declares, its instructions (lifecycle, discovery)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.results.icons import icons_text
from mcp_magics.results.sanitise import one_line
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcp_magics.connection.client import Connection

_NESTED = ("experimental", "extensions")
_LONGEST = 800


def introduction(connection: Connection) -> tuple[str, ...]:
    """A line each for identity, icons, capabilities and instructions; none until connected."""
    if connection.state != "ready":
        return ()
    info, capabilities = connection.server_info, connection.capabilities
    lines = [
        f"server: {_identity(info)}" if info else "",
        f"declares: {', '.join(_declared(capabilities)) or 'nothing'}",
    ]
    lines += [f"{kind}: {', '.join(_settings(capabilities.get(kind)))}" for kind in _NESTED if capabilities.get(kind)]
    if icons := icons_text(info.get("icons")):
        lines.append(f"icons: {icons}")
    if connection.instructions:
        lines.append(f"instructions: {connection.instructions}")
    return tuple(one_line(line, _LONGEST) for line in lines if line)


def introduced(connection: Connection) -> dict[str, Any]:
    """The same as plain JSON, whole."""
    ready = connection.state == "ready"
    return {
        "server_info": dict(connection.server_info) if ready else None,
        "capabilities": dict(connection.capabilities) if ready else None,
        "instructions": connection.instructions if ready else None,
    }


def _identity(info: Mapping[str, Any]) -> str:
    name, title = str(info.get("name", "")), info.get("title")
    shown = f"{title} ({name})" if title and title != name else name
    return " ".join(str(part) for part in (shown, info.get("version"), info.get("websiteUrl")) if part)


def _declared(capabilities: Mapping[str, Any]) -> Iterator[str]:
    """The capabilities of the specification, with what is true of each in parentheses."""
    for name, settings in capabilities.items():
        if name not in _NESTED:
            on = (
                [key for key, value in settings.items() if value not in (False, None)]
                if isinstance(settings, dict)
                else []
            )
            yield f"{name} ({', '.join(on)})" if on else name


def _settings(told: Any) -> Iterator[str]:
    for name, settings in told.items() if isinstance(told, dict) else ():
        yield f"{name} {compact(settings)}" if settings else str(name)
