"""What a test left behind: processes, threads, tasks, sockets."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import psutil

GRACE = 5.0
"""Seconds in which something that is already ending may end: a process after SIGTERM has as long."""


@dataclass(frozen=True)
class Belongings:
    """What this process has at one moment."""

    processes: frozenset[psutil.Process]
    threads: frozenset[threading.Thread]
    tasks: frozenset[int]
    sockets: frozenset[str]


def belongings() -> Belongings:
    """What this process has now."""
    return Belongings(_processes(), _threads(), frozenset(map(id, _tasks())), _sockets())


def left_over(before: Belongings) -> list[str]:
    """One line for each thing that is here, was not ``before``, and does not go within the grace."""
    lines = _still(lambda: (f"process {each}" for each in _processes() - before.processes))
    lines += _still(lambda: (f"thread {each.name}" for each in _threads() - before.threads))
    lines += _still(lambda: (f"task {each!r}" for each in _tasks() if id(each) not in before.tasks))
    return lines + _still(lambda: (f"socket {each}" for each in _sockets() - before.sockets))


def _still(look: Callable[[], Iterable[str]]) -> list[str]:
    """What ``look`` finds, once it finds nothing or the grace is over."""
    if not (found := list(look())):
        return []
    gc.collect()
    deadline = monotonic() + GRACE
    turn = threading.Event()
    while (found := list(look())) and monotonic() < deadline:
        turn.wait(0.02)
    return found


def _processes() -> frozenset[psutil.Process]:
    return frozenset(each for each in psutil.Process().children(recursive=True) if _lives(each))


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _threads() -> frozenset[threading.Thread]:
    return frozenset(each for each in threading.enumerate() if not each.daemon)


def _tasks() -> list[asyncio.Task[Any]]:
    """Every unfinished task of any loop, whichever thread runs it."""
    known: Iterable[asyncio.Task[Any]] = getattr(asyncio.tasks, "_scheduled_tasks", ())
    older: Iterable[asyncio.Task[Any]] = getattr(asyncio.tasks, "_all_tasks", ())  # Python 3.11
    return [each for each in (*known, *older) if not each.done()]


def _sockets() -> frozenset[str]:
    """The open network sockets; the socket pairs inside event loops are no network."""
    return frozenset(f"{each.laddr} → {each.raddr or each.status}" for each in psutil.Process().net_connections("inet"))
