"""Which scopes a login asks for: MCP authorization, Scope Selection Strategy; RFC 6749 §3.3."""

from __future__ import annotations

import pytest
from support.flow import auth_server, resource, settings

from mcp_magics.auth.flow.scopes import Scopes, choose_scopes, clean_scopes, union
from mcp_magics.auth.flow.state import Found
from mcp_magics.wire.challenge import Challenge

CHALLENGE = Challenge("bearer", {"scope": "challenged"})


def chosen(found, **options):
    return choose_scopes(settings(**options), found)


def everything(**server):
    found = Found("initialize", CHALLENGE, resource(scopes_supported=["resource"]))
    return Found(found.refused, found.challenge, found.resource, auth_server(scopes_supported=["server"], **server))


def test_what_somebody_here_asked_for_comes_first_and_is_never_retried_without():
    found = chosen(everything(), scopes=("mine", "yours"))
    assert found == Scopes(("mine", "yours"), "explicit")
    assert not found.discovered


def test_configured_as_none_at_all_asks_for_none():
    assert chosen(everything(), scopes=()) == Scopes(None, "explicit")


def test_the_challenge_comes_before_the_metadata_mcp_scope_selection():
    assert chosen(everything()) == Scopes(("challenged",), "challenge")
    assert chosen(everything()).discovered


@pytest.mark.parametrize("challenge", [None, Challenge("bearer", {}), Challenge("bearer", {"scope": ""})])
def test_without_scopes_in_the_challenge_those_of_the_resource_are_asked_for_mcp_scope_selection(challenge):
    found = Found("initialize", challenge, resource(scopes_supported=["b", "a"]), auth_server(scopes_supported=["c"]))
    assert chosen(found) == Scopes(("b", "a"), "resource metadata")


def test_a_resource_that_names_none_is_asked_without_the_parameter_mcp_scope_selection():
    found = Found("initialize", None, resource(), auth_server(scopes_supported=["openid", "admin"]))
    assert chosen(found) == Scopes(None, "none")
    assert not chosen(found).discovered


def test_only_where_there_is_no_resource_metadata_do_those_of_the_server_count_mcp_2025_03_26():
    assert chosen(Found(server=auth_server(scopes_supported=["a"]))) == Scopes(("a",), "server metadata")
    assert chosen(Found()) == Scopes(None, "none")


def test_offline_access_is_added_only_where_it_is_advertised_and_a_person_logs_in_oidc_core_11():
    found = Found("initialize", CHALLENGE, None, auth_server(scopes_supported=["offline_access"]))
    assert chosen(found).wanted == ("challenged", "offline_access")
    assert chosen(found, grant="client_credentials").wanted == ("challenged",)
    assert chosen(found, scopes=("mine",)).wanted == ("mine",)
    assert chosen(everything()).wanted == ("challenged",)
    twice = Found("initialize", Challenge("bearer", {"scope": "offline_access a"}), None, found.server)
    assert chosen(twice).wanted == ("offline_access", "a")


@pytest.mark.parametrize(
    ("words", "scopes"),
    [
        (["profile", " email ", "profile", "", "  "], ("profile", "email")),
        (["", "  "], ()),
        (["a,b c", "d"], ("a", "b", "c", "d")),
        (["a\tb\n"], ("a", "b")),
    ],
)
def test_scopes_are_trimmed_and_stand_once_rfc6749_3_3(words, scopes):
    assert clean_scopes(words) == scopes


def test_a_step_up_keeps_what_was_granted_in_order_mcp_step_up():
    assert union(("a", "b"), None, ("b", "c")) == ("a", "b", "c")
