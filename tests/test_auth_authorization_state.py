"""The browser's hop as a state: RFC 6749 §4.1, RFC 7636 §4, RFC 8707 §2.1, RFC 9207 §2.4, and the one retry."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from authlib.oauth2.rfc7636.challenge import create_s256_code_challenge
from support.flow import ISSUER, REDIRECT, URL, auth_server, party, settings

from mcp_magics.auth.callback import Callback
from mcp_magics.auth.flow.authorization import Authorize
from mcp_magics.auth.flow.exchange import Token
from mcp_magics.auth.flow.login import with_scopes
from mcp_magics.auth.flow.scopes import Scopes
from mcp_magics.auth.flow.state import Refused
from mcp_magics.errors import CommandError


def authorize(**options):
    again = options.pop("again", False)
    return with_scopes(party(**options), again=again)


def came(state, **callback):
    """What follows from a callback with the right state."""
    ask = state.ask()
    given = {"code": "the-code", **callback} if "error" not in callback else callback
    return state.received(Callback(state=state.expects(ask), **given), ask).state


def test_the_request_says_what_the_sections_want_each_once_rfc6749_4_1_1_rfc7636_4_3_rfc8707_2_1():
    state = authorize()
    ask = state.ask()
    assert (ask.method, ask.browser, ask.url.partition("?")[0]) == ("GET", True, f"{ISSUER}/authorize")
    assert dict(ask.fields) == {
        "response_type": "code",
        "client_id": "client-1",
        "redirect_uri": REDIRECT,
        "state": state.nonce,
        "code_challenge": create_s256_code_challenge(state.pkce.verifier),
        "code_challenge_method": "S256",
        "scope": "read",
        "resource": URL,
    }
    assert all(len(values) == 1 for values in parse_qs(urlsplit(ask.url).query).values())


def test_what_was_not_chosen_is_left_out_and_not_sent_empty_rfc6749_3_1():
    fields = dict(authorize(scopes=Scopes(None, "none"), resource=None).ask().fields)
    assert not {"scope", "resource", "prompt"} & fields.keys()


def test_the_endpoints_own_query_is_kept_and_says_nothing_of_ours_rfc6749_3_1():
    server = auth_server(authorization_endpoint=f"{ISSUER}/authorize?tenant=7&state=theirs&client_id=x#part")
    fields = parse_qsl(urlsplit(authorize(server=server).ask().url).query)
    assert ("tenant", "7") in fields
    assert [value for name, value in fields if name == "client_id"] == ["client-1"]
    assert ("state", "theirs") not in fields


def test_offline_access_is_asked_for_with_a_consent_oidc_core_11():
    assert dict(authorize(scopes=Scopes(("a", "offline_access"), "challenge")).ask().fields)["prompt"] == "consent"


def test_state_and_verifier_are_drawn_anew_for_each_attempt_rfc6749_10_12_rfc7636_4_1():
    asked = settings(redirect_uri=REDIRECT)
    first, second = (with_scopes(party(asked), again=False) for _ in range(2))
    assert len({first.nonce, second.nonce, first.pkce.verifier, second.pkce.verifier}) == 4
    assert first.pkce.verifier not in repr(first)
    assert first.nonce not in repr(first)


def test_a_code_goes_to_the_token_endpoint_with_its_verifier_and_redirect_uri_rfc6749_4_1_3_rfc7636_4_5():
    state = authorize()
    after = came(state)
    assert isinstance(after, Token)
    assert after.core.url == f"{ISSUER}/token"
    assert dict(after.core.form) == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": REDIRECT,
        "code_verifier": state.pkce.verifier,
        "resource": URL,
    }


def test_the_redirect_uri_of_the_exchange_is_the_one_that_was_sent_rfc6749_4_1_3():
    state = authorize()
    ask = state.ask().changed({"redirect_uri": "http://127.0.0.1:9/other"})
    after = state.received(Callback(code="c", state=state.nonce), ask).state
    assert dict(after.core.form)["redirect_uri"] == "http://127.0.0.1:9/other"


def test_the_state_to_expect_is_the_one_that_was_sent_and_one_without_cannot_be_answered_rfc6749_10_12():
    state = authorize()
    assert state.expects(state.ask()) == state.nonce
    assert state.expects(state.ask().changed({"state": "other"})) == "other"
    for nothing in (None, ""):
        with pytest.raises(CommandError) as caught:
            state.expects(state.ask().changed({"state": nothing}))
        assert (caught.value.failure.class_, caught.value.failure.server) == ("state_missing", "shop")


# --- RFC 9207 ----------------------------------------------------------------------------------------------------

ANNOUNCED = auth_server(authorization_response_iss_parameter_supported=True)


@pytest.mark.parametrize("server", [ANNOUNCED, auth_server()])
@pytest.mark.parametrize("iss", ["https://evil.example", f"{ISSUER}/", ISSUER.upper(), f"{ISSUER}:443", "x" * 9000])
def test_another_issuer_in_the_response_ends_the_login_before_the_code_is_used_rfc9207_2_4(server, iss):
    end = came(authorize(server=server), iss=iss)
    assert isinstance(end, Refused)
    assert end.failure.class_ == "issuer_mismatch"
    assert len(end.failure.message) < 1000


def test_a_missing_issuer_counts_only_where_one_was_announced_rfc9207_2_4():
    assert came(authorize(server=ANNOUNCED)).failure.class_ == "issuer_mismatch"
    assert isinstance(came(authorize()), Token)
    assert isinstance(came(authorize(server=ANNOUNCED), iss=ISSUER), Token)


def test_the_issuer_is_looked_at_before_the_error_is_believed_rfc9207_2_4():
    end = came(authorize(), error="access_denied", iss="https://evil.example")
    assert end.failure.class_ == "issuer_mismatch"


# --- errors and the one retry ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "class_"),
    [("access_denied", "access_denied"), ("server_error", "authorization_failed"), ("?", "authorization_failed")],
)
def test_an_error_response_ends_the_login_in_its_own_words_rfc6749_4_1_2_1(error, class_):
    end = came(authorize(), error=error, error_description="not\x1b[31m today")
    assert end.failure.class_ == class_
    assert "\x1b" not in end.failure.message
    assert end.failure.next_step.startswith("%mcp login shop")


def test_discovered_scopes_that_are_rejected_are_asked_for_once_more_without_and_with_new_secrets():
    state = authorize()
    again = came(state, error="invalid_scope")
    assert isinstance(again, Authorize)
    assert "scope" not in dict(again.ask().fields)
    assert again.nonce != state.nonce
    assert again.pkce.verifier != state.pkce.verifier
    assert isinstance(came(again, error="invalid_scope"), Refused)


def test_scopes_somebody_here_asked_for_are_not_dropped():
    end = came(authorize(scopes=Scopes(("mine",), "explicit")), error="invalid_scope")
    assert isinstance(end, Refused)


def test_scopes_a_person_put_in_the_place_of_the_discovered_ones_are_not_dropped_either():
    state = authorize()
    ask = state.ask().changed({"scope": "mine"})
    end = state.received(Callback(state=state.nonce, error="invalid_scope"), ask).state
    assert isinstance(end, Refused)
    assert "asked for: mine (explicit)" in " ".join(end.failure.evidence)
    after = state.received(Callback(state=state.nonce, code="c"), state.ask().changed({"scope": None})).state
    assert after.party.scopes == Scopes(None, "explicit")


def test_the_decision_says_what_comes_next_and_the_section_where_the_issuer_is_checked_rfc9207_2_4():
    state = authorize()
    decision = state.received(Callback(state=state.nonce, code="c"), state.ask())
    assert decision.text == "a code has come; next it is exchanged for a token"
    assert "RFC 9207 §2.4" in state.section


def test_a_second_attempt_for_whatever_reason_is_the_last():
    assert isinstance(came(authorize(again=True), error="invalid_scope"), Refused)
    after = came(came(authorize(), error="invalid_scope"))
    assert isinstance(after, Token)
    assert after.retried


def test_neither_code_nor_error_is_an_end():
    state = authorize()
    assert isinstance(state.received(Callback(state=state.nonce), state.ask()).state, Refused)


def test_scopes_beyond_ascii_are_asked_for_as_they_are_and_raise_nothing():
    state = replace(authorize(), party=party(scopes=Scopes(("é{}", "☃"), "resource metadata")))
    assert dict(state.ask().fields)["scope"] == "é{} ☃"
