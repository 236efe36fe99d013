"""Who we are to an authorization server: MCP Client Registration Approaches, RFC 7591; and what cannot be begun."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from support.flow import (
    ISSUER,
    NO_ANSWER,
    REDIRECT,
    RESOURCE_METADATA,
    URL,
    answer,
    auth_server,
    client,
    credential,
    no_answer,
    resource,
    settings,
)

from mcp_magics.auth.flow.authorization import Authorize
from mcp_magics.auth.flow.exchange import IdentityExchange, Token
from mcp_magics.auth.flow.identity import Registration, identify, known_client, no_metadata
from mcp_magics.auth.flow.login import begin, resource_of
from mcp_magics.auth.flow.state import Discovered, Found, IdentityProvider, Refused, Tried
from mcp_magics.auth.metadata import AuthorizationServer
from mcp_magics.wire.challenge import Challenge

FOUND = Found("initialize", resource=resource(), server=auth_server())


def asked(**options):
    return settings(**{"redirect_uri": REDIRECT, **options})


def begun(found=FOUND, **options):
    return begin(Discovered(asked(**options), found))


def refused(class_, found=FOUND, **options):
    state = begun(found, **options)
    assert isinstance(state, Refused), state
    assert state.failure.class_ == class_
    assert state.failure.next_step.startswith("%mcp ")
    return state.failure


def serving(**members):
    return replace(FOUND, server=auth_server(**members))


# --- which client ------------------------------------------------------------------------------------------------


def test_a_configured_client_comes_first_mcp_client_registration():
    found = known_client(asked(client_id="mine", client_secret="hush-hush-1", known=credential()), auth_server())
    assert (found.client_id, found.origin, found.client_secret) == ("mine", "configured", "hush-hush-1")


def test_the_client_of_an_earlier_login_is_used_again_with_the_same_issuer_and_redirect_uri():
    assert known_client(asked(known=credential()), auth_server()) == client()


@pytest.mark.parametrize(
    "other",
    [{"issuer": "https://other.example"}, {"redirect_uri": "http://127.0.0.1:9/x"}, {"origin": "configured"}],
)
def test_a_client_of_another_issuer_redirect_uri_or_configuration_is_not(other):
    assert known_client(asked(known=credential(client=client(**other))), auth_server()) is None


def test_a_client_whose_secret_has_ended_is_registered_anew_rfc7591_3_2_1():
    def known(seconds):
        return credential(client=client(client_secret="was-good-once", secret_expires_at=time.time() + seconds))

    assert known_client(asked(known=known(-1)), auth_server()) is None
    assert isinstance(begun(known=known(-1)), Registration)
    assert known_client(asked(known=known(3600)), auth_server()) is not None


def test_a_metadata_document_is_named_only_where_the_server_takes_them_mcp_cimd():
    document = "https://client.example/metadata.json"
    taking = auth_server(client_id_metadata_document_supported=True)
    found = known_client(asked(client_metadata_url=document), taking)
    assert (found.client_id, found.origin, found.auth_method) == (document, "metadata_document", "none")
    assert known_client(asked(client_metadata_url=document), auth_server()) is None


def test_an_earlier_metadata_document_counts_only_while_it_is_the_configured_one():
    document = "https://client.example/metadata.json"
    known = credential(client=client(client_id=document, origin="metadata_document"))
    assert known_client(asked(known=known, client_metadata_url=document), auth_server()).client_id == document
    assert known_client(asked(known=known), auth_server()) is None


# --- registration ------------------------------------------------------------------------------------------------


def test_without_a_client_one_is_registered_for_just_this_redirect_uri_rfc7591_2():
    ask = begun().ask()
    assert (ask.method, ask.url) == ("POST", f"{ISSUER}/register")
    assert ask.body["redirect_uris"] == [REDIRECT]
    assert ask.body["token_endpoint_auth_method"] == "none"
    assert ask.body["grant_types"] == ["authorization_code", "refresh_token"]
    assert ask.body["response_types"] == ["code"]
    assert "scope" not in ask.body


def test_only_grants_the_server_advertises_are_registered_rfc7591_2():
    state = begun(serving(grant_types_supported=["authorization_code", "implicit"]))
    assert state.ask().body["grant_types"] == ["authorization_code"]
    assert begun(serving(grant_types_supported=["x"])).ask().body["grant_types"]


def test_the_new_client_goes_on_to_the_browser_rfc7591_3_2_1():
    after = begun().next(answer({"client_id": "new-1"}, 201)).state
    assert isinstance(after, Authorize)
    assert (after.party.client.client_id, after.party.client.issuer) == ("new-1", ISSUER)
    assert after.party.found.client.client_id == "new-1"
    assert not after.retried


def test_metadata_that_is_refused_is_asked_once_more_without_scope_and_not_twice_rfc7591_2():
    challenged = replace(FOUND, challenge=Challenge("bearer", {"scope": "a"}))
    refusal = answer({"error": "invalid_client_metadata"}, 400)
    first = begun(challenged)
    assert first.ask().body["scope"] == "a"
    second = first.next(refusal).state
    assert "scope" not in second.ask().body
    assert second.next(refusal).state.failure.class_ == "registration_unavailable"


@pytest.mark.parametrize("reply", [answer(status=403), answer({"error": "invalid_redirect_uri"}, 400), answer({}, 201)])
def test_a_registration_that_fails_says_which_redirect_uri_to_register_by_hand_rfc7591_3_2_2(reply):
    end = begun().next(reply).state
    assert end.failure.class_ == "registration_unavailable"
    assert any(REDIRECT in line for line in end.failure.evidence)


def test_no_answer_at_the_registration_is_that_and_nothing_else():
    assert begun().next(no_answer()).state.failure == NO_ANSWER


def test_no_registration_endpoint_means_a_client_must_be_known_beforehand():
    refused("registration_unavailable", serving(registration_endpoint=None))
    assert isinstance(identify(asked(), FOUND, auth_server(registration_endpoint=None)), Refused)
    assert isinstance(begun(serving(registration_endpoint=None), client_id="mine"), Authorize)


@pytest.mark.parametrize("body", [{"client_id": "\ud800"}, {"client_id": 5}, {"client_id": " "}, [], "x", None])
def test_no_odd_registration_answer_makes_a_client(body):
    end = begun().next(answer(json.dumps(body).encode(), 201)).state
    assert end.failure.class_ == "registration_unavailable"


# --- what cannot be begun ----------------------------------------------------------------------------------------


def test_the_default_endpoints_are_tried_only_after_a_refusal_mcp_2025_03_26_2_3_3():
    state = begun(Found("initialize"))
    assert state.ask().url == "https://mcp.example.com/register"
    assert "works without a login" in refused("no_oauth_metadata", Found()).message


def test_they_are_not_tried_where_metadata_says_otherwise_or_could_not_be_looked_for():
    refused("no_oauth_metadata", Found("initialize", resource=resource()))
    assert "could not check" in refused("no_response", Found("initialize", unchecked=NO_ANSWER)).message


def test_default_endpoints_where_nothing_answers_are_told_as_missing_metadata():
    end = begun(Found("initialize", tried=(Tried("https://x", "404"),))).next(answer(status=404)).state
    assert end.failure.class_ == "no_oauth_metadata"
    assert begun(Found("initialize")).next(answer(status=503)).state.failure.retryable


def test_default_endpoints_in_the_clear_open_no_browser_rfc6749_3_1_2_1():
    failure = refused("address_refused", Found("initialize"), url="http://10.0.0.5/mcp")
    assert "neither https nor loopback" in failure.message


def test_the_addresses_tried_are_the_evidence():
    found = Found("initialize", tried=(Tried("https://x/1", "404"), Tried("https://x/2", "no_response")))
    assert set(no_metadata(asked(), found).evidence) == {"https://x/1: 404", "https://x/2: no_response"}


@pytest.mark.parametrize("methods", [None, [], ["plain"]])
def test_without_s256_no_code_is_asked_for_rfc7636_4_2_mcp_pkce(methods):
    failure = refused("pkce_unsupported", serving(code_challenge_methods_supported=methods))
    assert "--assume-pkce" in failure.next_step
    assert isinstance(begun(serving(code_challenge_methods_supported=methods), assumes_pkce=True), Registration)


def test_where_nothing_registers_clients_it_is_said_whether_a_metadata_document_would_do():
    document = "https://me.example/client.json"
    taking = refused(
        "registration_unavailable", serving(registration_endpoint=None, client_id_metadata_document_supported=True)
    )
    assert "--client-metadata-url" in taking.message
    other = refused("registration_unavailable", serving(registration_endpoint=None), client_metadata_url=document)
    assert "takes no client metadata document" in other.message


def test_a_server_that_takes_only_pushed_requests_is_said_before_anybody_is_sent_there_rfc9126_5():
    failure = refused("authorization_failed", serving(require_pushed_authorization_requests=True))
    assert "RFC 9126" in failure.message
    assert isinstance(begun(serving(require_pushed_authorization_requests=False)), Registration)


def test_pkce_is_no_matter_of_grants_without_a_browser_and_of_default_endpoints():
    found = serving(code_challenge_methods_supported=None)
    assert isinstance(begun(found, grant="client_credentials", client_id="mine"), Token)
    assert isinstance(begun(Found("initialize")), Registration)


def test_a_server_without_the_endpoint_a_grant_needs_is_told_so():
    refused("no_oauth_metadata", serving(token_endpoint=None))
    failure = refused("no_oauth_metadata", serving(authorization_endpoint=None))
    assert "client_credentials" in failure.next_step
    assert isinstance(begun(serving(authorization_endpoint=None), grant="client_credentials", client_id="c"), Token)


@pytest.mark.parametrize("address", [REDIRECT, "https://hub.example/user/a/proxy/4321/callback/abc"])
def test_the_line_that_names_a_client_comes_back_to_the_port_that_was_shown(address):
    failure = refused("registration_unavailable", serving(registration_endpoint=None), redirect_uri=address)
    assert failure.next_step == "%mcp login shop --oauth-client-id ID --callback-port 4321"


@pytest.mark.parametrize(
    ("grant", "secret"), [("client_credentials", " --oauth-client-secret-env-var NAME"), ("jwt_bearer", "")]
)
def test_a_grant_without_a_browser_registers_no_client(grant, secret):
    failure = refused("client_missing", grant=grant, assertion="a.b.c")
    assert failure.message == f"{grant} needs a client"
    assert failure.next_step == f"%mcp login shop --grant {grant} --oauth-client-id ID{secret}"


def test_what_could_not_be_checked_is_told_by_the_address_that_failed_and_who_named_it():
    failed = Tried("https://x/2", "no_response")
    found = Found("initialize", tried=(Tried("https://x/1", "404"), failed, Tried("https://x/3", "404")))
    lines = no_metadata(asked(), replace(found, unchecked=NO_ANSWER)).evidence
    assert lines == ("https://x/2: no_response", "https://x/3: 404", "https://x/1: 404")
    lines = no_metadata(asked(), replace(found, resource=resource(), unchecked=NO_ANSWER)).evidence
    assert lines[:2] == (f"{ISSUER} is named by {RESOURCE_METADATA}", "https://x/2: no_response")


def test_grants_say_what_they_lack():
    refused("assertion_missing", grant="jwt_bearer")
    refused("identity_provider_missing", grant="id_jag")


# --- the first request of each grant -----------------------------------------------------------------------------


def form(state):
    return dict(state.core.form)


def test_client_credentials_name_the_resource_rfc6749_4_4_2_rfc8707_2_2():
    state = begun(grant="client_credentials", client_id="c")
    assert form(state) == {"grant_type": "client_credentials", "resource": URL}


def test_a_workloads_jwt_is_the_assertion_rfc7523_2_1():
    state = begun(grant="jwt_bearer", client_id="c", assertion="a.b.c", scopes=("x",))
    assert form(state) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": "a.b.c",
        "resource": URL,
        "scope": "x",
    }


def test_the_identity_provider_is_asked_first_and_its_assertion_presented_after_id_jag_4_3():
    provider = IdentityProvider("https://idp.example/token", "idp-client", "id.token.x", "idp-secret-1")
    state = begun(grant="id_jag", client_id="c", identity_provider=provider)
    assert isinstance(state, IdentityExchange)
    ask = state.ask()
    assert ask.url == "https://idp.example/token"
    assert (dict(ask.form)["audience"], dict(ask.form)["resource"]) == (ISSUER, URL)
    issued = {"access_token": "j.a.g", "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag"}
    after = state.next(answer(issued)).state
    assert (after.core.url, form(after)["assertion"]) == (f"{ISSUER}/token", "j.a.g")
    assert isinstance(state.next(answer({"error": "invalid_grant"}, 400)).state, Refused)


def test_the_resource_is_configured_else_as_its_metadata_says_else_the_servers_address_rfc8707_2():
    broad = replace(FOUND, resource=resource(resource="https://mcp.example.com"))
    assert resource_of(asked(resource="https://api.example"), broad) == "https://api.example"
    assert resource_of(asked(resource=""), broad) is None
    assert resource_of(asked(), broad) == "https://mcp.example.com"
    assert resource_of(asked(url="https://MCP.example.com/"), Found()) == "https://mcp.example.com"
    assert AuthorizationServer.by_default(URL).url is None
