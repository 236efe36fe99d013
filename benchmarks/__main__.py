"""``python -m benchmarks [CASE …]``: measure, show the table, leave it in ``build/``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from importlib import import_module
from pathlib import Path

from benchmarks.report import Measurement, machine, markdown, write
from benchmarks.subjects import MissingError

CASES = {
    "stdio": "benchmarks.calls_stdio",
    "http": "benchmarks.calls_http",
    "permission": "benchmarks.permission",
    "startup": "benchmarks.startup",
    "large": "benchmarks.large",
}
BUILD = Path(__file__).parent.parent / "build"


def main(words: list[str] | None = None) -> int:
    """Run the chosen cases, all by default; a missed target is shown, it is no failure of the run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"{', '.join(CASES)}; all by default")
    chosen = parser.parse_args(words).cases or list(CASES)
    if unknown := set(chosen) - set(CASES):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    warnings.simplefilter("ignore", ResourceWarning)
    lines: list[Measurement] = []
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["MCP_MAGICS_HOME"] = scratch
        for name in chosen:
            try:
                found: list[Measurement] = import_module(CASES[name]).measure(Path(scratch))
            except MissingError as missing:
                print(f"{name}: {missing}", file=sys.stderr)
                continue
            lines += found
            print(markdown(found), end="\n\n", flush=True)
    write(lines, BUILD)
    print(f"{BUILD / 'bench.md'}\n{machine()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
