"""Servers that say far too much: the memory is bounded, the kernel answers meanwhile, nothing is lost."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from support.commands import streaming

from mcp_magics.connection.heard import Heard
from mcp_magics.connection.loop import background
from mcp_magics.connection.serverlog import MAX_LINES, ServerLog
from mcp_magics.magics.progress import REDRAW_EVERY, ProgressBar
from mcp_magics.wire.pending import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.shell import Shell

MB = 1024 * 1024
BOUND = 50 * MB


def added(shell: Shell, era: str = "legacy") -> Any:
    shell(f"%mcp add s --protocol {era} -- {streaming()}")
    return shell.value("from mcp_magics import servers; servers['s']")


def growth(work: Callable[[], object]) -> int:
    """How many bytes this process has grown by at most, looked at while ``work`` goes on."""
    process, done, most = psutil.Process(), threading.Event(), 0
    before = process.memory_info().rss

    def look() -> None:
        nonlocal most
        while not done.wait(0.02):
            most = max(most, process.memory_info().rss - before)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        work()
    finally:
        done.set()
        looking.join()
    return most


def test_a_flood_of_progress_costs_no_memory_and_its_answer_arrives(shell: Shell) -> None:
    server = added(shell)
    server.call("flood", times=20_000)  # what a journal holds anyway
    assert growth(lambda: server.call("flood", times=100_000)) < BOUND
    assert server.call("bump").text == "bump"


def test_a_flood_of_log_messages_keeps_the_newest(shell: Shell) -> None:
    server = added(shell)
    server.call("log", times=20_000)
    assert growth(lambda: server.call("log", times=40_000)) < BOUND
    lines = server.log.lines("log")
    assert len(lines) <= MAX_LINES
    assert json.loads(lines[-1].text) == {"line": 39_999}


def test_changes_beyond_number_are_few_readings(shell: Shell) -> None:
    server = added(shell)
    sub = server.subscribe("demo://counter")
    assert growth(lambda: server.call("bump", times=40_000)) < BOUND
    assert sub.changes == 40_000
    assert len(sub.updates) == 10_000
    assert sub.readings < 60


def test_a_list_that_changes_for_ever_is_asked_for_less_and_less(shell: Shell) -> None:
    server = added(shell)
    shell("%mcp prompts s")
    for _ in range(40):
        server.call("grow")
    asked = json.loads(server.call("state").text)["asked"]
    assert asked.count("prompts/list") <= 45  # each call reads what changed before it; none is read by nobody
    begun, ours = time.monotonic(), len(asked)
    while time.monotonic() < begun + 1:
        background.loop.call_soon_threadsafe(server.connection.notification, "notifications/prompts/list_changed", {})
        threading.Event().wait(0.002)
    asked = json.loads(server.request("tools/call", {"name": "state", "arguments": {}})["content"][0]["text"])["asked"]
    assert asked[ours:].count("prompts/list") <= 6


@pytest.mark.kernel
def test_a_flood_of_progress_leaves_the_kernel_free(kernel: Any) -> None:
    kernel.run("%load_ext mcp_magics")
    assert kernel.run(f"%mcp add s --protocol legacy -- {streaming()}").status == "ok"
    kernel.run("import psutil, time\nme = psutil.Process()\nbefore = me.memory_info().rss")
    outcome = kernel.run("job = %mcp call s.flood times:=300000 --no-wait")
    assert outcome.status == "ok", outcome.error
    slowest = 0.0
    while kernel.run("assert job.done").status != "ok":
        begun = time.monotonic()
        kernel.run("1 + 1")
        slowest = max(slowest, time.monotonic() - begun)
    assert kernel.run("assert job.wait().text == 'flood'").status == "ok"
    assert slowest < 1
    grown = kernel.run("print((me.memory_info().rss - before) // 2**20)")
    assert int(grown.stdout) < 50
    assert kernel.run("%mcp call s.bump").status == "ok"


# -- what is drawn of it --------------------------------------------------------------------------------------


class Paper:
    """A surface that counts."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def show(self, data: dict[str, Any]) -> None:
        self.shown.append(data["text/plain"])

    def end(self, _data: object) -> None:
        self.shown.append("")


def test_a_bar_is_redrawn_ten_times_a_second_at_most() -> None:
    paper = Paper()
    bar, begun = ProgressBar(0, paper), time.monotonic()
    for number in range(100_000):
        bar.draw(Progress(number, 100_000), 1.0, "one")
    assert len(paper.shown) <= (time.monotonic() - begun) / REDRAW_EVERY + 1


def test_bars_of_several_requests_stand_under_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcp_magics.magics.progress.REDRAW_EVERY", -1)
    paper = Paper()
    bar = ProgressBar(0, paper)
    bar.draw(Progress(1, 2, "first"), 1.0, "one")
    bar.draw(Progress(1, 4, "second"), 1.0, "two")
    first, second = paper.shown[-1].splitlines()
    assert "1/2 first" in first
    assert "1/4 second" in second


def test_a_bar_without_a_total_moves_and_tells_the_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcp_magics.magics.progress.REDRAW_EVERY", -1)
    paper = Paper()
    bar, progress = ProgressBar(0, paper), Progress(7, None, "counting")
    for elapsed in (1.0, 2.0, 3.0):
        bar.draw(progress, elapsed, "one")
    assert len(set(paper.shown)) == 3
    assert paper.shown[-1].endswith("7 counting · 3 s")


def test_what_is_said_of_news_is_bounded() -> None:
    heard = Heard(ServerLog("s"))
    heard.tell_news("tools", (f"new tool t{n}" for n in range(10_000)))
    assert len(heard.news["tools"]) == 100


def test_a_change_is_logged_once_though_nobody_calls_between() -> None:
    heard = Heard(ServerLog("s"))
    for name in ("one", "two"):
        heard.tell_news("tools", [f"new tool {name}"])
    assert [line.text for line in heard.log] == [f"the tools have changed: new tool {name}" for name in ("one", "two")]
    assert heard.news["tools"] == ["new tool one", "new tool two"]
