"""Playground servers as child processes of this one, which end with it however it ends.

A server that speaks HTTP is started here and waits on a pipe: when this process is gone, even by SIGKILL, the pipe
breaks and the server ends. A stdio server is not started: its client does that, with the command given here.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from mcp_magics.errors import ConnectionFailedError
from mcp_magics.playground.plan import Wanted, plans_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcp_magics.playground import Transport

_STARTUP_SECONDS = 30.0
_GRACE_SECONDS = 2.0
_STDERR_LINES = 5


@dataclass(frozen=True, slots=True)
class Running:
    """A server to connect to: at ``url`` (then ``pid`` is its process), or by starting ``command``.

    ``authorization_server`` is the issuer of its tokens, where it has one of its own.
    """

    name: str
    transport: Transport
    url: str | None = None
    command: tuple[str, ...] | None = None
    pid: int | None = None
    authorization_server: str | None = None


@dataclass(slots=True)
class _Child:
    running: Running
    wanted: Wanted
    process: subprocess.Popen[bytes]
    stderr: IO[bytes]


@dataclass(slots=True)
class _Children:
    lock: threading.RLock = field(default_factory=threading.RLock)
    by_name: dict[str, _Child] = field(default_factory=dict)


_children = _Children()


def start(names: Iterable[str], wanted: Wanted | None = None) -> list[Running]:
    """Start the servers of those names, or find them running as ``wanted`` already; one of another kind ends first.

    With a ``port``, the first server that speaks HTTP gets it and each next one the port after.

    Raises:
        ConfigurationError: there is no such server, or it does not speak that transport.
        ConnectionFailedError: a server did not start; what it said on standard error is the evidence.
    """
    plans = plans_of(tuple(names), wanted or Wanted())
    fresh: list[_Child] = []
    with _children.lock:
        alive = {each.name for each in running()}
        try:
            for name, plan in plans.items():
                if plan.transport != "stdio" and not (name in alive and _children.by_name[name].wanted == plan):
                    stop(name)
                    fresh.append(_spawn(name, plan))
            for child in fresh:  # spawned all, then awaited: they start side by side
                ready = _ready(child)
                child.running = replace(
                    child.running, url=ready["url"], authorization_server=ready.get("authorization_server")
                )
        except BaseException:
            _end(fresh)
            raise
        _children.by_name |= {child.running.name: child for child in fresh}
        return [_answer(name, plan) for name, plan in plans.items()]


def stop(name: str | None = None) -> list[str]:
    """End the server of that name, or all of them; the names of those that were running."""
    with _children.lock:
        chosen = [name.lower()] if name is not None else list(_children.by_name)
        ended = [_children.by_name.pop(each) for each in chosen if each in _children.by_name]
    _end(ended)
    return [child.running.name for child in ended]


def running() -> tuple[Running, ...]:
    """The servers started here that are still alive."""
    with _children.lock:
        alive = {name: child for name, child in _children.by_name.items() if child.process.poll() is None}
        _end([_children.by_name.pop(name) for name in _children.by_name.keys() - alive.keys()])
        return tuple(child.running for child in alive.values())


def is_ours(url: str) -> bool:
    """Whether ``url`` leads to a server started here that is still alive, or to its authorization server."""
    ours = {_place(own) for each in running() for own in (each.url, each.authorization_server) if own}
    return _place(url) in ours


def _place(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; every name of this machine's loopback is one host."""
    try:
        scheme, host, port = (parts := urlsplit(url)).scheme, parts.hostname, parts.port
    except ValueError:
        return None
    return (scheme, "127.0.0.1" if host == "localhost" else host, port) if host else None


def _answer(name: str, plan: Wanted) -> Running:
    if plan.transport == "stdio":
        return Running(name, "stdio", command=_command(name, plan))
    return _children.by_name[name].running


def _command(name: str, wanted: Wanted) -> tuple[str, ...]:
    return (sys.executable, "-m", "mcp_magics.playground", name, *wanted.words())


def _spawn(name: str, plan: Wanted) -> _Child:
    stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
    process = subprocess.Popen(  # noqa: S603 - our own module, our own interpreter
        [*_command(name, plan), "--lifeline"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
    )
    return _Child(Running(name, plan.transport or "http", pid=process.pid), plan, process, stderr)


def _ready(child: _Child) -> dict[str, str]:
    """The line of JSON a server prints once it answers: its addresses."""
    line = _first_line(child.process)
    if line:
        ready: dict[str, str] = json.loads(line)
        return ready
    status = child.process.poll()
    outcome = f"did not answer within {_STARTUP_SECONDS:.0f} s" if status is None else f"ended with status {status}"
    message = f"the playground's {child.running.name} {outcome}"
    raise ConnectionFailedError(
        message,
        class_="startup_timeout" if status is None else "process_exited",
        phase="spawn",
        server=child.running.name,
        evidence=_last_words(child.stderr),
        next_step=f"%mcp playground start {child.running.name}",
    )


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    """The first line on standard output; empty when it ends or thirty seconds pass before there is one."""
    output: IO[bytes] = process.stdout  # type: ignore[assignment]
    line = b""
    deadline = time.monotonic() + _STARTUP_SECONDS
    with output, selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while not line.endswith(b"\n") and selector.select(max(deadline - time.monotonic(), 0)):
            if not (piece := os.read(output.fileno(), 4096)):
                process.wait(_GRACE_SECONDS)
                return b""
            line += piece
    return line if line.endswith(b"\n") else b""


def _last_words(stderr: IO[bytes]) -> tuple[str, ...]:
    stderr.seek(0)
    lines = stderr.read().decode("utf-8", "replace").splitlines()
    return tuple(line for line in lines if line.strip())[-_STDERR_LINES:]


def _end(children: Sequence[_Child]) -> None:
    """End each child's whole process group: its lifeline cut, SIGTERM, two seconds of grace, SIGKILL."""
    for child in children:
        child.process.stdin.close()  # type: ignore[union-attr]
        _signal_group(child, signal.SIGTERM)
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(_GRACE_SECONDS)
        _signal_group(child, signal.SIGKILL)  # what the server itself left behind too
        child.process.wait()
        child.stderr.close()


def _signal_group(child: _Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, number)


def _forget_in_fork() -> None:
    """A forked child must not hold the pipes: the servers would outlive the process that started them."""
    for child in _children.by_name.values():
        child.process.stdin.close()  # type: ignore[union-attr]
        child.process.returncode = 0  # not its child to wait for
    _children.by_name.clear()
    _children.lock = threading.RLock()


atexit.register(stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_fork)
