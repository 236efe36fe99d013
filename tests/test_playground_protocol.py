"""The protocol server, spoken to by the SDK's own client in both eras, and line by line where the SDK knows nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp import Client, MCPError
from mcp_types import ElicitResult
from support.peer import CAPABILITIES, META, Peer, playground

from mcp_magics.playground import Options, build, host
from mcp_magics.playground.plan import Wanted
from mcp_magics.playground.protocol import TOOLS

TASKS = "io.modelcontextprotocol/tasks"
WITH_TASKS = META | {CAPABILITIES: {"extensions": {TASKS: {}}, "elicitation": {}}}


def visit(era: str, work: Any, server: Any = None, **client: Any) -> Any:
    """What ``work`` returns, given a client connected to a server of its own."""

    async def main() -> Any:
        async with Client(server or build("protocol", Options()).server, mode=era, **client) as connected:
            try:
                return await work(connected)
            except MCPError as error:
                return error

    if isinstance(outcome := anyio.run(main), MCPError):
        raise outcome
    return outcome


def call(era: str, tool: str, arguments: dict[str, Any] | None = None, **client: Any) -> types.CallToolResult:
    async def work(connected: Client) -> types.CallToolResult:
        return await connected.call_tool(tool, arguments or {})

    return visit(era, work, **client)


def answering(*contents: dict[str, Any] | str) -> Any:
    """A person who gives those answers in turn: the content of an accepted form, or the name of an action."""
    turns: Iterator[dict[str, Any] | str] = iter(contents)

    async def person(_context: Any, _params: Any) -> ElicitResult:
        turn = next(turns)
        return ElicitResult(action=turn) if isinstance(turn, str) else ElicitResult(action="accept", content=turn)

    return person


# --- questions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "content"),
    [
        ("ask_texts", {"name": "Ada", "email": "ada@example.org", "born": "1815-12-10"}),
        ("ask_numbers", {"age": 36, "height": 1.65}),
        ("ask_yes_or_no", {"news": True}),
        ("ask_choice", {"colour": "red", "size": "m", "speed": "fast"}),
        ("ask_choices", {"toppings": ["olives", "basil"], "days": ["sa"]}),
        ("ask_everything", {"name": "Ada", "age": 36, "toppings": ["cheese"], "size": "s"}),
        ("ask_nothing", {}),
    ],
)
def test_a_form_of_each_kind_is_asked_and_its_content_told(era: str, tool: str, content: dict[str, Any]) -> None:
    answer = call(era, tool, elicitation_callback=answering(content))
    assert answer.structured_content == {"action": "accept", "content": content}


@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_declining_and_cancelling_are_told_apart(era: str, action: str) -> None:
    assert call(era, "ask_texts", elicitation_callback=answering(action)).structured_content == {"action": action}


def test_a_form_that_breaks_its_schema_is_an_error_that_names_the_field(era: str) -> None:
    answer = call(era, "ask_numbers", elicitation_callback=answering({"age": 151}))
    assert answer.is_error
    assert "$.age" in answer.content[0].text


def test_a_second_question_depends_on_the_first_answer(era: str) -> None:
    asked: list[str] = []
    person = answering({"name": "Ada"}, {"age": 36})

    async def noting(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return await person(context, params)

    answer = call(era, "ask_twice", elicitation_callback=noting)
    assert asked == ["What is your name?", "How old are you, Ada?"]
    assert answer.structured_content["second"]["content"] == {"age": 36}


def test_questions_asked_together_are_all_answered(era: str) -> None:
    answer = call(era, "ask_together", {"n": 3}, elicitation_callback=answering({"answer": "a"}, "decline", "cancel"))
    told = [each["action"] for each in answer.structured_content["answers"].values()]
    assert sorted(told) == ["accept", "cancel", "decline"]


def test_a_link_is_asked_with_its_address_and_no_form(era: str) -> None:
    asked: list[types.ElicitRequestParams] = []

    async def person(_context: Any, params: types.ElicitRequestParams) -> ElicitResult:
        asked.append(params)
        return ElicitResult(action="accept")

    call(era, "ask_link", {"url": "https://example.org/there"}, elicitation_callback=person)
    assert [(params.mode, params.url) for params in asked] == [("url", "https://example.org/there")]


def test_a_link_that_must_be_visited_first_is_an_error_in_the_handshake_era() -> None:
    async def work(client: Client) -> Any:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("link_first", {})
        return caught.value.error.code, (await client.call_tool("link_first", {})).content[0].text

    assert visit("legacy", work) == (-32042, "You have been there.")


def test_the_model_and_the_roots_are_asked_for(era: str) -> None:
    async def model(_context: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
        said = f"{params.system_prompt} {params.messages[-1].content.text}"
        return types.CreateMessageResult(role="assistant", model="m", content=types.TextContent(text=said))

    async def roots(_context: Any) -> types.ListRootsResult:
        return types.ListRootsResult(roots=[types.Root(uri="file:///srv/tea", name="tea")])

    sampled = call(era, "ask_model", {"prompt": "Green?"}, sampling_callback=model)
    assert sampled.structured_content["content"]["text"] == "You sell tea. One sentence. Green?"
    listed = call(era, "ask_roots", list_roots_callback=roots)
    assert listed.structured_content["roots"] == [{"uri": "file:///srv/tea", "name": "tea"}]


def test_a_modern_client_that_cannot_answer_is_not_asked() -> None:
    with pytest.raises(MCPError) as caught:
        call("2026-07-28", "ask_texts")
    assert caught.value.error.code == types.MISSING_REQUIRED_CLIENT_CAPABILITY


def test_a_prompt_may_ask_too(era: str) -> None:
    async def work(client: Client) -> str:
        return (await client.get_prompt("greet", {})).messages[0].content.text

    assert visit(era, work, elicitation_callback=answering({"name": "Ada"})) == "Greet Ada."


async def refusing(*_asked: Any) -> types.ErrorData:
    """A client that answers every question with an error."""
    return types.ErrorData(code=-1, message="Not here.")


@pytest.mark.parametrize(
    ("tool", "callback"),
    [
        ("ask_model", "sampling_callback"),
        ("ask_roots", "list_roots_callback"),
        ("ask_texts", "elicitation_callback"),
        ("ask_together", "elicitation_callback"),
        ("slow_approval", "elicitation_callback"),
    ],
)
def test_a_refused_question_is_a_tools_error_that_tells_the_clients_own(tool: str, callback: str) -> None:
    answer = call("legacy", tool, **{callback: refusing})
    assert answer.is_error
    assert "was refused: Not here. (-1)" in answer.content[0].text


def test_a_refused_question_of_a_prompt_is_an_error_that_tells_the_clients_own() -> None:
    async def work(client: Client) -> Any:
        return await client.get_prompt("greet", {})

    with pytest.raises(MCPError) as caught:
        visit("legacy", work, elicitation_callback=refusing)
    assert caught.value.error.message == "elicitation/create was refused: Not here. (-1)"


def test_a_prompts_form_that_was_accepted_without_content_is_an_error_that_names_the_field(era: str) -> None:
    async def work(client: Client) -> Any:
        return await client.get_prompt("greet", {})

    with pytest.raises(MCPError) as caught:
        visit(era, work, elicitation_callback=answering({}))
    assert caught.value.error.code == types.INVALID_PARAMS
    assert "'name' is a required property" in caught.value.error.message


def test_a_second_question_is_not_asked_after_an_empty_form(era: str) -> None:
    answer = call(era, "ask_twice", elicitation_callback=answering({}))
    assert answer.is_error
    assert "'name' is a required property" in answer.content[0].text


def test_an_answer_of_the_wrong_shape_is_refused_with_its_place() -> None:
    meta = META | {CAPABILITIES: {"elicitation": {}, "roots": {}, "sampling": {}}}
    wrong: list[tuple[str, str, Any, str]] = [
        ("ask_texts", "form", {"action": "accept", "content": {"content": {}}}, "form.content.content: is nothing"),
        ("ask_texts", "form", {"action": "maybe"}, "form.action: Input should be"),
        ("ask_texts", "form", 3, "inputResponses.form: "),
        ("ask_roots", "roots", {"roots": [{"uri": "http://example.org/"}]}, "roots.0.uri: URL scheme should be 'file'"),
        ("ask_model", "model", {"role": "assistant", "content": {"type": "text", "text": ""}}, "'model' is missing"),
    ]
    with playground("protocol") as peer:
        for tool, name, answer, complaint in wrong:
            peer.ask("tools/call", name=tool, arguments={}, inputResponses={name: answer}, _meta=meta)
            error = peer.answer()["error"]
            assert error["code"] == types.INVALID_PARAMS
            assert complaint in error["message"]


def test_a_pushed_question_answered_in_the_wrong_shape_is_a_tools_error() -> None:
    with shaken() as peer:
        peer.ask("tools/call", name="ask_texts", arguments={})
        peer.line()
        peer.tell(id=peer.answer()["id"], result={"action": "accept", "content": {"content": {"name": "Ada"}}})
        result = peer.answer()["result"]
    assert result["isError"]
    assert result["content"][0]["text"].startswith("elicitation/create is no answer: content.content: is nothing")


# --- streams ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tool", "total"), [("count", 3), ("wander", None)])
def test_progress_comes_with_a_total_or_without(era: str, tool: str, total: float | None) -> None:
    seen: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, _message: str | None) -> None:
        seen.append((progress, total))

    async def work(client: Client) -> None:
        await client.call_tool(tool, {"steps": 3, "seconds": 0}, progress_callback=note)

    visit(era, work)
    assert seen == [(1, total), (2, total), (3, total)]


def test_log_messages_of_every_level_come_from_the_level_asked_for() -> None:
    seen: list[str] = []

    async def note(params: types.LoggingMessageNotificationParams) -> None:
        seen.append(params.level)

    async def work(client: Client) -> None:
        await client.call_tool("log_levels", {})
        level = types.SetLevelRequest(params=types.SetLevelRequestParams(level="alert"))
        await client.session.send_request(level, types.EmptyResult)
        await client.call_tool("log_levels", {})

    visit("legacy", work, logging_callback=note)
    assert seen == [
        "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency", "alert", "emergency",
    ]  # fmt: skip


def test_a_modern_client_asks_for_log_messages_with_its_request() -> None:
    seen: list[str] = []

    async def note(params: types.LoggingMessageNotificationParams) -> None:
        seen.append(params.level)

    call("2026-07-28", "log_levels", logging_callback=note)
    assert seen == []
    call("2026-07-28", "log_levels", logging_callback=note, log_level="critical")
    assert seen == ["critical", "alert", "emergency"]


def test_a_modern_client_hears_of_what_it_listens_to_and_of_nothing_else() -> None:
    async def work(client: Client) -> list[str]:
        async with client.listen(tools_list_changed=True, resource_subscriptions=["protocol://note"]) as heard:
            await client.call_tool("change_lists", {})
            await client.call_tool("write_note", {"text": "hello"})
            events = aiter(heard)
            return [type(await anext(events)).__name__ for _ in range(2)]

    assert visit("2026-07-28", work) == ["ToolsListChanged", "ResourceUpdated"]


@contextmanager
def shaken() -> Iterator[Peer]:
    """The server as a process, the handshake of 2025-11-25 done; its answer is the first line."""
    with playground("protocol") as peer:
        info = {"name": "t", "version": "0"}
        peer.ask("initialize", protocolVersion="2025-11-25", capabilities={"elicitation": {}}, clientInfo=info)
        yield peer


def test_a_handshake_client_hears_of_what_it_subscribed_to() -> None:
    with shaken() as peer:
        capabilities = peer.answer()["result"]["capabilities"]
        assert capabilities["tools"]["listChanged"] is True
        assert capabilities["resources"] == {"subscribe": True, "listChanged": True}
        peer.tell(method="notifications/initialized")
        peer.ask("resources/subscribe", uri="protocol://clock")
        assert peer.answer()["result"] == {}
        changed = peer.answer()
    assert (changed["method"], changed["params"]["uri"]) == ("notifications/resources/updated", "protocol://clock")


def test_lists_change_and_say_so(era: str) -> None:
    async def work(client: Client) -> list[list[str]]:
        before = await names(client)
        await client.call_tool("change_lists", {})
        during = await names(client)
        await client.call_tool("change_lists", {"more": False, "kinds": ["tools"]})
        return [before, during, await names(client)]

    async def names(client: Client) -> list[str]:
        tools = [tool.name for tool in (await client.list_tools(cache_mode="refresh")).tools]
        prompts = [prompt.name for prompt in (await client.list_prompts(cache_mode="refresh")).prompts]
        resources = [resource.name for resource in (await client.list_resources(cache_mode="refresh")).resources]
        return [name for name in (*tools, *prompts, *resources) if "second" in name]

    before, during, after = visit(era, work)
    assert before == []
    assert during == ["second_tool", "second_prompt", "second"]
    assert after == ["second_prompt", "second"]


# --- tasks -----------------------------------------------------------------------------------------------------------


def until_over(peer: Peer, task_id: str, **meta: Any) -> dict[str, Any]:
    """The task once it does not work any more."""
    while True:
        peer.ask("tasks/get", taskId=task_id, **meta)
        if (task := peer.answer()["result"])["status"] != "working":
            return task


def test_a_handshake_task_is_begun_looked_at_and_fetched() -> None:
    with shaken() as peer:
        assert peer.answer()["result"]["capabilities"]["tasks"]["requests"] == {"tools": {"call": {}}}
        peer.tell(method="notifications/initialized")
        peer.ask("tools/call", name="slow_report", arguments={"seconds": 0.2}, task={"ttl": 60_000})
        task = peer.answer()["result"]["task"]
        assert (task["status"], task["ttl"], task["pollInterval"]) == ("working", 60_000, 100)
        peer.ask("tasks/result", taskId=task["taskId"])
        payload = peer.answer()["result"]
        assert payload["structuredContent"] == {"report": "all is well"}
        assert payload["_meta"]["io.modelcontextprotocol/related-task"] == {"taskId": task["taskId"]}
        peer.ask("tasks/list")
        assert [each["status"] for each in peer.answer()["result"]["tasks"]] == ["completed"]


def test_a_handshake_task_asks_on_the_way() -> None:
    with shaken() as peer:
        peer.answer()
        peer.tell(method="notifications/initialized")
        peer.ask("tools/call", name="slow_approval", arguments={"seconds": 0}, task={})
        task_id = peer.answer()["result"]["task"]["taskId"]
        assert until_over(peer, task_id)["status"] == "input_required"
        peer.ask("tasks/result", taskId=task_id)
        question = peer.answer()
        assert question["method"] == "elicitation/create"
        assert question["params"]["_meta"]["io.modelcontextprotocol/related-task"] == {"taskId": task_id}
        peer.tell(id=question["id"], result={"action": "accept", "content": {"reason": "tea"}})
        assert peer.answer()["result"]["structuredContent"]["content"] == {"reason": "tea"}


@pytest.mark.parametrize(
    ("how", "status", "inside"),
    [("ok", "completed", "result"), ("tool_error", "completed", "result"), ("error", "failed", "error")],
)
def test_a_modern_task_ends_with_its_result_or_its_error_inside(how: str, status: str, inside: str) -> None:
    with playground("protocol") as peer:
        peer.ask("tools/call", name="slow_report", arguments={"seconds": 0.1, "how": how}, _meta=WITH_TASKS)
        begun = peer.answer()["result"]
        assert begun["resultType"] == "task"
        over = until_over(peer, begun["taskId"], _meta=WITH_TASKS)
        assert (over["resultType"], over["status"]) == ("complete", status)
        assert over[inside].get("isError", False) is (how == "tool_error")


def test_a_modern_task_asks_inside_and_goes_on_with_the_answer() -> None:
    with playground("protocol") as peer:
        peer.ask("tools/call", name="slow_approval", arguments={"seconds": 0}, _meta=WITH_TASKS)
        task_id = peer.answer()["result"]["taskId"]
        asking = until_over(peer, task_id, _meta=WITH_TASKS)
        assert asking["inputRequests"]["approval"]["method"] == "elicitation/create"
        peer.ask("tasks/update", taskId=task_id, inputResponses={"approval": {"action": "decline"}}, _meta=WITH_TASKS)
        assert peer.answer()["result"]["resultType"] == "complete"
        over = until_over(peer, task_id, _meta=WITH_TASKS)
        assert over["result"]["structuredContent"] == {"action": "decline"}


def test_a_cancelled_task_stays_cancelled() -> None:
    with playground("protocol") as peer:
        peer.ask("tools/call", name="slow_only", arguments={"seconds": 600}, _meta=WITH_TASKS)
        task_id = peer.answer()["result"]["taskId"]
        peer.ask("tasks/cancel", taskId=task_id, _meta=WITH_TASKS)
        assert peer.answer()["result"]["resultType"] == "complete"
        assert until_over(peer, task_id, _meta=WITH_TASKS)["status"] == "cancelled"


def test_a_client_that_knows_no_tasks_waits_or_is_refused(era: str) -> None:
    assert call(era, "slow_report", {"seconds": 0}).structured_content == {"report": "all is well"}
    with pytest.raises(MCPError) as caught:
        call(era, "slow_only", {"seconds": 0})
    assert caught.value.error.code == (-32601 if era == "legacy" else types.MISSING_REQUIRED_CLIENT_CAPABILITY)


# --- everything else -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "values"),
    [
        ("protocol://people/Ada%20L", {"name": "Ada L"}),
        ("protocol://files/a/b/c.txt", {"path": "a/b/c.txt"}),
        ("protocol://shelf/1/2", {"room": "1", "row": "2"}),
        ("protocol://shelf/1", {"room": "1"}),
        ("protocol://search?query=green%20tea&limit=3", {"query": "green tea", "limit": "3"}),
        ("protocol://search?limit=3", {"limit": "3"}),
        ("protocol://album/a/b/c", {"parts": ["a", "b", "c"]}),
        ("protocol://page/3#top", {"number": "3", "section": "top"}),
    ],
)
def test_what_a_template_expands_to_is_read(era: str, uri: str, values: dict[str, Any]) -> None:
    async def work(client: Client) -> Any:
        return json.loads((await client.read_resource(uri)).contents[0].text)["values"]

    assert visit(era, work) == values


def test_completions_depend_on_what_is_chosen_and_end_at_a_hundred(era: str) -> None:
    async def work(client: Client) -> Any:
        trip = types.PromptReference(type="ref/prompt", name="plan_trip")
        person = types.ResourceTemplateReference(type="ref/resource", uri="protocol://people/{name}")
        return [
            (await client.complete(trip, {"name": "city", "value": ""}, {"country": "Japan"})).completion,
            (await client.complete(trip, {"name": "days", "value": ""})).completion,
            (await client.complete(person, {"name": "name", "value": "g"})).completion,
        ]

    cities, days, people = visit(era, work)
    assert cities.values == ["Kyoto", "Nara", "Osaka", "Tokyo"]
    assert (len(days.values), days.total, days.has_more) == (100, 250, True)
    assert people.values == ["Grace", "Guido"]


def test_what_is_not_there_cannot_be_completed(era: str) -> None:
    async def work(client: Client) -> Any:
        nowhere = types.PromptReference(type="ref/prompt", name="nosuchprompt")
        with pytest.raises(MCPError) as caught:
            await client.complete(nowhere, {"name": "city", "value": "K"})
        return caught.value.error.code

    assert visit(era, work) == types.INVALID_PARAMS


def test_tools_tell_icons_hints_headers_apps_and_tasks(era: str) -> None:
    async def work(client: Client) -> dict[str, types.Tool]:
        return {tool.name: tool for tool in (await client.list_tools()).tools}

    tools = visit(era, work)
    assert [icon.theme for icon in tools["temperature"].icons] == ["light", "dark"]
    assert base64.b64decode(tools["temperature"].icons[0].src.partition(",")[2]).startswith(b"\x89PNG")
    assert tools["erase"].annotations.destructive_hint
    assert tools["route"].input_schema["properties"]["region"]["x-mcp-header"] == "Region"
    assert tools["roll_dice"].meta["ui"]["resourceUri"] == "ui://protocol/dice.html"
    assert tools.keys() == {tool.name for tool in TOOLS} - {"second_tool"}
    if era == "legacy":
        assert tools["slow_only"].execution.task_support == "required"


def test_one_promise_of_a_schema_is_kept_and_one_is_broken(era: str) -> None:
    assert call(era, "temperature").structured_content == {"city": "Oslo", "celsius": 21.5}

    async def work(client: Client) -> None:
        with pytest.raises(RuntimeError, match="'city' is a required property"):
            await client.call_tool("temperature_broken", {})

    visit(era, work)


def test_hints_for_caches_differ_between_what_changes_and_what_does_not() -> None:
    async def work(client: Client) -> list[tuple[int, str]]:
        read = [await client.read_resource(uri) for uri in ("protocol://about", "protocol://clock")]
        return [(each.ttl_ms, each.cache_scope) for each in (await client.list_tools(), *read)]

    assert visit("2026-07-28", work) == [(60_000, "public"), (3_600_000, "public"), (0, "private")]


def test_parameters_come_as_headers_over_http() -> None:
    [running] = host.start(["protocol"], Wanted(transport="http"))

    async def work(client: Client) -> Any:
        await client.list_tools()
        answer = await client.call_tool("route", {"region": "eu", "urgent": True, "query": "tea"})
        return answer.structured_content["headers"]

    try:
        sent = visit("2026-07-28", work, running.url)
    finally:
        host.stop("protocol")
    assert sent == {"mcp-param-region": "eu", "mcp-param-urgent": "true"}


def test_messages_of_its_own_are_answered_and_sent() -> None:
    with playground("protocol") as peer:
        peer.ask("x-playground/greet", name="Ada", _meta=META)
        assert peer.answer()["result"]["greeting"] == "Hello, Ada!"
        peer.tell(method="notifications/x-playground/wave", params={"text": "hi", "_meta": META})
        peer.ask("tools/call", name="waves", arguments={}, _meta=META)
        wave, answer = peer.answer(), peer.answer()
    assert wave["method"] == "notifications/x-playground/wave"
    assert answer["result"]["structuredContent"] == {"waves": ["hi"]}


def test_what_it_can_do_beyond_the_usual_is_declared() -> None:
    with playground("protocol") as peer:
        peer.ask("server/discover", _meta=META)
        capabilities = peer.answer()["result"]["capabilities"]
    assert capabilities["experimental"] == {"x-playground/moods": {"known": ["sunny", "cloudy"]}}
    assert set(capabilities["extensions"]) == {f"io.modelcontextprotocol/{name}" for name in ("ui", "tasks", "skills")}


def test_one_skill_is_as_its_manifest_says_one_is_not_and_one_has_none() -> None:
    with playground("protocol") as peer:
        peer.ask("skills/list", _meta=META)
        entries = {entry["frontmatter"]["name"]: entry for entry in peer.answer()["result"]["skills"]}
        right: dict[str, list[bool]] = {}
        for name in ("brew-tea", "sell-tea"):
            for file in entries[name]["resources"]:
                peer.ask("resources/read", uri=file["uri"], _meta=META)
                data = peer.answer()["result"]["contents"][0]["text"].encode()
                is_right = file["digest"] == f"sha256:{sha256(data).hexdigest()}" and file["size"] == len(data)
                right.setdefault(name, []).append(is_right)
        peer.ask("skills/get", uri="skill://todays-tea/SKILL.md", _meta=META)
        assert peer.answer()["result"]["skill"]["resources"] == "dynamic"
    assert right == {"brew-tea": [True, True], "sell-tea": [False]}


def test_the_app_is_a_page_of_its_own_type_that_needs_no_network(era: str) -> None:
    async def work(client: Client) -> types.TextResourceContents:
        return (await client.read_resource("ui://protocol/dice.html")).contents[0]

    page = visit(era, work)
    assert page.mime_type == "text/html;profile=mcp-app"
    assert "http" not in page.text
    assert len(call(era, "roll_dice", {"n": 3}).structured_content["dice"]) == 3
