"""The registry of running servers on disk, and the sweep of those whose kernel and reaper have both died.

Each kernel keeps one file ``<pid>-<start>.json`` of the groups it has started; whoever ends the last of them removes
it. A file whose kernel is gone is the trace of a crash in which the reaper died too. Files are read only where nobody
else can write them, and believed only on the machine, and in the process namespace, that wrote them.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_magics.wire.reaper import Family, Process, end_now, process, processes, writers

if TYPE_CHECKING:
    from collections.abc import Iterable

FORGET_SECONDS = 30 * 24 * 3600
"""After this a file of another machine, or of this one before it restarted, is litter."""
_OTHERS_MAY_WRITE = 0o022


@dataclass(frozen=True, slots=True)
class Group:
    """A server's process group; ``pid`` is its leader, ``start`` the leader's start (see ``reaper.Process``).

    ``pipes`` are the names of those it was given to write to (``reaper.pipe_name``), ``forks`` how many processes the
    machine had started when it was put on record (0: unknown).
    """

    pid: int
    start: str
    command: str
    pipes: tuple[str, ...] = ()
    forks: int = 0


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that answers for groups while it lives: a kernel, or its reaper."""

    pid: int
    start: str


@dataclass(frozen=True, slots=True)
class Swept:
    """An orphaned server that was ended; ``survivors`` are pids that could not be."""

    kernel: int
    pid: int
    command: str
    survivors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Record:
    kernel: Holder
    reaper: Holder | None
    groups: tuple[Group, ...]
    machine: str


def registry() -> Path:
    """The directory of registry files: ``$MCP_MAGICS_HOME/kernels``, else in the account's runtime directory."""
    home = os.environ.get("MCP_MAGICS_HOME")
    if home:
        return Path(home) / "kernels"
    from platformdirs import user_runtime_path

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in containers XDG_RUNTIME_DIR is not set, and its fallback is what we want
        return user_runtime_path("mcp_magics") / "kernels"


@cache
def _machine() -> str:
    """What pids mean here: this start of this machine, and this namespace of processes."""
    words = []
    with suppress(OSError):
        words.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
        words.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(words) or os.uname().nodename


def own_file() -> Path:
    """The registry file of this process."""
    own = holder(os.getpid())
    return registry() / f"{own.pid}-{_word(own.start)}.json"


def holder(pid: int) -> Holder:
    """The process with that number, as the registry knows it."""
    row = process(pid)
    return Holder(pid, row.start if row is not None else "")


def _word(start: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in start)


def write(file: Path, groups: Iterable[Group], reaper: Holder | None) -> None:
    """Put ``groups`` of this process on record, atomically, for this account's eyes only; none removes the file.

    Raises ``OSError`` where the directory cannot be written.
    """
    groups = tuple(groups)
    if not groups:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(mode=0o700, parents="MCP_MAGICS_HOME" not in os.environ, exist_ok=True)
    text = json.dumps(asdict(_Record(holder(os.getpid()), reaper, groups, _machine())))
    fd, name = tempfile.mkstemp(dir=file.parent, prefix=".")  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as out:
            out.write(text)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def sweep() -> list[Swept]:
    """End the servers of kernels that died together with their reaper; a few milliseconds when there are none.

    A living kernel's are never touched, nor a process whose number has been taken by another. Several may sweep at
    once: one does, the others return nothing.
    """
    directory = registry()
    if os.name != "posix" or not _is_private(directory) or not any(_abandoned(directory)):
        return []
    from filelock import FileLock, Timeout

    try:
        with FileLock(directory / ".sweep.lock", timeout=0, mode=0o600):
            return [swept for file, record in _abandoned(directory) for swept in _end(file, record)]
    except (Timeout, OSError):
        return []


def _is_private(directory: Path) -> bool:
    try:
        status = directory.stat()
    except OSError:
        return False
    return status.st_uid == os.getuid() and not status.st_mode & _OTHERS_MAY_WRITE


def _abandoned(directory: Path) -> Iterable[tuple[Path, _Record]]:
    """The files of this machine whose kernel and reaper are gone; removes what is too old to mean anything."""
    for file in sorted(directory.glob("*.json")):
        record = _read(file)
        if record is not None and record.machine == _machine():
            if not (_lives(record.kernel) or (record.reaper is not None and _lives(record.reaper))):
                yield file, record
        else:
            _forget(file)


def _forget(file: Path) -> None:
    with suppress(OSError):
        if time.time() - file.stat().st_mtime > FORGET_SECONDS:
            file.unlink()


def _lives(one: Holder | Group) -> bool:
    row = process(one.pid)
    return row is not None and not row.dead and row.start == one.start


def _read(file: Path) -> _Record | None:
    """The record in ``file``; None where there is none that can be believed."""
    try:
        found = json.loads(file.read_bytes())
        groups = tuple(_group(item) for item in found["groups"])
        reaper = _holder(found["reaper"]) if found["reaper"] is not None else None
        return _Record(_holder(found["kernel"]), reaper, groups, str(found["machine"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _holder(found: dict[str, object]) -> Holder:
    return Holder(_pid(found["pid"]), str(found["start"]))


def _group(found: dict[str, object]) -> Group:
    pipes, forks_then = found["pipes"], found["forks"]
    if not isinstance(pipes, list) or not isinstance(forks_then, int):
        raise TypeError(found)
    words = tuple(map(str, pipes))
    return Group(_pid(found["pid"]), str(found["start"]), str(found["command"]), words, forks_then)


def _pid(found: object) -> int:
    if not isinstance(found, int) or found <= 1:
        raise ValueError(found)
    return found


def _family(group: Group, table: dict[int, Process]) -> Family:
    """Whom ``group`` stands for now.

    Its leader may be long gone and the number taken. Without the leader the group is believed to be the server's when
    the number cannot have come round again, or when one of its members writes to the server's own pipes.
    """
    family = Family(group.pid, group.start, group.pipes)
    if not (_lives(group) or _is_fresh(group)):
        witnesses = writers(frozenset(group.pipes), table, group.start)
        if all(group.pid not in (row.group, row.session) for row in witnesses):
            family.forget_leader()
    return family


def _is_fresh(group: Group) -> bool:
    """Whether too few processes have started since for ``group``'s number to have been given out again.

    Linux gives numbers out in a circle of ``pid_max`` (proc_sys_kernel(5)), threads and failures included; half a
    circle leaves room for the failures, which nobody counts.
    """
    try:
        circle = int(Path("/proc/sys/kernel/pid_max").read_text("ascii"))
    except (OSError, ValueError):
        return False
    return 0 < group.forks <= forks() < group.forks + circle // 2


def forks() -> int:
    """How many processes and threads the machine has started (``processes`` of proc_stat(5)); 0: it does not tell."""
    try:
        lines = Path("/proc/stat").read_bytes().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(b"processes "))
    except (OSError, ValueError, StopIteration):
        return 0


def _end(file: Path, record: _Record) -> list[Swept]:
    """End the groups of one dead kernel, together, and remove its file when none is left."""
    table = processes()
    families = {group: _family(group, table) for group in record.groups}
    orphaned = {group: family for group, family in families.items() if family.living(table)}
    survivors = set(end_now(orphaned.values()))
    if not survivors:
        file.unlink(missing_ok=True)
    table = processes() if survivors else {}
    return [
        Swept(record.kernel.pid, group.pid, group.command, tuple(row.pid for row in family.living(table)))
        for group, family in orphaned.items()
    ]
