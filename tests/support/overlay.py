"""Another version of a package for a kernel, by a directory in front of its ``PYTHONPATH``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

from filelock import FileLock

from support.paths import BUILD
from support.required import required


def overlay(requirement: str) -> Path:
    """The directory that holds ``requirement`` (``ipykernel==6.31.0``) and nothing else, installed at first use.

    Its dependencies come from the environment of the tests. Leaves the test where it cannot be installed.
    """
    target = BUILD / "overlays" / requirement.replace("==", "-")
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_suffix(".lock")):
        if not target.exists():
            _install(requirement, target)
    return target


def _install(requirement: str, target: Path) -> None:
    unfinished = Path(mkdtemp(dir=target.parent))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(unfinished), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        unfinished.rmdir()
        required(f"{requirement} cannot be installed: {done.stderr.strip()[-500:]}")
    unfinished.rename(target)
