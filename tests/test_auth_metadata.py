"""Where the documents of the discovery stand, and what in them is wrong: RFC 9728, RFC 8414, OpenID Discovery."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.flow import ISSUER, METADATA, URL, resource_document, server_document

from mcp_magics.auth.metadata import (
    LONGEST_TEXT,
    MAX_SERVERS,
    MAX_TEXTS,
    AuthorizationServer,
    ProtectedResource,
    canonical,
    covers,
    origin,
    resource_candidates,
    same_issuer,
    server_candidates,
)

ROOT = "https://h/.well-known/oauth-protected-resource"


# --- where they may stand ----------------------------------------------------------------------------------------


def test_resource_metadata_is_looked_for_with_the_path_inserted_then_at_the_root_rfc9728_3_1():
    assert resource_candidates("https://h/a/mcp", None) == (f"{ROOT}/a/mcp", ROOT)


def test_a_server_at_the_root_has_one_place_for_its_metadata_rfc9728_3_1():
    assert resource_candidates("https://h", None) == resource_candidates("https://h/", None) == (ROOT,)


def test_the_terminating_slash_is_taken_off_before_the_path_is_inserted_rfc9728_3_1():
    assert resource_candidates("https://h/mcp/", None) == (f"{ROOT}/mcp", ROOT)


def test_a_query_stays_behind_the_inserted_path_rfc9728_3_1():
    assert resource_candidates("https://h/mcp?tenant=1", None)[0] == f"{ROOT}/mcp?tenant=1"
    assert resource_candidates("https://h?tenant=1", None) == (f"{ROOT}?tenant=1", ROOT)


def test_the_port_stays_and_the_fragment_goes_rfc9728_3_1():
    found = resource_candidates("https://h:8443/mcp#part", None)
    assert found[0] == "https://h:8443/.well-known/oauth-protected-resource/mcp"


def test_what_the_challenge_names_comes_first_and_no_place_twice_rfc9728_5_1():
    assert resource_candidates("https://h/mcp", "https://h/meta") == ("https://h/meta", f"{ROOT}/mcp", ROOT)
    assert resource_candidates("https://h/mcp", f"{ROOT}/mcp") == (f"{ROOT}/mcp", ROOT)


def test_an_issuer_without_a_path_has_two_places_rfc8414_3_1():
    expected = ("https://as/.well-known/oauth-authorization-server", "https://as/.well-known/openid-configuration")
    assert server_candidates("https://as") == server_candidates("https://as/") == expected


def test_an_issuer_with_a_path_has_them_inserted_then_appended_then_at_the_root_rfc8414_3_1_oidc_discovery_4():
    assert server_candidates("https://as/tenant/1/") == (
        "https://as/.well-known/oauth-authorization-server/tenant/1",
        "https://as/.well-known/openid-configuration/tenant/1",
        "https://as/tenant/1/.well-known/openid-configuration",
        "https://as/tenant/1/.well-known/oauth-authorization-server",
        "https://as/.well-known/oauth-authorization-server",
    )


@pytest.mark.parametrize("issuer", ["http://[bad", "as.example.com", "", "urn:as", "/relative"])
def test_an_issuer_that_is_no_address_is_its_own_only_candidate(issuer):
    assert server_candidates(issuer) == (issuer,)


@given(st.text(max_size=40))
def test_no_text_of_a_server_makes_any_of_it_raise(text):
    assert server_candidates(text)
    assert resource_candidates(URL, text)
    assert isinstance(covers(text, URL), bool)
    assert same_issuer(text, text)
    assert isinstance(same_issuer(text, ISSUER), bool)


# --- which resource, which issuer --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "resource",
    [
        "https://h/a/mcp",
        "https://h/a/mcp/",
        "https://h/a",
        "https://h/a/",
        "https://h",
        "https://h/",
        "HTTPS://H/a/mcp",
        "https://h:443/a/mcp",
        "https://h/a/mcp#part",
    ],
)
def test_a_resource_is_the_server_itself_or_ends_where_a_segment_of_its_path_does_rfc9728_3_3(resource):
    assert covers(resource, "https://h/a/mcp")


@pytest.mark.parametrize(
    "resource",
    [
        "https://h/a/mc",
        "https://h/a/mcp2",
        "https://h/a/mcp/x",
        "https://h/A/mcp",
        "https://h/b",
        "https://other/a/mcp",
        "https://h.evil.example/a/mcp",
        "https://sub.h/a/mcp",
        "http://h/a/mcp",
        "https://h:8443/a/mcp",
        "https://h:80/a/mcp",
        "https://u@h/a/mcp",
        "https://h/a/mcp?x=1",
        "h/a/mcp",
        "/a/mcp",
        "",
        "http://[bad",
    ],
)
def test_another_host_port_scheme_case_or_segment_is_another_resource_rfc9728_3_3(resource):
    assert not covers(resource, "https://h/a/mcp")


def test_a_default_port_of_ours_is_the_one_that_is_left_out_there_rfc3986_6_2_3():
    assert covers("https://h/mcp", "https://h:443/mcp")
    assert covers("http://h:80/mcp", "http://h/mcp")
    assert not covers("http://h:443/mcp", "http://h/mcp")


def test_the_query_of_a_resource_is_ours_or_none_rfc9728_3_3():
    assert covers("https://h/mcp?t=1", "https://h/mcp?t=1")
    assert covers("https://h/mcp", "https://h/mcp?t=1")
    assert not covers("https://h/mcp?t=2", "https://h/mcp?t=1")


def test_issuers_are_compared_as_they_are_but_for_the_slash_of_a_bare_root_rfc8414_3_3():
    assert same_issuer("https://as", "https://as")
    assert same_issuer("https://as/", "https://as")
    assert same_issuer("https://as/t", "https://as/t")
    for other in ("https://as/t/", "https://AS/t", "https://as:443/t", "https://as/T", "https://as", "http://as/t", ""):
        assert not same_issuer(other, "https://as/t")
    assert not same_issuer("https://as/?x", "https://as")
    assert not same_issuer("https://AS", "https://as")


def test_the_canonical_address_is_in_lower_case_without_fragment_and_lone_slash_rfc8707_2():
    assert canonical("HTTPS://Host.Example/MCP/?Q=1#f") == "https://host.example/MCP/?Q=1"
    assert canonical("https://h/") == "https://h"
    assert origin("https://h:8/a?b") == "https://h:8"


# --- how they are read -------------------------------------------------------------------------------------------


def test_every_member_of_server_metadata_that_is_used_is_read_rfc8414_2():
    read = AuthorizationServer.of(
        METADATA,
        server_document(
            scopes_supported=["a"],
            grant_types_supported=["authorization_code"],
            dpop_signing_alg_values_supported=["ES256"],
            client_id_metadata_document_supported=True,
            authorization_response_iss_parameter_supported=True,
        ),
    )
    assert (read.url, read.issuer, read.token_endpoint) == (METADATA, ISSUER, f"{ISSUER}/token")
    assert (read.authorization_endpoint, read.registration_endpoint) == (f"{ISSUER}/authorize", f"{ISSUER}/register")
    assert (read.scopes, read.grant_types, read.challenge_methods) == (("a",), ("authorization_code",), ("S256",))
    assert (read.auth_methods, read.dpop_algorithms) == (("none",), ("ES256",))
    assert read.takes_metadata_documents
    assert read.sends_iss
    assert read.endpoints == {"token_endpoint": f"{ISSUER}/token", "revocation_endpoint": f"{ISSUER}/revoke"}


@pytest.mark.parametrize("odd", [7, None, [], {}, "", "  ", True, "x" * (LONGEST_TEXT + 1)])
def test_an_odd_member_is_left_out_and_hides_no_other(odd):
    read = AuthorizationServer.of(METADATA, {**server_document(), "registration_endpoint": odd, "issuer": odd})
    assert (read.registration_endpoint, read.issuer) == (None, "")
    assert read.token_endpoint == f"{ISSUER}/token"


@pytest.mark.parametrize("odd", ["S256", {"S256": 1}, 5, None])
def test_a_list_that_is_none_says_nothing(odd):
    read = AuthorizationServer.of(METADATA, {**server_document(), "code_challenge_methods_supported": odd})
    assert read.challenge_methods is None


def test_only_the_word_true_is_a_promise():
    for said in ("true", 1, [True], None):
        read = AuthorizationServer.of(METADATA, server_document(authorization_response_iss_parameter_supported=said))
        assert not read.sends_iss


def test_lists_are_bounded_and_hold_text_only():
    many = AuthorizationServer.of(METADATA, server_document(scopes_supported=["a", 5, None, "b" * 5000, "c"]))
    assert many.scopes == ("a", "c")
    long = AuthorizationServer.of(METADATA, server_document(scopes_supported=[str(each) for each in range(5000)]))
    assert len(long.scopes) == MAX_TEXTS
    servers = ProtectedResource.of(URL, resource_document(authorization_servers=[f"https://{n}" for n in range(50)]))
    assert len(servers.authorization_servers) == MAX_SERVERS


def test_a_document_without_any_endpoint_is_no_server_metadata():
    assert AuthorizationServer.of(METADATA, {"issuer": ISSUER, "jwks_uri": "x"}) is None
    assert AuthorizationServer.of(METADATA, {"token_endpoint": f"{ISSUER}/token"}) is not None


def test_a_document_that_names_neither_resource_nor_server_is_no_resource_metadata_rfc9728_2():
    assert ProtectedResource.of(URL, {"jsonrpc": "2.0"}) is None
    assert ProtectedResource.of(URL, {"resource": URL}).authorization_servers == ()
    assert ProtectedResource.of(URL, {"authorization_servers": [ISSUER]}).resource is None


def test_whether_tokens_must_be_bound_is_said_by_the_resource_rfc9728_2():
    assert ProtectedResource.of(URL, resource_document(dpop_bound_access_tokens_required=True)).dpop_required
    assert not ProtectedResource.of(URL, resource_document(dpop_bound_access_tokens_required="true")).dpop_required


def test_the_default_endpoints_stand_at_the_servers_origin_mcp_2025_03_26_2_3_3():
    read = AuthorizationServer.by_default("https://h:8/deep/mcp?x")
    assert (read.url, read.issuer) == (None, "https://h:8")
    assert read.authorization_endpoint == "https://h:8/authorize"
    assert (read.token_endpoint, read.registration_endpoint) == ("https://h:8/token", "https://h:8/register")
