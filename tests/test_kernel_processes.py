"""What a kernel started is gone when it should be: grandchildren too, however the kernel or the connection ended."""

from __future__ import annotations

import psutil
import pytest
from support.notebook import S1, all_gone, done, family, with_s1

pytestmark = pytest.mark.kernel

sessions = pytest.mark.parametrize("session", ["same", "own"])


@pytest.mark.parametrize(
    "line",
    [
        "%mcp disconnect s1",
        "%mcp remove s1",
        f"%mcp add s1 --env NEW=1 -- {S1}",
        "%mcp restart s1",
        "%unload_ext mcp_magics",
    ],
)
def test_leaving_a_server_ends_its_family_before_the_cell_does(kernel, line):
    processes = family(with_s1(kernel))
    done(kernel.run(line))
    assert all_gone(processes, within=0.2)


@sessions
def test_a_kernel_that_is_shut_down_leaves_nothing(kernel, session):
    processes = family(with_s1(kernel), session)
    kernel.shutdown()
    assert all_gone(processes, within=5)


@sessions
def test_a_restarted_kernel_leaves_nothing_of_the_first(kernel, session):
    processes = family(with_s1(kernel), session)
    kernel.restart()
    assert all_gone(processes, within=5)
    with_s1(kernel)


@sessions
def test_a_killed_kernel_leaves_nothing(kernel, session):
    helpers = family(with_s1(kernel), session) + kernel.children()
    kernel.kill()
    assert all_gone(helpers, within=5)


def test_a_kernel_that_is_killed_during_a_call_leaves_nothing(kernel):
    processes = family(with_s1(kernel))
    running = kernel.start("print('up', flush=True)\n%mcp call s1.slow seconds=60")
    running.until(lambda outcome: "up" in outcome.stdout)
    kernel.kill()
    assert all_gone(processes, within=5)


def test_after_a_killed_kernel_and_a_killed_reaper_the_next_load_sweeps(kernel, new_kernel):
    processes = family(with_s1(kernel))
    (reaper,) = [each for each in kernel.children() if any("reaper" in word for word in each.cmdline())]
    reaper.kill()
    kernel.kill()
    reaper.wait(5)
    survivor = processes[1]
    assert survivor.is_running()
    done(new_kernel().run("%load_ext mcp_magics"))
    assert all_gone(processes, within=5)


def test_a_killed_reaper_is_replaced_when_the_next_server_starts(kernel):
    with_s1(kernel)
    (reaper,) = [each for each in kernel.children() if any("reaper" in word for word in each.cmdline())]
    reaper.kill()
    done(kernel.run("%mcp restart s1"))
    processes = family(kernel)
    kernel.kill()
    assert all_gone(processes, within=5)


def test_status_shows_the_process_tree(kernel):
    server, grandchild = family(with_s1(kernel))
    lines = done(kernel.run("%mcp status s1")).text.splitlines()
    (above,) = [number for number, line in enumerate(lines) if str(server.pid) in line.split()]
    (below,) = [number for number, line in enumerate(lines) if str(grandchild.pid) in line.split()]
    assert above < below
    assert "└ sleep 300" in "".join(lines[below : below + 2])  # what has no room beside a row stands below it


def test_a_server_that_crashes_says_how_and_the_next_call_starts_it_again(kernel):
    with_s1(kernel)
    error = kernel.run("%mcp call s1.crash code=7").error
    assert "7" in error.text
    assert "s1: crashing with status 7 as asked" in error.text
    assert done(kernel.run("%mcp call s1.add a=1 b=2")).plain[0].startswith("3")


def test_the_kernels_children_inherit_no_pipe_of_a_server(kernel):
    processes = family(with_s1(kernel))
    done(
        kernel.run(
            "import subprocess\nheir = subprocess.Popen(['sleep', '60'], close_fds=False, start_new_session=True)"
        )
    )
    heir = psutil.Process(kernel.value("heir.pid"))
    kernel.kill()
    try:
        assert all_gone(processes, within=5)
    finally:
        heir.kill()
