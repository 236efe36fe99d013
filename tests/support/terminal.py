"""IPython in a pseudo-terminal, as a person in a shell has it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import pexpect

from support.outcome import ANSI
from support.paths import package_parent

PATIENCE = 60.0
OTHER_CONTROLS = re.compile(r"\x1b\][^\x07]*\x07|\x1b[=>()][0-9A-Za-z]?|[\x08\r]")


class Terminal:
    """An interactive ``ipython``; a context manager that ends it.

    ``simple`` is ``--simple-prompt`` (no line editing); otherwise prompt_toolkit runs as it does for a person.
    """

    def __init__(self, directory: Path, *, simple: bool = True, env: Mapping[str, str] | None = None) -> None:
        options = ["--no-banner", "--no-confirm-exit", "--colors=NoColor", *(["--simple-prompt"] if simple else [])]
        self._count = 1
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", *options],
            env=_environment(directory, env or {}),
            cwd=str(directory),
            encoding="utf-8",
            dimensions=(50, 250),
            echo=False,
        )
        try:
            self._to_prompt(PATIENCE)
        except pexpect.ExceptionPexpect:
            self._child.close(force=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close(force=True)

    def run(self, line: str, *, timeout: float = PATIENCE) -> str:
        """Type one line (one that IPython counts as a cell) and return what was printed up to the next prompt."""
        self.type(line)
        return self.finish(timeout)

    def type(self, line: str) -> None:
        """Type one line and return at once."""
        self._child.send(line + "\r")

    def expect(self, text: str, *, timeout: float = PATIENCE) -> None:
        """Wait until ``text`` is printed (a question, a progress line)."""
        self._child.expect_exact(text, timeout=timeout)

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._child.sendintr()

    def finish(self, timeout: float = PATIENCE) -> str:
        """What is printed until the next prompt."""
        self._count += 1
        return self._to_prompt(timeout)

    def _to_prompt(self, timeout: float) -> str:
        self._child.expect_exact(f"In [{self._count}]:", timeout=timeout)
        return OTHER_CONTROLS.sub("", ANSI.sub("", str(self._child.before)))


def _environment(directory: Path, env: Mapping[str, str]) -> dict[str, str]:
    hidden = {"PYTEST_VERSION", "PYTEST_CURRENT_TEST"}
    inherited = {key: value for key, value in os.environ.items() if key not in hidden}
    own = {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(package_parent()), inherited.get("PYTHONPATH", "")])),
        "IPYTHONDIR": str(directory / ".ipython"),
        "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    return {**inherited, **own, **env}
