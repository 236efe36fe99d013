"""Calls that are left to run: the cell goes on, the result arrives in its output, and they can be listed and ended."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from support.commands import faulty
from support.notebook import S1

from mcp_magics.connection.jobs.job import Job
from mcp_magics.connection.jobs.listing import jobs_table
from mcp_magics.connection.jobs.register import KEPT, Jobs, jobs
from mcp_magics.connection.login.login_job import LoginJob
from mcp_magics.connection.loop import background
from mcp_magics.connection.questions.inbox import Answer, inbox
from mcp_magics.connection.waiting import Until
from mcp_magics.errors import CommandError, RequestCancelledError, StillRunningError
from mcp_magics.playground import host
from mcp_magics.playground.plan import Wanted
from mcp_magics.wire.pending import Settling

PATIENCE = 30


IN_THIS_PROCESS = "from mcp_magics import servers, jobs\nfrom mcp_magics.playground import build"


@pytest.fixture
def s1(shell):
    """The workbench server as an object of this process."""
    shell(f"{IN_THIS_PROCESS}\nservers.add('s1', object=build('s1').server)")
    return shell


@pytest.fixture
def in_era(shell, era):
    """The same over stdio, in each era."""
    shell(f"%mcp add s1 --protocol {era} --quiet -- {S1}\nfrom mcp_magics import servers")
    return shell


@pytest.fixture
def over_http(shell, era):
    """The same over HTTP, in each era."""
    (running,) = host.start(["s1"], Wanted(transport="http"))
    shell(f"%mcp add far --url {running.url} --protocol {era} --quiet\nfrom mcp_magics import servers")
    yield shell
    host.stop()


@pytest.fixture
def somebody(monkeypatch):
    """Somebody may be at the keyboard."""
    monkeypatch.setattr(inbox, "attended", True)


def until(watched, condition):
    """Wait until ``condition`` holds, looked at whenever ``watched`` (its ``on_change`` or ``watch``) tells of news."""
    there = threading.Event()
    watched(lambda: there.set() if condition() else None)
    if condition():
        there.set()
    assert there.wait(PATIENCE)


def job_of(shell):
    return shell.value("job")


# -- a job ------------------------------------------------------------------------------------------------------------


def test_a_cell_that_does_not_wait_gets_a_job_and_the_job_its_result(s1):
    cell = s1("%mcp call s1.slow seconds=0.2 --no-wait -o job")
    assert "job 1: s1.slow running" in cell.text
    assert "%mcp jobs cancel 1" in cell.text
    job = job_of(s1)
    assert job.wait(PATIENCE).text == "awake after 0.2 s"
    assert (job.state, job.done, job.number, job.result.text) == ("succeeded", True, 1, "awake after 0.2 s")
    shown = job._repr_mimebundle_()
    assert "job 1: s1.slow succeeded after" in shown["text/plain"]
    assert "awake after 0.2 s" in shown["text/plain"]
    assert "awake after 0.2 s" in shown["text/html"]


def test_an_assigned_job_shows_nothing_and_a_job_in_the_expression_is_the_value_of_the_cell(s1):
    assert s1("job = %mcp call s1.add a=1 b=2 --no-wait").text == ""
    assert job_of(s1).wait(PATIENCE).data == {"sum": 3}
    s1("%mcp call s1.add a=1 b=2 --no-wait")
    assert s1.value("_.wait(30).data") == {"sum": 3}


def test_the_arguments_are_worked_out_when_the_cell_runs(s1):
    s1("n = 1\n%mcp call s1.add a={n} b=0 --no-wait -o job\nn = 100")
    assert job_of(s1).wait(PATIENCE).data == {"sum": 1}


def test_a_tool_that_is_not_there_fails_the_cell_and_begins_no_job(s1):
    s1.fails("%mcp call s1.nosuch --no-wait", "unknown_tool")
    assert len(jobs) == 0


@pytest.mark.parametrize(
    ("line", "attribute"),
    [("read s1 s1://notes.txt", "text"), ("prompt s1.hello", "messages"), ("request s1 tools/list", "raw")],
)
def test_reading_prompting_and_requesting_may_be_left_to_run_too(s1, line, attribute):
    s1(f"%mcp {line} --no-wait -o job")
    assert getattr(job_of(s1).wait(PATIENCE), attribute)


def test_a_job_tells_its_error_to_everyone_who_waits(s1):
    s1("%mcp call s1.rpc_error --no-wait -o job")
    first = s1.fails("job.wait(30)", "rpc_error")
    assert s1.fails("await job", "rpc_error") is first
    assert job_of(s1).state == "failed"
    assert "rpc_error" in s1("job").text


def test_fail_and_expect_error_hold_for_the_job(s1):
    s1("%mcp call s1.is_error --no-wait --fail -o job")
    s1.fails("job.wait(30)", "tool_error")
    s1("%mcp call s1.is_error --no-wait --expect-error tool_error -o job")
    assert job_of(s1).wait(PATIENCE).is_error


def test_a_job_can_be_awaited_and_many_at_once(s1):
    s1("many = [servers['s1'].start('add', a=n, b=1) for n in range(50)]\nresults = [await job for job in many]")
    assert [result.data["sum"] for result in s1.value("results")] == list(range(1, 51))


def test_who_waits_long_enough_is_told_what_to_type_and_the_job_goes_on(s1):
    s1("%mcp call s1.slow seconds=30 --no-wait -o job")
    error = s1.fails("job.wait(0.05)", "still_running")
    assert isinstance(error, TimeoutError)
    assert isinstance(error, StillRunningError)
    assert error.failure.next_step == "%mcp jobs 1"
    assert not job_of(s1).done


def test_progress_is_told_while_it_runs(s1):
    s1("%mcp call s1.progress steps=3 seconds=0.4 --no-wait -o job")
    job, seen = job_of(s1), []
    job.on_change(lambda: seen.append(job.glance.line))
    job.wait(PATIENCE)
    assert any("step 1 of 3 (1 of 3)" in line for line in seen), seen


def test_json_prints_the_job_and_save_waits_for_the_result(s1, tmp_path):
    told = json.loads(s1("%mcp call s1.add a=1 b=2 --no-wait --json -o job").stdout)
    assert (told["job"], told["what"], told["server"]) == (1, "s1.add", "s1")
    job_of(s1).wait(PATIENCE)
    s1(f"%mcp call s1.add a=1 b=2 --no-wait --save {tmp_path / 'sum.json'} -o job")
    job_of(s1).wait(PATIENCE)
    assert json.loads((tmp_path / "sum.json").read_text("utf-8"))["structuredContent"] == {"sum": 3}


def test_plain_python_has_jobs_too(s1):
    server = s1.value("servers['s1']")
    job = server.start("add", {"a": 1}, b=2)
    assert job.wait(PATIENCE).data == {"sum": 3}

    async def awaited():
        return await server.start("add", a=2, b=2)

    assert asyncio.run(awaited()).data == {"sum": 4}


# -- cancelling -------------------------------------------------------------------------------------------------------


def cancellations(shell, name):
    return shell.value(f"servers[{name!r}].call('cancellations', at_least=1).data['cancelled']")


def started(job, shell, name):
    """The job's request is on the wire, and its server has answered something that was sent after it."""
    until(job.on_change, lambda: job._pending is not None)
    shell(f"%mcp call {name}.echo text=hi --quiet")


@pytest.mark.parametrize("how", ["job.cancel()", "%mcp jobs cancel 1"])
def test_a_cancelled_job_is_cancelled_on_its_server(in_era, how):
    in_era("%mcp call s1.slow seconds=60 label=mine --no-wait -o job")
    started(job_of(in_era), in_era, "s1")
    in_era(how)
    with pytest.raises(RequestCancelledError, match="job 1 .* was cancelled"):
        job_of(in_era).wait(PATIENCE)
    assert job_of(in_era).state == "cancelled"
    assert cancellations(in_era, "s1")[0]["label"] == "mine"


def test_a_cancelled_job_is_cancelled_on_an_http_server_too(over_http):
    over_http("%mcp call far.slow seconds=60 label=mine --no-wait -o job")
    started(job_of(over_http), over_http, "far")
    over_http("job.cancel()")
    until(job_of(over_http).on_change, lambda: job_of(over_http).done)
    assert cancellations(over_http, "far")[0]["label"] == "mine"


def test_a_result_that_comes_after_the_cancel_is_dropped_with_a_line_in_the_log(shell, era):
    shell(f"%mcp add late --protocol {era} --quiet -- {faulty('result-after-cancel')}\nfrom mcp_magics import servers")
    server = shell.value("servers['late']")
    job = server.start("echo", text="one")
    until(job.on_change, lambda: job._pending is not None)
    job.cancel()
    until(job.on_change, lambda: job.done)
    assert server.call("raw_frame").text  # sent after, answered after: the late result has been read
    assert any("given up: dropped" in line for line in server.log.tail("client", 10))
    assert len(server.violations) == 0
    assert (job.state, job.result) == ("cancelled", None)


def test_cancelling_what_has_ended_says_so(s1):
    s1("%mcp call s1.add a=1 b=2 --no-wait -o job\njob.wait(30)")
    job_of(s1).cancel()
    assert "has ended already" in s1("%mcp jobs cancel 1").text
    assert job_of(s1).state == "succeeded"


def test_leaving_the_server_ends_its_jobs(s1):
    s1("%mcp call s1.slow seconds=60 --no-wait -o job")
    started(job_of(s1), s1, "s1")
    s1("%mcp disconnect s1")
    s1.fails("job.wait(30)", "disconnected")


def test_an_interrupt_ends_the_waiting_and_not_the_job(s1, monkeypatch):
    s1("%mcp call s1.slow seconds=60 --no-wait -o job")
    job, looks = job_of(s1), []

    class Interrupted:
        def look(self, _until):
            looks.append(1)
            raise KeyboardInterrupt

    monkeypatch.setattr(job, "_attends", Interrupted)
    with pytest.raises(KeyboardInterrupt, match=r"job 1 \(s1.slow\) goes on; %mcp jobs cancel 1 ends it"):
        job.wait(PATIENCE)
    assert (looks, job.state) == ([1], "running")
    assert len(s1.run("job.wait()").traceback) == 1


# -- the table --------------------------------------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_job(s1):
    s1("%mcp call s1.slow seconds=60 --no-wait -o job\ndone = servers['s1'].start('add', a=1, b=2)\ndone.wait(30)")
    table = s1.value("%mcp jobs")
    assert [(row["number"], row["what"], row["state"]) for row in table] == [
        (1, "s1.slow", "running"),
        (2, "s1.add", "succeeded"),
    ]
    assert list(table.df["server"]) == ["s1", "s1"]
    assert json.loads(s1("%mcp jobs --json").stdout)[1]["what"] == "s1.add"
    assert s1.value("%mcp jobs 2") is s1.value("done")
    assert '"sum": 3' in s1("%mcp jobs 2").text
    assert s1.value("jobs.df.shape") == (2, 7)


def test_a_job_that_ended_with_an_error_result_says_so(s1):
    job = job_of(s1("%mcp call s1.is_error --no-wait -o job") and s1)
    assert job.wait(PATIENCE).is_error
    assert job.state == "succeeded"
    assert s1.value("%mcp jobs").rows[0]["state"] == "succeeded (isError)"
    assert "succeeded (isError) after" in s1("job").text


def test_the_next_line_does_what_was_meant_to_what_there_is(s1):
    for typed, meant in (("dismis 4", "dismiss 4"), ("answr 4 {}", "answer 4 {}"), ("cancl 4", "cancel 4")):
        assert s1.fails(f"%mcp jobs {typed}", "usage").failure.next_step == f"%mcp jobs {meant}"
    assert s1.fails("%mcp jobs cancel b", "usage").failure.next_step == "%mcp jobs"
    s1("servers['s1'].start('add', a=1, b=2).wait(30)\n%mcp call s1.slow seconds=60 --no-wait -o job")
    assert s1.fails("%mcp jobs cancel b", "usage").failure.next_step == "%mcp jobs cancel 2"


def test_without_any_job_the_table_is_empty(shell):
    assert "0 jobs" in shell("%mcp jobs").text


@pytest.mark.parametrize(
    ("line", "class_"),
    [
        ("jobs 7", "unknown_job"),
        ("jobs cancel 7", "unknown_job"),
        ("jobs cancel", "usage"),
        ("jobs cancel x", "usage"),
        ("jobs nothing", "usage"),
        ("jobs stop 7", "usage"),
        ("jobs answer 7 {}", "unknown_question"),
        ("jobs decline 7", "unknown_question"),
    ],
)
def test_what_is_not_there_is_said_with_the_line_to_type(shell, line, class_):
    shell.fails(f"%mcp {line}", class_)


def test_the_newest_that_have_ended_are_kept_and_all_that_run():
    class Ended:
        done = True

    class Runs:
        done = False

    kept = Jobs()
    runs = kept.keep(Runs())
    numbers = [kept.keep(Ended()) for _ in range(KEPT + 20)]
    assert len(kept) <= KEPT + 2
    assert kept[runs].done is False
    assert kept[numbers[-1]].done
    with pytest.raises(CommandError, match="there is no job 2"):
        kept[numbers[0]]


# -- questions --------------------------------------------------------------------------------------------------------


@pytest.fixture
def asking(s1, somebody):
    """A job whose server's question stands open."""
    return asked(s1)


def asked(shell):
    shell("%mcp call s1.elicitation --no-wait -o job")
    until(inbox.watch, inbox.standing)
    return shell


def test_a_question_of_a_job_stands_in_the_table_and_the_job_waits(in_era, somebody):
    asking = asked(in_era)
    job = job_of(asking)
    until(job.on_change, lambda: job.state == "waiting")
    table = asking.value("%mcp jobs")
    assert [(row["kind"], row["state"]) for row in table] == [("job", "waiting"), ("question", "open")]
    number = inbox.standing()[0].number
    assert f"waiting for an answer: %mcp jobs answer {number}" in table.rows[0]["news"]
    assert asking.fails("%mcp jobs answer 999", "unknown_question").failure.next_step == f"%mcp jobs answer {number}"
    asking(f"%mcp jobs dismiss {inbox.standing()[0].number}")
    assert job.wait(PATIENCE).data == {"action": "cancel"}


@pytest.mark.parametrize(
    ("line", "data"),
    [
        ('answer N {"name": "Ada", "age": 36}', {"action": "accept", "content": {"name": "Ada", "age": 36}}),
        ("answer N decline", {"action": "decline"}),
        ("answer N cancel", {"action": "cancel"}),
        ("decline N", {"action": "decline"}),
    ],
)
def test_a_standing_question_is_answered_by_a_line(asking, line, data):
    asking(f"%mcp jobs {line.replace('N', str(inbox.standing()[0].number))}")
    assert job_of(asking).wait(PATIENCE).data == data


def test_an_answer_that_is_none_is_refused_and_the_question_stands(asking):
    number = inbox.standing()[0].number
    for answer, class_ in (("perhaps", "usage"), ("Accept", "usage"), ('\'{"name": "Ada"\'', "not_json")):
        assert asking.fails(f"%mcp jobs answer {number} {answer}", class_).failure.next_step.startswith("%mcp jobs")
    assert [each.number for each in inbox.standing()] == [number]
    assert inbox.settle(number, Answer("decline"))
    job_of(asking).wait(PATIENCE)


def test_a_job_given_its_answers_asks_nobody(s1):
    s1('%mcp call s1.elicitation --no-wait --answer \'{"name": "Ada", "age": 36}\' -o job')
    assert job_of(s1).wait(PATIENCE).data["content"] == {"name": "Ada", "age": 36}


def test_a_job_of_a_script_is_declined_with_a_note(s1):
    s1("%mcp call s1.elicitation --no-wait -o job")
    result = job_of(s1).wait(PATIENCE)
    assert result.data == {"action": "decline"}
    assert any("no one here can answer" in note for note in result.notes)


# -- the object alone -------------------------------------------------------------------------------------------------


@pytest.fixture
def loop(nothing_leaks):
    yield background.loop
    background.stop()


def test_a_job_cancelled_before_it_began_ends_all_the_same(loop):
    async def steps():
        await Until(Settling(), "shop")

    job, gate = Job("shop", "x"), threading.Event()
    loop.call_soon_threadsafe(gate.wait)
    job.start(steps())
    job.cancel()
    gate.set()
    until(job.on_change, lambda: job.done)
    assert job.state == "cancelled"


def test_what_nobody_foresaw_is_an_error_of_the_job(loop):
    async def steps():
        raise ZeroDivisionError("by nothing")

    job = Job("shop", "x")
    job.start(steps())
    until(job.on_change, lambda: job.done)
    assert (job.state, "ZeroDivisionError: by nothing" in job.line) == ("failed", True)
    with pytest.raises(ZeroDivisionError):
        job.wait(PATIENCE)
    assert "ZeroDivisionError" in job._repr_mimebundle_()["text/html"]


def test_a_login_under_way_is_a_job_too(loop):
    gate = threading.Event()

    async def work():
        await asyncio.to_thread(gate.wait)
        return ()

    login = LoginJob("shop")
    login.start(work())
    try:
        (row,) = jobs_table(jobs, ())
        assert (row["number"], row["what"], row["server"], row["state"]) == (login.number, "login", "shop", "running")
    finally:
        gate.set()
        login.wait(PATIENCE)
        jobs.clear()
