"""Who belongs to a server, and how all of them are ended; run as a program, the reaper of one kernel.

A server's *family* is its process, its descendants, whoever shares a process group or session with one of them, and
whoever still writes to its pipes: neither a wrapper script nor ``setsid`` nor a double fork hides a grandchild. A
process is known by its number *and* its start time: a recycled number is never signalled. :func:`end` is the one way
to end families; it does no waiting of its own, so a loop, a thread and this program all drive it.

As a program (``python -I -S -E reaper.py REGISTRY``) its standard input is a socket from the kernel, with lines
``hold PID START PIPE…``, ``input PID`` (a descriptor comes along: the writing end of that server's input),
``close PID`` and ``release PID``. When the socket breaks because the kernel is gone by whatever means, it ends every
family left and removes the file REGISTRY. Because it holds the servers' inputs too, none of them notices before it
has seen whom they have started. It uses only the standard library, and of that only what starts fast.
"""
# pathlib takes longer to import than all else here:
# ruff: noqa: PTH108, PTH110, PTH115, PTH208

from __future__ import annotations

import os
import signal
import sys
import time

TYPE_CHECKING = False  # typing takes long to import; type checkers know the name
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FIRST_PAUSE, LONGEST_PAUSE = 0.004, 0.05
KILL_SECONDS = 1.0
"""How long SIGKILL may take: the kernel needs milliseconds, more only for a process stuck in a device."""
PATIENCE_SECONDS = 0.5
GRACE_SECONDS = 1.5
DESCRIPTOR_BYTES = 4

_HAS_PROC = os.path.exists("/proc/self/stat")


class Process:
    """One row of the process table; ``start`` is opaque and, with ``pid``, unique until the machine restarts."""

    __slots__ = ("dead", "group", "parent", "pid", "session", "start")

    def __init__(self, pid: int, parent: int, group: int, session: int, start: str, *, dead: bool) -> None:
        self.pid = pid
        self.parent = parent
        self.group = group
        self.session = session
        self.start = start
        self.dead = dead


def process(pid: int) -> Process | None:
    """The process with that number, dead ones that nobody has waited for included; None where there is none."""
    if not _HAS_PROC:
        return processes().get(pid)
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        return _from_proc(pid, os.read(fd, 4096))
    except (OSError, ValueError, IndexError):
        return None
    finally:
        os.close(fd)


def processes() -> dict[int, Process]:
    """The process table, by number."""
    if not _HAS_PROC:
        return _from_ps()
    rows = (process(int(name)) for name in os.listdir("/proc") if name.isdecimal())
    return {row.pid: row for row in rows if row is not None}


def _from_proc(pid: int, stat: bytes) -> Process:
    """One ``/proc/PID/stat`` (proc_pid_stat(5)); the name in parentheses may itself hold spaces and parentheses."""
    fields = stat[stat.rindex(b")") + 2 :].split()
    state, parent, group, session, start = fields[0], fields[1], fields[2], fields[3], fields[19]
    return Process(pid, int(parent), int(group), int(session), start.decode(), dead=state in b"ZX")


def _from_ps() -> dict[int, Process]:
    """The table where there is no ``/proc`` (macOS, BSD), from POSIX ``ps``."""
    import subprocess

    command = ["ps", "-axo", "pid=,ppid=,pgid=,stat=,lstart="]
    env = {"LC_ALL": "C", "PATH": os.defpath}
    listing = subprocess.run(command, capture_output=True, check=False, env=env).stdout  # noqa: S603  constant words
    rows = {}
    for line in listing.decode("ascii", "replace").splitlines():
        pid, parent, group, state, start = line.split(None, 4)
        number = int(pid)
        rows[number] = Process(
            number, int(parent), int(group), _session(number), start.replace(" ", "_"), dead=state.startswith("Z")
        )
    return rows


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def pipe_name(fd: int) -> str:
    """What the kernel calls the pipe behind ``fd``, unique until the machine restarts; "" where it does not tell."""
    try:
        name = os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return ""
    return name if name.startswith("pipe:") else ""


def writers(pipes: frozenset[str], table: dict[int, Process], since: str) -> list[Process]:
    """The living processes, no older than ``since``, that hold the writing end of one of ``pipes`` (Linux only)."""
    if not (_HAS_PROC and since.isdecimal()):
        return []
    younger = (row for row in table.values() if not row.dead and int(row.start) >= int(since))
    return [row for row in younger if _writes(row.pid, pipes)]


def _writes(pid: int, pipes: frozenset[str]) -> bool:
    try:
        with os.scandir(f"/proc/{pid}/fd") as links:
            # The mode of the link is the mode the file was opened with (proc_pid_fd(5)).
            return any(os.readlink(link.path) in pipes and os.lstat(link.path).st_mode & 0o200 for link in links)
    except OSError:
        return False


def _always() -> bool:
    return True


class Family:
    """A server's process and everything it has started, remembered from look to look.

    ``pipes`` are the names of the pipes it writes to; ``held`` tells, where that is cheaper to know than to look
    for, whether anyone still can.
    """

    def __init__(self, pid: int, start: str, pipes: Iterable[str] = (), held: Callable[[], bool] = _always) -> None:
        self.pid = pid
        self.start = start
        self._known = {pid: start}
        self._pipes = frozenset(pipes) - {""}
        self._held = held

    def living(self, table: dict[int, Process]) -> list[Process]:
        """The members alive in ``table``; when no relative is left, those who still write to the pipes."""
        members = self.look(table)
        if members or not self._pipes or not self._held():
            return members
        self._known.update((row.pid, row.start) for row in writers(self._pipes, table, self.start))
        return self.look(table)

    def look(self, table: dict[int, Process]) -> list[Process]:
        """The relatives alive in ``table``; those seen now are recognised later, whatever becomes of their parents."""
        numbers = {pid for pid, start in self._known.items() if pid not in table or table[pid].start == start}
        candidates = [row for row in table.values() if row.pid not in numbers]
        while found := [row for row in candidates if not numbers.isdisjoint((row.parent, row.group, row.session))]:
            numbers.update(row.pid for row in found)
            candidates = [row for row in candidates if row.pid not in numbers]
        members = [table[pid] for pid in numbers if pid in table]
        self._remember(numbers, members)
        return [row for row in members if not row.dead]

    def forget_leader(self) -> None:
        """Stop believing that the leader's number is still the server's."""
        self._known.pop(self.pid, None)

    def _remember(self, numbers: set[int], members: list[Process]) -> None:
        """Keep who is there, and the dead whose group or session lives on (their number cannot be taken)."""
        used = {row.group for row in members} | {row.session for row in members} | {self.pid}
        kept = {pid: self._known[pid] for pid in numbers & used if pid in self._known}
        self._known = kept | {row.pid: row.start for row in members}

    def leader_lives(self) -> bool:
        """Whether the server's own process is alive."""
        row = process(self.pid)
        return row is not None and not row.dead and row.start == self._known.get(self.pid)


def living(families: Iterable[Family]) -> list[Process]:
    """The members of all ``families`` that are alive now."""
    families = list(families)
    table = processes() if families else {}
    return [row for family in families for row in family.living(table)]


def end(families: Iterable[Family], *, patience: float, grace: float) -> Iterator[float]:
    """End ``families``; yields the seconds to let pass before going on.

    The leaders get ``patience`` seconds to leave by themselves (their input has been closed: MCP basic/lifecycle,
    Shutdown, stdio), everyone SIGTERM and ``grace`` seconds, then SIGKILL. Whoever starts meanwhile is included.
    """
    families = list(families)
    yield from _pauses(patience, lambda: living(families) and any(family.leader_lives() for family in families))
    yield from _press(families, signal.SIGTERM, grace)
    yield from _press(families, signal.SIGKILL, KILL_SECONDS)


def end_now(families: Iterable[Family], *, patience: float = 0.0, grace: float = GRACE_SECONDS) -> list[int]:
    """End ``families`` in the calling thread; the numbers of those that could not be ended, normally none."""
    families = list(families)
    for pause in end(families, patience=patience, grace=grace):
        time.sleep(pause)
    return [row.pid for row in living(families)]


def _press(families: list[Family], number: int, seconds: float) -> Iterator[float]:
    """Signal every member once, newcomers as they appear, until none is left or the time is up."""
    signalled: set[tuple[int, str]] = set()

    def anyone() -> bool:
        members = living(families)
        newcomers = [row for row in members if (row.pid, row.start) not in signalled]
        signalled.update((row.pid, row.start) for row in newcomers)
        send(newcomers, number)
        return bool(members)

    yield from _pauses(seconds, anyone)


def _pauses(seconds: float, wanted: Callable[[], object]) -> Iterator[float]:
    """Growing pauses for as long as more is ``wanted``, ``seconds`` at most."""
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while wanted() and time.monotonic() < deadline:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)


def send(members: Iterable[Process], number: int) -> None:
    """Signal processes found a moment ago; who is gone meanwhile, or not ours to signal, is passed over."""
    for row in members:
        try:
            os.kill(row.pid, number)
        except (ProcessLookupError, PermissionError):
            continue


class Charges:
    """The families the kernel has announced and not released, and the inputs that are held open for them."""

    def __init__(self) -> None:
        self.families: dict[int, Family] = {}
        self._inputs: dict[int, int] = {}
        self._arrived: list[int] = []

    def take(self, lines: list[bytes], descriptors: list[int]) -> None:
        """Follow what the kernel says; each ``input`` line owns the next descriptor."""
        self._arrived += descriptors
        for line in lines:
            word, number, *rest = line.decode().split()
            pid = int(number)
            if word == "hold":
                self.families[pid] = Family(pid, rest[0], rest[1:])
            elif word == "input":
                self._close(pid)
                self._inputs[pid] = self._arrived.pop(0)
            else:
                self._close(pid)
                if word == "release":
                    self.families.pop(pid, None)

    def close_inputs(self) -> None:
        """Let every server know that the kernel is gone."""
        for pid in list(self._inputs):
            self._close(pid)

    def _close(self, pid: int) -> None:
        if pid in self._inputs:
            os.close(self._inputs.pop(pid))


def follow(lifeline: int) -> Charges:
    """Keep account of what is said on the socket ``lifeline`` until it breaks; returns what is left."""
    import _socket  # ``socket`` itself takes three times as long to import

    charges, rest = Charges(), b""
    channel = _socket.socket(fileno=lifeline)
    while True:
        try:
            chunk, messages, _, _ = channel.recvmsg(65536, _socket.CMSG_SPACE(16 * DESCRIPTOR_BYTES))
        except ConnectionError:
            return charges
        if not chunk:
            return charges
        *lines, rest = (rest + chunk).split(b"\n")
        charges.take(lines, [number for _, _, data in messages for number in _descriptors(data)])


def _descriptors(data: bytes) -> Iterator[int]:
    """The descriptors of one SCM_RIGHTS message (unix(7))."""
    for at in range(0, len(data) - DESCRIPTOR_BYTES + 1, DESCRIPTOR_BYTES):
        yield int.from_bytes(data[at : at + DESCRIPTOR_BYTES], sys.byteorder)


def main(registry: str) -> None:
    """Outlive the kernel, end what it left, and remove its ``registry`` file."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    charges = follow(0)
    families = list(charges.families.values())
    living(families)
    charges.close_inputs()
    if not end_now(families, patience=PATIENCE_SECONDS):
        try:
            os.unlink(registry)
        except OSError:
            return


if __name__ == "__main__":
    main(sys.argv[1])
