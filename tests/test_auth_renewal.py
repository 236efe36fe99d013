"""Refresh and revocation as states: RFC 6749 §6, RFC 8707 §2.2, RFC 9449 §5, RFC 7009."""

from __future__ import annotations

import pytest
from support.flow import ISSUER, NO_ANSWER, URL, answer, client, credential, no_answer

from mcp_magics.auth.dpop import new_key
from mcp_magics.auth.flow.renewal import Refresh, Revocation, revoke
from mcp_magics.auth.flow.state import Granted, Refused, Revoked

FRESH = {"access_token": "access-two", "token_type": "Bearer", "expires_in": 60}


def refreshed(reply, **options):
    return Refresh("shop", credential(**options)).next(reply).state


# --- refresh -----------------------------------------------------------------------------------------------------


def test_the_refresh_token_goes_with_client_and_resource_and_without_scopes_rfc6749_6_rfc8707_2_2():
    ask = Refresh("shop", credential()).ask()
    assert (ask.method, ask.url) == ("POST", f"{ISSUER}/token")
    assert dict(ask.form) == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-one",
        "resource": URL,
        "client_id": "client-1",
    }


def test_a_confidential_client_authenticates_at_the_refresh_too_rfc6749_6():
    secret = client(client_secret="hush-hush-3", auth_method="client_secret_basic")
    assert "authorization" in dict(Refresh("shop", credential(client=secret)).ask().headers)


def test_a_rotated_refresh_token_takes_the_place_of_the_old_one_rfc6749_6():
    end = refreshed(answer(FRESH | {"refresh_token": "refresh-two"}))
    assert isinstance(end, Granted)
    assert (end.credential.tokens.access_token, end.credential.tokens.refresh_token) == ("access-two", "refresh-two")


def test_what_the_answer_leaves_out_stays_as_it_was_rfc6749_6():
    got = refreshed(answer(FRESH)).credential
    assert (got.tokens.refresh_token, got.tokens.scopes, got.resource) == ("refresh-one", ("read",), URL)
    assert (got.client, got.endpoints) == (client(), credential().endpoints)


def test_fewer_scopes_are_what_the_answer_says_rfc6749_6():
    assert refreshed(answer(FRESH | {"scope": "less"})).credential.tokens.scopes == ("less",)


@pytest.mark.parametrize("reply", [answer({"error": "invalid_grant"}, 400), answer({"error": "invalid_client"}, 401)])
def test_a_refused_refresh_is_an_end_and_is_not_tried_again_rfc6749_5_2(reply):
    end = refreshed(reply)
    assert isinstance(end, Refused)
    assert not end.failure.retryable


def test_a_refresh_that_did_not_come_about_may_be_tried_later():
    assert refreshed(no_answer()).failure == NO_ANSWER
    assert refreshed(answer({"error": "temporarily_unavailable"}, 503)).failure.retryable


def test_a_bound_refresh_is_proved_and_takes_one_nonce_rfc9449_5_and_8():
    state = Refresh("shop", credential(dpop_key=new_key()))
    assert "dpop" in dict(state.ask().headers)
    wanted = answer({"error": "use_dpop_nonce"}, 400, dpop_nonce="n-1")
    again = state.next(wanted).state
    assert again.nonce == "n-1"
    assert isinstance(again.next(wanted).state, Refused)
    assert isinstance(Refresh("shop", credential()).next(wanted).state, Refused)


# --- revocation --------------------------------------------------------------------------------------------------


def test_the_refresh_token_is_revoked_first_then_the_access_token_rfc7009_2_1():
    state = revoke("shop", credential())
    ask = state.ask()
    assert (ask.url, dict(ask.form)) == (
        f"{ISSUER}/revoke",
        {"token": "refresh-one", "token_type_hint": "refresh_token", "client_id": "client-1"},
    )
    second = state.next(answer(status=200)).state
    assert dict(second.ask().form)["token"] == "access-one"
    assert dict(second.ask().form)["token_type_hint"] == "access_token"
    assert isinstance(second.next(answer(status=200)).state, Revoked)


def test_without_a_refresh_token_the_access_token_is_all_there_is():
    state = revoke("shop", credential(tokens={"refresh_token": None}))
    assert dict(state.ask().form)["token"] == "access-one"


def test_a_server_without_the_endpoint_cannot_be_asked_rfc8414_2():
    assert revoke("shop", credential(endpoints={"token_endpoint": f"{ISSUER}/token"})) is None


UNSUPPORTED = answer({"error": "unsupported_token_type"}, 400)


def test_an_access_token_that_cannot_be_revoked_ends_by_itself_rfc7009_2_2_1():
    second = revoke("shop", credential()).next(answer(status=200)).state
    end = second.next(UNSUPPORTED).state
    assert isinstance(end, Revoked)
    assert "ends by itself" in end.text


def test_one_that_is_all_there_is_and_cannot_be_revoked_is_a_failure_rfc7009_2_2_1():
    end = revoke("shop", credential(tokens={"refresh_token": None})).next(UNSUPPORTED).state
    assert isinstance(end, Refused)


@pytest.mark.parametrize(
    "reply", [answer(status=503), answer({"error": "invalid_client"}, 401), answer(b"<html>", 404)]
)
def test_a_refusal_is_told_and_never_taken_for_done_rfc7009_2_2_1(reply):
    end = revoke("shop", credential()).next(reply).state
    assert isinstance(end, Refused)
    assert end.failure.class_ == "revocation_failed"


MISSED = answer({"error": "invalid_request", "error_description": "client_secret: Field required"}, 400)


def test_a_client_secret_that_is_missed_goes_along_empty_once_rfc6749_2_3_1():
    again = revoke("shop", credential()).next(MISSED).state
    assert dict(again.ask().form)["client_secret"] == ""
    assert dict(again.next(answer(status=200)).state.ask().form)["client_secret"] == ""
    assert isinstance(again.next(MISSED).state, Refused)


def test_a_client_secret_that_was_sent_is_not_sent_empty():
    confidential = credential(client=client(auth_method="client_secret_post", client_secret="s3cret"))
    assert isinstance(revoke("shop", confidential).next(MISSED).state, Refused)


def test_no_answer_is_told_as_it_is():
    end = Revocation("shop", credential(), f"{ISSUER}/revoke", "access_token").next(no_answer()).state
    assert end.failure == NO_ANSWER
