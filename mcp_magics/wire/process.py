"""A stdio server's process: started in a session of its own, ended with everything it has started.

Three pipes, their ends here non-blocking; never the kernel's own stdout or stderr, which need not be files. A process
that exits stays in the table until :func:`terminate` has ended its family, so its number cannot be taken meanwhile.
From the moment it exists it is known to the :mod:`lifeline <mcp_magics.wire.lifeline>`, which outlives the kernel.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mcp_magics.errors import Failure
from mcp_magics.wire.executable import refused, resolve
from mcp_magics.wire.lifeline import lifeline
from mcp_magics.wire.process_tree import ProcessInfo, tree
from mcp_magics.wire.reaper import Family, end, end_now, living, pipe_name, process
from mcp_magics.wire.stderr import StderrTail

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Command", "ProcessInfo", "ServerProcess", "exit_story", "spawn", "terminate", "terminate_now", "tree"]

PIPE_BYTES = 1024 * 1024
"""What Linux grants a pipe without privilege; its default of 64 KiB costs a switch of processes each."""
PATIENCE = 1.0
"""Seconds a server may take to leave after its input has closed."""
GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL."""
REAP_SECONDS = 0.5
_EXIT_POLL = 0.02
_SHELL_NOT_EXECUTABLE, _SHELL_NOT_FOUND, _SHELL_SIGNAL = 126, 127, 128


class Command(Protocol):
    """What to run: the whole environment of the child, every reference expanded."""

    @property
    def command(self) -> str:
        """A name to search in ``env["PATH"]``, or a path relative to ``cwd``."""

    @property
    def args(self) -> tuple[str, ...]:
        """The words after it."""

    @property
    def env(self) -> Mapping[str, str]:
        """All of the child's environment."""

    @property
    def cwd(self) -> str | None:
        """Its working directory; None for the kernel's."""


class ServerProcess:
    """One running server; ``pid`` is also its process group and its session, ``name`` its program's file name.

    The descriptors are -1 once closed.
    """

    def __init__(self, server: str, command: str, popen: subprocess.Popen[bytes]) -> None:
        assert popen.stdin is not None  # all three are pipes
        assert popen.stdout is not None
        assert popen.stderr is not None
        self.server = server
        self.name = Path(command).name
        self.pid = popen.pid
        row = process(popen.pid)
        self.start = row.start if row is not None else ""
        self.tail = StderrTail()
        self.stdin_fd = popen.stdin.fileno()
        self.stdout_fd = popen.stdout.fileno()
        self.stderr_fd = popen.stderr.fileno()
        self._popen = popen
        self.pipes = (pipe_name(self.stdout_fd), pipe_name(self.stderr_fd))
        self._family = Family(self.pid, self.start, self.pipes, self._is_written_to)

    def poll(self) -> int | None:
        """The exit status, negative for a signal, or None while running. Does not free the process's number."""
        if self._popen.returncode is not None or not hasattr(os, "waitid"):
            return self._popen.poll()
        try:
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return self._popen.poll()
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    @property
    def unread(self) -> int:
        """How many bytes of its input it has not read; 0 where the system does not tell."""
        import fcntl
        import termios

        with suppress(OSError, ValueError):  # a closed descriptor is -1
            return int.from_bytes(fcntl.ioctl(self.stdin_fd, termios.FIONREAD, bytes(4)), sys.byteorder)
        return 0

    async def exited(self) -> int:
        """Wait for the exit status."""
        try:
            pidfd = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            pidfd = -1
        if pidfd >= 0:
            await _readable(pidfd)
        while (status := self.poll()) is None:  # noqa: ASYNC110  where the system gives no event to wait for
            await asyncio.sleep(_EXIT_POLL)
        return status

    def ending(self, patience: float, grace: float) -> Iterator[float]:
        """Close its input and end its family; yields the seconds to wait before going on."""
        living([self._family])
        self.close_stdin()
        yield from end([self._family], patience=patience, grace=grace)

    def finish(self) -> tuple[int, ...]:
        """Kill whoever is left, wait for the process, close every descriptor; the pids that could not be ended."""
        if self._popen.returncode is not None:
            return ()
        left = self._killed()
        with suppress(ProcessLookupError, PermissionError):
            # The number is ours until wait(): this also reaches who forks faster than a table can be read.
            os.killpg(self.pid, signal.SIGKILL)
        if left:
            left = self._killed()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(REAP_SECONDS)
        self.close()
        if not left:
            lifeline.release(self)
        return left

    def _killed(self) -> tuple[int, ...]:
        """Kill the family as the table shows it; the pids that are still there."""
        return tuple(end_now([self._family], patience=0.0, grace=0.0))

    def _is_written_to(self) -> bool:
        """Whether a process is left that holds the other end of stdout or stderr."""
        watched = select.poll()
        fds = [fd for fd in (self.stdout_fd, self.stderr_fd) if fd >= 0]
        for fd in fds:
            watched.register(fd, 0)  # POLLHUP is always reported
        return len(watched.poll(0)) < len(fds)

    def close_stdin(self) -> None:
        """End the server's input. Idempotent."""
        if self._popen.stdin is not None and self.stdin_fd >= 0:
            self.stdin_fd = -1
            self._popen.stdin.close()
            lifeline.close_input(self)

    def close(self) -> None:
        """Close this process's ends of the three pipes. Idempotent."""
        self.close_stdin()
        self.stdout_fd = self.stderr_fd = -1
        for stream in (self._popen.stdout, self._popen.stderr):
            if stream is not None:
                stream.close()


def spawn(server: str, command: Command) -> ServerProcess:
    """Start ``command`` for ``server``; blocks for a few milliseconds, until the program runs.

    To be called on a thread that no KeyboardInterrupt strikes. Raises ``ConnectionFailedError``, phase ``spawn``:
    ``command_not_found``, ``command_not_executable``, ``bad_interpreter``, ``cwd_missing`` or ``spawn_failed``.
    """
    path = resolve(server, command.command, command.env, command.cwd)
    try:
        popen = subprocess.Popen(  # noqa: S603  running the command that was configured is the purpose
            [command.command, *command.args],
            executable=path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=command.cwd,
            env=dict(command.env),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        failed = refused(server, path, error)
    else:
        return _owned(server, command.command, popen)
    raise failed


def _owned(server: str, command: str, popen: subprocess.Popen[bytes]) -> ServerProcess:
    """``popen`` with its pipes made ready and its end ensured; or its end, if that fails."""
    child = ServerProcess(server, command, popen)
    try:
        lifeline.hold(child)
        for fd in (child.stdin_fd, child.stdout_fd, child.stderr_fd):
            os.set_blocking(fd, False)
        _enlarge(child.stdin_fd, child.stdout_fd)
    except BaseException:
        child.finish()
        raise
    return child


def _enlarge(*pipes: int) -> None:
    import fcntl

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        for pipe in pipes:
            with suppress(OSError):  # the account's total is limited too (pipe(7), pipe-user-pages-soft)
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


async def _readable(fd: int) -> None:
    """Wait until ``fd`` can be read, and close it."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(fd, ready.set)
        await ready.wait()
    finally:
        loop.remove_reader(fd)
        os.close(fd)


async def terminate(process: ServerProcess, grace: float = GRACE) -> tuple[int, ...]:
    """End ``process`` and everything it has started, in at most 5 s with the default ``grace``.

    Input closed, one second to leave, SIGTERM, ``grace`` seconds, SIGKILL (MCP basic/lifecycle, Shutdown, stdio).
    Cancelled, it kills at once. What the server still says can be read meanwhile; then watchers of its descriptors on
    the running loop are removed, the descriptors closed, nothing is left to be waited for. Returns the pids that could
    not be ended (another account's, or stuck in a device); normally none.
    """
    _unwatch(process.stdin_fd)
    try:
        for pause in process.ending(min(PATIENCE, grace / 2), grace):
            await asyncio.sleep(pause)
        for _ in range(2):  # the loop notices what can be read, then calls who reads it
            await asyncio.sleep(0)
    finally:
        _unwatch(process.stdout_fd, process.stderr_fd)
        left = process.finish()
    return left


def _unwatch(*fds: int) -> None:
    loop = asyncio.get_running_loop()
    for fd in fds:
        if fd >= 0:
            loop.remove_reader(fd)
            loop.remove_writer(fd)


def terminate_now(*processes: ServerProcess, grace: float = 1.0) -> tuple[int, ...]:
    """:func:`terminate` for all of ``processes`` together, in the calling thread: for the end of the interpreter."""
    endings = [process.ending(min(PATIENCE, grace / 2), grace) for process in processes]
    try:
        while endings:
            pauses = [(ending, next(ending, None)) for ending in endings]
            endings = [ending for ending, pause in pauses if pause is not None]
            time.sleep(min((pause for _, pause in pauses if pause is not None), default=0.0))
    finally:
        left = [pid for process in processes for pid in process.finish()]
    return tuple(left)


def exit_story(server: str, process: ServerProcess) -> Failure:
    """How ``process`` ended, and the lines of stderr that say why; class ``process_exited``."""
    status = process.poll()
    evidence = tuple(f"stderr: {line[:300]}" for line in process.tail.telling())
    return Failure(
        "process_exited",
        _ended(status),
        phase="process",
        server=server,
        evidence=evidence or ("it wrote nothing to stderr",),
        next_step=f"%mcp log {server}",
        retryable=True,
    )


def _ended(status: int | None) -> str:
    if status is None:
        return "the server closed its output and still runs"
    if status < 0:
        return f"the server was killed by {_signal(-status)}"
    return f"the server exited with status {status}{_shell_convention(status)}"


def _shell_convention(status: int) -> str:
    """What a shell means by ``status`` (POSIX XCU 2.8.2)."""
    if status == _SHELL_NOT_FOUND:
        return " (a shell's word for: command not found)"
    if status == _SHELL_NOT_EXECUTABLE:
        return " (a shell's word for: command not executable)"
    return f" (128 + {_signal(status - _SHELL_SIGNAL)})" if _SHELL_SIGNAL < status <= _SHELL_SIGNAL + 64 else ""


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
