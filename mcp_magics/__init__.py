"""The notebook toolkit for Model Context Protocol servers.

``%load_ext mcp_magics`` gives a notebook ``%mcp`` and ``%%mcp_call``; ``from mcp_magics import servers`` gives
Python the same connections. Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mcp_magics.connection.jobs.register import jobs as jobs
    from mcp_magics.connection.manager import servers as servers
    from mcp_magics.errors import MCPMagicsError as MCPMagicsError
    from mcp_magics.results.call import CallResult as CallResult

__version__ = "0.1.0"
__all__ = ["CallResult", "MCPMagicsError", "jobs", "load_ipython_extension", "servers", "unload_ipython_extension"]

_HOMES = {
    "servers": "mcp_magics.connection.manager",
    "jobs": "mcp_magics.connection.jobs.register",
    "CallResult": "mcp_magics.results.call",
    "MCPMagicsError": "mcp_magics.errors",
}


def __getattr__(name: str) -> Any:
    """A public name, imported from its room when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Put ``%mcp`` and ``%%mcp_call`` into ``shell``."""
    from mcp_magics.magics.extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take everything out of ``shell`` again, and close every connection."""
    from mcp_magics.magics.extension import unload

    unload(shell)
