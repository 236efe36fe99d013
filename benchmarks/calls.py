"""One call at a time and many in flight: our client and the SDK's, taking turns on the same server."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.report import Measurement, Target, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp import Client

    from mcp_magics.connection.server import Server

    Call = Callable[[], Awaitable[Any]]

IN_FLIGHT = (10, 500)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: ``rounds`` of ``turn`` calls one at a time, and of ``bulk`` calls in flight."""

    rounds: int
    turn: int
    bulk: int
    bulk_rounds: int = 3


@dataclass(frozen=True, slots=True)
class Targets:
    """What one transport has to keep."""

    awaited: Target
    blocking: Target
    in_flight: Target


STDIO = Targets(at_most(0.5), at_most(0.8), at_least(3))
HTTP = Targets(at_most(0.8), at_most(0.9), at_least(1.3))


@dataclass(frozen=True, slots=True)
class Contest:
    """Two clients of one server, and the call they both make; ``floor`` is the least that any client could do."""

    case: str
    ours: Server
    plain: Client
    tool: str
    arguments: dict[str, Any]
    targets: Targets
    floor: Call | None = None

    async def one_at_a_time(self, effort: Effort) -> list[Measurement]:
        """Median latencies. The turns are short, so that what else the machine does falls on all alike."""
        calls: dict[str, Call] = {"awaited": self._awaited, "blocking": self._blocking, "plain": self._plain}
        if self.floor is not None:
            calls["floor"] = self.floor
        times: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(effort.rounds):
            for name, call in calls.items():
                times[name] += await _turn(call, effort.turn)
        plain = median(times["plain"])
        lines = [
            self._line("await, one at a time", median(times["awaited"]), plain, self.targets.awaited),
            self._line("synchronous, one at a time", median(times["blocking"]), plain, self.targets.blocking),
        ]
        if self.floor is not None:
            floor = median(times["floor"])
            lines.append(Measurement(self.case, "a bare httpx2 POST, the floor", floor, "s", None, plain, "SDK client"))
        return lines

    async def many_in_flight(self, effort: Effort) -> list[Measurement]:
        """Median throughputs with 10 and with 500 calls under way."""
        lines = []
        for flights in IN_FLIGHT:
            ours, plain = [], []
            for _ in range(effort.bulk_rounds):
                plain.append(await _throughput(self._plain, flights, effort.bulk))
                ours.append(await _throughput(self._awaited, flights, effort.bulk))
            what = f"{flights} in flight"
            target = self.targets.in_flight
            lines.append(
                Measurement(self.case, what, median(ours), "calls/s", target, median(plain), "SDK client, gather")
            )
        return lines

    def _line(self, what: str, ours: float, plain: float, target: Target) -> Measurement:
        return Measurement(self.case, what, ours, "s", target, plain, "SDK client")

    async def _awaited(self) -> None:
        result = await self.ours.acall(self.tool, self.arguments)
        assert not result.is_error

    async def _blocking(self) -> None:
        assert not self.ours.call(self.tool, self.arguments).is_error

    async def _plain(self) -> None:
        result = await self.plain.call_tool(self.tool, self.arguments)
        assert not result.is_error


async def _turn(call: Call, calls: int) -> list[float]:
    times = []
    for _ in range(calls):
        start = perf_counter()
        await call()
        times.append(perf_counter() - start)
    return times


async def _throughput(call: Call, flights: int, calls: int) -> float:
    """Calls a second, with ``flights`` of them under way all the time."""
    remaining = iter(range(calls))

    async def fly() -> None:
        for _ in remaining:
            await call()

    gc.collect()
    start = perf_counter()
    await asyncio.gather(*(fly() for _ in range(flights)))
    return calls / (perf_counter() - start)
