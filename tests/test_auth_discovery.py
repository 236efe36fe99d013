"""From a server's address to its authorization server, answer by answer: RFC 9728 §3, RFC 8414 §3, MCP."""

from __future__ import annotations

import asyncio

import pytest
from support.flow import (
    ISSUER,
    METADATA,
    NO_ANSWER,
    RESOURCE_METADATA,
    URL,
    World,
    answer,
    no_answer,
    resource_document,
    server_document,
    settings,
)

from mcp_magics.auth.driver import Driver
from mcp_magics.auth.flow.discovery import look_for_resource
from mcp_magics.auth.flow.identity import no_metadata
from mcp_magics.auth.flow.state import Discovered, Found, Refused
from mcp_magics.wire.challenge import Challenge

REFUSED = Found("initialize")
HERE = "https://mcp.example.com"


def discovered(answers, found=REFUSED, **options):
    """How the discovery ends in a world of these answers, and the addresses it asked for."""
    world = World(answers)
    end = asyncio.run(Driver(look_for_resource(settings(**options), found), world).run())
    return end, [ask.url for ask in world.asked]


def refused(answers, class_, **options):
    end, _ = discovered(answers, **options)
    assert isinstance(end, Refused), end
    assert end.failure.class_ == class_
    assert end.failure.next_step.startswith("%mcp ")
    return end.failure


GOOD = {RESOURCE_METADATA: answer(resource_document()), METADATA: answer(server_document())}


def test_resource_metadata_leads_to_the_server_metadata_and_nothing_else_is_asked_rfc9728_3_rfc8414_3():
    end, asked = discovered(GOOD)
    assert isinstance(end, Discovered)
    assert end.found.server.issuer == ISSUER
    assert asked == [RESOURCE_METADATA, METADATA]
    assert [each.said for each in end.found.tried] == ["200", "200"]


def test_where_the_challenge_points_is_asked_first_rfc9728_5_1():
    named = "https://mcp.example.com/elsewhere"
    found = Found("initialize", Challenge("bearer", {"resource_metadata": named}))
    end, asked = discovered({named: answer(resource_document()), METADATA: answer(server_document())}, found)
    assert end.found.resource.url == named
    assert asked == [named, METADATA]


def test_the_root_is_asked_where_the_path_has_no_resource_metadata_rfc9728_3_1():
    root = f"{HERE}/.well-known/oauth-protected-resource"
    end, asked = discovered({root: answer(resource_document(resource=HERE)), METADATA: answer(server_document())})
    assert end.found.server.issuer == ISSUER
    assert asked == [RESOURCE_METADATA, root, METADATA]


def test_without_resource_metadata_the_servers_own_origin_is_asked_mcp_2025_03_26():
    place = f"{HERE}/.well-known/oauth-authorization-server"
    end, asked = discovered({place: answer(server_document(issuer=HERE))})
    assert end.found.server.issuer == HERE
    assert end.found.resource is None
    assert asked[-1] == place


def test_where_nothing_stands_anywhere_the_discovery_ends_without_a_server_and_says_so():
    end, asked = discovered({})
    assert end.found.server is None
    assert end.found.unchecked is None
    assert [line.rpartition(": ")[2] for line in end.found.table] == ["404"] * len(asked)


@pytest.mark.parametrize("status", [401, 403, 404, 405, 410, 302])
def test_a_refused_document_is_not_there(status):
    end, _ = discovered({RESOURCE_METADATA: answer(status=status)})
    assert end.found.unchecked is None


def test_a_redirect_that_leads_to_another_origin_is_told_with_its_address():
    away = answer(status=302, location=f"{METADATA}?code=s3cret")
    end, _ = discovered({f"{HERE}/.well-known/oauth-authorization-server": away})
    (told,) = [each.said for each in end.found.tried if each.said != "404"]
    assert told.startswith(f"302, it redirects to another origin: {METADATA}")
    assert "s3cret" not in told
    failure = no_metadata(settings(), end.found)
    assert "another origin" in failure.evidence[0]


def test_a_document_that_names_no_server_is_the_first_thing_told_of_a_discovery_in_vain():
    end, _ = discovered({RESOURCE_METADATA: answer(resource_document(authorization_servers=ISSUER))})
    failure = no_metadata(settings(), end.found)
    assert failure.class_ == "no_oauth_metadata"
    assert failure.evidence[0] == f"{RESOURCE_METADATA} names no authorization server"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_an_answer_that_only_says_later_proves_no_absence(status):
    end, _ = discovered({RESOURCE_METADATA: answer(status=status)})
    assert end.found.unchecked.class_ == "http_error"


def test_no_answer_proves_no_absence_either_and_what_was_found_after_it_is_good():
    end, _ = discovered({RESOURCE_METADATA: no_answer()})
    assert end.found.unchecked == NO_ANSWER
    root = f"{HERE}/.well-known/oauth-protected-resource"
    end, _ = discovered({RESOURCE_METADATA: no_answer(), root: answer(resource_document()), METADATA: GOOD[METADATA]})
    assert end.found.unchecked is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b"[" * 100_000, b'{"a": "\\ud800"}', b"\xff\xfe\x00", b"{}"]
)
def test_a_body_that_is_no_such_document_is_passed_over(body):
    root = f"{HERE}/.well-known/oauth-protected-resource"
    end, _ = discovered({RESOURCE_METADATA: answer(body), root: answer(resource_document()), METADATA: GOOD[METADATA]})
    assert end.found.resource.url == root


def test_metadata_of_another_resource_is_a_mismatch_and_its_server_is_not_asked_rfc9728_3_3():
    other = "https://other.example/mcp"
    failure = refused({**GOOD, RESOURCE_METADATA: answer(resource_document(resource=other))}, "resource_mismatch")
    assert failure.next_step.startswith(f"%mcp add shop {other}")
    _, asked = discovered({**GOOD, RESOURCE_METADATA: answer(resource_document(resource=other))})
    assert asked == [RESOURCE_METADATA]


def test_no_line_to_type_holds_text_of_a_server_that_a_line_would_evaluate():
    for other in ("https://o.example/{{open(chr(47))}}", "https://o.example/$x", "https://o.example/;\n!rm"):
        failure = refused({**GOOD, RESOURCE_METADATA: answer(resource_document(resource=other))}, "resource_mismatch")
        assert failure.next_step == "%mcp oauth shop"


def test_metadata_without_its_resource_is_tolerated_and_told_rfc9728_2():
    end, _ = discovered({**GOOD, RESOURCE_METADATA: answer(resource_document(resource=None))})
    assert end.found.server.issuer == ISSUER
    assert any("names no resource" in problem for problem in end.found.problems)


def test_metadata_without_a_server_means_the_origin_and_is_told_rfc9728_2():
    place = f"{HERE}/.well-known/oauth-authorization-server"
    document = resource_document(authorization_servers=None)
    end, _ = discovered({RESOURCE_METADATA: answer(document), place: answer(server_document(issuer=HERE))})
    assert end.found.server.issuer == HERE
    assert any("names no authorization server" in problem for problem in end.found.problems)


def test_of_several_servers_the_first_with_metadata_is_taken_rfc9728_7_6():
    document = resource_document(authorization_servers=["https://first.example", ISSUER, "https://third.example"])
    end, asked = discovered({**GOOD, RESOURCE_METADATA: answer(document)})
    assert end.found.server.issuer == ISSUER
    assert not any("third" in url for url in asked)


@pytest.mark.parametrize("place", range(5))
def test_each_place_of_a_servers_metadata_is_asked_in_turn_rfc8414_3_1_oidc_discovery_4(place):
    issuer = f"{ISSUER}/tenant"
    places = [
        f"{ISSUER}/.well-known/oauth-authorization-server/tenant",
        f"{ISSUER}/.well-known/openid-configuration/tenant",
        f"{ISSUER}/tenant/.well-known/openid-configuration",
        f"{ISSUER}/tenant/.well-known/oauth-authorization-server",
        f"{ISSUER}/.well-known/oauth-authorization-server",
    ]
    resource = answer(resource_document(authorization_servers=[issuer]))
    end, asked = discovered({RESOURCE_METADATA: resource, places[place]: answer(server_document(issuer=issuer))})
    assert end.found.server.url == places[place]
    assert asked[1:] == places[: place + 1]


def test_metadata_of_another_issuer_is_refused_where_the_resource_names_one_rfc8414_3_3():
    failure = refused({**GOOD, METADATA: answer(server_document(issuer="https://evil.example"))}, "issuer_mismatch")
    assert "'https://evil.example'" in failure.message
    refused({**GOOD, METADATA: answer(server_document(issuer=f"{ISSUER}/x"))}, "issuer_mismatch")


def test_the_slash_of_a_bare_root_makes_no_other_issuer_rfc8414_3_3():
    end, _ = discovered({**GOOD, METADATA: answer(server_document(issuer=f"{ISSUER}/"))})
    assert end.found.server.issuer == f"{ISSUER}/"


def test_a_missing_issuer_is_tolerated_and_told_rfc8414_2():
    end, _ = discovered({**GOOD, METADATA: answer(server_document(issuer=None))})
    assert end.found.server.issuer == ISSUER
    assert any("RFC 8414 §3.3" in problem for problem in end.found.problems)


ENDPOINTS = {
    "authorization_endpoint": "javascript:alert(1)",
    "token_endpoint": "https://169.254.169.254/token",
    "registration_endpoint": "https://10.0.0.1/register",
    "revocation_endpoint": "http://as.example.com/revoke",
}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_nobody_should_be_sent_to_ends_the_discovery_and_is_named(endpoint):
    failure = refused({**GOOD, METADATA: answer(server_document(**{endpoint: ENDPOINTS[endpoint]}))}, "address_refused")
    assert endpoint in failure.message


@pytest.mark.parametrize(
    "bad", ["http://[bad", "https://h:x", "\u2100", "as.example.com", "https://\u2100/", "x" * 3000]
)
def test_addresses_that_cannot_be_read_end_in_words_wherever_they_stand(bad):
    found = Found("initialize", Challenge("bearer", {"resource_metadata": bad}))
    end, _ = discovered(GOOD, found)
    assert end.found.server.issuer == ISSUER
    end, asked = discovered({RESOURCE_METADATA: answer(resource_document(authorization_servers=[bad]))})
    assert isinstance(end, Discovered)
    assert end.found.server is None
    refused({RESOURCE_METADATA: answer(resource_document(resource=bad))}, "resource_mismatch")
    refused({**GOOD, METADATA: answer(server_document(issuer=bad))}, "issuer_mismatch")
    refused({**GOOD, METADATA: answer(server_document(token_endpoint=bad))}, "address_refused")


def test_configured_headers_go_to_the_servers_own_origin_and_nowhere_else():
    world = World(GOOD)
    asyncio.run(Driver(look_for_resource(settings(headers=(("x-tenant", "7"),)), REFUSED), world).run())
    ours, theirs = world.asked
    assert dict(ours.headers) == {"mcp-protocol-version": "2025-11-25", "x-tenant": "7"}
    assert dict(theirs.headers) == {"mcp-protocol-version": "2025-11-25"}


def test_the_longest_discovery_there_can_be_ends():
    servers = [f"https://as{number}.example/tenant" for number in range(50)]
    end, asked = discovered({RESOURCE_METADATA: answer(resource_document(authorization_servers=servers))}, url=URL)
    assert isinstance(end, Discovered)
    assert len(asked) == 1 + 5 * 5
