"""The SDK's client on the kernel's own loop with nest_asyncio, and mcp_magics, interrupted in a real kernel.

``python docs/measure_nest_asyncio.py [ROUNDS]`` prints a table; each way has a kernel and a workbench server of its own.
"""

from __future__ import annotations

import ast
import sys
import time
from dataclasses import dataclass
from queue import Empty

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
def call(tool, **arguments):
    return loop.run_until_complete(asyncio.wait_for(client.call_tool(tool, arguments), {PATIENCE / 2}))
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
SLOW = f"call('slow', seconds={CALL_SECONDS})"
PROBE = "call('echo', text='still here'); print(True)"
CANCELLED = "answer = call('cancellations'); print(len((getattr(answer, 'structured', None) or answer.structured_content)['cancelled']))"
BUSY = f"""
begun, rang = time.perf_counter(), []
soon(lambda: rang.append(time.perf_counter() - begun))
time.sleep({BUSY_SECONDS})
"""
RANG = "print(rang[0])"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one way came to; seconds."""

    name: str
    survived: int
    rounds: int
    back_after: float
    cancelled: str
    callback_after: float

    def row(self) -> str:
        """A row of the table in ``kernel.md``."""
        survived = f"{self.survived} of {self.rounds}"
        return (
            f"| {self.name} | {survived} | {self.back_after:.2f} s | {self.cancelled} | {self.callback_after:.2f} s |"
        )


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


def measure(name: str, setup: str, rounds: int) -> Measured:
    """Let a callback ring during a busy cell, then interrupt ``rounds`` calls until the session no longer answers."""
    kernel = Kernel(setup)
    try:
        kernel.run(BUSY)
        rang = kernel.run(RANG)
        pauses: list[float] = []
        for number in range(rounds):
            back = kernel.interrupted(SLOW, 0.3 + 0.05 * (number % 7))
            if back is None or kernel.run(PROBE) != "True":
                break
            pauses.append(back)
        cancelled = kernel.run(CANCELLED)
    finally:
        kernel.close()
    typical = sorted(pauses)[len(pauses) // 2] if pauses else float("nan")
    return Measured(name, len(pauses), rounds, typical, cancelled or "not told", ast.literal_eval(rang or "0.0"))


def main() -> None:
    """Measure both and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print(
        "| way | interrupts survived | prompt back after | cancellations the server saw | callback during a busy cell |"
    )
    print("|---|---|---|---|---|")
    for name, setup in (("nest_asyncio", NESTED), ("background loop", BACKGROUND)):
        print(measure(name, setup, rounds).row(), flush=True)


if __name__ == "__main__":
    main()
