"""Many at once in one kernel: gathered calls, the user's threads, changes to a server that is at work, forks."""

from __future__ import annotations

import pytest
from support.notebook import S1, at_most, done, with_s1

pytestmark = pytest.mark.kernel

CUT_OFF = "ConnectionFailedError"


def test_gathered_calls_run_at_the_same_time(kernel):
    with_s1(kernel)
    code = (
        "import asyncio\nresults = await asyncio.gather(\n"
        "    *(servers['s1'].acall('slow', seconds=0.5, label=str(i)) for i in range(20)),\n"
        "    *(servers['s1'].acall('add', a=i, b=1) for i in range(20)))"
    )
    with at_most(4):
        done(kernel.run(code))
    assert kernel.value("[r.data['sum'] for r in results[20:]]") == [i + 1 for i in range(20)]


def test_threads_of_the_user_call_by_both_faces(kernel):
    with_s1(kernel)
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def python(i):\n    return servers['s1'].call('add', a=i, b=1).data['sum']\n"
        "def magic(i):\n    r = %mcp call s1.add a={i} b=1\n    return r.data['sum']\n"
        "with ThreadPoolExecutor(16) as pool:\n"
        "    sums = list(pool.map(python, range(50))), list(pool.map(magic, range(50)))"
    )
    done(kernel.run(code))
    assert kernel.value("sums") == (list(range(1, 51)), list(range(1, 51)))


def test_an_async_call_on_a_loop_of_the_users_own_thread(kernel):
    with_s1(kernel)
    code = (
        "import asyncio, threading\nbox = []\n"
        "run = lambda: box.append(asyncio.run(servers['s1'].acall('add', a=1, b=2)))\n"
        "thread = threading.Thread(target=run); thread.start(); thread.join()"
    )
    done(kernel.run(code))
    assert kernel.value("box[0].data") == {"sum": 3}


@pytest.mark.parametrize(
    ("change", "word", "next_step"),
    [
        ("%mcp remove s1", "removed", "%mcp add s1"),
        (f"%mcp add s1 --env NEW=1 -- {S1}", "replaced", "run the cell again"),
        ("%mcp restart s1", "restarted", "run the cell again"),
        ("%mcp disconnect s1", "disconnected", "%mcp connect s1"),
    ],
    ids=["remove", "add", "restart", "disconnect"],
)
def test_changing_a_server_ends_its_calls_with_an_error_that_says_so(kernel, change, word, next_step):
    with_s1(kernel)
    code = (
        f"import asyncio\nasync def change():\n    await asyncio.sleep(0.3)\n    done = {change}\n"
        "failed, _ = await asyncio.gather(servers['s1'].acall('slow', seconds=60), change(), return_exceptions=True)"
    )
    with at_most(10):
        done(kernel.run(code))
    assert kernel.value("type(failed).__name__") == CUT_OFF
    assert kernel.value("failed.failure.message") == f"s1 was {word} while the request was under way"
    assert next_step in kernel.value("failed.failure.next_step")


def test_a_call_made_while_the_server_is_being_left_connects_anew(kernel):
    with_s1(kernel)
    code = (
        "import asyncio\nfirst = servers['s1'].call('pid').data['pid']\n"
        "async def again():\n"
        "    while servers['s1'].connection.state == 'ready':\n        await asyncio.sleep(0)\n"
        "    return await servers['s1'].acall('pid')\n"
        "_, second = await asyncio.gather(servers['s1'].adisconnect(), again())"
    )
    done(kernel.run(code))
    assert kernel.value("second.data['pid'] != first")


def test_a_removed_server_is_unknown_at_once(kernel):
    with_s1(kernel)
    code = (
        "import threading\nthread = threading.Thread(target=servers.remove, args=('s1',)); thread.start()\n"
        "while 's1' in servers: pass\n"
        "alive = thread.is_alive()\nnames = list(servers); thread.join()"
    )
    done(kernel.run(code))
    assert kernel.value("names") == []


def test_a_forked_child_has_connections_of_its_own_and_leaves_the_parents_alone(kernel):
    with_s1(kernel)
    code = """
import multiprocessing
context = multiprocessing.get_context("fork")
queue = context.Queue()

def child():
    try:
        queue.put((servers["s1"].connection.state, servers["s1"].call("pid").data["pid"]))
    finally:
        servers.close()

mine = servers["s1"].call("pid").data["pid"]
process = context.Process(target=child)
process.start()
state, theirs = queue.get(timeout=30)
process.join(20)
after = servers["s1"].call("pid").data["pid"]
"""
    outcome = done(kernel.run(code))
    assert kernel.value("(state, theirs != mine, after == mine, process.exitcode)") == ("idle", True, True, 0)
    assert outcome.stderr == ""


def test_a_forked_child_that_outlives_the_kernel_holds_no_server(kernel):
    from support.notebook import all_gone, family

    processes = family(with_s1(kernel))
    code = "import os, time\npid = os.fork()\nif pid == 0:\n    os.setsid(); time.sleep(30); os._exit(0)"
    done(kernel.run(code))
    import psutil

    child = psutil.Process(kernel.value("pid"))
    kernel.kill()
    try:
        assert all_gone(processes, within=5)
    finally:
        child.kill()
