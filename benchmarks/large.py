"""Answers that are large: what they take in time, in memory and in output."""

from __future__ import annotations

import json
import shlex
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.bulky_server import PAYLOAD
from benchmarks.notebook import cost_of
from benchmarks.report import Measurement, at_most
from benchmarks.subjects import bulky_http, bulky_stdio
from mcp_magics import servers

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = at_most(256 * 1024, "bytes")
ROUNDS = 3


def measure(_scratch: Path) -> list[Measurement]:
    """Many tools, one long text, many small objects."""
    return [*_many_tools(), *_long_text(), *_small_objects()]


def _many_tools() -> list[Measurement]:
    cost = cost_of(_setup(shlex.join([*bulky_stdio(), "10000"])), "%mcp tools bulky")
    return [
        Measurement("10,000 tools", "%mcp tools, shown", cost.seconds, "s", at_most(1, "s")),
        Measurement("10,000 tools", "its output", cost.output, "bytes", OUTPUT),
    ]


def _setup(where: str) -> str:
    """Connected and warm: what is measured is the cell, not the first use of its libraries."""
    add = f"%mcp add bulky -- {where}" if not where.startswith("http") else f"%mcp add bulky {where}"
    return f"%load_ext mcp_magics\n{add}\nwarm = %mcp call bulky.word\nwarm._repr_mimebundle_()"


AWAITED = 'from mcp_magics import servers\n(await servers["bulky"].acall("text")).display_parts()'


def _long_text() -> list[Measurement]:
    with bulky_http() as url:
        places = {"stdio": shlex.join(bulky_stdio()), "SSE": url}
        return [line for transport, where in places.items() for line in _text_lines(transport, _setup(where))]


def _text_lines(transport: str, setup: str) -> list[Measurement]:
    case = f"100 MB of text, {transport}"
    cost, awaited = cost_of(setup, "%mcp call bulky.text"), cost_of(setup, AWAITED)
    return [
        Measurement(case, "called and shown", cost.seconds, "s", at_most(5, "s")),
        Measurement(case, "peak of memory", cost.peak, "bytes", at_most(3), PAYLOAD, "the text"),
        Measurement(case, "its output", cost.output, "bytes", OUTPUT),
        Measurement(case, "longest silence of the kernel's loop", awaited.gap, "s"),
    ]


def _small_objects() -> list[Measurement]:
    server = servers.add("bulky", command=bulky_stdio())
    ours, reference = [], []
    try:
        for _ in range(ROUNDS):
            start = perf_counter()
            result = server.call("objects")
            rows = len(result.structured["rows"])
            ours.append(perf_counter() - start)
            frame = bytes(result.reply.frame)
            del result
            start = perf_counter()
            value = json.loads(frame)
            reference.append(perf_counter() - start)
            assert len(value["result"]["structuredContent"]["rows"]) == rows
            del value, frame
    finally:
        servers.remove("bulky")
    case, target = "100 MB of small objects", at_most(1.5)
    return [Measurement(case, "called over stdio", median(ours), "s", target, median(reference), "json.loads alone")]
