"""A real Jupyter kernel in a process of its own, driven over its ZeroMQ channels."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Self

import psutil
import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

from support.outcome import CellOutcome, Message, Screen
from support.paths import package_parent

PATIENCE = 60.0
"""Seconds a cell may take before the test fails; a bound, not an expectation."""


class KernelDiedError(AssertionError):
    """The kernel's process ended while a test waited for it."""


class _OneSpec(KernelSpecManager):
    """Knows one kernel: the interpreter that runs the tests."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name=kernel_name, language="python")


class Execution:
    """A cell that was sent to a kernel: ``outcome`` grows as its messages are read."""

    def __init__(self, kernel: Kernel, msg_id: str, stdin: Iterable[str]) -> None:
        self.outcome = CellOutcome()
        self.msg_id = msg_id
        self.answers = deque(stdin)
        self._kernel = kernel

    @property
    def done(self) -> bool:
        """Whether the kernel replied and said it is idle again: no more output will come."""
        return bool(self.outcome.status) and self.outcome.idle

    def wait(self, timeout: float = PATIENCE) -> CellOutcome:
        """The finished outcome; :class:`TimeoutError` after ``timeout`` seconds."""
        self._kernel.until(lambda: self.done, timeout)
        return self.outcome

    def until(self, condition: Callable[[CellOutcome], bool], timeout: float = PATIENCE) -> CellOutcome:
        """The outcome as soon as ``condition`` holds for it, the cell still running or not."""
        self._kernel.until(lambda: condition(self.outcome), timeout)
        return self.outcome


class Kernel:
    """One kernel and the one client that talks to it; a context manager that leaves no process behind.

    ``home`` becomes its ``MCP_MAGICS_HOME``; ``overlays`` are directories of other package versions, first on its path.
    pytest's own environment is hidden from it unless ``under_pytest``: ipykernel's streams behave differently there.
    """

    def __init__(
        self,
        directory: Path,
        *,
        home: Path | None = None,
        env: Mapping[str, str] | None = None,
        overlays: Iterable[Path] = (),
        under_pytest: bool = False,
    ) -> None:
        self.directory = directory
        self.messages: list[Message] = []
        """Every IOPub message so far, of any cell or of none (comms included), in order."""
        self.listeners: list[Callable[[Message], None]] = []
        """Called with every IOPub message as it comes: what a page would do about it."""
        self._executions: dict[str, Execution] = {}
        self._replies: dict[str, Message] = {}
        self._screen = Screen()
        self._manager = KernelManager(kernel_spec_manager=_OneSpec(), kernel_name="under-test")
        environment = _environment(directory, home, env or {}, overlays, under_pytest=under_pytest)
        self._manager.start_kernel(env=environment, cwd=str(directory))
        try:
            self._connect()
        except RuntimeError:
            self.shutdown()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    def run(self, code: str, *, timeout: float = PATIENCE, stdin: Iterable[str] | None = None) -> CellOutcome:
        """Run a cell to its end; ``stdin`` answers its ``input()`` calls (``None``: a front end without stdin)."""
        return self.start(code, stdin=stdin).wait(timeout)

    def start(self, code: str, *, stdin: Iterable[str] | None = None) -> Execution:
        """Send a cell and return at once."""
        msg_id = self._client.execute(code, allow_stdin=stdin is not None, stop_on_error=False)
        execution = Execution(self, msg_id, stdin or ())
        self._executions[msg_id] = execution
        return execution

    def value(self, expression: str) -> Any:
        """The value of an expression of literals (numbers, strings, lists …) in the kernel."""
        from ast import literal_eval

        outcome = self.run(f"print(repr({expression}))")
        assert outcome.status == "ok", outcome.error
        return literal_eval(outcome.stdout)

    def complete(self, code: str, position: int | None = None, *, timeout: float = PATIENCE) -> list[str]:
        """The completions offered with the cursor at ``position`` (characters; the end by default)."""
        reply = self.reply(self._client.complete(code, position), timeout)
        matches: list[str] = reply["content"]["matches"]
        return matches

    def send_comm(self, comm_id: str, data: Mapping[str, Any], session: str | None = None) -> None:
        """Send a front end's ``comm_msg`` (a click, a new widget state), of another client ``session`` if named."""
        message = self._client.session.msg("comm_msg", {"comm_id": comm_id, "data": dict(data)})
        message["header"]["session"] = session or message["header"]["session"]
        self._client.shell_channel.send(message)

    def reply(self, msg_id: str, timeout: float = PATIENCE) -> Message:
        """The shell reply to request ``msg_id``."""
        self.until(lambda: msg_id in self._replies, timeout)
        return self._replies[msg_id]

    def interrupt(self) -> None:
        """What the stop button does: SIGINT."""
        self._manager.interrupt_kernel()

    def restart(self) -> None:
        """What the restart button does: shut down, and a new process on the same connection file."""
        self._client.stop_channels()
        self._manager.restart_kernel()
        self._connect()

    def kill(self) -> None:
        """SIGKILL to the kernel's process alone, and wait until it is gone."""
        process = psutil.Process(self.pid)
        process.send_signal(signal.SIGKILL)
        self._manager.provisioner.process.wait()  # type: ignore[union-attr]

    def shutdown(self) -> None:
        """End the kernel as Jupyter does, and release every socket and file."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=not self.alive)
        self._manager.context.destroy(linger=0)

    @property
    def pid(self) -> int:
        """The process id of the kernel."""
        pid: int = self._manager.provisioner.pid  # type: ignore[union-attr]
        return pid

    @property
    def alive(self) -> bool:
        """Whether the kernel's process runs."""
        return bool(self._manager.is_alive())

    def children(self) -> list[psutil.Process]:
        """Every descendant of the kernel's process."""
        return psutil.Process(self.pid).children(recursive=True)

    def until(self, condition: Callable[[], bool], timeout: float = PATIENCE) -> None:
        """Read messages until ``condition`` holds.

        :class:`TimeoutError` after ``timeout`` seconds, :class:`KernelDiedError` if the kernel ends first.
        """
        deadline = monotonic() + timeout
        while not condition():
            if monotonic() > deadline:
                msg = f"nothing after {timeout} s; running: {[each.outcome for each in self._running()]}"
                raise TimeoutError(msg)
            if not self._pump(milliseconds=100) and not self.alive:
                raise KernelDiedError

    def _connect(self) -> None:
        self._client: BlockingKernelClient = self._manager.client()
        self._client.start_channels()
        self._client.hb_channel.pause()
        self._client.wait_for_ready(timeout=PATIENCE)

    def _running(self) -> list[Execution]:
        return [each for each in self._executions.values() if not each.done]

    def _pump(self, milliseconds: int) -> bool:
        """Read every message that is there, waiting at most ``milliseconds`` for a first one."""
        handlers = {
            self._client.iopub_channel: self._on_iopub,
            self._client.shell_channel: self._on_shell,
            self._client.stdin_channel: self._on_stdin,
        }
        poller = zmq.Poller()
        sockets = {channel.socket: (channel, handle) for channel, handle in handlers.items()}
        for socket in sockets:
            poller.register(socket, zmq.POLLIN)
        ready = poller.poll(milliseconds)
        for socket, _ in ready:
            channel, handle = sockets[socket]
            handle(channel.get_msg(timeout=0))
        return bool(ready)

    def _on_iopub(self, message: Message) -> None:
        self.messages.append(message)
        for listener in self.listeners:
            listener(message)
        if message["header"]["msg_type"] == "update_display_data":
            self._screen.update(message["content"])
        elif execution := self._executions.get(message["parent_header"].get("msg_id", "")):
            self._screen.show(execution.outcome, message)

    def _on_shell(self, message: Message) -> None:
        msg_id = message["parent_header"]["msg_id"]
        self._replies[msg_id] = message
        if execution := self._executions.get(msg_id):
            execution.outcome.status = message["content"]["status"]
            execution.outcome.execution_count = message["content"].get("execution_count")

    def _on_stdin(self, message: Message) -> None:
        execution = self._executions[message["parent_header"]["msg_id"]]
        execution.outcome.prompts.append(message["content"]["prompt"])
        assert execution.answers, f"the cell asked {message['content']['prompt']!r} and the test has no answer left"
        self._client.input(execution.answers.popleft())


def _environment(
    directory: Path, home: Path | None, env: Mapping[str, str], overlays: Iterable[Path], *, under_pytest: bool
) -> dict[str, str]:
    """The kernel's environment: ours, a profile and a home of its own, and the package under test on its path."""
    hidden = {"PYTEST_VERSION", "PYTEST_CURRENT_TEST"} if not under_pytest else set()
    inherited = {key: value for key, value in os.environ.items() if key not in hidden}
    given = {**inherited, "PYDEVD_DISABLE_FILE_VALIDATION": "1", "IPYTHONDIR": str(directory / ".ipython"), **env}
    path = [*map(str, overlays), str(package_parent()), given.get("PYTHONPATH", "")]
    given["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    return given if home is None else {**given, "MCP_MAGICS_HOME": str(home)}
