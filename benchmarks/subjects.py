"""The servers that are called: each a process of its own, the same one for both clients where that is possible."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE_MODULES = Path(__file__).parent.parent / "build" / "node" / "node_modules"


class MissingError(Exception):
    """A server of other people is not installed here."""


def everything() -> list[str]:
    """The command of the Node everything server, as ``make node`` installs it."""
    entry = NODE_MODULES / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"
    node = shutil.which("node")
    if node is None or not entry.is_file():
        msg = "the Node everything server is not there: run `make node`"
        raise MissingError(msg)
    return [node, str(entry)]


@contextmanager
def http_server(answers: Literal["json", "sse"]) -> Iterator[str]:
    """A server of the SDK under uvicorn; yields its URL."""
    with _listening("benchmarks.plain_server", answers) as url:
        yield url


@contextmanager
def playground_l0() -> Iterator[str]:
    """The playground's open server; yields its URL."""
    with _listening("mcp_magics.playground", "l0") as url:
        yield url


@contextmanager
def far_servers() -> Iterator[list[str]]:
    """Ten servers that ask for a login and answer late; yields their URLs."""
    with _listening("benchmarks.far_server") as urls:
        yield urls.split(" ")


@contextmanager
def bulky_http() -> Iterator[str]:
    """The server of large answers over Streamable HTTP, as event streams; yields its URL."""
    with _listening("benchmarks.bulky_server", "http") as url:
        yield url


def bulky_stdio() -> list[str]:
    """The command of the server of large answers over stdio."""
    return [sys.executable, "-m", "benchmarks.bulky_server", "stdio"]


@contextmanager
def _listening(module: str, *words: str) -> Iterator[str]:
    """Run a module that prints one line of JSON with its ``url`` once it listens."""
    process = subprocess.Popen([sys.executable, "-m", module, *words], stdout=subprocess.PIPE)
    assert process.stdout is not None  # a pipe, as asked for
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
