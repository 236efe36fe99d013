"""What it takes to begin: loading the extension, adding a server, connecting to several."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from benchmarks.report import Measurement, at_most
from benchmarks.subjects import everything
from mcp_magics import servers

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_magics.connection.server import Server

LOADS, CONNECTS, TOGETHER = 9, 7, 3
SIDE_BY_SIDE = 8

_IN_IPYTHON = """
from IPython.core.interactiveshell import InteractiveShell
from time import perf_counter
shell = InteractiveShell.instance()
start = perf_counter()
{statement}
print(perf_counter() - start)
"""


def measure(scratch: Path) -> list[Measurement]:
    """Loading, adding, connecting."""
    return [_load(), asyncio.run(_add(scratch)), asyncio.run(_connect_together())]


def _load() -> Measurement:
    """Fresh processes, IPython imported already, as a kernel has it."""
    ours, theirs = [], []
    for _ in range(LOADS):
        ours.append(_seconds("shell.run_line_magic('load_ext', 'mcp_magics')"))
        theirs.append(_seconds("import mcp"))
    target = at_most(0.15)
    return Measurement("start", "%load_ext mcp_magics", median(ours), "s", target, median(theirs), "import mcp")


def _seconds(statement: str) -> float:
    program = _IN_IPYTHON.format(statement=statement)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, check=True)
    return float(done.stdout.split()[-1])


async def _add(scratch: Path) -> Measurement:
    """From nothing to the tools being known; both clients have their imports behind them after a first round."""
    ours, theirs = [], []
    command, *words = everything()
    with (scratch / "stderr.txt").open("w") as stderr:
        for _ in range(CONNECTS + 1):
            start = perf_counter()
            tools = len(servers.add("started", command=[command, *words]).tools)
            ours.append(perf_counter() - start)
            servers.remove("started")
            transport = stdio_client(StdioServerParameters(command=command, args=words), errlog=stderr)
            start = perf_counter()
            async with Client(transport) as plain:
                listed = await plain.list_tools()
                theirs.append(perf_counter() - start)
            assert tools >= len(listed.tools) > 0  # servers offer more to a client that can be asked
    what, compared = "added, connected, listed (stdio)", "SDK client and list_tools"
    return Measurement("start", what, median(ours[1:]), "s", at_most(1.1), median(theirs[1:]), compared)


async def _connect_together() -> Measurement:
    names = [f"together-{number}" for number in range(SIDE_BY_SIDE)]
    fleet = [servers.add(name, command=everything(), connect=False) for name in names]
    together, in_turn = [], []
    try:
        for _ in range(TOGETHER):
            together.append(await _timed(fleet, at_once=SIDE_BY_SIDE))
            in_turn.append(await _timed(fleet, at_once=1))
    finally:
        for name in names:
            servers.remove(name)
    what = f"{SIDE_BY_SIDE} stdio servers connected together"
    return Measurement("start", what, median(together), "s", at_most(0.6), median(in_turn), "one after the other")


async def _timed(fleet: list[Server], *, at_once: int) -> float:
    """Seconds until all are connected, ``at_once`` at a time."""
    start = perf_counter()
    for first in range(0, len(fleet), at_once):
        await asyncio.gather(*(server.aconnect() for server in fleet[first : first + at_once]))
    seconds = perf_counter() - start
    await asyncio.gather(*(server.adisconnect() for server in fleet))
    return seconds
