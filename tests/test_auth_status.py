"""The three axes, Codex's single word for them, and what a stored login is still good for."""

from __future__ import annotations

import pytest
from support.flow import URL, client, credential

from mcp_magics.auth.credential import OAuthCredential
from mcp_magics.auth.credential_word import credential_word
from mcp_magics.auth.requirement import Measured
from mcp_magics.auth.status import Holding, auth_status, configured
from mcp_magics.config.model import HttpTransport, ServerSpec, StdioTransport
from mcp_magics.errors import ConfigurationError
from mcp_magics.magics.auth_card import AuthCard

NOW = 1_700_000_000.0
REQUIREMENTS = ("none", "optional", "required", "unknown")
SPEC = ServerSpec("shop", HttpTransport(URL))


def word(held, requirement="required", spec=SPEC):
    return auth_status(spec, "idle", Holding(held), Measured(requirement)).codex_word


@pytest.mark.parametrize("requirement", REQUIREMENTS)
@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ("bearer", "bearer_token"),
        ("header", "bearer_token"),
        ("oauth_ok", "o_auth"),
        ("oauth_refreshable", "o_auth"),
        ("reauth_needed", "not_logged_in"),
        ("store_error", "unknown"),
        ("env_missing", "unknown"),
    ],
)
def test_what_is_held_decides_the_word_whatever_is_required(held, requirement, expected):
    assert word(held, requirement) == expected


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [("none", "unsupported"), ("optional", "unsupported"), ("required", "not_logged_in"), ("unknown", "unknown")],
)
def test_with_nothing_held_the_requirement_does_and_an_error_is_not_unsupported(requirement, expected):
    assert word("none", requirement) == expected


def test_what_is_disabled_or_no_http_server_supports_no_login():
    assert word("oauth_ok", spec=ServerSpec("shop", HttpTransport(URL), enabled=False)) == "unsupported"
    local = auth_status(ServerSpec("local", StdioTransport("x")), "ready", Holding("oauth_ok"), Measured("required"))
    assert local.to_json() == {"requirement": "none", "credential": "none", "connection": "ready"}
    assert local.codex_word == "unsupported"


def test_the_three_axes_are_three_words():
    status = auth_status(SPEC, "failed", Holding("oauth_ok"), Measured("optional"))
    assert status.to_json() == {"requirement": "optional", "credential": "oauth_ok", "connection": "failed"}
    assert repr(status) == "<requirement optional, credential oauth_ok, connection failed>"


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({"bearer_token_env_var": "TOKEN"}, "environment variable TOKEN (set)"),
        ({"bearer_token_env_var": "UNSET"}, "environment variable UNSET (not set)"),
        ({"env_headers": {"authorization": "TOKEN"}}, "environment variable TOKEN (set)"),
        ({"headers": {"Authorization": "x"}}, "the Authorization header of the configuration"),
    ],
)
def test_a_configured_credential_says_where_it_comes_from(options, source):
    transport = HttpTransport(URL, **options)
    held = configured(transport, SET.get)
    assert held.source == source
    card = AuthCard.of("shop", auth_status(ServerSpec("shop", transport), "idle", held, Measured()), None, "nowhere")
    assert dict(card.rows)["from"] == source


# --- what the configuration holds --------------------------------------------------------------------------------

SET = {"TOKEN": "abc", "BLANK": "  ", "EMPTY": ""}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"bearer_token_env_var": "TOKEN"}, "bearer"),
        ({"bearer_token_env_var": "BLANK"}, "env_missing"),
        ({"bearer_token_env_var": "EMPTY"}, "env_missing"),
        ({"bearer_token_env_var": "UNSET"}, "env_missing"),
        ({"headers": {"AUTHORIZATION": "x"}}, "header"),
        ({"headers": {"x-other": "x"}}, None),
        ({"env_headers": {"Authorization": "TOKEN"}}, "header"),
        ({"env_headers": {"authorization": "UNSET"}}, "env_missing"),
        ({"headers": {"Authorization": "Bearer ${UNSET}"}}, "env_missing"),
        ({"headers": {"Authorization": "Bearer ${UNSET:-literal}"}}, "header"),
        ({"env_headers": {"x-other": "UNSET"}}, None),
    ],
)
def test_a_variable_that_is_not_set_is_no_credential(options, expected):
    held = configured(HttpTransport(URL, **options), SET.get)
    assert (held.credential if held is not None else None) == expected


@pytest.mark.parametrize(("class_", "expected"), [("store_error", "store_error"), ("secret_missing", "env_missing")])
def test_a_reference_that_cannot_be_read_says_why(class_, expected):
    def lookup(_name):
        raise ConfigurationError("no", class_=class_)

    held = configured(HttpTransport(URL, bearer_token_env_var="X"), lookup)  # noqa: S106  a name
    assert (held.credential, held.failure.class_) == (expected, class_)


# --- what is stored ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client_id", "access", "refresh", "ends_in", "expected"),
    [
        ("c", "a", None, 3600, "oauth_ok"),
        ("c", "a", "r", 3600, "oauth_ok"),
        ("c", "a", None, None, "oauth_ok"),
        ("c", "a", None, 31, "oauth_ok"),
        ("c", "a", None, 30, "reauth_needed"),
        ("c", "a", None, -1, "reauth_needed"),
        ("c", "a", "", -1, "reauth_needed"),
        ("c", "a", "  ", -1, "reauth_needed"),
        ("c", "a", "r", -1, "oauth_refreshable"),
        ("c", "", "r", 29, "oauth_refreshable"),
        ("c", "", "r", 60, "reauth_needed"),
        ("c", "", None, None, "reauth_needed"),
        ("c", " ", None, 3600, "reauth_needed"),
        ("", "a", "r", 3600, "reauth_needed"),
        ("  ", "a", "r", None, "reauth_needed"),
    ],
)
def test_a_stored_login_is_good_for_what_its_times_and_tokens_say(client_id, access, refresh, ends_in, expected):
    ends = None if ends_in is None else NOW + ends_in
    tokens = {"access_token": access, "refresh_token": refresh, "expires_at": ends}
    assert credential_word(credential(client=client(client_id=client_id), tokens=tokens), NOW) == expected


def test_a_grant_without_a_person_renews_itself_and_a_client_without_tokens_is_no_login():
    ended = {"refresh_token": None, "expires_at": NOW - 1}
    assert credential_word(credential(grant="client_credentials", tokens=ended), NOW) == "oauth_refreshable"
    assert credential_word(None, NOW) == "none"
    assert credential_word(OAuthCredential(URL, URL, client(), None, {}), NOW) == "none"
