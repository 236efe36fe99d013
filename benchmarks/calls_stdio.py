"""Calls over stdio: ``echo`` of the Node everything server, one process for each client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from benchmarks.calls import STDIO, Contest, Effort
from benchmarks.subjects import everything
from mcp_magics import servers

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report import Measurement


def measure(scratch: Path) -> list[Measurement]:
    """Latency and throughput."""
    return asyncio.run(_measure(scratch))


async def _measure(scratch: Path) -> list[Measurement]:
    command, *words = everything()
    ours = servers.add("stdio", command=[command, *words])
    try:
        with (scratch / "stderr.txt").open("w") as stderr:
            parameters = StdioServerParameters(command=command, args=words)
            async with Client(stdio_client(parameters, errlog=stderr)) as plain:
                await plain.list_tools()
                contest = Contest("stdio", ours, plain, "echo", {"message": "hello"}, STDIO)
                effort = Effort(rounds=20, turn=100, bulk=3000)
                return [*await contest.one_at_a_time(effort), *await contest.many_in_flight(effort)]
    finally:
        servers.remove("stdio")
