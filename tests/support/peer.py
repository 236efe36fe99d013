"""A server's process, spoken to line by line: what is really on the wire, with no client in between."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
META: dict[str, Any] = {VERSION: "2026-07-28", CAPABILITIES: {}}
"""What a 2026-07-28 client that can do nothing sends with each request."""


class Peer:
    """The process, and lines to and from it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.sent = 0

    def ask(self, method: str, **params: Any) -> None:
        self.sent += 1
        message = {"jsonrpc": "2.0", "id": self.sent, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]

    def tell(self, **message: Any) -> None:
        """Send a notification, or the answer to a question."""
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]

    def line(self) -> bytes:
        return self.process.stdout.readline()  # type: ignore[union-attr]

    def answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.line())
        return answer

    def is_silent(self) -> bool:
        """Whether nothing comes, not even an end, within a fifth of a second."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
            return not selector.select(0.2)

    def rest(self) -> bytes:
        """Everything that comes after the input was closed."""
        return self.process.communicate(timeout=10)[0]


@contextmanager
def playground(*words: str) -> Iterator[Peer]:
    """A server of the playground over stdio; ``words`` are those after ``python -m mcp_magics.playground``."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mcp_magics.playground", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            yield Peer(process)
        finally:
            process.kill()
