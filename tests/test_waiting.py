"""Steps: written once, run on a thread that blocks or on a loop that goes on."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from mcp_magics.connection.loop import Background
from mcp_magics.connection.waiting import Patience, Until, run_awaiting, run_blocking
from mcp_magics.errors import RequestTimeoutError
from mcp_magics.wire.pending import Pending, Progress


@pytest.fixture
def background():
    one = Background()
    yield one
    one.stop()


async def after(seconds, value):
    await asyncio.sleep(seconds)
    return value


async def doubled(background, value):
    job = background.start(after(0.01, value))
    await Until(job, "s")
    return job.result() * 2


def test_the_same_steps_run_blocking_and_awaiting(background):
    assert run_blocking(doubled(background, 21)) == 42
    assert asyncio.run(run_awaiting(doubled(background, 21))) == 42


def test_a_failed_job_raises_what_its_coroutine_raised(background):
    async def fails():
        raise LookupError("no")

    async def steps():
        job = background.start(fails())
        await Until(job, "s")
        return job.result()

    with pytest.raises(LookupError, match="no"):
        run_blocking(steps())


def test_many_completions_wake_an_awaiting_loop(background):
    async def all_at_once():
        return await asyncio.gather(*(run_awaiting(doubled(background, n)) for n in range(200)))

    assert asyncio.run(all_at_once()) == [2 * n for n in range(200)]


def test_an_overdue_wait_raises_in_both_ways_of_running():
    async def steps():
        pending = Pending(1, "tools/call")
        patience = Patience(timeout=0.05)
        await Until(pending, "s", lambda: patience.exhausted(pending, "s"))

    for run in (lambda: run_blocking(steps()), lambda: asyncio.run(run_awaiting(steps()))):
        with pytest.raises(RequestTimeoutError) as caught:
            run()
        assert caught.value.failure.class_ == "timeout"
        assert "0.05" in caught.value.failure.message


def test_the_steps_hear_of_an_interrupt_before_it_leaves(background):
    heard = []

    class Interrupting:
        def look(self, until):
            raise KeyboardInterrupt

    async def steps():
        job = background.start(after(60, None))
        try:
            await Until(job, "s")
        except KeyboardInterrupt:
            heard.append("interrupt")
            job.cancel()
            raise

    with pytest.raises(KeyboardInterrupt):
        run_blocking(steps(), Interrupting())
    assert heard == ["interrupt"]


def test_progress_starts_the_timeout_anew_and_a_question_stops_the_clock():
    pending = Pending(1, "tools/call")
    pending.touched -= 10
    assert pending.silent_for >= 10
    pending.sign_of_life(Progress(1.0, 4.0, "quarter"))
    assert pending.silent_for < 1
    pending.pause()
    pending._paused_at -= 0  # the clock stands while paused
    stood = pending.silent_for
    assert pending.silent_for == stood
    pending.resume()
    assert pending.silent_for < 1


def test_the_error_of_a_timeout_tells_the_last_progress_and_which_limit_it_was():
    pending = Pending(1, "tools/call")
    pending.sign_of_life(Progress(1.0, 4.0, "quarter"))
    pending.started -= 100
    error = Patience(timeout=None, max_time=5).exhausted(pending, "s")
    assert error is not None
    assert error.failure.class_ == "max_time"
    assert error.failure.evidence == ("last progress: quarter (1 of 4)",)


def test_a_pending_settled_on_another_thread_wakes_the_one_that_waits():
    pending = Pending(1, "x")
    threading.Timer(0.02, pending.answer, (b"{}", {})).start()
    started = time.perf_counter()
    assert pending.wait(30)
    assert time.perf_counter() - started < 10


def test_waiting_for_something_settled_returns_at_once():
    pending = Pending(1, "x")
    pending.answer(b"{}", {})
    assert pending.wait(0)
    woken = []
    pending.on_done(lambda: woken.append(True))
    assert woken == [True]


def test_a_background_that_was_stopped_starts_again(background):
    assert run_blocking(doubled(background, 1)) == 2
    background.stop()
    assert not background.running
    assert run_blocking(doubled(background, 2)) == 4


async def lasting(pending):
    await Until(pending, "s")
    return pending.message


def test_a_cancelled_wait_ends_its_task_and_no_other():
    async def both():
        first, second = Pending(1, "tools/call"), Pending(2, "tools/call")
        given_up, kept = (asyncio.ensure_future(run_awaiting(lasting(each))) for each in (first, second))
        await asyncio.sleep(0)
        given_up.cancel()
        first.answer(b"", {"id": 1})
        second.answer(b"", {"id": 2})
        with pytest.raises(asyncio.CancelledError):
            await given_up
        return await kept

    assert asyncio.run(both()) == {"id": 2}


def test_an_interrupt_in_one_woken_task_leaves_the_others_to_go_on(background):
    pendings = [Pending(number, "tools/call") for number in range(3)]
    ended = []

    async def one(pending):
        ended.append(await run_awaiting(lasting(pending)))
        if pending.id == 0:
            raise KeyboardInterrupt

    async def settle_all():
        for pending in pendings:
            pending.answer(b"", {"id": pending.id})

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        tasks = [loop.create_task(one(pending)) for pending in pendings]
        loop.call_soon(background.start, settle_all())
        with pytest.raises(KeyboardInterrupt):
            runner.run(asyncio.wait(tasks))
        loop.run_until_complete(asyncio.wait(tasks))
        with pytest.raises(KeyboardInterrupt):
            tasks[0].result()
    assert [message["id"] for message in ended] == [0, 1, 2]
