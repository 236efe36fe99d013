"""The watch that the other tests rely on: what a test leaves behind is seen, and a skip can be made a failure."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading

import pytest
from support import leaks
from support.leaks import belongings, left_over
from support.paths import REPOSITORY


@pytest.fixture(autouse=True)
def no_grace(monkeypatch):
    """What is left is left: do not wait for it."""
    monkeypatch.setattr(leaks, "GRACE", 0.0)


def test_a_process_that_was_left_running_is_seen_until_it_ends():
    before = belongings()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert len([line for line in left_over(before) if str(child.pid) in line]) == 1
    child.communicate(b"\n")
    assert left_over(before) == []


def test_a_thread_that_keeps_the_interpreter_alive_is_seen_and_a_daemon_is_not():
    before, end = belongings(), threading.Event()
    threads = [threading.Thread(target=end.wait, name=f"daemon={daemon}", daemon=daemon) for daemon in (True, False)]
    for thread in threads:
        thread.start()
    assert left_over(before) == ["thread daemon=False"]
    end.set()
    for thread in threads:
        thread.join()
    assert left_over(before) == []


def test_a_task_that_nobody_ended_is_seen():
    before = belongings()

    async def main():
        task = asyncio.create_task(asyncio.Event().wait(), name="forgotten")
        await asyncio.sleep(0)
        seen = left_over(before)
        task.cancel()
        return seen

    assert any("forgotten" in line for line in asyncio.run(main()))
    assert left_over(before) == []


def test_a_socket_that_still_listens_is_seen():
    before = belongings()
    with socket.create_server(("127.0.0.1", 0)) as server:
        (line,) = left_over(before)
        assert str(server.getsockname()[1]) in line
    assert left_over(before) == []


@pytest.mark.parametrize(("require", "expected"), [("1", "1 failed, 1 xfailed"), ("", "1 skipped, 1 xfailed")])
def test_a_skip_is_a_failure_where_everything_is_required(tmp_path, require, expected):
    test = tmp_path / "test_it.py"
    test.write_text(
        "import pytest\ndef test_a(): pytest.skip('no such thing')\n@pytest.mark.xfail\ndef test_b(): 1 / 0\n"
    )
    environment = {**os.environ, "REQUIRE_ALL": require, "PYTHONPATH": str(REPOSITORY / "tests")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "support.required", "-p", "no:cacheprovider", str(test)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert expected in done.stdout
