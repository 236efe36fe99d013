"""Calls that a server runs as tasks, in both eras; and questions of a server that become tasks of ours."""

from __future__ import annotations

import asyncio
import json
import sys
import threading

import pytest
from mcp.shared.inbound import encode_header_value
from support.paths import REPOSITORY
from support.task_server import AT

from mcp_magics.connection.questions.refused import RefusedError
from mcp_magics.connection.tasks.ours import MOST, ClientTasks
from mcp_magics.connection.tasks.task import task_state

TASKS = f"{sys.executable} {REPOSITORY / 'tests' / 'support' / 'task_server.py'}"
PATIENCE = 30


@pytest.fixture
def tasks(shell, era):
    shell(f"%mcp add t --protocol {era} --quiet -- {TASKS}\nfrom mcp_magics import servers")
    return shell


def server(shell):
    return shell.value("servers['t']")


def seen(shell):
    return json.loads(server(shell).call("seen").text)


def reached(job, status):
    """Wait until ``job``'s task is seen in ``status``."""
    there = threading.Event()
    job.on_change(lambda: there.set() if job.done or (job.task and job.task.status == status) else None)
    assert there.wait(PATIENCE)
    return job


def test_a_tool_that_must_be_a_task_is_called_as_one_by_itself_and_followed_to_its_result(tasks):
    cell = tasks("%mcp call t.crunch -o result")
    result = tasks.value("result")
    assert result.text == "the end"
    assert "ran as task task-1: working at 0.0 s, completed at" in cell.text
    assert seen(tasks).count("tasks/get") == 2


def test_a_task_that_fails_raises_the_error_the_call_would_have_had(tasks):
    error = tasks.fails("%mcp call t.crunch mode=fails", "rpc_error")
    assert (error.code, error.rpc_message) == (-32603, "the machine broke")


def test_a_task_its_server_cancelled_says_so(tasks):
    error = tasks.fails("%mcp call t.crunch mode=cancels", "task_cancelled")
    assert "look 2" in error.failure.message


def test_a_task_that_is_gone_is_the_servers_own_error(tasks):
    assert "expired" in str(tasks.fails("%mcp call t.crunch mode=gone", "rpc_error"))


def test_an_answer_that_is_no_task_ends_the_call_and_the_task(tasks):
    tasks.fails("%mcp call t.crunch mode=odd", "no_task")
    assert "tasks/cancel" in seen(tasks)


def test_a_task_asks_and_its_call_answers(tasks):
    cell = tasks('%mcp call t.crunch mode=asks --answer \'{"which": "red"}\' -o result')
    answer = tasks.value("result.data")
    expected = {"answer": {"which": "red"}, "related": True}
    assert answer in (expected, {"one": {"action": "accept", "content": {"which": "red"}}})
    assert "input_required at" in cell.text


def test_where_nobody_can_answer_a_tasks_question_is_declined_and_the_result_says_so(tasks):
    result = server(tasks).call("crunch", mode="asks")
    assert any("declined: no one here can answer" in note for note in result.notes)


def test_a_task_that_is_silent_for_too_long_is_cancelled_but_each_look_is_a_sign_of_life(tasks):
    error = tasks.fails("%mcp call t.crunch mode=never --max-time 1", "max_time")
    assert "tools/call" in error.failure.message
    assert "tasks/cancel" in seen(tasks)


def test_a_job_knows_its_task_and_cancelling_it_cancels_the_task(tasks):
    job = reached(server(tasks).start("crunch", mode="never"), "working")
    assert job.task.id == "task-1"
    job.cancel()
    with pytest.raises(Exception, match="job 1 .* was cancelled"):
        job.wait(PATIENCE)
    assert (job.state, "tasks/cancel" in seen(tasks)) == ("cancelled", True)
    assert "notifications/cancelled" not in seen(tasks)


def test_several_tasks_at_once_end_each_with_its_own_result(tasks):
    jobs = [server(tasks).start("crunch") for _ in range(20)]
    assert [job.wait(PATIENCE).text for job in jobs] == ["the end"] * 20
    assert len({job.task.id for job in jobs}) == 20


@pytest.fixture
def legacy(shell):
    shell(f"%mcp add t --protocol legacy --quiet -- {TASKS}\nfrom mcp_magics import servers")
    return shell


@pytest.fixture
def modern(shell):
    shell(f"%mcp add t --protocol 2026-07-28 --quiet -- {TASKS}\nfrom mcp_magics import servers")
    return shell


def test_a_tool_that_may_be_a_task_is_one_where_that_is_asked_for_with_its_time_to_live(legacy):
    assert legacy.value("servers['t'].call('perhaps').text") == "done at once"
    legacy("%mcp call t.perhaps --task 90s -o result")
    assert legacy.value("result").text == "the end"
    assert legacy.value("%mcp jobs t").to_json()[0]["ttl"] == 90_000


def test_a_dry_run_shows_the_wish_for_a_task(legacy):
    assert '"task":{"ttl":90000}' in legacy("%mcp call t.perhaps --task 90s --dry-run").text
    assert '"task":{}' in legacy("%mcp call t.crunch --dry-run").text
    assert '"task"' not in legacy("%mcp call t.perhaps --dry-run").text


def test_a_tool_that_may_not_be_a_task_says_so_and_nothing_is_sent(legacy):
    error = legacy.fails("%mcp call t.plain --task", "no_task")
    assert "taskSupport: absent" in error.failure.message
    assert seen(legacy).count("tools/call") == 1  # the one that asks


def test_a_server_without_tasks_says_so(shell):
    from support.notebook import S1

    shell(f"%mcp add s1 --protocol legacy --quiet -- {S1}")
    shell.fails("%mcp call s1.echo text=hi --task", "no_task")
    shell.fails("%mcp jobs s1", "no_task")


def test_a_modern_server_decides_by_itself_and_lists_no_tasks(modern):
    modern("%mcp call t.perhaps --task -o result")
    assert modern.value("result").text == "the end"
    modern.fails("%mcp jobs t", "no_task")


def test_the_result_inside_a_task_stays_exact(modern):
    assert '"huge": 1e+300' in server(modern).call("crunch").raw_text


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
def test_each_era_is_told_which_tasks_this_client_knows(shell, era):
    shell(f"%mcp add t --protocol {era} --quiet -- {TASKS}\nfrom mcp_magics import servers")
    declared = json.loads(server(shell).call("client").text)
    if era == "legacy":
        assert declared["tasks"]["requests"] == {"sampling": {"createMessage": {}}, "elicitation": {"create": {}}}
        assert "io.modelcontextprotocol/tasks" not in declared.get("extensions", {})
    else:
        assert declared["extensions"]["io.modelcontextprotocol/tasks"] == {}
        assert "tasks" not in declared


def test_every_request_about_a_task_names_it_in_a_header(shell, odd):
    task = {"taskId": "täsk-1", "createdAt": AT, "lastUpdatedAt": AT, "ttlMs": None, "pollIntervalMs": 50}
    question = {"method": "elicitation/create", "params": {"mode": "form", "message": "Go on?", "requestedSchema": {}}}
    states = iter(["working", "input_required", "completed"])

    def looked_at(_asked):
        status = next(states)
        more = {"input_required": {"inputRequests": {"one": question}}, "completed": {"result": {"content": []}}}
        return {"resultType": "complete", **task, "status": status, **more.get(status, {})}

    capabilities = {"tools": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}}
    found = {"supportedVersions": ["2026-07-28"], "capabilities": capabilities, "ttlMs": 0, "cacheScope": "private"}
    odd.on = {
        "server/discover": lambda _asked: {"resultType": "complete", **found},
        "tools/call": lambda _asked: {"resultType": "task", **task, "status": "working"},
        "tasks/get": looked_at,
        "tasks/update": lambda _asked: {"resultType": "complete"},
    }
    shell(f"%mcp add far --protocol 2026-07-28 --quiet {odd.url}\nfrom mcp_magics import servers")
    result = shell.value("servers['far'].with_options(answers=['accept']).call('echo', text='x')")
    assert result.notes[-1].startswith("ran as task täsk-1: working at")
    about = [asked for asked in odd.asked if asked.rpc.startswith("tasks/")]
    assert [asked.rpc for asked in about] == ["tasks/get", "tasks/get", "tasks/update", "tasks/get"]
    assert {asked.headers["mcp-name"] for asked in about} == {encode_header_value("täsk-1")}
    assert [asked.headers["mcp-method"] for asked in about] == [asked.rpc for asked in about]
    assert about[2].message["params"]["inputResponses"] == {"one": {"action": "accept", "content": {}}}


def test_a_real_server_asks_its_questions_as_tasks_of_ours(shell, node_server):
    command = " ".join(node_server("server-everything"))
    shell(f"%mcp add everything --quiet -- {command}\nfrom mcp_magics import servers")
    asked = (
        "servers['everything'].with_options(answers=['Good day.']).call('trigger-sampling-request-async', prompt='hi')"
    )
    text = shell.value(asked).text
    assert "[COMPLETED]" in text
    assert "Good day." in text
    declined = shell.value("servers['everything'].call('trigger-elicitation-request-async').text")
    assert "[DECLINED]" in declined


# -- tasks of ours ----------------------------------------------------------------------------------------------------


def run(work):
    """Run ``work(tasks)`` on a loop of its own, with the tasks of one server."""

    async def main():
        async with ClientTasks() as tasks:
            return await work(tasks)

    return asyncio.run(main())


async def given(tasks, ttl=60_000, answer=None):
    """A task of ours that is answered with ``answer``, or never where that is None; its id."""

    async def ask(_method, _params):
        if answer is None:
            await asyncio.Event().wait()
        return answer

    created = await tasks.answer("elicitation/create", {"task": {"ttl": ttl}}, ask)
    return created["task"]["taskId"]


def test_a_question_that_is_a_task_is_told_of_listed_and_fetched():
    async def work(tasks):
        name = await given(tasks, answer={"action": "decline"})
        result = await tasks.answer("tasks/result", {"taskId": name}, None)
        told = await tasks.answer("tasks/get", {"taskId": name}, None)
        listed = await tasks.answer("tasks/list", {}, None)
        return name, result, told, listed

    name, result, told, listed = run(work)
    assert result == {"action": "decline", "_meta": {"io.modelcontextprotocol/related-task": {"taskId": name}}}
    assert (told["status"], told["ttl"], [each["taskId"] for each in listed["tasks"]]) == ("completed", 60_000, [name])


def test_a_task_of_ours_can_be_cancelled_once():
    async def work(tasks):
        name = await given(tasks)
        cancelled = await tasks.answer("tasks/cancel", {"taskId": name}, None)
        with pytest.raises(RefusedError, match="it is cancelled"):
            await tasks.answer("tasks/cancel", {"taskId": name}, None)
        with pytest.raises(RefusedError, match="was cancelled"):
            await tasks.answer("tasks/result", {"taskId": name}, None)
        return cancelled["status"]

    assert run(work) == "cancelled"


def test_the_tasks_of_one_server_are_bounded_and_end_with_their_time():
    async def work(tasks):
        kept = [await given(tasks) for _ in range(MOST)]
        with pytest.raises(RefusedError, match="are kept already"):
            await given(tasks)
        await tasks.answer("tasks/cancel", {"taskId": kept[0]}, None)
        return len((await tasks.answer("tasks/list", {}, None))["tasks"])

    assert run(work) == MOST

    async def expires(tasks):
        name = await given(tasks, ttl=0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(RefusedError, match="not found"):
            await tasks.answer("tasks/get", {"taskId": name}, None)

    run(expires)


@pytest.mark.parametrize("method", ["tasks/get", "tasks/result", "tasks/cancel"])
def test_a_task_nobody_gave_is_not_found(method):
    async def work(tasks):
        with pytest.raises(RefusedError, match="not found"):
            await tasks.answer(method, {"taskId": "x"}, None)

    run(work)


# -- what a server says of a task ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "interval", "ttl"),
    [
        ({"pollInterval": 500, "ttl": 60_000}, 0.5, 60),
        ({"pollIntervalMs": 250, "ttlMs": None}, 0.25, None),
        ({}, 1.0, None),
        ({"pollInterval": 0}, 0.05, None),
        ({"pollInterval": -7, "ttl": "x"}, 0.05, None),
        ({"pollInterval": 1e12}, 60.0, None),
        ({"pollInterval": "soon"}, 1.0, None),
    ],
)
def test_the_interval_of_a_task_is_the_servers_within_bounds(raw, interval, ttl):
    state = task_state({"taskId": "t", "status": "working"} | raw)
    assert (state.interval, state.ttl) == (interval, ttl)


@pytest.mark.parametrize("raw", [None, [], "task", {}, {"taskId": 7}, {"taskId": ""}, {"taskId": "x" * 2000}])
def test_what_is_no_task_is_none(raw):
    assert task_state(raw) is None
