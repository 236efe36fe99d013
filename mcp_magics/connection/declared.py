"""What this client declares to one server: its own capabilities, and those its configuration adds for testing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp_types import ClientCapabilities

    from mcp_magics.config.model import ServerSpec


def with_configured(own: ClientCapabilities, spec: ServerSpec) -> ClientCapabilities:
    """``own`` with the experimental capabilities and the extensions ``spec`` names, sent as they are (lifecycle)."""
    added: dict[str, Any] = {}
    if spec.capabilities:
        added["experimental"] = {**(own.experimental or {}), **spec.capabilities}
    if spec.extensions:
        added["extensions"] = {**(own.extensions or {}), **spec.extensions}
    return own.model_copy(update=added) if added else own
