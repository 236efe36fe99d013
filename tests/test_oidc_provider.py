"""Login at an authorization server that nobody here wrote: ``oidc-provider``, a certified OpenID provider."""

from __future__ import annotations

import json
import socket

import httpx2
import pytest
from support.notebook import done
from support.oidc import cancel, ledger, sign_in

pytestmark = pytest.mark.node

SECRET = "s:e%c+r/et&more=?"
"""A client's secret with every character that Basic has to encode (RFC 6749 §2.3.1)."""
CALLBACK = "http://127.0.0.1/callback"


@pytest.fixture
def foreign(nothing_leaks, tmp_path):
    with ledger(tmp_path) as running:
        yield running


def log_in(shell, line="%mcp login ledger"):
    """Begin, sign in at the provider's own pages, and wait for the end."""
    job = shell.value(f"job = {line} --no-wait\njob")
    assert job.url, job
    page = sign_in(job.url)
    assert page.status_code == 200, page.text
    return job.wait(30)


def names(events):
    return [each["name"] for each in events]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_a_login_at_a_foreign_authorization_server_ends_with_its_tools(shell, foreign):
    assert "requirement required, credential none" in shell(f"%mcp add ledger {foreign.url}").text
    job = log_in(shell)
    assert job.state == "succeeded"
    assert "write" in shell("%mcp tools ledger").text
    written = shell.value("%mcp call ledger.write text=first").data
    assert (written["by"], written["text"], written["scopes"]) == ("ada", "first", ["ledger:read"])
    (registered,) = foreign.events("registration_create.success")
    assert written["client"] == registered["client"]
    assert registered["auth"] == "none"


def test_the_resource_goes_with_every_request_that_it_belongs_to(shell, foreign):
    shell(f"%mcp add ledger {foreign.url}")
    log_in(shell)
    asked = foreign.events("authorization.success", "grant.success")
    assert [each["resource"] for each in asked] == [foreign.url, foreign.url]


def test_scopes_that_a_provider_knows_only_by_resource_are_left_out_of_the_registration(shell, foreign):
    shell(f"%mcp add ledger {foreign.url}")
    job = log_in(shell)
    told = foreign.events("registration_create.error", "registration_create.success")
    assert names(told) == ["registration_create.error", "registration_create.success"]
    assert "scope must only contain" in told[0]["error"]
    assert [step.name for step in job.steps].count("registration") == 2
    (asked,) = foreign.events("authorization.success")
    assert asked["scope"].split() == ["ledger:read", "offline_access"]


def test_offline_access_is_asked_for_with_a_consent_as_openid_connect_has_it(shell, foreign):
    shell(f"%mcp add ledger {foreign.url}")
    log_in(shell)
    (asked,) = foreign.events("authorization.success")
    assert asked["prompt"] == "consent"
    assert "renewed by itself" in shell("%mcp auth ledger").text


def test_a_token_that_ends_is_renewed_and_the_refresh_token_rotates(shell, tmp_path):
    with ledger(tmp_path, lifetime=2) as foreign:
        shell(f"%mcp add ledger {foreign.url}")
        log_in(shell)
        for number in range(2000):
            shell(f"%mcp call ledger.write text={number} --quiet --fail")
            renewed = [each for each in foreign.events("grant.success") if each["grant"] == "refresh_token"]
            if len(renewed) == 2:
                break
        assert [each["resource"] for each in renewed] == [foreign.url, foreign.url]
        assert len(foreign.events("refresh_token.consumed")) == 2
        assert len(foreign.events("authorization.success")) == 1
        assert foreign.events("grant.error") == []


def test_logout_ends_the_grant_at_the_provider(shell, foreign, home):
    shell(f"%mcp add ledger {foreign.url}")
    log_in(shell)
    held = json.loads((home / "credentials.json").read_text())
    token = next(text for text in _texts(held, "refresh_token") if text)
    said = shell("%mcp logout ledger").text
    assert "revoked at the authorization server" in said
    assert "not revoked" not in said
    assert {"refresh_token.destroyed", "grant.revoked"} <= set(names(foreign.events()))
    assert token not in (home / "credentials.json").read_text()
    (client,) = [each["client"] for each in foreign.events("registration_create.success")]
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client}
    again = httpx2.post(f"{foreign.issuer}/token", data=form)
    assert again.json()["error"] == "invalid_grant"
    error = shell.fails("%mcp call ledger.write text=x", "auth_required")
    assert error.failure.next_step == "%mcp login ledger"


def test_the_next_login_is_the_same_client(shell, foreign):
    shell(f"%mcp add ledger {foreign.url}")
    log_in(shell)
    shell("%mcp logout ledger")
    log_in(shell)
    assert len(foreign.events("registration_create.success")) == 1
    assert len({each["client"] for each in foreign.events("authorization.success")}) == 1


@pytest.mark.kernel
def test_a_second_kernel_goes_on_with_the_stored_login(new_kernel, foreign):
    first = new_kernel()
    done(first.run("%load_ext mcp_magics"))
    done(first.run(f"%mcp add ledger {foreign.url}"))
    done(first.run("job = %mcp login ledger --no-wait"))
    assert sign_in(first.value("job.url")).status_code == 200
    done(first.run("job.wait(30)"))
    first.shutdown()
    second = new_kernel()
    done(second.run("%load_ext mcp_magics"))
    assert "1 tool" in done(second.run(f"%mcp add ledger {foreign.url}")).text
    done(second.run("r = %mcp call ledger.write text=again"))
    assert second.value("r.data['by']") == "ada"
    assert "logged in already" in done(second.run("%mcp login ledger")).text
    assert len(foreign.events("authorization.success")) == 1


def test_a_configured_client_proves_itself_with_basic(shell, tmp_path, monkeypatch):
    monkeypatch.setenv("LEDGER_SECRET", SECRET)
    client = {
        "client_id": "the ledger's",
        "client_secret": SECRET,
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic",
    }
    with ledger(tmp_path, lifetime=2, clients=(client,)) as foreign:
        callback = f"http://127.0.0.1:{free_port()}/callback"
        shell(
            f'%mcp add ledger {foreign.url} --oauth-client-id "the ledger\'s" '
            f"--oauth-client-secret-env-var LEDGER_SECRET --callback-url {callback}"
        )
        log_in(shell)
        for number in range(2000):
            written = shell.value(f"r = %mcp call ledger.write text={number}\nr").data
            if [each for each in foreign.events("grant.success") if each["grant"] == "refresh_token"]:
                break
        assert written["client"] == "the ledger's"
        assert {each["auth"] for each in foreign.events("grant.success")} == {"client_secret_basic"}
        assert foreign.events("registration_create.success", "grant.error") == []
        assert "revoked at the authorization server" in shell("%mcp logout ledger").text
        assert foreign.events("grant.revoked") != []


def test_whoever_cancels_at_the_provider_is_told_so_in_the_cell(shell, foreign):
    shell(f"%mcp add ledger {foreign.url}")
    shell("job = %mcp login ledger --no-wait")
    page = cancel(shell.value("job.url"))
    assert page.status_code == 400
    assert "End-User aborted interaction" in page.text
    error = shell.fails("job.wait(30)", "access_denied")
    assert "End-User aborted interaction" in str(error)
    assert foreign.events("authorization.success", "grant.success") == []


def test_a_resource_that_the_provider_does_not_know_is_refused_by_its_name(shell, foreign):
    shell(f"%mcp add ledger {foreign.url} --oauth-resource https://other.test/mcp")
    shell("job = %mcp login ledger --no-wait")
    sign_in(shell.value("job.url"))
    error = shell.run("job.wait(30)").error
    assert "invalid_target" in str(error)


def _texts(document, name):
    """Every text under ``name`` anywhere in a JSON document."""
    if isinstance(document, dict):
        here = [document[name]] if isinstance(document.get(name), str) else []
        return here + [each for value in document.values() for each in _texts(value, name)]
    return [each for value in document for each in _texts(value, name)] if isinstance(document, list) else []
