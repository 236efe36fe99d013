"""The stop button while a server is at work: the prompt is back, the server knows, the connection goes on."""

from __future__ import annotations

import random
from time import monotonic

import psutil
import pytest
from support.notebook import IN_A_FUNCTION, PLAYGROUND, WAYS, at_most, done, with_s1

pytestmark = pytest.mark.kernel

FLOOD = "%mcp call s1.progress steps=1000000 seconds=0.001"
STARTED = "print('up', flush=True)\n"

PROMPTLY = 5
"""Seconds: a bound for a busy machine, far below what is interrupted; a quiet one takes some hundredths."""


def interrupt(kernel, code, after=0.3):
    """Run ``code``, interrupt it ``after`` so many seconds, and return its outcome and how long the prompt took."""
    running = kernel.start(STARTED + code)
    running.until(lambda outcome: "up" in outcome.stdout)
    deadline = monotonic() + after
    kernel.until(lambda: monotonic() > deadline)
    began = monotonic()
    kernel.interrupt()
    try:
        running.wait(5)
    except TimeoutError:  # Python drops what is raised in a weak reference's callback: a person would press once more
        assert "Exception ignored in" in running.outcome.stderr
        began = monotonic()
        kernel.interrupt()
    return running.wait(20), monotonic() - began


def cancelled(kernel, server, at_least):
    """The labels of the calls that ``server`` saw cancelled."""
    done(kernel.run(f"seen = %mcp call {server}.cancellations at_least={at_least}"))
    return kernel.value("[each['label'] for each in seen.data['cancelled']]")


@pytest.mark.parametrize("protocol", ["legacy", "2026-07-28"])
def test_an_interrupt_gives_the_prompt_back_and_cancels_on_the_server(kernel, protocol):
    with_s1(kernel, f"--protocol {protocol}")
    for number, (way, form) in enumerate(WAYS.items(), start=1):
        outcome, seconds = interrupt(kernel, form.format(f"%mcp call s1.slow seconds=60 label={way}"))
        assert outcome.error.ename == "KeyboardInterrupt"
        assert len(outcome.error.traceback) == 1, outcome.error.text
        assert seconds < PROMPTLY
        assert cancelled(kernel, "s1", number)[-1] == way


def test_an_interrupt_of_a_call_in_python_is_said_in_a_screenful_and_cancels_on_the_server(kernel):
    with_s1(kernel)
    done(kernel.run("from mcp_magics import servers"))
    for number, form in enumerate(("await servers['s1'].a{}", "servers['s1'].{}"), start=1):
        outcome, _ = interrupt(kernel, form.format(f"call('slow', seconds=60, label='{number}')"))
        assert len(outcome.error.text.splitlines()) < 35, outcome.error.text
        assert cancelled(kernel, "s1", number)[-1] == str(number)


@pytest.mark.parametrize(
    "code", ["time.sleep(60)\n{magic}", "{magic}\ntime.sleep(60)", "{magic}\nwhile True:\n    pass"]
)
def test_code_beside_a_call_is_stopped_as_in_a_cell_without_one(kernel, code):
    with_s1(kernel)
    done(kernel.run("import time"))
    outcome, seconds = interrupt(kernel, code.format(magic="%mcp call s1.echo text=hi"), after=1)
    assert outcome.error.ename == "KeyboardInterrupt"
    assert seconds < PROMPTLY
    assert "still here" in done(kernel.run("%mcp call s1.echo text='still here'")).text


def test_a_task_of_the_users_own_is_cancelled_and_the_kernel_goes_on(kernel):
    with_s1(kernel)
    done(kernel.run("import asyncio, time\nasync def task():\n    time.sleep(1)\n    await asyncio.sleep(60)"))
    _, seconds = interrupt(kernel, "%mcp call s1.echo text=hi\nawait asyncio.create_task(task())", after=0.5)
    assert seconds < PROMPTLY
    assert "still here" in done(kernel.run("%mcp call s1.echo text='still here'")).text


@pytest.mark.parametrize("options", ["", "--protocol legacy"])
def test_an_interrupt_over_http_reaches_the_server_too(kernel, options):
    done(kernel.run("%load_ext mcp_magics"))
    done(kernel.run("%mcp playground start s1 --transport http --quiet"))
    done(kernel.run("from mcp_magics import servers\nurl = servers['s1'].spec.transport.url"))
    done(kernel.run(f"%mcp add web {kernel.value('url')} {options} --quiet"))
    done(kernel.run("%mcp call web.pid"))
    for number, (way, form) in enumerate(WAYS.items(), start=1):
        outcome, seconds = interrupt(kernel, form.format(f"%mcp call web.slow seconds=60 label={way}"), 0.8)
        assert outcome.error.ename == "KeyboardInterrupt"
        assert seconds < PROMPTLY
        assert cancelled(kernel, "web", number)[-1] == way
    done(kernel.run("%mcp playground stop"))


@pytest.mark.parametrize("form", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("import nest_asyncio; nest_asyncio.apply()", ""),
        ("", "import nest_asyncio; nest_asyncio.apply()"),
        ("import nest_asyncio2; nest_asyncio2.apply()", ""),
        ("", "import nest_asyncio2; nest_asyncio2.apply()"),
    ],
    ids=["plain", "nest_asyncio first", "nest_asyncio later", "nest_asyncio2 first", "nest_asyncio2 later"],
)
def test_forty_interrupts_at_any_moment_leave_the_connection_usable(kernel, form, before, after):
    done(kernel.run(before))
    with_s1(kernel)
    done(kernel.run(after + "\nfirst = %mcp call s1.pid"))
    moments = random.Random(2026)
    slowest = 0.0
    for _ in range(40):
        outcome, seconds = interrupt(kernel, form.format(FLOOD), moments.uniform(0, 0.15))
        assert outcome.error.ename == "KeyboardInterrupt"
        slowest = max(slowest, seconds)
    assert slowest < 3
    done(kernel.run("last = %mcp call s1.pid"))
    assert kernel.value("first.data == last.data")
    assert kernel.value("len(servers['s1'].connection.dispatcher.in_flight)") == 0


def is_running(word, process):
    """Whether a process with ``word`` in its command still runs: one that only waits to be reaped does not."""
    try:
        return word in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def test_interrupting_the_connecting_ends_the_process_it_started(kernel):
    done(kernel.run("%load_ext mcp_magics"))
    for form in WAYS.values():
        code = form.format(f"%mcp add hangs -- {PLAYGROUND} faulty --fault hangs-at-start")
        outcome, seconds = interrupt(kernel, code, after=1.5)
        assert outcome.error.ename == "KeyboardInterrupt"
        assert seconds < PROMPTLY
        kernel.until(lambda: not any(is_running("faulty", each) for each in kernel.children()), 5)
    done(kernel.run("%mcp list"))


def test_interrupting_a_question_cancels_it_and_the_call(kernel, monkeypatch):
    with_s1(kernel)
    asked = []
    with monkeypatch.context() as unanswered:
        unanswered.setattr(kernel, "_on_stdin", asked.append)
        running = kernel.start(IN_A_FUNCTION.format("%mcp call s1.elicitation"), stdin=[])
        running.until(lambda _: asked)
    with at_most(2):
        kernel.interrupt()
        outcome = running.wait(20)
    assert outcome.error.ename == "KeyboardInterrupt"
    assert done(kernel.run("%mcp call s1.add a=1 b=2")).plain[0].startswith("3")
