"""Magics with the interface that ``autoawait`` calls, which only say how they were called."""

from __future__ import annotations

import asyncio
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.display import display

from mcp_magics.magics.autoawait import install, uninstall


class Said:
    """A result: how it was made, and what was said."""

    def __init__(self, *said: Any) -> None:
        self.said = said

    def __repr__(self) -> str:
        return " ".join(map(repr, self.said))


@magics_class
class MCPMagics(Magics):
    """``%mcp`` and ``%%mcp_call`` without servers."""

    auto_await = True

    def run(self, name: str, line: str, body: str | None, *, use: str) -> Any:
        """The synchronous form."""
        return _given(Said("sync", name, line, body), use=use)

    async def arun(self, name: str, line: str, body: str | None, *, use: str) -> Any:
        """The awaited form."""
        await asyncio.sleep(0)
        return _given(Said("async", name, line, body), use=use)

    @line_cell_magic
    def mcp(self, line: str, cell: str | None = None) -> Said:
        """Help of %mcp."""
        return Said("magic", "mcp", line, cell)

    @line_cell_magic
    def mcp_call(self, line: str, cell: str | None = None) -> Said:
        """Help of %%mcp_call."""
        return Said("magic", "mcp_call", line, cell)


def _given(value: Said, *, use: str) -> Said | None:
    if use != "statement":
        return value
    display(value)
    return None


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics and the transformer under test."""
    shell.register_magics(MCPMagics)
    install(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the transformer out again."""
    uninstall(shell)
