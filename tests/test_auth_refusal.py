"""Why a request was refused for want of permission: what the wire said, held against what was sent and measured."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.flow import NO_ANSWER, URL, auth_server, credential, resource

from mcp_magics.auth.flow.state import Found, Tried
from mcp_magics.auth.refusal import audiences, claims, explain
from mcp_magics.auth.requirement import NOT_MEASURED, Measured
from mcp_magics.auth.status import Holding
from mcp_magics.config.model import HttpTransport, ServerSpec
from mcp_magics.errors import Failure
from mcp_magics.wire.challenge import Challenge

SPEC = ServerSpec("shop", HttpTransport(URL))
WITH_VARIABLE = ServerSpec("shop", HttpTransport(URL, bearer_token_env_var="SHOP_TOKEN"))  # noqa: S106  a name
REQUIRED = Failure("auth_required", "the server asks for authorization (401)", "http", "shop", ("401 from it",))
STEP_UP = Failure("step_up_required", "the server wants more (403)", "http", "shop", ("403 from it",))
OFFERED = Measured("required", "initialize", None, Found("initialize", resource=resource(), server=auth_server()))
NOWHERE = Measured("required", "initialize", None, Found("initialize", tried=(Tried("https://x", "404"),)), at=1.0)


def jwt(**told):
    parts = (base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in ({}, told))
    return ".".join((*parts, "signature"))


def told(failure=REQUIRED, spec=SPEC, known=OFFERED, held=None, sent=None, challenge=None):
    return explain(failure, spec, known, held or Holding(), sent, challenge)


def with_token(access, **tokens):
    return credential(tokens={"access_token": access, **tokens})


# --- the table ---------------------------------------------------------------------------------------------------

TABLE = [
    # measured, held, sent → class, the line to type
    (OFFERED, Holding("none"), None, "auth_required", "%mcp login shop"),
    (NOT_MEASURED, Holding("none"), None, "auth_required", "%mcp login shop"),
    (NOWHERE, Holding("none"), None, "auth_required", f"%mcp add shop {URL} --bearer-token-env-var NAME"),
    (Measured("required", "GET", NO_ANSWER), Holding(), None, "auth_required", "%mcp login shop"),
    (OFFERED, Holding("bearer"), None, "token_rejected", "%mcp get shop"),
    (OFFERED, Holding("header"), None, "token_rejected", "%mcp get shop"),
    (OFFERED, Holding("oauth_ok"), with_token("opaque"), "refresh_ineffective", "%mcp login shop --again"),
    (OFFERED, Holding("oauth_ok"), with_token("x", refresh_token=None), "reauth_required", "%mcp login shop --again"),
    (OFFERED, Holding("oauth_ok"), with_token(jwt(aud=URL)), "refresh_ineffective", "%mcp login shop --again"),
    (OFFERED, Holding("oauth_ok"), with_token(jwt(aud=[URL, "y"])), "refresh_ineffective", "%mcp login shop --again"),
    (
        OFFERED,
        Holding("oauth_ok"),
        with_token(jwt(aud="https://api.example")),
        "audience_rejected",
        "%mcp login shop --again --oauth-resource https://api.example",
    ),
    (OFFERED, Holding("reauth_needed"), None, "auth_required", "%mcp login shop"),
]


@pytest.mark.parametrize(("known", "held", "sent", "class_", "step"), TABLE)
def test_each_cause_of_a_401_has_its_class_and_its_line_to_type(known, held, sent, class_, step):
    failure = told(known=known, held=held, sent=sent)
    assert (failure.class_, failure.next_step, failure.server) == (class_, step, "shop")


def test_a_bound_token_at_a_server_that_asks_for_another_kind_is_told_so():
    bound = with_token("opaque", token_type="DPoP")  # noqa: S106  a name
    failure = told(held=Holding("oauth_ok"), sent=bound, challenge=Challenge("bearer"))
    assert "bound to a key" in failure.message
    assert failure.next_step == "%mcp login shop --again  # without --dpop"
    assert told(held=Holding("oauth_ok"), sent=bound, challenge=Challenge("dpop")).class_ == "refresh_ineffective"


def test_a_variable_that_was_refused_is_named():
    failure = told(spec=WITH_VARIABLE, held=Holding("bearer"))
    assert "SHOP_TOKEN" in failure.message
    assert failure.next_step == "%mcp connect shop  # with another token in SHOP_TOKEN"


def test_a_store_that_cannot_be_read_is_the_cause_and_the_401_its_evidence():
    broken = Failure("store_error", "the store is locked", "store", "", ("keyring",), "%mcp doctor")
    failure = told(held=Holding("store_error", broken))
    assert (failure.class_, failure.phase, failure.server) == ("store_error", "login", "shop")
    assert failure.evidence == ("keyring", "401 from it")


def test_only_where_everything_was_looked_for_is_it_said_that_nothing_says_how_to_log_in():
    unchecked = replace(NOWHERE, found=replace(NOWHERE.found, unchecked=NO_ANSWER))
    assert "nothing says how" in told(known=NOWHERE).message
    assert "nothing says how" not in told(known=unchecked).message


MISMATCH = Failure("issuer_mismatch", "expected a, it says b", "discovery", "shop", (), "%mcp oauth shop")


def test_a_login_that_cannot_succeed_is_not_the_line_to_type():
    failure = told(known=Measured("required", "initialize", MISMATCH))
    assert failure.class_ == "auth_required"
    assert failure.message.endswith("and a login would end with issuer_mismatch")
    assert failure.evidence == ("issuer_mismatch: expected a, it says b (shop · discovery)", "401 from it")
    assert failure.next_step == "%mcp oauth shop"


def test_a_resource_whose_authorization_server_publishes_nothing_is_no_login_to_try():
    tried = (Tried("https://as/.well-known/x", "404"), Tried("https://as/.well-known/y", "200, no JSON object"))
    found = Found("initialize", resource=resource(), tried=tried)
    failure = told(known=Measured("required", "initialize", None, found, 1.0))
    assert failure.message.endswith("and a login would end with no_oauth_metadata")
    assert failure.evidence == ("401 from it", "https://as/.well-known/y: 200, no JSON object", found.table[0])
    assert failure.next_step == "%mcp oauth shop"


def test_what_could_not_be_looked_for_may_be_there_at_the_next_login():
    refused = replace(MISMATCH, class_="address_refused", next_step="")
    found = Found("initialize", unchecked=refused)
    assert told(known=Measured("required", "initialize", None, found)).next_step == "%mcp oauth shop"
    passing = replace(found, unchecked=replace(refused, retryable=True))
    assert told(known=Measured("required", "initialize", None, passing)).next_step == "%mcp login shop"
    enough = replace(found, server=auth_server())
    assert told(known=Measured("required", "initialize", None, enough)).next_step == "%mcp login shop"


@pytest.mark.parametrize("class_", ["http_error", "session_expired", "no_response", "tls_untrusted"])
def test_a_failure_that_is_not_about_permission_stays_as_it_is(class_):
    other = replace(REQUIRED, class_=class_)
    assert told(other, sent=credential(), held=Holding("oauth_ok")) is other


# --- step-up -----------------------------------------------------------------------------------------------------


def wanting(scope):
    return Challenge("bearer", {"error": "insufficient_scope", "scope": scope})


def test_a_step_up_asks_for_the_union_of_asked_granted_and_wanted_mcp_scope_challenge():
    failure = told(STEP_UP, sent=credential(requested=("a",)), challenge=wanting("write"))
    assert failure.class_ == "step_up_required"
    assert failure.next_step == "%mcp login shop --scopes a,read,write"
    assert "write" in failure.message
    assert failure.evidence == ("wanted: write · granted: read", "403 from it")


def test_scopes_that_were_asked_for_already_are_not_asked_for_again():
    for sent in (credential(requested=("read", "write")), credential(tokens={"scopes": ("read", "write")})):
        failure = told(STEP_UP, sent=sent, challenge=wanting("write"))
        assert "would not help" in failure.message
        assert failure.next_step.startswith("%mcp auth shop  # ")


def test_a_step_up_that_names_no_scopes_leads_to_what_is_known():
    assert told(STEP_UP).next_step == "%mcp auth shop"
    assert "does not name" in told(STEP_UP, challenge=wanting("")).message


def test_a_step_up_that_names_no_scopes_is_no_login_that_would_change_nothing():
    offered = Measured("required", "initialize", None, Found(server=auth_server(scopes_supported=["read", "write"])))
    failure = told(STEP_UP, known=offered, sent=credential(requested=("read",)))
    assert failure.next_step.startswith("%mcp login shop --scopes read,SCOPE  # ")
    assert failure.evidence[0] == "wanted: not said · granted: read · advertised beside: write"


@pytest.mark.parametrize("scope", ["{{open(chr(47))}}", "$HOME", "a;b", "x`y`", "z" * 600])
def test_no_scope_of_a_server_gets_into_a_line_that_would_evaluate_it(scope):
    assert told(STEP_UP, challenge=wanting(scope)).next_step == "%mcp auth shop"


# --- claims ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aud", ["https://h/{{1}}", "a b", "x\n!rm", "é", "y" * 600])
def test_no_audience_of_a_token_gets_into_a_line_that_would_evaluate_it(aud):
    failure = told(sent=with_token(jwt(aud=aud)), held=Holding("oauth_ok"))
    assert (failure.class_, failure.next_step) == ("audience_rejected", "%mcp login shop --again")
    assert "\n" not in failure.message
    assert len(failure.message) < 500


@pytest.mark.parametrize("aud", ["http://[bad", "", [], [5], {"a": 1}, None])
def test_an_odd_audience_raises_nothing(aud):
    assert told(sent=with_token(jwt(aud=aud)), held=Holding("oauth_ok")).next_step.startswith("%mcp login shop --again")


def test_the_audience_is_one_or_several_or_not_said_rfc7519_4_1_3():
    assert audiences({"aud": "a"}) == ("a",)
    assert audiences({"aud": ["a", 5, "b"]}) == ("a", "b")
    assert audiences({"aud": 5}) is audiences({}) is audiences(None) is None


@given(st.text(max_size=50) | st.tuples(st.text(max_size=9), st.text(max_size=30), st.text(max_size=9)).map(".".join))
def test_no_token_makes_the_reading_of_its_claims_raise_rfc7519_3(token):
    assert claims(token) is None or isinstance(claims(token), dict)


def test_claims_nested_without_end_are_none():
    deep = base64.urlsafe_b64encode(b"[" * 200_000).decode()
    assert claims(f"x.{deep}.y") is None
    assert claims(jwt(sub="me")) == {"sub": "me"}
