"""What HTTP servers, and what stands before them, really answer: each is told apart, and none costs another request."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from functools import partial
from threading import Barrier, Event
from typing import Any

import pytest
from support.odd_http import JSON, Asked, OddServer, Response, error, result, sse, times
from support.shell import Shell
from support.until import PATIENCE

from mcp_magics.connection.loop import background
from mcp_magics.connection.manager import servers
from mcp_magics.wire import legacy_sse, streamable
from mcp_magics.wire.sse import EventDecoder

CHALLENGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>challenge-platform</body></html>"

PAGE = b"<html>\r\n<head><title>As the gateway says</title></head></html>"


def always(response: Response) -> Any:
    return lambda _asked: response


def modern(asked: Asked) -> Response | dict[str, Any] | None:
    """A server of 2026-07-28: discovery, and no handshake."""
    head = {"resultType": "complete"}
    match asked.rpc:
        case "server/discover":
            return {
                **head,
                "supportedVersions": ["2026-07-28"],
                "capabilities": {"tools": {}},
                "ttlMs": 0,
                "cacheScope": "private",
            }
        case "tools/list":
            return {
                **head,
                "tools": [{"name": "echo", "inputSchema": {"type": "object"}}],
                "ttlMs": 0,
                "cacheScope": "private",
            }
        case "tools/call":
            return {**head, "content": [{"type": "text", "text": "modern"}]}
        case "initialize":
            return error(asked, -32601, "Method not found", status=404)
    return None


# -- the beginning --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404, 405, 415])
def test_a_refusal_of_discovery_in_plain_text_is_a_server_of_the_handshake_era(
    shell: Shell, odd: OddServer, status: int
) -> None:
    odd.on["server/discover"] = always(Response(status, b"nope", kind="text/plain"))
    shell(f"%mcp add a {odd.url}")
    assert servers["a"].protocol_version == "2025-11-25"
    assert shell("%mcp call a.echo text=hi").result.text == "hi"


def test_a_server_of_2026_alone_is_not_asked_for_a_handshake(shell: Shell, odd: OddServer) -> None:
    odd.on["*"] = modern
    shell(f"%mcp add a {odd.url}")
    assert servers["a"].protocol_version == "2026-07-28"
    assert shell("%mcp call a.echo").result.text == "modern"
    assert "initialize" not in odd.rpcs()


@pytest.mark.parametrize(
    ("response", "class_"),
    [
        (Response(401), "auth_required_unadvertised"),
        (Response(401, b"", {"www-authenticate": "Bearer"}), "auth_required"),
        (Response(403, b'{"error": "no"}'), "forbidden"),
        (Response(403, CHALLENGE, {"cf-ray": "8f00-FRA"}, "text/html; charset=UTF-8"), "intercepted_html"),
        (Response(200, CHALLENGE, kind="text/html"), "intercepted_html"),
        (Response(421, b"Misdirected"), "host_rejected"),
        (Response(200, b"It works!", kind="text/plain"), "unexpected_content"),
        (Response(302, b"", {"location": "https://login.example.org/sso?x=1"}), "redirected"),
        (Response(307, b"", {"location": "https://elsewhere.example.org/mcp"}), "redirected"),
        (Response(404, b"Not Found", kind="text/plain"), "not_an_mcp_endpoint"),
        (Response(301, PAGE, {"location": "https://elsewhere.example.org/mcp"}, "text/html"), "redirected"),
        (Response(500, b"oops", kind="text/plain"), "http_error"),
        (Response(502, PAGE, kind="text/html"), "http_error"),
        (Response(429, PAGE, kind="text/html"), "http_error"),
        (Response(522, PAGE, {"cf-ray": "8f00-FRA"}, kind="text/html"), "http_error"),
        (Response(503, CHALLENGE, {"cf-ray": "8f00-FRA"}, "text/html; charset=UTF-8"), "intercepted_html"),
        (Response(200, b"", kind=JSON), "unexpected_content"),
        (Response(200, b"{", kind=JSON), "unexpected_content"),
    ],
    ids=lambda each: each if isinstance(each, str) else f"{each.status}",
)
def test_what_is_no_mcp_answer_has_a_class_of_its_own(
    shell: Shell, odd: OddServer, response: Response, class_: str
) -> None:
    odd.on["*"] = always(response)
    cell = shell.run(f"%mcp add a {odd.url}")
    failure = servers["a"].failure
    assert failure is not None
    assert failure.class_ == class_, failure
    assert failure.next_step
    assert failure.server == "a"
    assert str(response.status) in f"{failure.message} {failure.evidence}"
    assert (cell.error is None) is class_.startswith("auth_required")
    assert 2 <= len(failure.lines()) <= 4
    assert len(odd.asked) < 12


def test_a_bot_challenge_is_shown_as_evidence_and_never_tried_again(shell: Shell, odd: OddServer) -> None:
    odd.on["*"] = always(Response(403, CHALLENGE, {"cf-ray": "8f00-FRA"}, "text/html; charset=UTF-8"))
    told = shell.fails(f"%mcp add a {odd.url}", "intercepted_html")
    assert len(odd.asked) == 1
    said = " ".join([told.failure.message, *told.failure.evidence, told.failure.next_step])
    for word in ("8f00-FRA", "403", "Just a moment...", "challenge-platform", "bot protection", "another origin"):
        assert word in said
    assert "<title>" not in shell("%mcp list").html


def test_a_gateways_page_is_named_beside_its_status_and_the_server_is_tried_again(shell: Shell, odd: OddServer) -> None:
    odd.on["*"] = always(Response(502, PAGE, kind="text/html"))
    told = shell.fails(f"%mcp add a {odd.url}", "http_error")
    assert told.failure.message == "the server answered 502 with a web page titled “As the gateway says”"
    assert told.failure.next_step.startswith("%mcp connect a")
    odd.on["*"] = times(1, always(Response(502, PAGE, kind="text/html")))
    assert shell("%mcp call a.echo text=hi").result.text == "hi"


def test_a_redirect_within_the_origin_is_followed_with_method_and_body(shell: Shell, odd: OddServer) -> None:
    def moved(asked: Asked) -> Response | None:
        return Response(307, b"", {"location": "/mcp/"}) if asked.path == "/mcp" else None

    odd.on["*"] = moved
    shell(f"%mcp add a {odd.url}")
    assert shell("%mcp call a.echo text=moved").result.text == "moved"
    assert {asked.method for asked in odd.asked if asked.path == "/mcp/" and asked.rpc_id is not None} == {"POST"}


def test_redirects_in_a_circle_end_at_once_and_are_named(shell: Shell, odd: OddServer) -> None:
    odd.on["*"] = always(Response(307, b"", {"location": odd.url}))
    assert "redirects" in str(shell.fails(f"%mcp add a {odd.url} --startup-timeout 20", "redirected"))
    assert len(odd.asked) < 12


def test_a_relative_redirect_is_told_as_the_address_it_means(shell: Shell, odd: OddServer) -> None:
    odd.on["*"] = always(Response(301, b"", {"location": "/v2/mcp"}))
    error = shell.fails(f"%mcp add a {odd.url}", "redirected")
    assert error.failure.next_step.startswith(f"%mcp add a --url {odd.url.rpartition('/')[0]}/v2/mcp")


@pytest.mark.parametrize(("body", "words"), [(b"[1, 2]", "no JSON-RPC"), (b"{", "no JSON-RPC"), (b"", "nothing where")])
def test_json_that_is_no_message_is_not_called_another_content_type(
    shell: Shell, odd: OddServer, body: bytes, words: str
) -> None:
    odd.on["*"] = always(Response(200, body))
    message = shell.fails(f"%mcp add a {odd.url}", "unexpected_content").failure.message
    assert words in message
    assert "instead of JSON" not in message


def test_a_redirect_to_another_origin_gets_no_header_of_ours(shell: Shell, odd: OddServer) -> None:
    from support.odd_http import odd_server

    for other in odd_server():
        odd.on["*"] = always(Response(307, b"", {"location": other.url}))
        shell.fails(f"%mcp add a {odd.url} --header 'X-Key: secret-0123456789'", "redirected")
        assert other.asked == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_beginning_and_listing_are_tried_again_when_a_server_stumbles(
    shell: Shell, odd: OddServer, status: int
) -> None:
    stumble = always(Response(status, b"later", kind="text/plain"))
    odd.on["initialize"] = times(1, stumble)
    odd.on["tools/list"] = times(1, stumble)
    shell(f"%mcp add a {odd.url} --protocol legacy")
    assert shell("%mcp call a.echo text=up").result.text == "up"
    assert odd.rpcs().count("tools/list") == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_call_is_never_sent_twice(shell: Shell, odd: OddServer, status: int) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = times(1, always(Response(status, b"later", kind="text/plain")))
    told = shell.fails("%mcp call a.echo text=once", "http_error")
    assert told.failure.retryable
    assert odd.rpcs().count("tools/call") == 1
    assert shell("%mcp call a.echo text=again").result.text == "again"


def test_of_an_error_page_without_end_only_the_beginning_is_read(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    page = Response(500, b"x" * 20_000, {"content-length": "1000000000"}, "text/plain")
    odd.on["tools/call"] = always(page)
    shell.fails("%mcp call a.echo", "http_error")


def test_a_body_above_the_bound_is_an_error_of_its_own(
    shell: Shell, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell(f"%mcp add a {odd.url}")
    monkeypatch.setattr(streamable, "MAX_BODY_BYTES", 1000)
    shell.fails(f"%mcp call a.echo text={'x' * 2000}", "too_large")
    assert shell("%mcp call a.echo text=small").result.text == "small"


def test_a_call_given_up_before_it_could_be_sent_is_not_sent(shell: Shell, odd: OddServer) -> None:
    odd.on["*"] = modern
    shell(f"%mcp add a {odd.url}")
    gate = Event()

    async def begun_and_cancelled() -> None:
        background.loop.call_soon_threadsafe(gate.wait, PATIENCE)
        call = asyncio.create_task(servers["a"].acall("echo"))
        while not servers["a"].connection.dispatcher.in_flight:
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait([call])
        gate.set()

    asyncio.run(begun_and_cancelled())
    assert shell("%mcp call a.echo").result.text == "modern"
    assert odd.rpcs().count("tools/call") == 1


# -- the older transport --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "class_"),
    [
        (b"http://[nowhere", "unexpected_content"),
        (b"\xff\xfe", "unexpected_content"),
        (b"https://elsewhere.example.org/", "redirected"),
    ],
)
def test_an_event_stream_that_names_no_endpoint_of_its_own_is_refused_at_once(
    shell: Shell, odd: OddServer, endpoint: bytes, class_: str
) -> None:
    event = b"event: endpoint\ndata: " + endpoint + b"\n\n"
    odd.on["GET"] = always(Response(body=(event,), kind="text/event-stream"))
    shell.fails(f"%mcp add a {odd.url} --transport sse", class_)


def test_an_event_above_the_bound_ends_the_older_transport_with_its_reason(
    shell: Shell, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(legacy_sse, "EventDecoder", partial(EventDecoder, 1000))
    event = b"event: endpoint\ndata: /mcp\n\n" + b"data: " + b"x" * 2000
    odd.on["GET"] = always(Response(body=(event,), kind="text/event-stream"))
    shell.fails(f"%mcp add a {odd.url} --transport sse", "too_large")


# -- sessions -------------------------------------------------------------------------------------------------


def with_session(odd: OddServer) -> list[str]:
    """Have the server begin sessions; the names of those begun so far."""
    begun: list[str] = []

    def initialize(asked: Asked) -> Response:
        begun.append(f"session-{len(begun)}")
        answer = {
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "s", "version": "1"},
        }
        return Response(200, result(asked, answer).body, {"mcp-session-id": begun[-1]})

    odd.on["initialize"] = initialize
    return begun


def test_a_forgotten_session_is_begun_anew_once_and_the_call_arrives(shell: Shell, odd: OddServer) -> None:
    begun = with_session(odd)
    shell(f"%mcp add a {odd.url}")
    assert len(begun) == 1
    odd.on["tools/call"] = times(1, always(Response(404, b"", kind=None)))
    assert shell("%mcp call a.echo text=back").result.text == "back"
    assert len(begun) == 2
    calls = [asked.headers["mcp-session-id"] for asked in odd.asked if asked.rpc == "tools/call"]
    assert calls == ["session-0", "session-1"]


def test_calls_that_learn_one_after_another_of_a_forgotten_session_begin_one_and_all_arrive(
    shell: Shell, odd: OddServer
) -> None:
    begun = with_session(odd)
    shell(f"%mcp add a {odd.url}")
    arrived = Barrier(4)

    def call(asked: Asked) -> Response | None:
        if asked.headers["mcp-session-id"] != "session-0":
            return None
        place = arrived.wait(PATIENCE)
        time.sleep(place * 0.05)
        return Response(404, b"", kind=None)

    odd.on["tools/call"] = call

    async def call_all() -> list[str]:
        results = await asyncio.gather(*(servers["a"].acall("echo", {"text": text}) for text in "abcd"))
        return [result.text for result in results]

    assert asyncio.run(call_all()) == list("abcd")
    assert len(begun) == 2


def test_a_session_forgotten_again_and_again_is_an_error_and_no_loop(shell: Shell, odd: OddServer) -> None:
    begun = with_session(odd)
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = always(Response(404, b"", kind=None))
    shell.fails("%mcp call a.echo text=lost", "session_expired")
    assert len(begun) == 2


def test_leaving_ends_the_session(shell: Shell, odd: OddServer) -> None:
    with_session(odd)
    shell(f"%mcp add a {odd.url}")
    shell("%mcp disconnect a")
    assert [asked.headers["mcp-session-id"] for asked in odd.asked if asked.method == "DELETE"] == ["session-0"]


# -- answers --------------------------------------------------------------------------------------------------


def test_an_event_stream_that_ends_without_the_answer_says_that_the_outcome_is_unknown(
    shell: Shell, odd: OddServer
) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = always(sse())
    told = shell.fails("%mcp call a.echo text=x", "stream_lost")
    assert "unknown" in told.failure.message
    assert odd.rpcs().count("tools/call") == 1


def test_messages_before_the_answer_in_its_stream_are_heard(shell: Shell, odd: OddServer) -> None:
    def call(asked: Asked) -> Response:
        log = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "on the way"}}
        return sse(
            log, {"jsonrpc": "2.0", "id": asked.rpc_id, "result": {"content": [{"type": "text", "text": "there"}]}}
        )

    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = call
    assert shell("%mcp call a.echo").result.text == "there"
    assert "on the way" in shell("%mcp log a").text


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_events_may_end_their_lines_in_any_way_and_come_in_any_pieces(shell: Shell, odd: OddServer, end: str) -> None:
    def call(asked: Asked) -> Response:
        message = {"jsonrpc": "2.0", "id": asked.rpc_id, "result": {"content": [{"type": "text", "text": "ä天☀"}]}}
        head, tail = json.dumps(message, ensure_ascii=False).split(",", 1)
        lines = ["\ufeffid: 1", ": comment", "event: message", f"data: {head},", f"data: {tail}", "", ""]
        whole = end.join(lines).encode()
        return Response(
            body=tuple(whole[at : at + 7] for at in range(0, len(whole), 7)), kind="text/event-stream;charset=utf-8"
        )

    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = call
    assert shell("%mcp call a.echo").result.text == "ä天☀"


@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_a_json_rpc_error_is_one_whatever_the_status(shell: Shell, odd: OddServer, status: int) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = lambda asked: error(asked, -32602, "Bad city", status)
    told: Any = shell.fails("%mcp call a.echo", "rpc_error")
    assert (told.code, told.rpc_message) == (-32602, "Bad city")
    odd.on["tools/call"] = lambda asked: error(asked, -32600, "No id", status, request_id=None)
    told = shell.fails("%mcp call a.echo", "rpc_error")
    assert told.rpc_message == "No id"


def test_another_requests_id_is_no_answer(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = lambda asked: Response(body=b'{"jsonrpc":"2.0","id":987654,"result":{"content":[]}}')
    shell.fails("%mcp call a.echo", "wrong_id")
    odd.on.clear()
    assert shell("%mcp call a.echo text=fine").result.text == "fine"


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"]
)
def test_the_content_type_is_read_as_http_says(shell: Shell, odd: OddServer, kind: str) -> None:
    odd.on["*"] = lambda asked: replace(odd.ordinary(asked), kind=kind) if asked.rpc_id is not None else None
    shell(f"%mcp add a {odd.url}")
    assert shell("%mcp call a.echo text=typed").result.text == "typed"


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_notification_is_accepted_in_any_way(shell: Shell, odd: OddServer, status: int) -> None:
    odd.on["notifications/initialized"] = always(Response(status, b"", kind=None))
    shell(f"%mcp add a {odd.url}")
    assert shell("%mcp call a.echo text=ok").result.text == "ok"


def test_a_batch_as_an_answer_is_read(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = lambda asked: Response(
        body=json.dumps(
            [{"jsonrpc": "2.0", "id": asked.rpc_id, "result": {"content": [{"type": "text", "text": "one"}]}}]
        ).encode()
    )
    assert shell("%mcp call a.echo").result.text == "one"


def test_an_answer_in_several_bytes_at_a_time_and_with_a_byte_order_mark_is_read(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = lambda asked: Response(
        body=b"\xef\xbb\xbf" + result(asked, {"content": [{"type": "text", "text": "marked"}]}).body
    )
    assert shell("%mcp call a.echo").result.text == "marked"


def test_a_connection_that_breaks_in_the_answer_loses_only_this_call(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    odd.on["tools/call"] = times(1, always(Response(200, b'{"jsonrpc"', {"content-length": "5000"}, JSON)))
    told = shell.run("%mcp call a.echo text=x").error
    assert told is not None
    assert odd.rpcs().count("tools/call") == 1
    assert shell("%mcp call a.echo text=y").result.text == "y"


def test_the_client_names_itself_and_its_version(shell: Shell, odd: OddServer) -> None:  # row 40
    import mcp_magics

    shell(f"%mcp add a {odd.url}")
    (begin,) = [asked for asked in odd.asked if asked.rpc == "initialize"]
    told = begin.message["params"]["clientInfo"]
    assert (told["name"], told["version"]) == ("mcp_magics", mcp_magics.__version__)
