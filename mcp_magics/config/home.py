"""``MCP_MAGICS_HOME``: the directory of the user's own configuration."""

from __future__ import annotations

import os
from pathlib import Path

from mcp_magics.errors import ConfigurationError

VARIABLE = "MCP_MAGICS_HOME"


def home() -> Path:
    """The directory the user chose, or the platform's usual place, which need not exist yet.

    Raises ``ConfigurationError`` where ``MCP_MAGICS_HOME`` is set and is not a directory.
    """
    chosen = os.environ.get(VARIABLE)
    if not chosen:
        from platformdirs import user_config_path

        return user_config_path("mcp_magics", appauthor=False)
    path = Path(chosen).expanduser()
    if path.is_dir():
        return path.absolute()
    is_there = os.path.lexists(path)
    message = f"{VARIABLE} is set to {chosen!r}, which " + ("is not a directory" if is_there else "does not exist")
    raise ConfigurationError(
        message,
        class_="home_invalid",
        phase="config",
        next_step=f"%env {VARIABLE}=/another/directory" if is_there else f"!mkdir -p {path}",
    )
