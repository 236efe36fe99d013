"""A notebook as its reader runs it: cells go into a real IPython shell, what they say goes to standard output."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from support.shell import Shell


class Notebook:
    """One shell with the extension loaded; a cell that fails ends the scenario with its traceback."""

    def __init__(self) -> None:
        self._shell = Shell()

    def __call__(self, cell: str) -> Any:
        """Run a cell that has to succeed; its value."""
        outcome = self._shell.run(cell)
        _show(cell, outcome.text, outcome.traceback)
        if outcome.error is not None:
            raise outcome.error
        return outcome.result

    def knows(self, name: str, value: Any) -> None:
        """Give the notebook a variable, as a form or a parameter of papermill would."""
        self._shell.ip.user_ns[name] = value

    def types(self, *lines: str) -> None:
        """Have a person at the keyboard who answers the next questions with these lines."""
        self._shell.type(*lines)

    def close(self) -> None:
        """Take the extension out and leave every server."""
        self._shell.leave()


@contextmanager
def notebook() -> Iterator[Notebook]:
    """A notebook with a home of its own, no keyring, and nobody at its keyboard."""
    with TemporaryDirectory() as home:
        directory = os.getcwd()
        os.environ.update(
            MCP_MAGICS_HOME=home, IPYTHONDIR=f"{home}/.ipython", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring"
        )
        os.chdir(home)
        sys.stdin = io.StringIO()
        opened = Notebook()
        try:
            yield opened
        finally:
            opened.close()
            os.chdir(directory)


def _show(cell: str, said: str, traceback: list[str]) -> None:
    print("\n".join([*(f"> {line}" for line in cell.splitlines()), *([said] if said else []), *traceback]))
