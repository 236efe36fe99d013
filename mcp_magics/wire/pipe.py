"""stdio (basic/transports: stdio): newline-delimited JSON straight on the child's pipes.

The SDK's reader joins its buffer at every chunk, which is quadratic in a long line (100 MB took 96 s); here a line
grows in one ``bytearray``. What is written, and on which thread, is the :mod:`outbox's <mcp_magics.wire.outbox>`.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from mcp_magics.errors import ConnectionFailedError, ProtocolError
from mcp_magics.wire.dispatcher import FrameDispatcher
from mcp_magics.wire.outbox import Outbox
from mcp_magics.wire.process import exit_story, spawn, terminate

if TYPE_CHECKING:
    from mcp_magics.config.expand import ExpandedStdio
    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.observer import Observer
    from mcp_magics.wire.pending import Pending

SMALL_READ = 64 * 1024
LARGE_READ = 1024 * 1024
MAX_FRAME_BYTES = 1024 * 1024 * 1024
"""The stated bound of one message."""
EXIT_SECONDS = 0.5
"""How long to wait for the exit status after stdout has closed."""


class PipeDispatcher(FrameDispatcher):
    """Messages to a child process."""

    channel = "stdio"

    def __init__(self, server: str, command: ExpandedStdio, journal: Journal, observer: Observer) -> None:
        super().__init__(server, journal, observer)
        self._stderr = observer.stderr
        self.process = spawn(server, command)
        self._buffer = bytearray()
        self._read_size = SMALL_READ
        self._outbox = Outbox(self.process, self.loop, self._end)
        self._ended = asyncio.Event()
        self._stderr_rest = b""
        self.loop.add_reader(self.process.stdout_fd, self._readable)
        self.loop.add_reader(self.process.stderr_fd, self._stderr_readable)

    # -- out -----------------------------------------------------------------------------------------------

    def _send(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:  # noqa: ARG002
        self._outbox.put(frame.replace(b"\n", b" ") + b"\n", alone=len(self._pending) <= 1)

    # -- in ------------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        try:
            chunk = os.read(self.process.stdout_fd, self._read_size)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._end()
            return
        self._read_size = LARGE_READ if len(chunk) == self._read_size else SMALL_READ
        self._split(chunk)

    def _split(self, chunk: bytes) -> None:
        if b"\n" not in chunk:
            self._buffer += chunk
            if len(self._buffer) > MAX_FRAME_BYTES:
                self._too_large()
            return
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            self._line(self._completed(line) if self._buffer else line)
        self._buffer += rest

    def _completed(self, end: bytes) -> bytes:
        """The buffered line with its ``end``; as bytes, of which the parser makes no copy of its own."""
        whole, self._buffer = self._buffer, bytearray()
        whole += end
        return bytes(whole)

    def _line(self, line: bytes) -> None:
        if line.endswith(b"\r"):
            line = line[:-1]
        if line and not line.isspace():
            self.receive(line)

    def _too_large(self) -> None:
        error = ProtocolError(
            f"a message of more than {MAX_FRAME_BYTES:,} bytes",
            class_="too_large",
            phase="call",
            server=self.server,
            next_step=f"ask for less, or %mcp trace {self.server}",
        )
        self._buffer = bytearray()
        self._stop_reading()
        self.lose(error)
        self._ended.set()

    def _stderr_readable(self) -> None:
        try:
            chunk = os.read(self.process.stderr_fd, SMALL_READ)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self.loop.remove_reader(self.process.stderr_fd)
            chunk = b"\n" if self._stderr_rest else b""
        *lines, rest = (self._stderr_rest + chunk).split(b"\n")
        self._stderr_rest = rest[-SMALL_READ:]
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip("\r")
            self.process.tail.add(text)
            self._stderr(text)

    # -- the end -------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """Stdout has closed: find out how the process ended, then settle what waits."""
        self._stop_reading()
        if self._buffer:
            self.observer.noise(bytes(self._buffer[:2000]).decode("utf-8", "replace"))
            self._buffer = bytearray()
        if self._closed is None and not self._ended.is_set():
            self.loop.create_task(self._report_exit())

    async def _report_exit(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(EXIT_SECONDS):
                await self.process.exited()
        self._stderr_readable()
        self.lose(ConnectionFailedError.of(exit_story(self.server, self.process)))
        self._ended.set()

    def _stop_reading(self) -> None:
        self.loop.remove_reader(self.process.stdout_fd)

    async def _pump(self) -> None:
        await self._ended.wait()

    async def close(self) -> None:
        """End the process and its whole group; every descriptor is closed when this returns."""
        self._stop_reading()
        self.lose(
            ConnectionFailedError("the connection was closed", class_="disconnected", phase="call", server=self.server)
        )
        self._ended.set()
        self._outbox.close()
        await terminate(self.process)
