"""The processes of a server, as ``%mcp status`` shows them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """One process of a server's tree; ``created`` is seconds since the epoch, ``rss`` bytes.

    ``command`` is as the process has it: redact before showing. Empty where the system does not tell.
    """

    pid: int
    parent: int
    name: str
    command: tuple[str, ...]
    created: float
    rss: int
    status: str


def tree(pid: int) -> tuple[ProcessInfo, ...]:
    """The process ``pid`` and its descendants, parents before children; empty when it is gone."""
    import psutil

    try:
        root = psutil.Process(pid)
        members = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return ()
    return tuple(info for info in map(_info, members) if info is not None)


def _info(member: psutil.Process) -> ProcessInfo | None:
    import psutil

    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess), member.oneshot():
        command: tuple[str, ...] = ()
        rss = 0
        with suppress(psutil.AccessDenied):
            command = tuple(member.cmdline())
        with suppress(psutil.AccessDenied):
            rss = member.memory_info().rss
        return ProcessInfo(
            member.pid, member.ppid(), member.name(), command, member.create_time(), rss, member.status()
        )
    return None
