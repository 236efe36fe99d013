"""An in-process IPython shell with the extension loaded: cells go in, what a reader sees comes out."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from mcp_magics.errors import MCPMagicsError

Bundle = Mapping[str, Any]
PATIENCE = 60
"""Seconds one test may take in a shell before it fails; a bound, not an expectation."""


@dataclass
class Cell:
    """What one cell did: its printed text, the MIME bundles it displayed, its value, its error."""

    stdout: str = ""
    outputs: list[Bundle] = field(default_factory=list)
    result: Any = None
    error: BaseException | None = None
    traceback: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Everything a reader sees as plain text."""
        plain = [str(bundle.get("text/plain", "")) for bundle in self.outputs]
        return "\n".join(part for part in (self.stdout.rstrip("\n"), *plain) if part)

    @property
    def html(self) -> str:
        """Everything a reader sees as HTML."""
        return "\n".join(str(bundle.get("text/html", "")) for bundle in self.outputs)


class Shell:
    """A shell of its own; calling it runs a cell that has to succeed, :meth:`fails` one that has to fail."""

    def __init__(self) -> None:
        InteractiveShell.clear_instance()
        config = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}})
        self.ip = InteractiveShell.instance(config=config)
        self.ip.run_line_magic("load_ext", "mcp_magics")

    def __call__(self, code: str) -> Cell:
        cell = self.run(code)
        if cell.error is not None:
            raise AssertionError(f"{code}\n{cell.text}\n" + "\n".join(cell.traceback)) from cell.error
        return cell

    def value(self, code: str) -> Any:
        """The value of a cell that has to succeed."""
        return self(code).result

    def fails(self, code: str, class_: str) -> MCPMagicsError:
        """The error of a cell that has to fail with ``class_``, said in a few lines without any library's frames."""
        error = self.run(code).error
        assert isinstance(error, MCPMagicsError), f"{code} ended with {error!r}"
        assert error.failure.class_ == class_, error
        check_said(error)
        return error

    def run(self, code: str) -> Cell:
        """Run a cell, whatever becomes of it."""
        cell, shown = Cell(), list[Bundle]()
        hook: Any = self.ip.displayhook
        hook.write_output_prompt = _nothing
        hook.write_format_data = lambda data, _metadata=None: shown.append(data)
        shell: Any = self.ip
        shell._showtraceback = lambda _kind, _value, lines: cell.traceback.extend(lines)
        with capture_output() as captured:
            outcome = self.ip.run_cell(code)
        cell.stdout = captured.stdout
        cell.outputs = [*(dict(each.data) for each in captured.outputs), *shown]
        cell.result, cell.error = outcome.result, outcome.error_in_exec or outcome.error_before_exec
        if isinstance(cell.error, MCPMagicsError):
            assert cell.traceback == cell.error._render_traceback_(), cell.traceback
        return cell

    def type(self, *lines: str) -> None:
        """Have a person at the keyboard who will answer the next ``input()`` calls with these lines."""
        sys.stdin = io.StringIO("".join(f"{line}\n" for line in lines))

    def leave(self) -> None:
        """Take the extension out, leave every server and forget the shell."""
        self.ip.run_line_magic("unload_ext", "mcp_magics")
        self.ip.restore_sys_module_state()
        InteractiveShell.clear_instance()


def check_said(error: MCPMagicsError) -> None:
    """Hold an error against the promise: two to four lines, the phase, the cause and the line to type next."""
    failure, lines = error.failure, error.failure.lines()
    assert 2 <= len(lines) <= 4, lines
    assert failure.phase, failure
    assert failure.message, failure
    assert failure.next_step, failure
    assert lines[-1] == f"→ {failure.next_step}"
    assert not any("Traceback" in line or 'File "' in line or "\n" in line for line in lines), lines
    assert error.__cause__ is None
    assert error.__context__ is None or not isinstance(error.__context__, BaseExceptionGroup)


@contextmanager
def fresh_servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No server is registered when this begins, and none is left when it ends."""
    from mcp_magics.config.store import Store
    from mcp_magics.connection.manager import servers

    monkeypatch.setattr(servers, "store", Store())
    monkeypatch.setattr(servers, "attendant", lambda: None)
    servers.journal.clear()
    try:
        yield
    finally:
        servers.close()


@contextmanager
def new_shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A shell without a person at it and without any server."""
    from mcp_magics.magics import extension

    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(extension, "_sweep", _nothing)
    with fresh_servers(monkeypatch), _bounded():
        shell = Shell()
        try:
            yield shell
        finally:
            shell.leave()


@contextmanager
def _bounded() -> Iterator[None]:
    def too_long(*_: object) -> None:
        raise TimeoutError(f"the test hangs: nothing after {PATIENCE} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _nothing() -> None:
    """Stands for what a test does without: the prompt before a result, the sweep of the whole machine."""
