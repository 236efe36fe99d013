"""The server that breaks the protocol, spoken to line by line."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx2
import pytest
from support.peer import META, Peer, playground

from mcp_magics.playground import host
from mcp_magics.playground.faulty import FAULTS
from mcp_magics.playground.plan import Wanted


def faulty(fault: str, *options: str) -> AbstractContextManager[Peer]:
    return playground("faulty", "--fault", fault, *options)


LEGACY_AND_MODERN = pytest.mark.parametrize("meta", [{}, {"_meta": META}], ids=["legacy", "modern"])
ACCEPTED = {"action": "accept", "content": {"name": "Ada"}}


def called(peer: Peer, tool: str = "echo", **arguments: Any) -> None:
    peer.ask("tools/call", name=tool, arguments=arguments)


def text_of(answer: dict[str, Any]) -> str:
    return answer["result"]["content"][0]["text"]


def test_every_fault_says_in_a_line_what_it_does() -> None:
    assert all(what and "\n" not in what for what in FAULTS.values())


def test_without_a_fault_it_speaks_both_eras() -> None:
    with faulty("none") as peer:
        peer.ask("server/discover", _meta=META)
        assert peer.answer()["result"]["supportedVersions"] == ["2026-07-28"]
        peer.ask("initialize", protocolVersion="2025-06-18")
        assert peer.answer()["result"]["protocolVersion"] == "2025-06-18"
        called(peer, text="hi")
        assert text_of(peer.answer()) == "hi"
        peer.ask("tools/call", name="echo", arguments={}, _meta=META)
        assert peer.answer()["result"]["resultType"] == "complete"


@pytest.mark.parametrize(
    ("eras", "method", "code"), [("legacy", "server/discover", -32601), ("2026-07-28", "initialize", -32022)]
)
def test_one_era_refuses_the_opening_of_the_other(eras: str, method: str, code: int) -> None:
    with faulty("none", "--protocol", eras) as peer:
        peer.ask(method)
        assert peer.answer()["error"]["code"] == code


def test_raw_frame_sends_back_the_line_byte_for_byte() -> None:
    params = b'{"name":"raw_frame","arguments":{"x":1.10e2,"y":"\\u00e9"}}'
    line = b'{"jsonrpc":"2.0", "id": 7,"method":"tools/call","params":' + params + b"}"
    with faulty("none") as peer:
        peer.process.stdin.write(line + b"\n")  # type: ignore[union-attr]
        peer.process.stdin.flush()  # type: ignore[union-attr]
        assert text_of(peer.answer()).encode() == line


def test_exits_at_once_has_a_status_and_a_reason() -> None:
    with faulty("exits-at-once") as peer:
        assert (peer.process.wait(10), peer.process.stderr.read()) == (3, b"faulty: FAULTY_API_KEY is not set\n")  # type: ignore[union-attr]


@pytest.mark.parametrize("fault", ["hangs-at-start", "never-answers"])
def test_silent_faults_stay_silent_and_leave_with_their_input(fault: str) -> None:
    with faulty(fault) as peer:
        called(peer)
        assert peer.is_silent()
        peer.rest()
        assert peer.process.returncode == 0


def test_slow_start_answers_after_its_delay() -> None:
    with faulty("slow-start", "--delay", "0.5") as peer:
        peer.ask("ping")
        assert peer.is_silent()
        assert peer.answer()["result"] == {}


def test_noise_surrounds_answers_that_are_still_there() -> None:
    with faulty("noise") as peer:
        peer.ask("ping")
        lines = peer.rest().split(b"\n")
    answers = [line for line in lines if line.startswith(b'{"jsonrpc"')]
    assert json.loads(answers[0]) == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert any(b"Starting" in line for line in lines)
    assert any(b"\xff" in line for line in lines)


def test_garbage_is_no_json() -> None:
    with faulty("garbage") as peer:
        peer.ask("initialize")
        with pytest.raises(ValueError, match="Expecting value"):
            json.loads(peer.line())


def test_close_mid_call_ends_inside_a_frame_with_status_9() -> None:
    with faulty("close-mid-call") as peer:
        called(peer, text="hi")
        rest = peer.rest()
        assert rest.startswith(b'{"jsonrpc"')
        assert not rest.endswith(b"\n")
        assert peer.process.returncode == 9


def test_wrong_id_answers_calls_under_another_id() -> None:
    with faulty("wrong-id") as peer:
        peer.ask("ping")
        assert peer.answer()["id"] == 1
        called(peer)
        assert peer.answer()["id"] == 1_000_000


def test_duplicate_ids_answers_each_call_twice() -> None:
    with faulty("duplicate-ids") as peer:
        called(peer, text="first")
        answers = [peer.answer(), peer.answer()]
    assert [answer["id"] for answer in answers] == [1, 1]
    assert [text_of(answer) for answer in answers] == ["first", "a second answer"]


def test_error_with_null_id_names_no_request() -> None:
    with faulty("error-with-null-id") as peer:
        called(peer)
        answer = peer.answer()
    assert answer["id"] is None
    assert answer["error"]["code"] == -32603


def test_same_cursor_ends_after_two_hundred_pages() -> None:
    with faulty("same-cursor") as peer:
        for _ in range(200):
            peer.ask("tools/list", cursor="again")
        cursors = [peer.answer()["result"].get("nextCursor") for _ in range(200)]
    assert cursors == ["again"] * 199 + [None]


def test_no_result_type_lacks_it_in_every_modern_result() -> None:
    with faulty("no-result-type") as peer:
        for method in ("server/discover", "tools/list"):
            peer.ask(method, _meta=META)
            assert "resultType" not in peer.answer()["result"]


def test_bad_tool_schemas_stand_beside_a_good_one() -> None:
    with faulty("bad-tool-schema") as peer:
        peer.ask("tools/list")
        tools = peer.answer()["result"]["tools"]
    assert tools[0]["inputSchema"]["type"] == "object"
    assert "inputSchema" not in tools[1]
    assert len({tool["name"] for tool in tools}) == len(tools) == 11


@pytest.mark.parametrize("meta", [{}, {"_meta": META}], ids=["legacy", "modern"])
def test_huge_line_has_the_size_asked_for(meta: dict[str, Any]) -> None:
    with faulty("huge-line", "--size", "300000") as peer:
        peer.ask("tools/call", name="echo", arguments={}, **meta)
        line = peer.line()
    assert len(line) == 300_001
    assert set(text_of(json.loads(line))) == {"x"}


def test_bad_utf8_is_inside_an_otherwise_good_frame() -> None:
    with faulty("bad-utf8") as peer:
        called(peer, text="tail")
        line = peer.line()
    with pytest.raises(UnicodeDecodeError):
        line.decode()
    assert text_of(json.loads(line.decode("utf-8", "replace"))).endswith("tail")


def test_stderr_flood_waits_until_its_stderr_is_read() -> None:
    with faulty("stderr-flood") as peer:
        peer.ask("ping")
        assert peer.is_silent()
        assert len(peer.process.stderr.read(1024 * 1024)) == 1024 * 1024  # type: ignore[union-attr]
        assert peer.answer()["result"] == {}


def test_ignores_sigterm_goes_only_by_sigkill() -> None:
    with faulty("ignores-sigterm") as peer:
        peer.ask("ping")
        peer.answer()
        peer.process.send_signal(signal.SIGTERM)
        peer.process.stdin.close()  # type: ignore[union-attr]
        assert peer.is_silent()
        peer.process.kill()
        assert peer.process.wait(10) == -signal.SIGKILL


def test_asks_during_list_waits_for_its_answers_in_the_handshake_era() -> None:
    with faulty("asks-during-list") as peer:
        peer.ask("tools/list")
        for method in ("ping", "roots/list", "elicitation/create"):
            question = peer.answer()
            assert question["method"] == method
            reply = {"jsonrpc": "2.0", "id": question["id"], "result": {}}
            peer.process.stdin.write(json.dumps(reply).encode() + b"\n")  # type: ignore[union-attr]
            peer.process.stdin.flush()  # type: ignore[union-attr]
        assert peer.answer()["result"]["tools"]


# --- questions -------------------------------------------------------------------------------------------------------


def test_a_hundred_questions_come_at_once_and_the_answer_after_the_last() -> None:
    with faulty("asks-a-hundred") as peer:
        called(peer, text="hi")
        questions = [peer.answer() for _ in range(100)]
        assert {question["method"] for question in questions} == {"elicitation/create"}
        assert len({question["id"] for question in questions}) == 100
        for question in questions[1:]:
            peer.tell(id=question["id"], result=ACCEPTED)
        assert peer.is_silent()
        peer.tell(id=questions[0]["id"], result={"action": "decline"})
        assert text_of(peer.answer()) == "hi"
        called(peer, "answers")
        assert peer.answer()["result"]["structuredContent"] == {"accept": 99, "decline": 1}


def test_a_modern_client_is_asked_a_hundred_questions_by_one_result() -> None:
    with faulty("asks-a-hundred") as peer:
        peer.ask("tools/call", name="echo", arguments={"text": "hi"}, _meta=META)
        asked = peer.answer()["result"]
        assert asked["resultType"] == "input_required"
        assert len(asked["inputRequests"]) == 100
        answers = dict.fromkeys(asked["inputRequests"], ACCEPTED)
        peer.ask("tools/call", name="echo", arguments={"text": "hi"}, inputResponses=answers, _meta=META)
        assert text_of(peer.answer()) == "hi"


@LEGACY_AND_MODERN
def test_a_cancelled_call_is_asked_about_afterwards(meta: dict[str, Any]) -> None:
    with faulty("asks-after-cancel") as peer:
        peer.ask("tools/call", name="echo", arguments={}, **meta)
        assert peer.is_silent()
        peer.tell(method="notifications/cancelled", params={"requestId": 1})
        question = peer.answer()
        assert (question["id"], question["method"]) == ("late-1", "elicitation/create")
        peer.tell(id="late-1", error={"code": -32601, "message": "No."})
        called(peer, "answers")
        assert peer.answer()["result"]["structuredContent"] == {"error": 1}


def test_two_questions_come_under_one_id() -> None:
    with faulty("duplicate-question-ids") as peer:
        called(peer, text="hi")
        first, second, answer = (peer.answer() for _ in range(3))
        assert first["id"] == second["id"] == "same-1"
        assert first["params"]["message"] != second["params"]["message"]
        assert text_of(answer) == "hi"


# --- too late, too much ----------------------------------------------------------------------------------------------


@LEGACY_AND_MODERN
def test_a_result_comes_after_the_cancellation_and_not_before(meta: dict[str, Any]) -> None:
    with faulty("result-after-cancel") as peer:
        peer.ask("tools/call", name="echo", arguments={"text": "late"}, **meta)
        peer.ask("ping", **meta)
        assert peer.answer()["id"] == 2
        peer.tell(method="notifications/cancelled", params={"requestId": 1})
        answer = peer.answer()
        assert (answer["id"], text_of(answer)) == (1, "late")


def test_progress_of_every_call_comes_under_the_first_token() -> None:
    with faulty("progress-token-reused") as peer:
        for token in ("one", "two"):
            peer.ask("tools/call", name="echo", arguments={}, _meta={"progressToken": token})
            told = [peer.answer()["params"]["progressToken"] for _ in range(3)]
            assert told == ["one"] * 3
            assert "result" in peer.answer()


def test_progress_comes_after_the_answer() -> None:
    with faulty("progress-after-end") as peer:
        peer.ask("tools/call", name="echo", arguments={}, _meta={"progressToken": 7})
        assert "result" in peer.answer()
        assert [peer.answer()["params"] for _ in range(3)][-1] == {
            "progressToken": 7, "progress": 3, "total": 3, "message": "late step 3 of 3",
        }  # fmt: skip


def test_progress_goes_backwards_and_is_no_number() -> None:
    with faulty("progress-backwards") as peer:
        peer.ask("tools/call", name="echo", arguments={}, _meta={"progressToken": 7})
        told = [peer.answer()["params"]["progress"] for _ in range(10)]
    assert told == [3, 2, 2, -1, 1e300, "half", None, True, [1], {"a": 1}]


@pytest.mark.parametrize(
    ("fault", "method"), [("progress-flood", "notifications/progress"), ("log-flood", "notifications/message")]
)
def test_a_flood_is_as_long_as_asked_for_and_its_answer_comes_last(fault: str, method: str) -> None:
    with faulty(fault) as peer:
        peer.ask("tools/list")
        _, flood = peer.answer()["result"]["tools"]
        assert flood["inputSchema"]["properties"]["count"]["default"] == 1_000_000
        peer.ask("tools/call", name="flood", arguments={"count": 500}, _meta={"progressToken": 7})
        assert {peer.answer()["method"] for _ in range(500)} == {method}
        assert text_of(peer.answer()) == "sent 500"


def test_a_log_flood_offers_logging_and_lets_its_level_be_set() -> None:
    with faulty("log-flood") as peer:
        peer.ask("initialize", protocolVersion="2025-11-25")
        assert peer.answer()["result"]["capabilities"]["logging"] == {}
        peer.ask("logging/setLevel", level="error")
        assert peer.answer()["result"] == {}


def test_strange_notices_come_before_an_answer_that_is_good() -> None:
    with faulty("strange-notices") as peer:
        peer.ask("ping")
        notes = [peer.answer() for _ in range(7)]
        assert all("id" not in note for note in notes)
        assert peer.answer() == {"jsonrpc": "2.0", "id": 1, "result": {}}


def test_what_is_no_tool_is_listed_around_a_good_one() -> None:
    with faulty("bad-tools") as peer:
        peer.ask("tools/list")
        tools = peer.answer()["result"]["tools"]
    assert tools[0] == "echo"
    assert tools[1] is None
    assert [tool.get("name") for tool in tools[2:]] == [None, "", "echo", 7, "echo"]


def test_a_cut_answer_is_half_a_message_and_the_next_call_is_whole() -> None:
    with faulty("cut-answer") as peer:
        called(peer, text="hi")
        with pytest.raises(json.JSONDecodeError):
            json.loads(peer.line())
        called(peer, "raw_frame")
        assert "raw_frame" in text_of(peer.answer())


# --- over HTTP -------------------------------------------------------------------------------------------------------


@contextmanager
def over_http(fault: str) -> Iterator[str]:
    [running] = host.start(["faulty"], Wanted(transport="http", fault=fault))
    try:
        yield str(running.url)
    finally:
        host.stop("faulty")


def posted(url: str, tool: str, **params: Any) -> str:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {}} | params}
    return httpx2.post(url, json=message).text


def test_over_http_an_answer_is_an_event_and_a_notification_is_accepted() -> None:
    with over_http("none") as url:
        event, data, *_ = posted(url, "echo", arguments={"text": "hi"}).splitlines()
        assert event == "event: message"
        assert text_of(json.loads(data.removeprefix("data: "))) == "hi"
        assert httpx2.post(url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}).status_code == 202
        assert httpx2.get(url).status_code == 405


def test_over_http_a_cut_answer_is_the_end_of_its_stream() -> None:
    with over_http("cut-answer") as url:
        body = posted(url, "echo", arguments={"text": "hi"})
        assert body.startswith("event: message\ndata: {")
        assert not body.endswith("\n")
        assert "raw_frame" in posted(url, "raw_frame")


def test_over_http_a_second_answer_comes_on_the_same_stream() -> None:
    with over_http("duplicate-ids") as url:
        assert posted(url, "echo").count("event: message") == 2


def test_over_http_a_question_comes_before_its_answer_in_another_post() -> None:
    with over_http("duplicate-question-ids") as url:
        body = posted(url, "echo", arguments={"text": "hi"})
        assert body.count("elicitation/create") == 2
        answered = httpx2.post(url, json={"jsonrpc": "2.0", "id": "same-1", "result": ACCEPTED})
        assert answered.status_code == 202
        assert '{"accept": 1}' in posted(url, "answers").replace("\\", "")
