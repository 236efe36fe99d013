"""The token endpoint as a state: RFC 6749 §4 and §5, RFC 9449, what is tried once more and what never is."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode

import pytest
from support.flow import ISSUER, NO_ANSWER, REDIRECT, URL, answer, auth_server, client, credential, no_answer, party
from support.flow import resource as resource_metadata
from support.flow import settings as flow_settings

from mcp_magics.auth.flow.authorization import Authorize
from mcp_magics.auth.flow.exchange import Token, token
from mcp_magics.auth.flow.identity import Registration
from mcp_magics.auth.flow.scopes import Scopes
from mcp_magics.auth.flow.state import Found, Granted, Refused
from mcp_magics.auth.grants import authorization_code

TOKENS = {"access_token": "access-9", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "refresh-9"}
NONCE = {"error": "use_dpop_nonce"}


def exchange(retried=False, **options):
    speaks = party(**options)
    core = authorization_code(speaks.endpoint, code="c-1", redirect_uri=REDIRECT, code_verifier="v" * 43, resource=URL)
    return token(speaks, core, retried=retried)


def bound(**options):
    """An exchange whose tokens are bound to a key (RFC 9449)."""
    return exchange(asked=flow_settings(redirect_uri=REDIRECT, binds_tokens=True), **options)


def after(state, *answers):
    for each in answers:
        state = state.next(each).state
    return state


def proof(ask):
    """The claims of the DPoP proof of ``ask``."""
    part = dict(ask.headers)["dpop"].split(".")[1]
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize(
    ("grant", "section"),
    [
        ("authorization_code", "RFC 6749 §4.1.3, RFC 7636 §4.5, RFC 8707 §2.2"),
        ("client_credentials", "RFC 6749 §4.4.2, RFC 8707 §2.2"),
        ("jwt_bearer", "RFC 7523 §2.1, RFC 8707 §2.2"),
        ("id_jag", "RFC 7523 §2.1, RFC 8707 §2.2"),
    ],
)
def test_the_section_is_the_one_of_its_grant(grant, section):
    assert exchange(asked=flow_settings(grant=grant)).section == section
    bound_too = exchange(asked=flow_settings(grant=grant, binds_tokens=True))
    assert bound_too.section == f"{section}, RFC 9449 §5"


def test_a_public_client_names_itself_in_the_form_rfc6749_4_1_3():
    ask = exchange().ask()
    assert (ask.method, ask.url) == ("POST", f"{ISSUER}/token")
    assert dict(ask.form)["client_id"] == "client-1"
    assert "authorization" not in dict(ask.headers)


def test_a_confidential_client_authenticates_as_it_was_registered_rfc6749_2_3_1():
    registered = client(client_secret="hush-hush-2", auth_method="client_secret_basic")
    server = auth_server(token_endpoint_auth_methods_supported=["client_secret_basic"])
    ask = exchange(client=registered, server=server).ask()
    assert dict(ask.headers)["authorization"].startswith("Basic ")
    assert "client_secret" not in dict(ask.form)


def test_tokens_are_bound_to_server_resource_issuer_client_and_grant():
    end = after(exchange(), answer(TOKENS))
    assert isinstance(end, Granted)
    got = end.credential
    assert (got.server_url, got.resource, got.issuer, got.client.client_id) == (URL, URL, ISSUER, "client-1")
    assert (got.grant, got.requested, got.dpop_key) == ("authorization_code", ("read",), None)
    assert got.endpoints == {"token_endpoint": f"{ISSUER}/token", "revocation_endpoint": f"{ISSUER}/revoke"}
    assert (got.tokens.access_token, got.tokens.refresh_token) == ("access-9", "refresh-9")
    assert got.tokens.expires_at == pytest.approx(time.time() + 3600, abs=30)


def test_scopes_left_unsaid_are_those_asked_for_rfc6749_5_1():
    assert after(exchange(), answer(TOKENS)).credential.tokens.scopes == ("read",)
    assert after(exchange(), answer(TOKENS | {"scope": "a b"})).credential.tokens.scopes == ("a", "b")


def test_where_the_answer_strays_from_the_specification_is_told_rfc6749_5_1():
    end = after(exchange(), answer(TOKENS | {"expires_in": "3600"}))
    assert isinstance(end, Granted)
    assert end.found.problems


@pytest.mark.parametrize(
    ("reply", "class_"),
    [
        (answer({"error": "invalid_grant"}, 400), "invalid_grant"),
        (answer({"error": "invalid_client"}, 401), "client_unknown"),
        (answer({"error": "invalid_target"}, 400), "audience_rejected"),
        (answer({"error": "unheard_of"}, 400), "token_exchange_failed"),
        (answer(b"<html>", 502), "intercepted_html"),
        (answer({}, 200), "token_exchange_failed"),
        (answer({"access_token": "a\nb"}, 200), "token_exchange_failed"),
        (answer(b'{"access_token": "\\ud800"}', 200), "token_exchange_failed"),
        (no_answer(), "no_response"),
    ],
)
def test_an_answer_without_tokens_ends_the_login_under_its_name_rfc6749_5_2(reply, class_):
    state = exchange(scopes=Scopes(("mine",), "explicit"), client=client(origin="configured"))
    assert after(state, reply).failure.class_ == class_


# --- once more, and only once ------------------------------------------------------------------------------------


def of_earlier(**options):
    """An exchange of a client that an earlier login registered."""
    return exchange(asked=flow_settings(redirect_uri=REDIRECT, known=credential()), **options)


def test_a_client_of_an_earlier_login_that_is_unknown_is_registered_anew_once_rfc6749_5_2():
    unknown = answer({"error": "invalid_client"}, 401)
    registering = after(of_earlier(), unknown)
    assert isinstance(registering, Registration)
    browser = after(registering, answer({"client_id": "client-2"}, 201))
    assert isinstance(browser, Authorize)
    assert browser.retried
    assert after(of_earlier(retried=True), unknown).failure.class_ == "client_unknown"


def test_a_configured_client_is_never_replaced():
    state = of_earlier(client=client(origin="configured"))
    assert after(state, answer({"error": "invalid_client"}, 401)).failure.class_ == "client_unknown"


def test_discovered_scopes_that_are_rejected_are_left_out_once_rfc6749_5_2():
    rejected = answer({"error": "invalid_scope"}, 400)
    again = after(exchange(), rejected)
    assert isinstance(again, Authorize)
    assert "scope" not in dict(again.ask().fields)
    assert after(exchange(retried=True), rejected).failure.class_ == "scope_rejected"
    assert after(exchange(scopes=Scopes(("mine",), "explicit")), rejected).failure.class_ == "scope_rejected"


# --- RFC 9449 ----------------------------------------------------------------------------------------------------


def test_a_bound_token_is_asked_for_with_a_proof_of_this_very_request_rfc9449_4_2():
    state = bound()
    claims = proof(state.ask())
    assert (claims["htm"], claims["htu"]) == ("POST", f"{ISSUER}/token")
    assert "nonce" not in claims
    end = after(state, answer(TOKENS | {"token_type": "DPoP"}))
    assert end.credential.dpop_key == state.dpop_key
    assert state.dpop_key not in repr(state)
    assert proof(state.ask())["jti"] != claims["jti"]


def test_resource_metadata_can_demand_bound_tokens_rfc9728_2():
    found = Found("initialize", resource=resource_metadata(dpop_bound_access_tokens_required=True))
    assert exchange(found=found).dpop_key is not None
    assert exchange().dpop_key is None


def test_a_nonce_is_taken_once_and_a_second_demand_is_a_refusal_rfc9449_8():
    state = after(bound(), answer(NONCE, 400, dpop_nonce="n-1"))
    assert isinstance(state, Token)
    assert proof(state.ask())["nonce"] == "n-1"
    assert isinstance(after(state, answer(NONCE, 400, dpop_nonce="n-2")), Refused)


def test_nobody_who_sends_no_proof_is_moved_by_a_nonce_rfc9449_8():
    assert isinstance(after(exchange(), answer(NONCE, 400, dpop_nonce="n-1")), Refused)


def test_no_answer_at_all_is_told_as_it_is():
    assert after(bound(), no_answer()).failure == NO_ANSWER
