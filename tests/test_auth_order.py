"""From a configuration to the settings of a flow: expanded at the last moment, secrets kept from what is anonymous."""

from __future__ import annotations

import pytest
from support.flow import URL, client, credential, settings

from mcp_magics.auth.order import (
    again,
    anonymous_headers,
    callback_options,
    flow_settings,
    overridden,
    sends_secrets,
    server_url,
)
from mcp_magics.config.model import HttpTransport, OAuthOptions, ServerSpec, StdioTransport
from mcp_magics.errors import CommandError, ConfigurationError
from mcp_magics.redact import redactor


def spec(oauth=None, **transport):
    return ServerSpec("shop", HttpTransport(transport.pop("url", URL), **transport), oauth=oauth or OAuthOptions())


def test_what_is_not_configured_is_discovered_drawn_or_left_out():
    made = flow_settings(spec())
    assert (made.server, made.url, made.grant) == ("shop", URL, "authorization_code")
    assert (made.scopes, made.resource, made.client_id, made.client_secret, made.known) == (None,) * 5
    assert made.draw() != made.draw()
    assert len(made.draw()) >= 43


def test_everything_configured_reaches_the_flow(monkeypatch):
    monkeypatch.setenv("SHOP_SECRET", " hush-hush-4 ")
    oauth = OAuthOptions(
        scopes=("a",),
        resource="https://api.example",
        client_id="mine",
        client_secret_env_var="SHOP_SECRET",  # noqa: S106  a name
        token_endpoint_auth_method="client_secret_post",  # noqa: S106  a name
        grant="client_credentials",
        dpop=True,
        assume_pkce=True,
    )
    made = flow_settings(spec(oauth))
    assert (made.scopes, made.resource, made.client_id) == (("a",), "https://api.example", "mine")
    assert (made.client_secret, made.auth_method, made.grant) == ("hush-hush-4", "client_secret_post", made.grant)
    assert made.binds_tokens
    assert made.assumes_pkce
    assert "hush-hush-4" not in repr(made)
    assert "hush-hush-4" not in redactor().text("it says hush-hush-4 here")


def test_a_secret_that_is_not_set_names_its_variable_and_the_line_that_sets_it(monkeypatch):
    monkeypatch.setenv("BLANK", "  ")
    for variable in ("UNSET_VARIABLE", "BLANK"):
        with pytest.raises(ConfigurationError) as caught:
            flow_settings(spec(OAuthOptions(client_secret_env_var=variable)))
        assert caught.value.failure.class_ == "env_missing"
        assert caught.value.failure.next_step == f"%mcp secret {variable}"


def test_references_in_the_address_are_resolved_at_the_last_moment(monkeypatch):
    monkeypatch.setenv("SHOP_HOST", "mcp.example.com")
    assert server_url(spec(url="https://${SHOP_HOST}/mcp")) == URL


def test_a_local_server_has_nothing_to_log_in_to():
    with pytest.raises(CommandError) as caught:
        server_url(ServerSpec("local", StdioTransport("x")))
    assert caught.value.failure.class_ == "login_unsupported"


def test_an_anonymous_request_carries_no_credential_and_reads_no_token_for_it():
    told = spec(
        headers={"X-Tenant": "7", "Authorization": "Bearer a", "X-Api-Key": "k", "Cookie": "c"},
        bearer_token_env_var="NOT_SET_ANYWHERE",  # noqa: S106  a name
    )
    assert anonymous_headers(told) == (("X-Tenant", "7"),)


@pytest.mark.parametrize(
    ("transport", "sends"),
    [
        ({}, False),
        ({"headers": {"X-Tenant": "7"}}, False),
        ({"headers": {"X-Api-Key": "k"}}, True),
        ({"env_headers": {"authorization": "V"}}, True),
        ({"bearer_token_env_var": "V"}, True),
    ],
)
def test_a_configuration_that_sends_a_credential_of_its_own_is_known(transport, sends):
    assert sends_secrets(HttpTransport(URL, **transport)) is sends


def test_wishes_replace_what_they_say_and_nothing_else():
    base = OAuthOptions(scopes=("a",), client_id="mine", dpop=True)
    wished = overridden(base, OAuthOptions(scopes=(), dpop=False))
    assert (wished.scopes, wished.client_id, wished.dpop) == ((), "mine", False)


def test_a_grant_made_once_more_is_made_as_it_got_its_credential():
    got = credential(grant="client_credentials", requested=("a",), resource="https://r", dpop_key="{}")
    made = again(settings(client_id="now", scopes=("other",)), got)
    assert (made.grant, made.scopes, made.resource) == ("client_credentials", ("a",), "https://r")
    assert made.client_id == "now"
    assert made.binds_tokens
    configured = client(origin="configured", client_id="then", client_secret="hush-hush-5", auth_method="none")
    made = again(settings(client_id="now"), credential(client=configured))
    assert (made.client_id, made.client_secret, made.scopes, made.binds_tokens) == ("then", "hush-hush-5", None, False)


def test_the_callback_is_as_configured():
    made = callback_options(OAuthOptions(callback_url="http://localhost:1/x", callback_port=5))
    assert (made.url, made.port) == ("http://localhost:1/x", 5)
