"""The MCP servers of npm, installed once by ``make node`` into ``build/node``."""

from __future__ import annotations

import json
import shutil

from support.paths import BUILD
from support.required import required

SCOPE = "@modelcontextprotocol"


def node_server(name: str) -> list[str]:
    """The command line of ``@modelcontextprotocol/<name>``; leaves the test where Node or the package is missing."""
    node = shutil.which("node")
    if node is None:
        required("node is not on PATH")
    package = BUILD / "node" / "node_modules" / SCOPE / name
    if not package.is_dir():
        required(f"{SCOPE}/{name} is not in {package.parent}: run `make node`")
    (entry,) = json.loads((package / "package.json").read_text("utf-8"))["bin"].values()
    return [node, str(package / entry)]
