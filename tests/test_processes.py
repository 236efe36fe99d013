"""Server processes: found, started, told apart, and ended with everything they have started."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from mcp_magics.errors import ConnectionFailedError
from mcp_magics.wire import orphans, reaper
from mcp_magics.wire.executable import which
from mcp_magics.wire.lifeline import lifeline
from mcp_magics.wire.process import GRACE, PATIENCE, exit_story, spawn, terminate, terminate_now, tree
from mcp_magics.wire.stderr import StderrTail

WITHIN = 5.0
"""Seconds in which an ended server's processes must be gone."""
PACKAGE_PARENT = Path(reaper.__file__).parents[2]


@dataclass(frozen=True)
class Command:
    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: str | None = None


def shell(script: str) -> Command:
    return Command("sh", ("-c", script))


def until(condition: Callable[[], object], seconds: float = WITHIN) -> object:
    """The first true value of ``condition``, looked at again and again; fails after ``seconds``."""
    deadline, turn = time.monotonic() + seconds, threading.Event()
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        turn.wait(0.01)
    return value


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pid_in(file: Path) -> int:
    """The process number a server writes to ``file``, as soon as it is there."""
    until(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def zombies() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [each for each in children if each.is_running() and each.status() == psutil.STATUS_ZOMBIE]


def end(process, **options):
    """Terminate on a loop of its own; returns what was left and the seconds it took."""
    started = time.monotonic()
    left = asyncio.run(terminate(process, **options))
    return left, time.monotonic() - started


@pytest.fixture(autouse=True)
def no_reaper_left() -> Iterator[None]:
    yield
    lifeline.stop()


# -- finding the program ---------------------------------------------------------------------------------------


def test_a_command_of_windows_is_found_by_an_ending_of_its_pathext(tmp_path):
    (tmp_path / "npx.cmd").write_text("@echo off\n")
    found = which("npx", path=str(tmp_path), pathext=".COM;.EXE;.CMD")
    assert found.path == str(tmp_path / "npx.cmd")
    assert which("npx", path=str(tmp_path), pathext=".COM;.EXE").path is None
    assert which("npx", path=str(tmp_path)).path is None


def test_the_order_of_path_then_of_pathext_decides():
    there = {"/b/tool.EXE", "/b/tool.CMD", "/c/tool.COM"}
    found = which("tool", path="/a;/b;/c", pathext=".COM;.EXE;.CMD", runnable=there.__contains__)
    assert found.path == "/b/tool.EXE"
    assert found.searched == ("/a", "/b", "/c")


def test_a_name_with_its_ending_is_taken_as_it_stands():
    there = {"/a/tool.cmd.EXE", "/a/tool.cmd"}
    found = which("tool.cmd", path="/a", pathext=".EXE;.CMD", runnable=there.__contains__)
    assert found.path == "/a/tool.cmd"


def test_a_command_with_a_directory_is_relative_to_the_working_directory_of_the_server(tmp_path):
    program = tmp_path / "bin" / "server"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert which("./bin/server", path="/nowhere", cwd=str(tmp_path)).path == str(program)
    assert which("server", path="bin", cwd=str(tmp_path)).path == str(program)


def test_the_path_of_the_child_is_searched_not_that_of_the_kernel(tmp_path):
    program = tmp_path / "only-here"
    program.write_text("#!/bin/sh\nexit 7\n")
    program.chmod(0o755)
    process = spawn("s", Command("only-here", env={"PATH": f"{tmp_path}:/bin:/usr/bin"}))
    assert asyncio.run(process.exited()) == 7
    end(process)


def test_a_missing_program_names_every_directory_that_was_searched():
    with pytest.raises(ConnectionFailedError) as caught:
        spawn("docs", Command("no-such-program", env={"PATH": "/first:/second/bin"}))
    failure = caught.value.failure
    assert (failure.class_, failure.phase, failure.server) == ("command_not_found", "spawn", "docs")
    assert "/first" in failure.evidence[0]
    assert "/second/bin" in failure.evidence[0]
    assert failure.next_step == "%mcp add docs -- /full/path/to/no-such-program …"


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        ("docker", "install Docker from https://docs.docker.com/get-docker, then %mcp connect s"),
        ("~/a-server", f"%mcp add s -- {Path.home() / 'a-server'} …   (~ is a shell's)"),
        ("python3", f"%mcp add s -- {Path(sys.executable).parent / 'python3'} …"),
        ("npx -y a-server", "%mcp add s -- npx -y a-server   (words, not one quoted string)"),
        ("localhost:3000/mcp", "%mcp add s http://localhost:3000/mcp   (an address begins with its scheme)"),
        ("mcp.linear.app/mcp", "%mcp add s https://mcp.linear.app/mcp   (an address begins with its scheme)"),
        ("bin/server", "%mcp add s -- /full/path/to/server …"),
    ],
)
def test_a_missing_program_comes_with_the_line_that_helps(command, advice):
    with pytest.raises(ConnectionFailedError) as caught:
        spawn("s", Command(command, env={"PATH": "/nowhere"}))
    assert caught.value.failure.next_step == advice


def broken_commands(directory: Path) -> dict[str, tuple[Command, str, str]]:
    files = {
        "plain": ("echo hello\n", 0o644),
        "badbang": ("#!/no/such/interpreter -x\n", 0o755),
        "dos": ("#!/bin/sh\r\necho\r\n", 0o755),
        "nothing": ("\x00\x01\x02\n", 0o755),
    }
    for name, (text, mode) in files.items():
        (directory / name).write_text(text, newline="")
        (directory / name).chmod(mode)
    here, path = str(directory), {"PATH": str(directory)}
    return {
        "not executable": (Command("plain", env=path), "command_not_executable", f"!chmod +x {here}/plain"),
        "a directory": (Command(here), "command_not_executable", "is a directory"),
        "no interpreter": (Command("badbang", env=path), "bad_interpreter", "/no/such/interpreter, which"),
        "windows line ends": (Command("dos", env=path), "bad_interpreter", "Windows line ends"),
        "no program at all": (Command("nothing", env=path), "bad_interpreter", f"%mcp add s -- sh {here}/nothing …"),
        "no directory": (Command("sh", cwd=here + "/gone"), "cwd_missing", "does not exist"),
        "a file as directory": (Command("sh", cwd=here + "/plain"), "cwd_missing", "is not a directory"),
        "a null in an argument": (Command("sh", ("-c", "\0")), "spawn_failed", "null"),
        "an empty command": (Command(""), "command_not_found", "no program ''"),
    }


@pytest.mark.parametrize(
    "case",
    [
        "not executable",
        "a directory",
        "no interpreter",
        "windows line ends",
        "no program at all",
        "no directory",
        "a file as directory",
        "a null in an argument",
        "an empty command",
    ],
)
def test_what_cannot_be_started_says_why_and_leaves_nothing(tmp_path, case):
    command, class_, telling = broken_commands(tmp_path)[case]
    before = open_descriptors()
    with pytest.raises(ConnectionFailedError) as caught:
        spawn("s", command)
    failure = caught.value.failure
    assert (failure.class_, failure.phase) == (class_, "spawn")
    assert telling in str(caught.value)
    assert "\r" not in str(caught.value)
    assert failure.next_step
    assert caught.value.__context__ is None
    assert open_descriptors() == before


# -- ending ----------------------------------------------------------------------------------------------------


def test_a_grandchild_behind_a_wrapper_is_gone_after_terminate(tmp_path):
    process = spawn("s", shell(f"sleep 300 & echo $! > {tmp_path}/pid; cat >/dev/null"))
    grandchild = pid_in(tmp_path / "pid")
    left, seconds = end(process)
    assert left == ()
    assert seconds < WITHIN
    assert not alive(grandchild)
    assert not psutil.pid_exists(process.pid)


def test_a_server_that_ignores_sigterm_and_the_end_of_its_input_is_killed():
    process = spawn("s", shell("trap '' TERM; echo ready; while :; do sleep 0.1; done"))
    until(lambda: _read(process.stdout_fd))
    left, seconds = end(process, grace=0.4)
    assert (left, process.poll()) == ((), -signal.SIGKILL)
    assert seconds < WITHIN


def test_a_server_that_leaves_when_its_input_ends_is_not_signalled():
    process = spawn("s", shell("trap 'exit 9' TERM; cat >/dev/null; exit 4"))
    end(process)
    assert process.poll() == 4


def test_sigterm_comes_once_and_a_server_has_the_grace_to_finish(tmp_path):
    script = f"trap 'echo term >> {tmp_path}/log; sleep 0.3; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    process = spawn("s", shell(script))
    until(lambda: _read(process.stdout_fd))
    end(process)
    assert process.poll() == 5
    assert (tmp_path / "log").read_text() == "term\n"


def test_a_grandchild_in_a_session_of_its_own_is_found_while_its_parent_lives(tmp_path):
    script = f"setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 300 </dev/null >/dev/null 2>&1' & cat >/dev/null"
    process = spawn("s", shell(script))
    grandchild = pid_in(tmp_path / "pid")
    assert os.getsid(grandchild) != process.pid
    end(process)
    assert not alive(grandchild)


def test_a_grandchild_that_forked_twice_is_known_by_the_pipes_it_writes_to(tmp_path):
    process = spawn("s", shell(f"(setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 300' &); cat >/dev/null"))
    grandchild = pid_in(tmp_path / "pid")
    until(lambda: grandchild not in [info.pid for info in tree(process.pid)])
    end(process)
    assert not alive(grandchild)


def test_what_a_crashed_server_leaves_is_ended_too(tmp_path):
    process = spawn("s", shell(f"sleep 300 & echo $! > {tmp_path}/pid; exit 3"))
    grandchild = pid_in(tmp_path / "pid")
    assert asyncio.run(process.exited()) == 3
    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE  # keeps its number until all is ended
    end(process)
    assert not alive(grandchild)
    assert not psutil.pid_exists(process.pid)


def test_terminate_closes_everything_and_may_be_repeated():
    before = open_descriptors()
    first = spawn("s", shell("cat"))
    with_reaper = open_descriptors() - 3
    assert with_reaper == before + 1
    for _ in range(3):
        end(first)
        assert open_descriptors() == with_reaper
    assert (first.stdin_fd, first.stdout_fd, first.stderr_fd) == (-1, -1, -1)
    assert zombies() == []
    lifeline.stop()
    assert open_descriptors() == before


def test_terminate_takes_its_watchers_off_the_loop():
    async def scenario() -> list[bool]:
        process = spawn("s", shell("cat"))
        loop, stdin, stdout = asyncio.get_running_loop(), process.stdin_fd, process.stdout_fd
        loop.add_writer(stdin, lambda: None)
        loop.add_reader(stdout, lambda: None)
        await terminate(process)
        return [loop.remove_writer(stdin), loop.remove_reader(stdout)]

    assert asyncio.run(scenario()) == [False, False]


def test_what_a_server_says_while_it_ends_can_still_be_read():
    async def scenario() -> bytes:
        process, heard = spawn("s", shell("cat; echo bye >&2")), []
        asyncio.get_running_loop().add_reader(process.stderr_fd, lambda: heard.append(_read(process.stderr_fd)))
        await terminate(process)
        return b"".join(heard)

    assert asyncio.run(scenario()) == b"bye\n"


def test_a_server_that_runs_from_process_to_process_is_caught(tmp_path):
    hop = """
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while os.path.exists(sys.argv[1]):
    if os.fork():
        os._exit(0)
    open(sys.argv[1], "a").write(".")
"""
    trace = tmp_path / "trace"
    trace.touch()
    process = spawn("s", Command(sys.executable, ("-S", "-c", hop, str(trace))))
    until(lambda: _read(process.stdout_fd))
    left, seconds = end(process, grace=0.1)
    size = trace.stat().st_size
    assert left == ()
    assert seconds < WITHIN
    with pytest.raises(AssertionError, match="not within"):
        until(lambda: trace.stat().st_size > size, 0.2)
    trace.unlink()


def test_a_cancelled_terminate_kills_at_once():
    own_session = "setsid sleep 300 </dev/null >/dev/null 2>&1 &"

    async def scenario() -> tuple[float, int | None, list[int]]:
        process = spawn("s", shell(f"{own_session} trap '' TERM; while :; do echo ready; sleep 0.1; done"))
        await _heard(process.stdout_fd)
        sleeping = until(lambda: [info.pid for info in tree(process.pid) if info.command == ("sleep", "300")])
        ending = asyncio.create_task(terminate(process))
        await asyncio.sleep(0)
        started = time.monotonic()
        ending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ending
        return time.monotonic() - started, process.poll(), sleeping

    seconds, status, grandchildren = asyncio.run(scenario())
    assert seconds < PATIENCE + GRACE  # what it takes where nobody cancels
    assert status == -signal.SIGKILL
    assert not any(map(alive, grandchildren))


def test_only_who_can_have_inherited_the_pipes_counts_as_their_writer():
    process = spawn("s", shell("cat"))
    pipes, table = frozenset(process.pipes), reaper.processes()
    assert process.pid in {row.pid for row in reaper.writers(pipes, table, process.start)}
    assert os.getpid() not in {row.pid for row in reaper.writers(pipes, table, "0")}
    assert reaper.writers(pipes, table, str(int(process.start) + 1_000_000)) == []
    end(process)


def test_the_loop_stays_responsive_while_a_server_is_ended():
    async def scenario() -> int:
        process = spawn("s", shell("trap '' TERM; echo ready; while :; do sleep 0.1; done"))
        await _heard(process.stdout_fd)
        ending, turns = asyncio.create_task(terminate(process, grace=0.4)), 0
        while not ending.done():
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert asyncio.run(scenario()) > 100  # a loop that is blocked has two or three


def test_terminate_now_ends_several_together():
    stubborn = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
    processes = [spawn(f"s{index}", shell(stubborn)) for index in range(3)]
    for process in processes:
        until(lambda process=process: _read(process.stdout_fd))
    started = time.monotonic()
    assert terminate_now(*processes, grace=0.6) == ()
    assert time.monotonic() - started < 2.5
    assert [process.poll() for process in processes] == [-signal.SIGKILL] * 3
    assert zombies() == []


def test_a_process_that_is_not_the_servers_is_never_signalled():
    bystander = subprocess.Popen(["sleep", "300"])
    try:
        row = reaper.process(bystander.pid)
        stranger = reaper.Family(bystander.pid, "another start")
        assert stranger.living(reaper.processes()) == []
        assert reaper.end_now([stranger]) == []
        assert row is not None
        assert bystander.poll() is None
        assert reaper.end_now([reaper.Family(bystander.pid, row.start)]) == []
        assert bystander.wait(WITHIN) == -signal.SIGTERM
    finally:
        bystander.kill()
        bystander.wait()


def test_a_recycled_number_of_a_dead_member_is_not_the_familys():
    def row(pid: int, parent: int, group: int, session: int, start: str) -> reaper.Process:
        return reaper.Process(pid, parent, group, session, start, dead=False)

    family = reaper.Family(100, "1")
    before = {100: row(100, 1, 100, 100, "1"), 101: row(101, 100, 101, 101, "2"), 102: row(102, 101, 101, 101, "3")}
    assert {each.pid for each in family.look(before)} == {100, 101, 102}
    orphaned = {102: row(102, 1, 101, 101, "3")}
    assert {each.pid for each in family.look(orphaned)} == {102}
    recycled = {101: row(101, 7, 7, 7, "9"), 103: row(103, 101, 101, 101, "10")}
    assert family.look(recycled) == []


def test_a_name_with_spaces_and_parentheses_does_not_confuse_the_table(tmp_path):
    odd = tmp_path / "a) S 1 (b"
    odd.symlink_to("/bin/sleep")
    process = spawn("s", Command(str(odd), ("300",)))
    row = reaper.process(process.pid)
    assert row is not None
    assert (row.parent, row.group, row.session) == (os.getpid(), process.pid, process.pid)
    end(process)


# -- what a server gets ----------------------------------------------------------------------------------------


def test_a_server_gets_the_environment_and_the_directory_it_was_given_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("A_SECRET_OF_THE_KERNEL", "x")
    command = Command("sh", ("-c", "pwd; env"), env={"PATH": os.environ["PATH"], "ONLY": "this"}, cwd=str(tmp_path))
    process = spawn("s", command)
    assert asyncio.run(process.exited()) == 0
    lines = os.read(process.stdout_fd, 65536).decode().splitlines()
    assert lines[0] == str(tmp_path)
    assert f"PATH={os.environ['PATH']}" in lines
    assert "ONLY=this" in lines
    assert not any("A_SECRET_OF_THE_KERNEL" in line for line in lines)
    end(process)


def test_a_server_inherits_three_descriptors_and_a_session_of_its_own():
    process = spawn("s", shell("ls /proc/self/fd | tr '\\n' ' '"))
    assert os.getsid(process.pid) == os.getpgid(process.pid) == process.pid
    asyncio.run(process.exited())
    assert os.read(process.stdout_fd, 100).split()[:3] == [b"0", b"1", b"2"]
    end(process)


def test_the_pipes_are_large_and_do_not_block():
    process = spawn("s", shell("sleep 300"))
    written = os.write(process.stdin_fd, bytes(2_000_000))
    assert 65536 < written < 2_000_000
    with pytest.raises(BlockingIOError):
        os.read(process.stdout_fd, 1)
    end(process)


def test_the_tree_shows_the_wrapper_first_and_its_children():
    process = spawn("s", shell("sleep 300 & cat"))
    forked = {("sleep", "300"), ("cat",)}
    infos = until(lambda: [found for found in [tree(process.pid)] if {info.command for info in found[1:]} == forked])[0]
    assert infos[0].pid == process.pid
    assert {info.parent for info in infos[1:]} == {process.pid}
    assert all(info.rss > 0 and abs(info.created - time.time()) < 60 for info in infos)
    end(process)
    assert tree(process.pid) == ()


# -- how it ended ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 3", "exited with status 3"),
        ("kill -SEGV $$", "was killed by SIGSEGV"),
        ("exit 127", "exited with status 127 (a shell's word for: command not found)"),
        ("exit 137", "exited with status 137 (128 + SIGKILL)"),
        ("exec >&-; sleep 300", "closed its output and still runs"),
    ],
)
def test_the_story_of_an_exit_gives_status_or_signal(script, told):
    process = spawn("docs", shell(script))
    if "sleep" not in script:
        asyncio.run(process.exited())
    story = exit_story("docs", process)
    assert (story.class_, story.message, story.server) == ("process_exited", f"the server {told}", "docs")
    assert story.next_step == "%mcp log docs"
    assert exit_story("docs", process) == story
    end(process)


def test_the_story_of_an_exit_shows_the_lines_of_stderr_that_say_most():
    process = spawn("docs", shell("exit 1"))
    for line in ["Error: cannot find module './x'", "    at require (node:1)", "", "Node.js v22", ""]:
        process.tail.add(line)
    asyncio.run(process.exited())
    assert exit_story("docs", process).evidence == ("stderr: Error: cannot find module './x'", "stderr: Node.js v22")
    end(process)


def test_the_tail_of_stderr_is_bounded_and_safe_to_show():
    tail = StderrTail()
    for index in range(300):
        tail.add(f"\x1b[31mline {index}\x1b[0m")
    assert [line.text for line in tail.lines()] == [f"line {index}" for index in range(100, 300)]
    for _ in range(40):
        tail.add("é" * 1_000_000)
    assert sum(len(line.text.encode()) for line in tail.lines()) <= 64 * 1024
    assert tail.telling()


# -- the end of the kernel -------------------------------------------------------------------------------------

KERNEL = """
import os, sys, threading
from types import SimpleNamespace
from mcp_magics.wire.lifeline import lifeline
from mcp_magics.wire.process import spawn
command = SimpleNamespace(command="sh", args=("-c", sys.argv[1]), env=dict(os.environ), cwd=None)
server = spawn("s", command)
exec(sys.argv[2])
print(server.pid, lifeline.reaper_pid, flush=True)
threading.Event().wait()
"""


@dataclass
class FakeKernel:
    """A process that has started one server and waits."""

    popen: subprocess.Popen[str]
    server: int
    reaper: int

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()
        self.popen.stdout.close()


@pytest.fixture
def fake_kernel() -> Iterator[Callable[..., FakeKernel]]:
    started: list[FakeKernel] = []

    def start(script: str, code: str = "", **options) -> FakeKernel:
        env = os.environ | {"PYTHONPATH": str(PACKAGE_PARENT)}
        words = [sys.executable, "-c", KERNEL, script, code]
        popen = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env, **options)
        server, reaper_pid = map(int, popen.stdout.readline().split())
        started.append(FakeKernel(popen, server, reaper_pid))
        return started[-1]

    yield start
    for kernel in started:
        if kernel.popen.returncode is None:
            kernel.kill()
        until(lambda kernel=kernel: not alive(kernel.reaper))


def test_a_killed_kernel_leaves_no_grandchild(fake_kernel, tmp_path, home):
    kernel = fake_kernel(f"sleep 300 & echo $! > {tmp_path}/pid; cat >/dev/null")
    grandchild = pid_in(tmp_path / "pid")
    assert list((home / "kernels").glob("*.json"))
    kernel.kill()
    until(lambda: not alive(grandchild) and not alive(kernel.server) and not alive(kernel.reaper))
    assert list((home / "kernels").glob("*.json")) == []


def test_a_killed_kernel_leaves_no_server_that_ignores_sigterm(fake_kernel, tmp_path):
    kernel = fake_kernel(f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.1; done")
    pid_in(tmp_path / "pid")
    kernel.kill()
    until(lambda: not alive(kernel.server))


def test_a_killed_kernel_leaves_no_grandchild_in_another_session(fake_kernel, tmp_path):
    inner = f"setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 300 </dev/null >/dev/null 2>&1' &"
    kernel = fake_kernel(f"{inner} cat >/dev/null")  # gone as soon as it notices, and then nothing leads to its child
    grandchild = pid_in(tmp_path / "pid")
    kernel.kill()
    until(lambda: not alive(grandchild) and not alive(kernel.server))


def test_the_reaper_survives_what_ends_a_kernels_process_group(fake_kernel, tmp_path):
    kernel = fake_kernel(f"sleep 300 & echo $! > {tmp_path}/pid; cat >/dev/null", start_new_session=True)
    grandchild = pid_in(tmp_path / "pid")
    ignored = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    until(lambda: ignored <= _ignored_by(kernel.reaper))
    for number in ignored:
        os.kill(kernel.reaper, number)
    os.killpg(kernel.popen.pid, signal.SIGKILL)
    kernel.kill()
    until(lambda: not alive(grandchild))


def test_a_forked_child_of_the_kernel_does_not_keep_the_servers_alive(fake_kernel, tmp_path):
    fork = f"""
child = os.fork()
if child == 0:
    threading.Event().wait()
open({str(tmp_path / "fork")!r}, "w").write(f"{{child}}\\n")
"""
    kernel = fake_kernel(f"sleep 300 & echo $! > {tmp_path}/pid; cat >/dev/null", fork)
    forked, grandchild = pid_in(tmp_path / "fork"), pid_in(tmp_path / "pid")
    try:
        kernel.kill()
        until(lambda: not alive(grandchild) and not alive(kernel.server))
        assert alive(forked)
    finally:
        os.kill(forked, signal.SIGKILL)


def test_a_forked_child_starts_servers_with_a_reaper_of_its_own(tmp_path):
    process = spawn("s", shell("cat"))
    ours = lifeline.reaper_pid
    child = os.fork()
    if child == 0:
        theirs = spawn("t", shell("cat"))
        right = lifeline.reaper_pid not in (None, ours) and process.stdin_fd == -1
        left = terminate_now(theirs)
        lifeline.stop()
        os._exit(0 if right and not left else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert process.poll() is None
    assert lifeline.reaper_pid == ours
    end(process)


def test_a_reaper_that_died_is_replaced_by_one_that_knows_everything(fake_kernel, tmp_path):
    replace = "os.kill(lifeline.reaper_pid, 9); os.waitpid(lifeline.reaper_pid, 0); spawn('t', command)"
    kernel = fake_kernel(f"echo $$ >> {tmp_path}/pids; trap '' TERM; while :; do sleep 0.1; done", replace)
    until(lambda: (tmp_path / "pids").read_text().count("\n") == 2)
    first, second = map(int, (tmp_path / "pids").read_text().split())
    kernel.kill()
    until(lambda: not alive(first) and not alive(second))


def test_a_reaper_that_hangs_does_not_keep_a_server():
    process = spawn("s", shell("cat"))
    os.kill(lifeline.reaper_pid, signal.SIGSTOP)
    try:
        left, seconds = end(process, grace=0.4)
        assert (left, process.poll()) == ((), -signal.SIGTERM)
        assert seconds < WITHIN
    finally:
        os.kill(lifeline.reaper_pid, signal.SIGCONT)


def test_a_reaper_with_nothing_to_do_leaves_with_its_kernel(fake_kernel):
    kernel = fake_kernel("cat", "from mcp_magics.wire.process import terminate_now; terminate_now(server)")
    assert alive(kernel.reaper)
    kernel.kill()
    until(lambda: not alive(kernel.reaper))


# -- the sweep -------------------------------------------------------------------------------------------------


def crash(kernel: FakeKernel) -> None:
    os.kill(kernel.reaper, signal.SIGKILL)
    kernel.kill()
    until(lambda: not alive(kernel.reaper))


@pytest.mark.parametrize("pipes", ["", "</dev/null >/dev/null 2>&1"])
def test_after_the_reaper_died_too_a_sweep_ends_the_orphans(fake_kernel, tmp_path, home, pipes):
    kernel = fake_kernel(f"sleep 300 {pipes} & echo $! > {tmp_path}/pid; cat >/dev/null")
    grandchild = pid_in(tmp_path / "pid")
    assert orphans.sweep() == []
    crash(kernel)
    until(lambda: not alive(kernel.server))  # its input has ended; the group lives on without a leader
    assert alive(grandchild)
    assert orphans.sweep() == [orphans.Swept(kernel.popen.pid, kernel.server, "sh")]
    assert not alive(grandchild)
    assert list((home / "kernels").glob("*.json")) == []
    assert orphans.sweep() == []


def test_a_sweep_leaves_a_living_kernels_servers_alone(fake_kernel):
    kernel = fake_kernel("cat")
    assert orphans.sweep() == []
    assert alive(kernel.server)


def test_a_sweep_leaves_to_a_living_reaper_what_it_is_ending(fake_kernel, tmp_path):
    kernel = fake_kernel(f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.1; done")
    pid_in(tmp_path / "pid")
    kernel.kill()
    assert alive(kernel.reaper)
    assert orphans.sweep() == []


def test_a_sweep_does_not_touch_a_process_that_took_the_number(home):
    bystander = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        file = record(home, pid=bystander.pid, start="1")
        assert orphans.sweep() == []
        assert bystander.poll() is None
        assert not file.exists()
    finally:
        bystander.kill()
        bystander.wait()


def test_a_sweep_does_not_touch_a_group_whose_number_may_have_come_round(home, tmp_path):
    script = f"sleep 300 </dev/null >/dev/null 2>&1 & echo $! > {tmp_path}/pid"
    leader = subprocess.Popen(["sh", "-c", script], start_new_session=True)
    leader.wait()
    member = pid_in(tmp_path / "pid")
    try:
        record(home, pid=leader.pid, start="1", forks=0)
        assert orphans.sweep() == []
        assert alive(member)
        record(home, pid=leader.pid, start="1", forks=orphans.forks())
        assert [swept.pid for swept in orphans.sweep()] == [leader.pid]
        assert not alive(member)
    finally:
        if alive(member):
            os.kill(member, signal.SIGKILL)


def test_a_sweep_believes_no_file_of_another_machine_and_forgets_it_after_a_month(home):
    process = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        file = record(home, pid=process.pid, start=reaper.process(process.pid).start, machine="elsewhere")
        assert orphans.sweep() == []
        assert file.exists()
        os.utime(file, (0, 0))
        assert orphans.sweep() == []
        assert not file.exists()
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"groups": 1}', '{"kernel": {"pid": 1}, "groups": []}', "\x00"])
def test_a_broken_registry_file_does_no_harm(home, text):
    record(home, pid=2, start="x").write_text(text)
    assert orphans.sweep() == []


def test_a_registry_that_others_may_write_is_not_believed(home):
    process = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        record(home, pid=process.pid, start=reaper.process(process.pid).start)
        (home / "kernels").chmod(0o777)
        assert orphans.sweep() == []
        assert process.poll() is None
        (home / "kernels").chmod(0o700)
        assert len(orphans.sweep()) == 1
    finally:
        process.kill()
        process.wait()


def test_only_one_of_several_sweeps_does_the_work(fake_kernel, tmp_path):
    kernel = fake_kernel(f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.1; done")
    pid_in(tmp_path / "pid")
    crash(kernel)
    found: list[orphans.Swept] = []
    threads = [threading.Thread(target=lambda: found.extend(orphans.sweep())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [swept.pid for swept in found] == [kernel.server]
    assert not alive(kernel.server)


def test_the_registry_is_for_the_account_alone_and_names_no_arguments(home):
    process = spawn("s", Command("sh", ("-c", "cat # --token hunter2")))
    (file,) = (home / "kernels").glob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    found = json.loads(file.read_text())
    assert found["kernel"]["pid"] == os.getpid()
    assert [group["command"] for group in found["groups"]] == ["sh"]
    assert "hunter2" not in file.read_text()
    end(process)
    assert not file.exists()


def test_a_registry_that_cannot_be_written_does_not_stop_a_server(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MCP_MAGICS_HOME", str(tmp_path / "file"))
    process = spawn("s", shell("cat"))
    assert lifeline.reaper_pid
    assert end(process)[0] == ()


def record(home: Path, *, pid: int, start: str, machine: str | None = None, forks: int = 0) -> Path:
    """A registry file as a kernel that died would have left it, with one group."""
    file = home / "kernels" / "999-gone.json"
    orphans.write(file, [orphans.Group(pid, start, "sleep", (), forks)], None)
    found = json.loads(file.read_text())
    found["kernel"]["start"] = "long ago"
    found["machine"] = machine or found["machine"]
    file.write_text(json.dumps(found))
    return file


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 100)
    except BlockingIOError:
        return b""


async def _heard(fd: int) -> None:
    """Wait until something can be read from ``fd``."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(fd, ready.set)
    await ready.wait()
    loop.remove_reader(fd)


def _ignored_by(pid: int) -> set[signal.Signals]:
    text = Path(f"/proc/{pid}/status").read_text()
    mask = int(next(line.split()[1] for line in text.splitlines() if line.startswith("SigIgn")), 16)
    return {number for number in signal.Signals if mask >> (number - 1) & 1}
