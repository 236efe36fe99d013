"""Where the plain server reads its lines and writes its bytes: standard input and output, unless told otherwise."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Channel(Protocol):
    """Lines from a client, bytes to it."""

    def lines(self) -> Iterator[bytes]:
        """Each line as it comes, until the client leaves."""

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""

    def cut(self, data: bytes) -> None:
        """Send the beginning of a message that has no end, and no more of it."""


class Pipe:
    """Standard input and output."""

    def lines(self) -> Iterator[bytes]:
        """Each line of standard input."""
        return sys.stdin.buffer  # itself, not a generator: one that ends early would close it

    def write(self, data: bytes) -> None:
        """Write to standard output at once."""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def cut(self, data: bytes) -> None:
        """Write a line that ends too early."""
        self.write(data + b"\n")
