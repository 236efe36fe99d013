"""What a server of the playground can do wrong about authorization, as a person at a cell is told it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from support.permission import Played, play, playing, two_ports
from support.shell import Shell
from support.typed import check_typed

from mcp_magics.auth.credential import OAuthCredential
from mcp_magics.auth.renewal_rules import lives
from mcp_magics.connection.manager import servers
from mcp_magics.errors import MCPMagicsError

LOGIN = "%mcp login l2 --consent approve"


@pytest.fixture(autouse=True)
def played(nothing_leaks: None) -> Iterator[None]:
    with playing():
        yield


def stored(name: str = "l2") -> OAuthCredential | None:
    return servers[name].permission.stored()


def check_nobody_is_blamed(error: MCPMagicsError) -> None:
    """No person acted, and what to do next is a line to type."""
    assert "user" not in str(error).lower(), error
    assert error.failure.next_step.startswith("%mcp "), error.failure.next_step
    check_typed(error.failure.next_step)


# --- faults that end a login -----------------------------------------------------------------------------------------

ENDING = {
    "no-metadata": ("no_oauth_metadata", "publishes nowhere", "%mcp add l2 {url} --bearer-token-env-var NAME"),
    "prm-500": ("http_error", "could not check", "%mcp login l2"),
    "wrong-resource": ("resource_mismatch", "/another'", "%mcp add l2 {origin}/another"),
    "link-local-metadata": ("address_refused", "link-local", "%mcp oauth l2"),
    "huge-metadata": ("too_large", "1,048,576 bytes", "%mcp oauth l2"),
    "javascript-endpoint": ("address_refused", "its scheme is javascript", "%mcp oauth l2"),
    "plain-http-endpoint": ("address_refused", "neither https nor loopback", "%mcp oauth l2"),
    "wrong-issuer": ("issuer_mismatch", "{issuer}/another", "%mcp oauth l2"),
    "no-pkce": ("pkce_unsupported", "names no PKCE method", "%mcp login l2 --assume-pkce"),
    "no-registration": (
        "registration_unavailable",
        "no client can be registered",
        "%mcp login l2 --oauth-client-id ID --callback-port ",
    ),
    "invalid-client": ("client_unknown", "does not know this client", "%mcp oauth l2"),
    "error-description": ("access_denied", "refused: a b <b>not today</b>", "%mcp login l2"),
    "wrong-state": ("state_mismatch", "another state", "%mcp oauth l2"),
    "wrong-iss": ("issuer_mismatch", "'https://another.example'", "%mcp oauth l2"),
    "no-iss-though-advertised": ("issuer_mismatch", "it says none", "%mcp oauth l2"),
    "token-html": ("intercepted_html", "502 with a web page", "%mcp login l2 --again"),
    "invalid-grant": ("invalid_grant", "This code was never issued", "%mcp login l2 --again"),
}


@pytest.mark.parametrize("fault", ENDING)
def test_a_fault_ends_a_login_under_its_own_name_and_an_earlier_login_goes_on(shell: Shell, fault: str) -> None:
    class_, said, step = ENDING[fault]
    port = f"--port {two_ports()}"
    play(shell, "l2", "none", port)
    shell(f"{LOGIN} --oauth-client-id playground-desktop")
    earlier = stored()
    l2 = play(shell, "l2", fault, port)
    error = shell.fails(f"{LOGIN} --again", class_)
    check_nobody_is_blamed(error)
    places = {"url": l2.url, "origin": l2.url.removesuffix("/mcp"), "issuer": l2.issuer}
    assert said.format(**places) in error.failure.message
    assert error.failure.next_step.startswith(step.format(**places))
    assert stored() == earlier
    assert shell("%mcp call l2.whoami").result.data["anonymous"] is False
    assert servers["l2"].status.codex_word == "o_auth"


@pytest.mark.parametrize("fault", ["no-metadata", "wrong-issuer", "javascript-endpoint", "wrong-state", "token-html"])
def test_no_fault_of_a_login_that_is_only_offered_keeps_anybody_out(shell: Shell, fault: str) -> None:
    play(shell, "l1", fault)
    class_ = ENDING[fault][0]
    assert shell("%mcp call l1.whoami").result.data["anonymous"] is True
    error = shell.fails("%mcp login l1 --consent approve", class_)
    check_nobody_is_blamed(error)
    assert shell("%mcp call l1.whoami").result.data["anonymous"] is True
    assert servers["l1"].status.codex_word != "not_logged_in"


def test_a_server_without_documents_is_told_from_one_whose_documents_could_not_be_looked_for(shell: Shell) -> None:
    play(shell, "l2", "no-metadata")
    error = shell.fails("%mcp call l2.whoami", "auth_required_unadvertised")
    assert "nothing says how to log in" in error.failure.message
    assert error.failure.next_step.startswith("%mcp add l2 http://127.0.0.1")
    play(shell, "l2", "prm-500")
    error = shell.fails("%mcp call l2.whoami", "auth_required")
    assert "nothing says" not in error.failure.message
    assert error.failure.next_step == "%mcp login l2"


def test_every_address_of_a_discovery_in_vain_is_in_the_evidence_with_its_answer(shell: Shell) -> None:
    play(shell, "l2", "no-metadata")
    error = shell.fails(LOGIN, "no_oauth_metadata")
    tried = [line.rpartition(": ") for line in error.failure.evidence]
    assert len(tried) >= 4
    assert {said for _, _, said in tried} == {"404"}
    assert all("/.well-known/" in url for url, _, _ in tried)


def test_the_address_that_gave_no_answer_comes_first_and_who_named_it(shell: Shell) -> None:
    play(shell, "l2", "prm-500")
    error = shell.fails(LOGIN, "http_error")
    assert error.failure.evidence[0].endswith("/.well-known/oauth-protected-resource/mcp: 500")
    play(shell, "l2", "link-local-metadata")
    named, refused = shell.fails(LOGIN, "address_refused").failure.evidence[:2]
    assert named.startswith("http://169.254.169.254/latest is named by http://127.0.0.1")
    assert refused.endswith(": address_refused")


def test_a_configured_client_that_is_refused_is_configured_anew(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRONG_SECRET", "not-the-secret-of-it")
    play(shell, "l2")
    error = shell.fails(f"{LOGIN} --oauth-client-id nobody", "client_unknown")
    assert error.failure.next_step == "%mcp login l2 --again --oauth-client-id ID"
    grant = "%mcp login l2 --grant client_credentials"
    secret = "--oauth-client-secret-env-var"
    error = shell.fails(f"{grant} --oauth-client-id playground-service {secret} WRONG_SECRET", "client_unknown")
    expected = f"%mcp login l2 --again --grant client_credentials --oauth-client-id ID {secret} NAME"
    assert error.failure.next_step == expected
    error = shell.fails(grant, "client_missing")
    assert error.failure.next_step == f"{grant} --oauth-client-id ID {secret} NAME"


def test_a_denial_is_told_at_once_and_the_login_before_it_goes_on(shell: Shell) -> None:
    play(shell, "l2")
    shell(LOGIN)
    earlier = stored()
    error = shell.fails("%mcp login l2 --consent deny --again", "access_denied")
    assert "The request was denied on the consent page." in error.failure.message
    assert stored() == earlier
    assert shell("%mcp call l2.whoami").result.data["anonymous"] is False


# --- faults that a login gets over -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    ["no-www-authenticate", "get-200", "legacy-2025-03-26", "metadata-at-root", "issuer-slash", "slow", "no-refresh"],
)
def test_a_login_gets_over_what_does_no_harm(shell: Shell, fault: str) -> None:
    play(shell, "l2", fault, "--delay 0.2" if fault == "slow" else "")
    assert "3 tools" in shell(LOGIN).text
    assert shell("%mcp call l2.whoami").result.data["anonymous"] is False


def test_scopes_nobody_here_asked_for_are_left_out_after_a_refusal_once(shell: Shell) -> None:
    l2 = play(shell, "l2", "scope-rejected")
    shell(LOGIN)
    asked = [each["parameters"].get("scope") for each in l2.asked("authorize") if each["method"] == "GET"]
    assert asked == [["shop:read offline_access"], None]


def test_scopes_asked_for_here_are_not_left_out(shell: Shell) -> None:
    l2 = play(shell, "l2", "scope-rejected")
    error = shell.fails(f"{LOGIN} --scopes shop:read", "scope_rejected")
    check_nobody_is_blamed(error)
    assert "asked for: shop:read (explicit) · advertised: shop:read shop:write offline_access" in str(error)
    assert len(l2.asked("authorize")) == 1


@pytest.mark.parametrize("fault", ["dpop", "dpop-nonce"])
def test_tokens_bound_to_a_key_are_sent_with_proofs_of_it(shell: Shell, fault: str) -> None:
    l2 = play(shell, "l2", fault)
    shell(LOGIN)
    assert shell("%mcp call l2.whoami").result.data["anonymous"] is False
    assert {each["dpop"] for each in l2.asked("token")} == {True}


# --- after the login -------------------------------------------------------------------------------------------------


def after_the_end(shell: Shell, class_: str) -> MCPMagicsError:
    """The failure of a call after the token's end, which comes three seconds after the login."""
    while (credential := stored()) is not None and lives(credential):
        pass
    error = shell.fails("%mcp call l2.whoami", class_)
    check_nobody_is_blamed(error)
    return error


def test_a_refused_refresh_ends_the_login_and_is_not_repeated(shell: Shell) -> None:
    l2 = play(shell, "l2", "refresh-rejected", "--expiry 3s")
    shell(LOGIN)
    error = after_the_end(shell, "reauth_required")
    check_nobody_is_blamed(error)
    assert error.failure.next_step == "%mcp login l2"
    refreshes = len(refreshed(l2))
    assert refreshes == 1
    shell.fails("%mcp call l2.whoami", "reauth_required")
    assert len(refreshed(l2)) == refreshes
    assert servers["l2"].status.credential == "reauth_needed"


def test_a_login_that_ends_without_a_refresh_token_is_the_servers_policy(shell: Shell) -> None:
    play(shell, "l2", "no-refresh", "--expiry 3s")
    shell(LOGIN)
    error = after_the_end(shell, "reauth_required")
    check_nobody_is_blamed(error)
    assert "no_refresh_token" in str(error)
    assert "policy" in str(error)


def test_a_client_the_server_forgot_is_registered_anew_by_the_next_login(shell: Shell) -> None:
    l2 = play(shell, "l2", "stale-client", "--expiry 3s")
    shell(LOGIN)
    error = after_the_end(shell, "client_unknown")
    check_nobody_is_blamed(error)
    assert "could not refresh" in error.failure.message
    assert error.failure.next_step == "%mcp logout l2 --forget-client"
    shell("%mcp logout l2 --forget-client")
    shell(LOGIN)
    assert len(l2.asked("register")) == 2


def test_a_client_the_server_forgot_before_the_browser_came_names_the_way_out(shell: Shell) -> None:
    port = f"--port {two_ports()}"
    play(shell, "l2", "none", port)
    shell(LOGIN)
    l2 = play(shell, "l2", "none", f"{port} --seed 1")
    error = shell.fails(f"{LOGIN} --again", "client_unknown")
    assert "it says: This authorization request is wrong invalid_client" in str(error)
    assert error.failure.next_step == "%mcp logout l2 --forget-client"
    error = shell.fails("job = %mcp login l2 --again --no-wait --timeout 0.2\njob.wait()", "timeout")
    assert "%mcp logout l2 --forget-client" in str(error)
    shell("%mcp logout l2 --forget-client")
    shell(LOGIN)
    assert len(l2.asked("register")) == 1


def test_a_token_that_is_refused_right_after_its_refresh_makes_no_storm(shell: Shell) -> None:
    l2 = play(shell, "l2", "rejects-fresh")
    error = shell.fails(LOGIN, "refresh_ineffective")
    check_nobody_is_blamed(error)
    assert error.failure.next_step == "%mcp login l2 --again"
    asked = len(l2.asked("token"))
    assert asked <= 2  # the code, and one refresh
    assert len([each for each in l2.seen() if each["rpc_method"] == "initialize"]) <= 6


def test_a_step_up_names_what_is_missing_and_after_it_says_that_more_logins_do_not_help(shell: Shell) -> None:
    l2 = play(shell, "l2", "step-up-loop")
    shell(LOGIN)
    order = "%mcp call l2.place_order item=lamp"
    error = shell.fails(order, "step_up_required")
    check_nobody_is_blamed(error)
    assert error.failure.next_step == "%mcp login l2 --scopes shop:read,offline_access,shop:write"
    calls = [each for each in l2.seen() if each["tool"] == "place_order"]
    assert len(calls) == 1
    shell(f"{error.failure.next_step} --consent approve")
    error = shell.fails(order, "step_up_required")
    assert "would not help" in error.failure.message
    assert "expired" not in str(error)


def test_an_open_server_with_one_tool_for_those_who_logged_in(shell: Shell) -> None:
    play(shell, "l1", "call-needs-login")
    shell("%mcp tools l1")
    order = "%mcp call l1.place_order item=lamp"
    error = shell.fails(order, "auth_required")
    check_nobody_is_blamed(error)
    assert error.failure.next_step == "%mcp login l1"
    shell("%mcp login l1 --consent approve --scopes shop:read,shop:write")
    assert not shell(order).result.is_error


def refreshed(l2: Played) -> list[object]:
    return [each for each in l2.asked("token") if each["parameters"]["grant_type"] == ["refresh_token"]]


def test_a_failure_is_json_too(shell: Shell) -> None:
    play(shell, "l2", "wrong-issuer")
    shell.fails(LOGIN, "issuer_mismatch")
    error = shell.fails("%mcp connect l2", "auth_required")
    assert "a login would end with issuer_mismatch" in error.failure.message
    assert error.failure.next_step.startswith("%mcp oauth l2")
    told = json.loads(shell("%mcp list --json").text)[0]
    assert told["auth"] == {"requirement": "required", "credential": "none", "connection": "failed"}
    assert told["auth_status"] == "not_logged_in"
