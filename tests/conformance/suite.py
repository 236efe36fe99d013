"""The suite itself: one process for each scenario, two at a time, and what each of them left.

It comes from npm with a Node it runs on (``make node``, into ``build/conformance``). Its own way to run many
scenarios forgets exit codes and timeouts and counts a scenario without checks as passed, so it is not used.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from time import monotonic

from support.paths import BUILD, package_parent

from conformance.catalogue import DEFAULT, Case
from conformance.judgement import Run

HOME = BUILD / "conformance" / "node_modules"
NODE = HOME / ".bin" / "node"
ENTRY = HOME / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
DRIVER = Path(__file__).with_name("driver.py")
AT_ONCE = 2
PATIENCE = 60
"""Seconds a driver may take; a bound, not an expectation."""


def missing() -> str | None:
    """Why the suite cannot be run here, or None."""
    lacking = [path for path in (NODE, ENTRY) if not path.exists()]
    return f"{lacking[0]} is not there: run `make node`" if lacking else None


def listed(revision: str) -> set[str]:
    """The client scenarios the suite has for ``revision``."""
    options = [] if revision == DEFAULT else ["--spec-version", revision]
    done = subprocess.run([NODE, ENTRY, "list", "--client", *options], capture_output=True, text=True, check=True)
    return set(re.findall(r"^  - (\S+)", done.stdout, re.MULTILINE))


def play(case: Case) -> Run:
    """Play one case, in a process of the suite's that starts a process of ours."""
    began = monotonic()
    with TemporaryDirectory() as directory:
        try:
            done = subprocess.run(
                _command(case, directory), env=_environment(), capture_output=True, text=True, timeout=PATIENCE + 30
            )
        except subprocess.TimeoutExpired:
            return Run(case, suite_exit=124, driver_exit=None, checks=(), seconds=monotonic() - began)
        left = {path.name: path.read_text("utf-8") for path in Path(directory).rglob("*.*") if path.is_file()}
    return Run(
        case,
        done.returncode,
        _driver_exit(done.stderr),
        tuple(json.loads(left.get("checks.json", "[]"))),
        left.get("stdout.txt", done.stdout) + left.get("stderr.txt", done.stderr),
        monotonic() - began,
    )


def play_all(cases: Iterable[Case]) -> Iterator[Run]:
    """Play ``cases``, :data:`AT_ONCE` at a time; the runs in the order of the cases."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(play, cases)


def _command(case: Case, directory: str) -> list[str | Path]:
    driver = f"{quote(sys.executable)} {quote(str(DRIVER))}"
    options = [] if case.revision == DEFAULT else ["--spec-version", case.revision]
    limit = str(PATIENCE * 1000)
    asked = ["--scenario", case.scenario, "--timeout", limit, "--output-dir", directory, *options]
    return [NODE, ENTRY, "client", "--command", driver, *asked]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(package_parent())}


def _driver_exit(said: str) -> int:
    """The driver's exit code; the suite tells it only where it is not 0."""
    told = re.search(r"^Client exited with code (-?\d+)", said, re.MULTILINE)
    timed_out = "Client timed out after" in said
    return int(told[1]) if told else 124 if timed_out else 0
