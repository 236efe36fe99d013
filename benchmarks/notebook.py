"""One cell in a shell of its own process: how long it takes, how much memory, how much output.

``python -m benchmarks.notebook SETUP CELL`` runs SETUP, then CELL, and prints what CELL took as JSON. The shell runs
cells as ipykernel does: as coroutines on a loop that has other things to do, here a clock that ticks.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

TICK = 0.005


@dataclass(frozen=True, slots=True)
class Cost:
    """What a cell took: ``peak`` is memory above what was there before, ``gap`` the longest silence of the loop."""

    seconds: float
    peak: float
    output: int
    gap: float


def cost_of(setup: str, cell: str) -> Cost:
    """Run both in a fresh process; raises ``RuntimeError`` with what the cell said when it fails."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.notebook", setup, cell],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


async def _run(setup: str, cell: str) -> Cost:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance(colors="nocolor")
    await _execute(shell, setup)
    gc.collect()
    before = _forget_peak()
    clock = asyncio.create_task(_longest_gap())
    await asyncio.sleep(0)  # it looks at its watch before the cell begins
    with capture_output() as captured:
        start = perf_counter()
        await _execute(shell, cell)
        seconds = perf_counter() - start
    peak = _status("VmHWM") - before
    await asyncio.sleep(2 * TICK)  # the clock must see the end of a cell that never let it tick
    clock.cancel()
    shown = [json.dumps(output.data).encode() for output in captured.outputs]
    output = sum(map(len, shown)) + len(captured.stdout.encode())
    return Cost(seconds, peak, output, await clock)


async def _execute(shell: InteractiveShell, source: str) -> Any:
    transformed: str = shell.transform_cell(source)  # type: ignore[no-untyped-call]
    result = await shell.run_cell_async(source, transformed_cell=transformed)
    result.raise_error()  # type: ignore[no-untyped-call]


async def _longest_gap() -> float:
    longest, last = 0.0, perf_counter()
    try:
        while True:
            await asyncio.sleep(TICK)
            now = perf_counter()
            longest, last = max(longest, now - last), now
    except asyncio.CancelledError:
        return longest


def _forget_peak() -> float:
    """Let the kernel's high-water mark start from here (proc(5): clear_refs); the memory now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    return _status("VmRSS")


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (value,) = (line.split()[1] for line in lines if line.startswith(name + ":"))
    return int(value) * 1024.0


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_run(*sys.argv[1:3])))))
