"""Calls over Streamable HTTP, in both protocol eras: ``echo`` of servers that answer in JSON and in event streams."""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING, Any

import httpx2
from mcp import Client

from benchmarks.calls import HTTP, Contest, Effort
from benchmarks.subjects import http_server, playground_l0
from mcp_magics import servers

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.calls import Call
    from benchmarks.report import Measurement

MODERN, LEGACY = "2026-07-28", "2025-11-25"
ARGUMENTS = {"text": "hello"}


def measure(_scratch: Path) -> list[Measurement]:
    """Latency and throughput, each server in each era."""
    lines: list[Measurement] = []
    with ExitStack() as stack:
        urls = {
            "HTTP, JSON": stack.enter_context(http_server("json")),
            "HTTP, SSE": stack.enter_context(http_server("sse")),
            "HTTP, playground l0": stack.enter_context(playground_l0()),
        }
        for (kind, url), era in itertools.product(urls.items(), (MODERN, LEGACY)):
            lines += asyncio.run(_measure(f"{kind}, {era}", url, era))
    return lines


async def _measure(case: str, url: str, era: str) -> list[Measurement]:
    mode = MODERN if era == MODERN else "legacy"
    ours = servers.add("http", url=url, protocol=mode)
    try:
        async with AsyncExitStack() as stack:
            plain = await stack.enter_async_context(Client(url, mode=mode))
            bare = await stack.enter_async_context(httpx2.AsyncClient())
            await plain.list_tools()
            floor = await _floor(bare, url, era)
            contest = Contest(case, ours, plain, "echo", ARGUMENTS, HTTP, floor)
            effort = Effort(rounds=10, turn=25, bulk=500)
            return [*await contest.one_at_a_time(effort), *await contest.many_in_flight(effort)]
    finally:
        servers.remove("http")


async def _floor(client: httpx2.AsyncClient, url: str, era: str) -> Call:
    """The same call as one POST without any client's machinery around it."""
    headers = {
        "accept": "application/json, text/event-stream",
        "content-type": "application/json",
        "mcp-protocol-version": era,
    }
    params: dict[str, Any] = {"name": "echo", "arguments": ARGUMENTS}
    if era == MODERN:
        headers |= {"mcp-method": "tools/call", "mcp-name": "echo"}
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": era,
            "io.modelcontextprotocol/clientInfo": {"name": "floor", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    else:
        headers["mcp-session-id"] = await _session(client, url, headers)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()

    async def post() -> None:
        response = await client.post(url, content=body, headers=headers)
        assert response.status_code == httpx2.codes.OK, response.text

    return post


async def _session(client: httpx2.AsyncClient, url: str, headers: dict[str, str]) -> str:
    """Begin a session (2025-11-25 basic/lifecycle) and return its id."""
    about = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "floor", "version": "1"}}
    hello = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": about}
    response = await client.post(url, json=hello, headers=headers)
    session: str = response.headers["mcp-session-id"]
    done = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    await client.post(url, json=done, headers=headers | {"mcp-session-id": session})
    return session
