"""What a credential costs each call, and how long it takes to find out where ten servers stand."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.report import Measurement, at_most
from benchmarks.subjects import far_servers, http_server
from mcp_magics import servers
from mcp_magics.auth.credential import Client, OAuthCredential, Tokens
from mcp_magics.auth.metadata import origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcp_magics.connection.server import Server

ROUNDS, TURN = 40, 25


def measure(_scratch: Path) -> list[Measurement]:
    """A call with a stored token against the same call without; ten status checks against the slowest of them."""
    with http_server("json") as url:
        lines = [asyncio.run(_calls(url))]
    with far_servers() as urls:
        lines.append(_status_checks(urls))
    return lines


async def _calls(url: str) -> Measurement:
    """Both clients speak to one server that looks at no token, so that what differs is ours alone."""
    servers.fleeting.add(origin(url))
    with _added("open", url) as plain, _added("held", url) as held:
        held.disconnect()
        store = servers.credentials(held.spec)
        client = Client("benchmark", "configured", origin(url))
        store.set("held", OAuthCredential(url, url, client, Tokens("t" * 800, expires_at=time.time() + 3600), {}))
        times: dict[str, list[float]] = {"open": [], "held": []}
        for _ in range(ROUNDS):
            for name, server in (("open", plain), ("held", held)):
                times[name] += await _turn(server)
        assert held.status.credential == "oauth_ok"
    ours, reference = median(times["held"]), median(times["open"])
    what = "a call with a stored token"
    return Measurement("permission", what, ours, "s", at_most(1.05), reference, "the same without")


async def _turn(server: Server) -> list[float]:
    times = []
    for _ in range(TURN):
        start = perf_counter()
        await server.acall("echo", {"text": "hello"})
        times.append(perf_counter() - start)
    return times


def _status_checks(urls: list[str]) -> Measurement:
    names = [f"far{number}" for number in range(len(urls))]
    for name, url in zip(names, urls, strict=True):
        servers.add(name, url=url, connect=False)
    try:
        together, alone = [], []
        for _ in range(3):
            alone.append(max(_checked([name]) for name in names[:3]))
            together.append(_checked(names))
    finally:
        for name in names:
            servers.remove(name)
    what = f"{len(names)} status checks side by side"
    return Measurement("permission", what, median(together), "s", at_most(1.3), median(alone), "the slowest alone")


def _checked(names: list[str]) -> float:
    """Seconds to find out what the servers of those names require."""
    from mcp_magics.connection.loop import background

    start = perf_counter()
    jobs = [background.start(servers[name].permission.measure()) for name in names]
    for name, job in zip(names, jobs, strict=True):
        assert job.wait(30)
        job.result()
        assert servers[name].status.requirement == "required", servers[name].status
    return perf_counter() - start


@contextmanager
def _added(name: str, url: str) -> Iterator[Server]:
    try:
        yield servers.add(name, url=url)
    finally:
        servers.remove(name)
