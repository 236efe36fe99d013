"""What a server says to someone without a credential: the only measure of whether it requires one."""

from __future__ import annotations

import json

import pytest
from support.flow import URL, answer, no_answer, settings

from mcp_magics.auth.flow.anonymous import Anonymous
from mcp_magics.auth.flow.discovery import ResourceMetadata
from mcp_magics.auth.flow.state import Refused

OK = answer({"jsonrpc": "2.0", "id": 1, "result": {}})
ERROR = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32600, "message": "no"}}


def after(*answers, **options):
    """The state after these answers."""
    state = Anonymous(settings(**options))
    for each in answers:
        state = state.next(each).state
    return state


def headers(state):
    return dict(state.ask().headers)


def test_the_first_request_is_the_initialize_of_a_client_that_can_do_nothing():
    ask = after().ask()
    assert (ask.method, ask.url) == ("POST", URL)
    assert ask.body["method"] == "initialize"
    assert ask.body["params"]["capabilities"] == {}
    assert dict(ask.headers) == {"accept": "application/json, text/event-stream"}


def test_configured_headers_go_along():
    assert headers(after(headers=(("x-tenant", "7"),)))["x-tenant"] == "7"


def test_each_method_is_asked_in_turn_and_the_session_that_was_begun_is_ended():
    first = answer(ERROR | {"result": {}}, mcp_session_id="s-1")
    asks = [after(*[first, OK, OK][:count]).ask() for count in (1, 2, 3)]
    assert [ask.body["method"] if ask.body else ask.method for ask in asks] == [
        "notifications/initialized",
        "tools/list",
        "DELETE",
    ]
    assert "id" not in asks[0].body
    assert all(dict(ask.headers)["mcp-session-id"] == "s-1" for ask in asks)
    assert all(dict(ask.headers)["mcp-protocol-version"] for ask in asks)
    assert isinstance(after(first, OK, OK, answer(status=405)), ResourceMetadata)


def test_a_server_that_answers_all_of_it_requires_nothing():
    end = after(OK, OK, OK)
    assert isinstance(end, ResourceMetadata)
    assert end.found.refused is None


@pytest.mark.parametrize(("before", "method"), [(0, "initialize"), (1, "notifications/initialized"), (2, "tools/list")])
def test_a_401_at_any_method_demands_a_credential_and_names_the_method_rfc6750_3(before, method):
    end = after(*[OK] * before, answer(status=401, www_authenticate='Bearer scope="a"'))
    assert isinstance(end, ResourceMetadata)
    assert (end.found.refused, end.found.challenge.scopes) == (method, ("a",))


def test_a_401_without_a_challenge_demands_a_credential_too():
    end = after(answer(status=401))
    assert (end.found.refused, end.found.challenge) == ("initialize", None)


def test_a_403_demands_one_only_with_a_challenge_rfc6750_3_1():
    assert after(answer(status=403, www_authenticate='Bearer error="insufficient_scope"')).found.refused == "initialize"
    assert isinstance(after(answer(status=403)), Refused)
    assert isinstance(after(answer(status=403, www_authenticate="Basic")), Refused)


def test_where_the_challenge_points_is_what_is_looked_at_next_rfc9728_5_1():
    end = after(answer(status=401, www_authenticate='Bearer resource_metadata="https://mcp.example.com/m"'))
    assert end.ask().url == "https://mcp.example.com/m"


def test_no_answer_means_unknown_and_never_none():
    end = after(no_answer())
    assert isinstance(end, Refused)
    assert end.failure.class_ == "no_response"


@pytest.mark.parametrize("status", [500, 502, 503, 429, 418])
def test_an_answer_that_is_no_mcp_answer_means_unknown(status):
    assert isinstance(after(answer(b"oops", status)), Refused)


def test_a_server_of_the_stateless_era_is_asked_in_its_own_words_mcp_2026_07_28():
    state = after(answer(ERROR, 400))
    ask = state.ask()
    assert ask.body["method"] == "tools/list"
    assert ask.body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] == "2026-07-28"
    assert headers(state)["mcp-method"] == "tools/list"
    assert headers(state)["mcp-protocol-version"] == "2026-07-28"
    assert "mcp-session-id" not in headers(state)
    assert isinstance(state.next(answer(ERROR, 400)).state, ResourceMetadata)


@pytest.mark.parametrize("status", [404, 405])
def test_an_older_sse_server_is_asked_with_get_mcp_2024_11_05(status):
    state = after(answer(status=status))
    assert state.ask().method == "GET"
    assert headers(state)["accept"] == "text/event-stream"
    assert after(answer(status=status), answer(status=401)).found.refused == "GET"
    assert isinstance(after(answer(status=status), answer(content_type="text/event-stream")), ResourceMetadata)
    assert isinstance(after(answer(status=404), answer(status=404)), Refused)


def test_a_failed_end_of_the_session_changes_nothing():
    end = after(answer(OK.document, mcp_session_id="s"), OK, OK, no_answer())
    assert isinstance(end, ResourceMetadata)
    assert end.found.refused is None


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32001, "message": "Unauthorized"},
        {"code": -32000, "message": "Authentication required"},
        {"code": 401, "message": "who are you?"},
        {"code": 403, "message": "You are not authenticated"},
        {"code": -32603, "message": "invalid_token: Missing bearer token"},
    ],
)
@pytest.mark.parametrize("wrap", [json.dumps, lambda each: f"event: message\ndata: {json.dumps(each)}\n\n"])
def test_an_error_that_asks_for_authorization_in_place_of_a_401_is_a_refusal(error, wrap):
    end = after(answer(wrap({"jsonrpc": "2.0", "id": 1, "error": error}).encode()))
    assert isinstance(end, ResourceMetadata)
    assert end.found.refused == "initialize"
    assert str(error["message"]) in end.found.said
    assert any("in place of a 401" in line for line in end.found.problems)


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32601, "message": "Method not found: not authorized"},
        {"code": -32602, "message": "Unsupported protocol version"},
        {"code": -32000, "message": "Bad Request: No valid session ID provided"},
        {"code": -32022, "message": "invalid progress token"},
    ],
)
def test_any_other_error_is_no_refusal_and_no_answered_beginning(error):
    state = after(answer({"jsonrpc": "2.0", "id": 1, "error": error}))
    assert state.found.refused is None
    assert state.ask().body["method"] == "tools/list"
    assert headers(state)["mcp-protocol-version"] == "2026-07-28"
