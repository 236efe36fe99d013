"""Ids and tokens used wrongly, streams that break and are taken up again: noted or mended, and nothing lost."""

from __future__ import annotations

import json
import time
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from support.commands import streaming
from support.odd_http import Asked, OddServer, Response, error, sse, times
from support.until import until

from mcp_magics.wire.event_stream import EventStream
from mcp_magics.wire.sse import EventDecoder

if TYPE_CHECKING:
    from support.shell import Shell


def added(shell: Shell, era: str) -> Any:
    shell(f"%mcp add s --protocol {era} -- {streaming()}")
    return shell.value("from mcp_magics import servers; servers['s']")


def violations(server: Any) -> str:
    """What the log holds of breaches of the protocol."""
    return "\n".join(line.text for line in server.log.lines("violation"))


# -- ids and tokens -------------------------------------------------------------------------------------------


def test_a_second_answer_is_noted_and_the_first_counts(shell: Shell, era: str) -> None:
    server = added(shell, era)
    assert server.call("twice").text == "the first"
    assert server.call("bump").text == "bump"
    assert "twice; the first answer counts" in violations(server)


def test_an_answer_after_the_request_was_given_up_is_no_second_one(shell: Shell) -> None:
    shell(f"%mcp add s --protocol legacy -- {streaming()}")
    server = shell.value("from mcp_magics import servers; servers['s']")
    shell.fails("%mcp call s.flood times:=60000 --max-time 0.05", "max_time")
    server.call("bump")
    assert "twice" not in violations(server)


def test_requests_of_the_server_under_one_id_are_both_answered(shell: Shell) -> None:
    server = added(shell, "legacy")
    server.call("asks")
    server.call("bump")
    assert "which an earlier one had" in violations(server)
    answers = [frame for frame in shell.value("from mcp_magics import servers; servers.journal") if frame.server == "s"]
    sent = [each for each in answers if getattr(each, "direction", "") == "sent" and '"id":"same"' in each.text]
    assert len(sent) == 2


def test_progress_after_the_answer_is_noted_once(shell: Shell, era: str) -> None:
    server = added(shell, era)
    server.call("bump")
    server.call("late")
    server.call("bump")
    assert "which has its answer" in violations(server)


def test_progress_that_goes_backwards_is_noted_once_a_request(shell: Shell, era: str) -> None:
    server = added(shell, era)
    server.call("uneven")
    server.call("uneven")
    assert violations(server).count("it has to grow") == 2


def test_progress_that_is_no_number_is_survived(shell: Shell, era: str) -> None:
    server = added(shell, era)
    assert server.call("odd_progress").text == "odd_progress"
    assert violations(server).count("no number") == 1
    server.call("stray")
    assert server.call("bump").text == "bump"
    assert "which nobody gave" in violations(server)


def test_custom_notifications_with_values_json_does_not_have_are_kept(shell: Shell, era: str) -> None:
    server = added(shell, era)
    assert server.call("custom", times=3).text == "custom"
    assert len([line for line in server.log.lines("notification") if "acme/heartbeat" in line.text]) == 3


# -- streams --------------------------------------------------------------------------------------------------


def event(message: dict[str, Any], number: str) -> bytes:
    return f"id: {number}\nevent: message\ndata: {json.dumps(message)}\n\n".encode()


def answer(asked: Asked, text: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": asked.rpc_id, "result": {"content": [{"type": "text", "text": text}]}}


def log(text: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": text}}


class Cut:
    """A call whose stream breaks in the middle of its second event; a GET brings the rest, and the first once more."""

    def __init__(self, odd: OddServer, rest: int = 1) -> None:
        self.asked_from: list[str | None] = []
        self.at: list[float] = []
        self.call: Asked | None = None
        self.rest = rest
        odd.on["tools/call"] = self.begin
        odd.on["GET"] = self.resume

    def begin(self, asked: Asked) -> Response:
        self.call = asked
        second = event(answer(asked, "whole"), "2")
        self.at.append(time.monotonic())
        return Response(body=(b"retry: 30\n\n", event(log("once"), "1"), second[:40]), kind="text/event-stream")

    def resume(self, asked: Asked) -> Response | None:
        if self.call is None:
            return Response(405)
        self.asked_from.append(asked.headers.get("last-event-id"))
        self.at.append(time.monotonic())
        if len(self.asked_from) > self.rest:
            return Response(404)
        events = (event(log("once"), "1"), event(answer(self.call, "whole"), "2"))
        return Response(body=events, kind="text/event-stream")


def test_a_stream_cut_in_the_middle_of_a_message_is_taken_up_after_the_last_whole_one(
    shell: Shell, odd: OddServer
) -> None:
    shell(f"%mcp add a {odd.url}")
    cut = Cut(odd)
    assert shell("%mcp call a.echo").result.text == "whole"
    assert cut.asked_from == ["1"]
    assert cut.at[1] - cut.at[0] < 0.9  # the server's retry, not our second
    assert [line.text for line in shell.value("%mcp log a").items if line.source == "log"] == ["once"]


def test_a_stream_that_cannot_be_taken_up_says_that_the_outcome_is_unknown(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    Cut(odd, rest=0)
    told = shell.fails("%mcp call a.echo", "stream_lost")
    assert "whether it took effect is unknown" in told.failure.message
    assert odd.rpcs().count("tools/call") == 1


def test_a_json_answer_cut_short_says_that_the_outcome_is_unknown(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = lambda _asked: Response(body=b'{"jsonrpc":"2.0","id"', headers={"content-length": "500"})
    told = shell.fails("%mcp call a.echo", "stream_lost")
    assert "whether the request took effect is unknown" in told.failure.evidence


def test_two_events_of_one_id_and_different_content_are_both_taken() -> None:
    noted: list[str] = []

    class Ear:
        def violation(self, _rule: str, message: str) -> None:
            noted.append(message)

    stream: Any = EventStream(Ear())  # type: ignore[arg-type]
    first, again, other = EventDecoder().feed(b"id: 1\ndata: a\n\nid: 1\ndata: a\n\nid: 1\ndata: b\n\n")
    assert [stream._take(each) for each in (first, again, other)] == [True, False, True]
    assert len(noted) == 1


def test_an_event_without_an_id_of_its_own_is_never_a_double() -> None:
    stream: Any = EventStream(None)  # type: ignore[arg-type]
    events = EventDecoder().feed(b"id: 1\ndata: a\n\ndata: a\n\ndata: a\n\n")
    assert [stream._take(each) for each in events] == [True, True, True]


def test_a_retry_of_very_many_digits_is_no_pause() -> None:
    (only,) = EventDecoder().feed(b"retry: " + b"9" * 5000 + b"\ndata: a\n\n")
    assert only.retry is None


def test_the_stream_for_unasked_messages_is_opened_again_however_often_it_ends(shell: Shell, odd: OddServer) -> None:
    opened: list[str | None] = []

    def get(asked: Asked) -> Response | None:
        if asked.path != "/mcp":
            return None
        opened.append(asked.headers.get("last-event-id"))
        if len(opened) > 8:
            return Response(405)
        number = str(len(opened))
        return Response(body=(b"retry: 1\n\n", event(log(f"unasked {number}"), number)), kind="text/event-stream")

    odd.on["GET"] = get
    shell(f"%mcp add a {odd.url}")
    until(lambda: len(opened) >= 9)
    assert opened == [None, "1", "2", "3", "4", "5", "6", "7", "8"]
    assert "unasked 8" in shell("%mcp log a").text


CHANGED = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def named(*names: str) -> dict[str, Any]:
    return {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]}


def test_a_changed_list_that_could_not_be_read_is_read_at_the_next_call(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/list"] = times(1, lambda asked: error(asked, -32603, "busy"))
    odd.on["tools/call"] = times(1, lambda asked: sse(CHANGED, answer(asked, "there")))
    shell("%mcp call a.echo")
    until(lambda: "a changed list was not read" in shell("%mcp log a").text)
    odd.on["tools/list"] = lambda _asked: named("echo", "new")
    notes = shell("%mcp call a.new").result.notes
    assert any("new tool new" in note for note in notes)


def test_a_call_goes_on_where_a_changed_list_cannot_be_read(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/list"] = lambda asked: error(asked, -32603, "busy")
    odd.on["tools/call"] = lambda asked: sse(CHANGED, answer(asked, "there"))
    shell("%mcp call a.echo")
    result = shell("%mcp call a.echo").result
    assert result.text == "there"
    assert "a changed list was not read" in result.notes[0]
    assert "busy" in result.notes[0]


def test_a_call_waits_a_little_only_for_a_changed_list_that_does_not_come(
    shell: Shell, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_magics.connection.live.CATCH_UP_SECONDS", 0.2)
    over = Event()
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/list"] = lambda asked: error(asked, -32603, "over") if over.wait(20) else None
    odd.on["tools/call"] = lambda asked: sse(CHANGED, answer(asked, "there"))
    shell("%mcp call a.echo")
    result = shell("%mcp call a.echo").result
    over.set()
    assert result.text == "there"
    assert result.notes[0] == "a changed list was not read: no answer within 0.2 s"


def test_a_list_that_changes_while_it_is_read_is_read_once_more(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    old = named("echo")
    odd.on["tools/list"] = times(1, lambda asked: sse(CHANGED, {"jsonrpc": "2.0", "id": asked.rpc_id, "result": old}))
    odd.on["tools/call"] = times(1, lambda asked: sse(CHANGED, answer(asked, "there")))
    lists = odd.rpcs().count("tools/list")
    shell("%mcp call a.echo")
    until(lambda: odd.rpcs().count("tools/list") == lists + 2)


def test_a_session_begun_anew_is_a_note_on_the_result(shell: Shell, odd: OddServer) -> None:
    def initialize(asked: Asked) -> Response:
        return Response(body=odd.ordinary(asked).body, headers={"mcp-session-id": "one"})

    odd.on["initialize"] = initialize
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = times(1, lambda _asked: Response(404, b"", kind=None))
    cell = shell("%mcp call a.echo text=back")
    assert any("forgotten the session" in note for note in cell.result.notes)
    assert "forgotten the session" in cell.text


def test_a_new_tool_of_a_server_that_has_forgotten_the_session_is_found(shell: Shell, odd: OddServer) -> None:
    odd.on["initialize"] = lambda asked: Response(body=odd.ordinary(asked).body, headers={"mcp-session-id": "one"})
    shell(f"%mcp add a {odd.url}")
    answers = iter([Response(404, b"", kind=None), named("echo", "new")])
    odd.on["tools/list"] = lambda _asked: next(answers)
    odd.on["tools/call"] = lambda asked: sse(answer(asked, "there"))
    assert shell("%mcp call a.new").result.text == "there"


def test_a_log_message_in_the_answers_stream_is_heard_once(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = lambda asked: sse(log("heard"), answer(asked, "there"))
    shell("%mcp call a.echo")
    assert len(shell.value("%mcp log a").items) == 1


@pytest.mark.parametrize(
    "method", ["notifications/progress", "notifications/message", "notifications/resources/updated"]
)
def test_notifications_without_params_are_survived(shell: Shell, odd: OddServer, method: str) -> None:
    shell(f"%mcp add a {odd.url}")
    bare: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    odd.on["tools/call"] = lambda asked: sse(bare, {**bare, "params": [1]}, answer(asked, "there"))
    assert shell("%mcp call a.echo").result.text == "there"
