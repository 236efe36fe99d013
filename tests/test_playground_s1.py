"""The workbench S1, spoken to by the SDK's own client in both protocol eras."""

from __future__ import annotations

import base64
import json
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp import Client, MCPError

from mcp_magics.playground import Options, build
from mcp_magics.playground.s1 import TOOLS
from mcp_magics.playground.s1.content import SCENARIOS

ERAS = ("legacy", "2026-07-28")
both_eras = pytest.mark.parametrize("era", ERAS)


def with_s1(era: str, work: Any, options: Options | None = None, **client: Any) -> Any:
    """What ``work`` returns, given a client connected to a workbench of its own."""

    async def main() -> Any:
        async with Client(build("s1", options).server, mode=era, **client) as connected:
            try:
                return await work(connected)
            except MCPError as error:
                return error

    if isinstance(outcome := anyio.run(main), MCPError):  # raised out here, not in an ExceptionGroup
        raise outcome
    return outcome


def call(era: str, tool: str, arguments: dict[str, Any] | None = None, **client: Any) -> types.CallToolResult:
    async def work(connected: Client) -> types.CallToolResult:
        return await connected.call_tool(tool, arguments or {})

    return with_s1(era, work, **client)


@both_eras
def test_echo_gives_back_every_argument_as_it_came(era: str) -> None:
    sent = {"text": "hi", "value": {"b": [1, None, "[1]"], "a": 12345678901234567890}, "extra": "kept"}
    answer = call(era, "echo", sent)
    assert answer.structured_content == sent
    assert answer.content[0].text == "hi"
    assert list(answer.structured_content["value"]) == ["b", "a"]


@both_eras
def test_a_json_looking_string_stays_a_string(era: str) -> None:
    assert call(era, "echo", {"value": "[1, 2]"}).structured_content == {"value": "[1, 2]"}


@both_eras
def test_add_is_exact_for_integers_beyond_a_double(era: str) -> None:
    assert call(era, "add", {"a": 2**70, "b": 1}).structured_content == {"sum": 2**70 + 1}


@both_eras
def test_arguments_that_do_not_fit_are_an_error_result_that_names_the_place(era: str) -> None:
    answer = call(era, "add", {"a": "one", "b": 2})
    assert answer.is_error
    assert "$.a" in answer.content[0].text


@both_eras
def test_env_tells_the_asked_variables_only(era: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKED", "yes")
    monkeypatch.setenv("NOT_ASKED", "secret")
    assert call(era, "env", {"names": ["ASKED", "UNSET"]}).structured_content == {"ASKED": "yes", "UNSET": None}


@both_eras
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_image_scenario_holds_as_many_decodable_images_as_it_says(era: str, scenario: str) -> None:
    blocks = call(era, "image_scenario", {"scenario": scenario}).content
    images = [block for block in blocks if isinstance(block, types.ImageContent) and _is_png(block.data)]
    assert len(images) == SCENARIOS[scenario].decodable_images
    assert len(blocks) == len(SCENARIOS[scenario].blocks)


def _is_png(data: str) -> bool:
    try:
        return base64.b64decode(data, validate=True).startswith(b"\x89PNG")
    except ValueError:
        return False


@both_eras
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            types.ElicitResult(action="accept", content={"name": "Ada"}),
            {"action": "accept", "content": {"name": "Ada"}},
        ),
        (types.ElicitResult(action="decline"), {"action": "decline"}),
        (types.ElicitResult(action="cancel"), {"action": "cancel"}),
    ],
)
def test_elicitation_reports_what_the_person_did(
    era: str, answer: types.ElicitResult, expected: dict[str, Any]
) -> None:
    asked: list[types.ElicitRequestParams] = []

    async def person(_context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        asked.append(params)
        return answer

    result = call(era, "elicitation", {"message": "Who?"}, elicitation_callback=person)
    assert result.structured_content == expected
    assert [params.message for params in asked] == ["Who?"]
    assert asked[0].requested_schema["required"] == ["name"]


@both_eras
def test_sampling_and_roots_ask_the_client(era: str) -> None:
    async def model(_context: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
        return types.CreateMessageResult(
            role="assistant", model="m", content=types.TextContent(text=f"echo {params.messages[0].content.text}")
        )

    async def roots(_context: Any) -> types.ListRootsResult:
        return types.ListRootsResult(roots=[types.Root(uri="file:///tmp/project")])

    sampled = call(era, "sampling", {"prompt": "Hey"}, sampling_callback=model)
    assert sampled.structured_content["content"]["text"] == "echo Hey"
    listed = call(era, "roots", list_roots_callback=roots)
    assert listed.structured_content["roots"] == [{"uri": "file:///tmp/project"}]


@both_eras
def test_progress_comes_with_total_and_message(era: str) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async def work(client: Client) -> None:
        await client.call_tool("progress", {"steps": 3, "seconds": 0}, progress_callback=note)

    with_s1(era, work)
    assert seen == [(k, 3, f"step {k} of 3") for k in (1, 2, 3)]


@both_eras
def test_a_cancelled_slow_call_is_listed_as_cancelled(era: str) -> None:
    async def work(client: Client) -> Any:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, "slow", {"seconds": 60, "label": "mine"})
            while True:
                order = await client.session.send_request(_request("x/order"), _Order)
                if any(entry.get("name") == "slow" for entry in order.order):
                    break
            tasks.cancel_scope.cancel()
        return await client.call_tool("cancellations", {"at_least": 1, "within": 5})

    assert [each["label"] for each in with_s1(era, work).structured_content["cancelled"]] == ["mine"]


class _Order(types.Result):
    order: list[dict[str, Any]] = []  # noqa: RUF012 - a pydantic field


class _Echo(types.Result):
    echo: dict[str, Any] = {}  # noqa: RUF012 - a pydantic field


class _Custom(types.Request[dict[str, Any] | None, str]):
    method: str
    params: dict[str, Any] | None = None


def _request(method: str, params: dict[str, Any] | None = None) -> Any:
    return _Custom(method=method, params=params)


@both_eras
def test_custom_requests_are_answered_and_kept_in_order(era: str) -> None:
    async def work(client: Client) -> Any:
        echoed = await client.session.send_request(_request("x/echo", {"label": "first", "deep": [1, {}]}), _Echo)
        await client.call_tool("echo", {})
        return echoed.echo, (await client.session.send_request(_request("x/order"), _Order)).order

    echoed, order = with_s1(era, work)
    assert echoed == {"label": "first", "deep": [1, {}]}
    methods = [entry["method"] for entry in order if entry["method"] in ("x/echo", "tools/call")]
    assert methods == ["x/echo", "tools/call"]


@both_eras
def test_an_unknown_custom_method_is_method_not_found(era: str) -> None:
    async def work(client: Client) -> None:
        await client.session.send_request(_request("x/nothing"), _Echo)

    with pytest.raises(MCPError) as caught:
        with_s1(era, work)
    assert caught.value.code == types.METHOD_NOT_FOUND


@both_eras
def test_resources_fill_more_than_one_page(era: str) -> None:
    async def work(client: Client) -> list[str]:
        page = await client.list_resources()
        uris = [str(resource.uri) for resource in page.resources]
        assert page.next_cursor
        while page.next_cursor:
            page = await client.list_resources(cursor=page.next_cursor)
            uris += [str(resource.uri) for resource in page.resources]
        return uris

    uris = with_s1(era, work)
    assert len(uris) == len(set(uris)) > 20
    assert "s1://green.png" in uris


@both_eras
def test_an_invented_cursor_is_refused(era: str) -> None:
    async def work(client: Client) -> None:
        await client.list_resources(cursor="after:100000000")

    with pytest.raises(MCPError) as caught:
        with_s1(era, work)
    assert caught.value.code == types.INVALID_PARAMS


@both_eras
def test_a_page_size_splits_every_list(era: str) -> None:
    async def work(client: Client) -> list[str]:
        names: list[str] = []
        cursor = None
        while True:
            page = await client.list_tools(cursor=cursor)
            assert len(page.tools) <= 7
            names += [tool.name for tool in page.tools]
            if (cursor := page.next_cursor) is None:
                return names

    assert with_s1(era, work, Options(page_size=7)) == [tool.name for tool in TOOLS]


@both_eras
def test_resources_are_read_as_what_they_are(era: str) -> None:
    async def work(client: Client) -> list[Any]:
        uris = ("s1://config.json", "s1://green.png", "greeting://Gr%C3%BC%C3%9Fe", "s1://items/7")
        return [(await client.read_resource(uri)).contents[0] for uri in uris]

    config, picture, greeting, item = with_s1(era, work)
    assert json.loads(config.text)["name"] == "s1"
    assert base64.b64decode(picture.blob).startswith(b"\x89PNG")
    assert greeting.text == "Hello, Grüße!"
    assert json.loads(item.text) == {"number": 7, "square": 49}


@both_eras
def test_a_missing_resource_is_refused(era: str) -> None:
    async def work(client: Client) -> None:
        await client.read_resource("s1://nothing")

    with pytest.raises(MCPError):
        with_s1(era, work)


@both_eras
def test_prompts_take_arguments_and_completion_knows_them(era: str) -> None:
    async def work(client: Client) -> Any:
        prompt = await client.get_prompt("code_review", {"language": "rust", "framework": "axum"})
        reference = types.PromptReference(type="ref/prompt", name="code_review")
        languages = await client.complete(reference, {"name": "language", "value": "JA"})
        frameworks = await client.complete(
            reference, {"name": "framework", "value": ""}, context_arguments={"language": "rust"}
        )
        return prompt.messages[0].content.text, languages.completion.values, frameworks.completion.values

    text, languages, frameworks = with_s1(era, work)
    assert text.startswith("Review this rust (axum) code")
    assert languages == ["java", "javascript"]
    assert frameworks == ["axum"]


@both_eras
def test_a_log_message_reaches_a_client_that_asked_for_it(era: str) -> None:
    heard: list[types.LoggingMessageNotificationParams] = []

    async def listen(params: types.LoggingMessageNotificationParams) -> None:
        heard.append(params)

    call(era, "log", {"level": "warning", "message": "careful"}, logging_callback=listen, log_level="debug")
    assert [(params.level, params.data) for params in heard] == [("warning", "careful")]


@both_eras
def test_big_has_exactly_the_bytes_asked_for(era: str) -> None:
    assert len(call(era, "big", {"bytes": 123_457}).content[0].text.encode()) == 123_457


@both_eras
def test_a_json_rpc_error_carries_code_message_and_data(era: str) -> None:
    with pytest.raises(MCPError) as caught:
        call(era, "rpc_error", {"code": -32050, "message": "No.", "data": {"why": [1]}})
    assert (caught.value.code, caught.value.message, caught.value.data) == (-32050, "No.", {"why": [1]})


@both_eras
def test_every_tool_has_a_description_and_a_valid_schema(era: str) -> None:
    from jsonschema import Draft202012Validator

    async def work(client: Client) -> list[types.Tool]:
        return (await client.list_tools()).tools

    for tool in with_s1(era, work):
        Draft202012Validator.check_schema(tool.input_schema)
        assert tool.description, tool.name
