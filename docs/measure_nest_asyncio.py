"""The SDK's client on the kernel's own loop with nest_asyncio, and mcp_magics, interrupted in a real kernel.

``python docs/measure_nest_asyncio.py [ROUNDS]`` prints a table; each way has a kernel and a workbench of its own.
"""

# ruff: noqa: INP001  a script beside the page that quotes it, not a package
from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from math import nan
from queue import Empty
from statistics import median

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

PATIENCE = 20.0
CALL_SECONDS = 2
BUSY_SECONDS = 3

NESTED = f"""
import asyncio, nest_asyncio, os, sys, time
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
nest_asyncio.apply()
loop = asyncio.get_event_loop()
server = StdioServerParameters(command=sys.executable, args=["-m", "mcp_magics.playground", "s1"])
client = Client(stdio_client(server, errlog=open(os.devnull, "w")))
async def live():
    async with client:
        opened.set_result(None)
        await asyncio.Event().wait()
opened = loop.create_future()
owner = loop.create_task(live())
loop.run_until_complete(opened)
async def ignore(*progress):
    pass
def call(tool, **arguments):
    answer = client.call_tool(tool, arguments, progress_callback=ignore)
    return loop.run_until_complete(asyncio.wait_for(answer, {PATIENCE / 2}))
def soon(callback):
    loop.call_later(0.1, callback)
"""
BACKGROUND = """
import time
from mcp_magics import servers
from mcp_magics.connection.loop import background
import sys
server = servers.add("s1", command=[sys.executable, "-m", "mcp_magics.playground", "s1"])
def call(tool, **arguments):
    return server.call(tool, arguments)
def soon(callback):
    background.loop.call_soon_threadsafe(background.loop.call_later, 0.1, callback)
"""
QUIET = f"call('slow', seconds={CALL_SECONDS})"
FLOOD = "call('progress', steps=5000, seconds=0.0004)"
PROBE = "call('echo', text='still here'); print(True)"
CANCELLED = """
answer = call('cancellations')
told = answer.structured if hasattr(answer, 'structured') else answer.structured_content
print(len(told['cancelled']))
"""
BUSY = f"""
begun, rang = time.perf_counter(), []
soon(lambda: rang.append(time.perf_counter() - begun))
time.sleep({BUSY_SECONDS})
"""
RANG = "print(rang[0])"
HEAD = """\
| way | callback in a busy cell | quiet calls survived (prompt back) | server saw cancelled | flooding calls survived |
|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Interrupts:
    """How often a session still answered after an interrupt, and the median time to the prompt, in seconds."""

    survived: int
    rounds: int
    back_after: float

    def __str__(self) -> str:
        return f"{self.survived} of {self.rounds} ({self.back_after:.2f} s)"


class Kernel:
    """A kernel and its client."""

    def __init__(self, setup: str) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3")
        assert isinstance(self.client, BlockingKernelClient)
        self.run(setup)

    def run(self, code: str) -> str | None:
        """What a cell prints; None where it failed or did not end in time."""
        return self._end(self.client.execute(code))

    def interrupted(self, code: str, after: float) -> float | None:
        """Seconds from the interrupt to the end of a cell, or None where it did not end."""
        identity = self.client.execute(code)
        time.sleep(after)
        self.manager.interrupt_kernel()
        begun = time.perf_counter()
        self._end(identity)
        return time.perf_counter() - begun if self._ended else None

    def _end(self, identity: str) -> str | None:
        printed, failed, self._ended = "", False, False
        deadline = time.monotonic() + PATIENCE
        while not self._ended:
            try:
                message = self.client.get_iopub_msg(timeout=max(deadline - time.monotonic(), 0.01))
            except Empty:
                return None
            if message["parent_header"].get("msg_id") != identity:
                continue
            content = message["content"]
            printed += content.get("text", "") if content.get("name") == "stdout" else ""
            failed = failed or message["msg_type"] == "error"
            self._ended = content.get("execution_state") == "idle"
        return None if failed else printed.strip()

    def close(self) -> None:
        """End the kernel, however it stands."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def interrupts(kernel: Kernel, code: str, rounds: int) -> Interrupts:
    """Interrupt ``code`` at different moments until the session no longer answers."""
    pauses: list[float] = []
    for number in range(rounds):
        back = kernel.interrupted(code, 0.2 + 0.037 * (number % 11))
        if back is None or kernel.run(PROBE) != "True":
            break
        pauses.append(back)
    return Interrupts(len(pauses), rounds, median(pauses) if pauses else nan)


def row(name: str, setup: str, rounds: int) -> str:
    """A row of the table: a callback during a busy cell, interrupts of a quiet call and of one that floods."""
    kernel = Kernel(setup)
    try:
        kernel.run(BUSY)
        rang = float(kernel.run(RANG) or nan)
        quiet = interrupts(kernel, QUIET, rounds)
        cancelled = kernel.run(CANCELLED)
        flood = interrupts(kernel, FLOOD, rounds)
    finally:
        kernel.close()
    return f"| {name} | {rang:.2f} s | {quiet} | {cancelled} | {flood} |\n"


def main() -> None:
    """Measure both and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    sys.stdout.write(HEAD)
    for name, setup in (("nest_asyncio", NESTED), ("background loop", BACKGROUND)):
        sys.stdout.write(row(name, setup, rounds))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
