"""stdio (basic/transports: stdio): newline-delimited JSON straight on the child's pipes.

The SDK's reader joins its buffer at every chunk, which is quadratic in a long line (100 MB took 96 s); here a line
grows in one ``bytearray``. A small message is written by the thread that sends it, because a hop to the loop costs
as much as the pipe: a write of at most ``PIPE_BUF`` bytes is atomic (POSIX write(2)), and under the lock nothing can
come between. Where others are under way already it queues for the loop, which writes all that have come as one.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from mcp_magics.errors import ConnectionFailedError, ProtocolError
from mcp_magics.wire.dispatcher import FrameDispatcher
from mcp_magics.wire.process import exit_story, spawn, terminate

if TYPE_CHECKING:
    from mcp_magics.config.expand import ExpandedStdio
    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.pending import Pending
    from mcp_magics.wire.transport import Channel

ATOMIC = select.PIPE_BUF
BATCH = 64 * 1024
"""Bytes of small messages that are written together: what a pipe holds."""
SMALL_READ = 64 * 1024
LARGE_READ = 1024 * 1024
MAX_FRAME_BYTES = 1024 * 1024 * 1024
"""The stated bound of one message."""
EXIT_SECONDS = 0.5
"""How long to wait for the exit status after stdout has closed."""


class PipeDispatcher(FrameDispatcher):
    """Messages to a child process."""

    channel = "stdio"

    def __init__(self, server: str, command: ExpandedStdio, journal: Journal, observer: Channel) -> None:
        super().__init__(server, journal, observer)
        self._stderr = observer.stderr
        self.process = spawn(server, command)
        self._buffer = bytearray()
        self._read_size = SMALL_READ
        self._outbox: deque[memoryview] = deque()
        self._flushing = False
        self._writing = False
        self._lock = threading.Lock()
        self._ended = asyncio.Event()
        self._stderr_rest = b""
        self.loop.add_reader(self.process.stdout_fd, self._readable)
        self.loop.add_reader(self.process.stderr_fd, self._stderr_readable)

    # -- out -----------------------------------------------------------------------------------------------

    def _send(self, frame: bytes, pending: Pending | None, headers: dict[str, str] | None) -> None:  # noqa: ARG002
        line = frame.replace(b"\n", b" ") + b"\n"
        alone = len(self._pending) <= 1 and len(line) <= ATOMIC
        with self._lock:
            if alone and not self._outbox and self._write_now(line):
                return
            self._outbox.append(memoryview(line))
            if self._flushing:
                return
            self._flushing = True
        self.loop.call_soon_threadsafe(self._flush)

    def _write_now(self, line: bytes) -> bool:
        try:
            os.write(self.process.stdin_fd, line)
        except BlockingIOError:
            return False
        except OSError:
            # The process has gone; stdout's end says how, and settles every request.
            self.loop.call_soon_threadsafe(self._end)
        return True

    def _flush(self) -> None:
        """Write what the pipe takes; the rest when it takes more."""
        with self._lock:
            self._flushing = False
            try:
                while self._outbox:
                    self._write_batch()
            except BlockingIOError:
                self._watch_stdin()
                return
            except OSError:
                self._outbox.clear()
                self._end()
            self._unwatch_stdin()

    def _write_batch(self) -> None:
        batch, written = self._batch(), 0
        try:
            written = os.write(self.process.stdin_fd, batch)
        finally:
            if written < len(batch):
                self._outbox.appendleft(batch[written:])

    def _batch(self) -> memoryview:
        """The first of the outbox, small messages joined: a write for each would cost more than what it carries."""
        first = self._outbox.popleft()
        if not self._outbox or len(first) + len(self._outbox[0]) > BATCH:
            return first
        batch = bytearray(first)
        while self._outbox and len(batch) + len(self._outbox[0]) <= BATCH:
            batch += self._outbox.popleft()
        return memoryview(batch)

    def _watch_stdin(self) -> None:
        if not self._writing:
            self._writing = True
            self.loop.add_writer(self.process.stdin_fd, self._flush)

    def _unwatch_stdin(self) -> None:
        if self._writing:
            self._writing = False
            self.loop.remove_writer(self.process.stdin_fd)

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
            f"a message of more than {MAX_FRAME_BYTES:,} bytes", class_="too_large", phase="call", server=self.server
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
        self._unwatch_stdin()
        self._outbox.clear()
        self.lose(
            ConnectionFailedError("the connection was closed", class_="disconnected", phase="call", server=self.server)
        )
        self._ended.set()
        with self._lock:  # no other thread may write to a descriptor that is being closed
            self.process.close_stdin()
        await terminate(self.process)
