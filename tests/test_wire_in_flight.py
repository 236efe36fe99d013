"""Many calls at once over one pipe: each gets its own answer, however they were written."""

from __future__ import annotations

import asyncio
import sys

from mcp_magics.connection.manager import Servers


def test_calls_of_all_sizes_at_once_each_get_their_own_answer(tmp_path, monkeypatch):
    monkeypatch.setenv("MCP_MAGICS_HOME", str(tmp_path))
    mine = Servers()
    command = [sys.executable, "-m", "mcp_magics.playground", "s1"]
    texts = [f"{number}:" + "x" * (200_000 if number % 7 == 0 else number * 40) for number in range(120)]

    async def call_all():
        return await asyncio.gather(*(server.acall("echo", {"text": text}) for text in texts))

    try:
        server = mine.add("s1", command=command)
        assert [result.text for result in asyncio.run(call_all())] == texts
    finally:
        mine.close()
