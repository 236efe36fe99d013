"""The kernel's end of the socket the reaper listens to: when it breaks, however that came, the reaper ends the servers.

One reaper a kernel, started with its first server. The socket's end here is closed at ``exec`` and in forked children,
so only the kernel itself keeps it open. Every server is on record on disk too, for the day the reaper dies first.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

from mcp_magics.wire import orphans, reaper

_REAPER_ENV = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PATH")
_STOP_SECONDS = 5.0


class Held(Protocol):
    """A server's process, as far as its end is concerned; ``stdin_fd`` is -1 once closed."""

    pid: int
    start: str
    name: str
    pipes: tuple[str, str]
    stdin_fd: int

    def close(self) -> None:
        """Close this process's ends of its pipes."""


class _Reaper:
    """A running reaper; what it cannot be told any more returns False."""

    def __init__(self, popen: subprocess.Popen[bytes], channel: socket.socket) -> None:
        self.popen = popen
        self._channel = channel

    @classmethod
    def start(cls, registry: Path) -> Self:
        """Start one, in a session of its own; raises ``OSError`` where no process can be started."""
        ours, theirs = socket.socketpair()
        ours.settimeout(0)
        with theirs:
            try:
                popen = subprocess.Popen(  # noqa: S603  our own interpreter, our own file
                    [sys.executable or "python3", "-I", "-S", "-E", reaper.__file__, str(registry)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env={name: os.environ[name] for name in _REAPER_ENV if name in os.environ},
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        return cls(popen, ours)

    def hold(self, group: orphans.Group, stdin: int) -> bool:
        """Announce ``group`` and hand over a copy of its input's writing end, if that is still open."""
        announced = self.say("hold", group.pid, group.start, *group.pipes)
        return announced and (stdin < 0 or self.say("input", group.pid, descriptors=(stdin,)))

    def say(self, *words: object, descriptors: tuple[int, ...] = ()) -> bool:
        """Send one line."""
        line = (" ".join(map(str, words)) + "\n").encode()
        try:
            return socket.send_fds(self._channel, [line], list(descriptors)) == len(line)
        except OSError:
            return False

    def hang_up(self) -> None:
        """Break the socket."""
        self._channel.close()


class Lifeline:
    """What this process has started and must not leave behind. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[int, tuple[Held, orphans.Group]] = {}
        self._reaper: _Reaper | None = None
        self._file: Path | None = None
        self._knows_forks = False

    @property
    def reaper_pid(self) -> int | None:
        """The reaper's process, once there is one."""
        return self._reaper.popen.pid if self._reaper is not None else None

    def hold(self, server: Held) -> None:
        """From now on ``server`` ends with this process, at the latest."""
        pipes = tuple(filter(None, server.pipes))
        group = orphans.Group(server.pid, server.start, server.name, pipes, orphans.forks())
        with self._lock:
            self._held[server.pid] = server, group
            if self._reaper is None or not self._reaper.hold(group, server.stdin_fd):
                self._start()
            self._record()

    def close_input(self, server: Held) -> None:
        """The end of ``server``'s input is to be noticed: let the reaper close its copy."""
        with self._lock:
            if server.pid in self._held:
                self._tell("close", server.pid)

    def release(self, server: Held) -> None:
        """``server`` and its family have ended. Idempotent."""
        with self._lock:
            if self._held.pop(server.pid, None) is not None:
                self._tell("release", server.pid)
                self._record()

    def stop(self) -> None:
        """End the reaper, and with it whatever is still held."""
        with self._lock:
            ended, self._reaper = self._reaper, None
            self._held.clear()
        if ended is not None:
            ended.hang_up()
            ended.popen.wait(_STOP_SECONDS)

    def _tell(self, word: str, pid: int) -> None:
        if self._reaper is not None and not self._reaper.say(word, pid):
            self._start()

    def _start(self) -> None:
        """A reaper that knows all that is held. Without one (no more processes, say) the record on disk remains."""
        if self._reaper is not None:
            self._reaper.hang_up()
            self._reaper.popen.poll()
            self._reaper = None
        if not self._knows_forks:
            self._knows_forks = True
            os.register_at_fork(after_in_child=self._forked)
        self._file = orphans.own_file()
        with suppress(OSError):
            self._reaper = _Reaper.start(self._file)
            for server, group in self._held.values():
                self._reaper.hold(group, server.stdin_fd)

    def _record(self) -> None:
        """Put what is held on disk; where that cannot be written, the reaper is all there is."""
        if self._file is not None:
            answering = orphans.holder(self._reaper.popen.pid) if self._reaper is not None else None
            with suppress(OSError):
                orphans.write(self._file, [group for _, group in self._held.values()], answering)

    def _forked(self) -> None:
        """In a forked child: let go of every pipe, which are the parent's, and start with a clean slate."""
        self._lock = threading.Lock()
        held, self._held = self._held, {}
        inherited, self._reaper = self._reaper, None
        self._file = None
        if inherited is not None:
            inherited.hang_up()
        for server, _ in held.values():
            server.close()


lifeline = Lifeline()
