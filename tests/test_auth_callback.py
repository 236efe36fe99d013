"""The authorization response as a value: reading it, whose it is, and what an error in it means."""

from __future__ import annotations

import pytest

from mcp_magics.auth.callback import Callback, denial, parse_callback
from mcp_magics.errors import MCPMagicsError

STATE = "state-of-this-login-1"


def test_a_callback_is_read_from_its_query_and_other_parameters_are_ignored():
    read = parse_callback("code=a%2Fb&state=s+1&iss=https%3A%2F%2Fas.example&session_state=x&session_state=y")
    assert read == Callback("a/b", "s 1", "https://as.example")


def test_an_error_and_its_description_are_decoded():
    read = parse_callback("error=access_denied&error_description=a%20b&error_uri=https%3A%2F%2Fe.example&state=s")
    assert (read.error, read.error_description, read.error_uri) == ("access_denied", "a b", "https://e.example")


@pytest.mark.parametrize("query", ["code=a&code=a&state=s", "code=a&state=s&state=t", "iss=a&iss=b", "error=&error=x"])
def test_a_parameter_that_comes_twice_is_refused(query):
    with pytest.raises(MCPMagicsError, match="comes twice") as caught:
        parse_callback(query)
    assert caught.value.failure.class_ == "callback_invalid"


def test_a_query_of_many_parameters_is_refused():
    with pytest.raises(MCPMagicsError, match="more than 100"):
        parse_callback("a=b&" * 200)


@pytest.mark.parametrize(
    ("query", "accepted"),
    [
        (f"code=a&state={STATE}", True),
        (f"error=x&state={STATE}", True),
        ("code=a&state=other", False),
        ("code=a&state=", False),
        ("code=a", False),
        ("code=a&state=%ff%00", False),
        (f"code=a&state={STATE}x", False),
    ],
)
def test_only_the_state_that_was_sent_is_accepted(query, accepted):
    assert parse_callback(query).accepts(STATE) is accepted


def test_no_state_never_accepts_no_state():
    assert not parse_callback("code=a&state=").accepts("")


def test_a_repr_shows_neither_code_nor_state():
    shown = repr(Callback("the-code-1", "the-state-1", "https://as.example"))
    assert "the-code-1" not in shown
    assert "the-state-1" not in shown
    assert "as.example" in shown


def test_a_denial_is_a_failure_with_the_servers_decoded_words():
    said = Callback(error="access_denied", error_description="a b", error_uri="https://as.example/why")
    failure = denial(said, "docs")
    assert (failure.class_, failure.message) == ("access_denied", "the authorization server refused: a b")
    assert failure.evidence == ("more: https://as.example/why",)
    assert failure.next_step == "%mcp login docs"


def test_another_error_is_not_said_to_be_a_denial():
    failure = denial(Callback(error="server_error"), "docs")
    assert (failure.class_, failure.message) == ("authorization_failed", "OAuth error: server_error")


def test_a_denial_without_words_says_that_there_are_none():
    assert denial(Callback(error="access_denied"), "docs").message.endswith("it gives no reason")
