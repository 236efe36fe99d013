"""A server that has forgotten what it gave: its refusal is remembered, for that token and in this process alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from support.permission import play, playing, two_ports

from mcp_magics.connection.manager import servers

LOGIN = "%mcp login l2 --consent approve"


@pytest.fixture
def forgotten(nothing_leaks, shell):
    """An L2 that was logged in to and has been restarted since: tokens and clients are unknown to it."""
    with playing():
        port = f"--port {two_ports()}"
        play(shell, "l2", "none", port)
        shell(LOGIN)
        yield play(shell, "l2", "none", f"{port} --seed 1")


def stored():
    return servers["l2"].permission.stored()


def test_a_login_is_made_anew_where_the_server_was_just_seen_to_refuse_token_and_client(shell, forgotten):
    before = stored()
    shell.fails("%mcp call l2.whoami", "client_unknown")
    assert stored() == before
    shell(LOGIN)
    assert len(forgotten.asked("register")) == 1
    assert shell("%mcp call l2.whoami").result.data["anonymous"] is False
    assert servers["l2"].status.credential == "oauth_ok"
    assert "logged in already" in shell(LOGIN).text


def test_status_list_and_auth_say_when_the_token_was_refused(shell, forgotten):
    shell.fails("%mcp call l2.whoami", "client_unknown")
    status = servers["l2"].status
    assert (status.credential, status.codex_word) == ("reauth_needed", "not_logged_in")
    for line in ("%mcp status l2", "%mcp list", "%mcp auth l2"):
        said = shell(line).text
        assert "reauth_needed" in said
        assert re.search(r"refused at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", said)
    assert json.loads(shell("%mcp list --json").text)[0]["auth"]["credential"] == "reauth_needed"
    assert "client_unknown" in shell("%mcp auth l2").text


def test_the_refusal_is_of_that_token_and_a_newer_one_in_the_store_is_used(shell, forgotten):
    shell.fails("%mcp call l2.whoami", "client_unknown")
    newer = replace(stored(), tokens=replace(stored().tokens, access_token="from-another-process"))
    servers["l2"].permission._store().set("l2", newer)  # noqa: SLF001  as another process would
    assert servers["l2"].status.credential == "oauth_ok"


def test_a_refused_token_without_a_refresh_token_needs_no_word_for_the_next_login(nothing_leaks, shell):
    with playing():
        play(shell, "l2", "no-refresh")
        shell(LOGIN)
        refuse = replace(stored(), tokens=replace(stored().tokens, access_token="revoked-at-the-server"))
        servers["l2"].permission._store().set("l2", refuse)  # noqa: SLF001  as another process would
        shell.fails("%mcp restart l2", "reauth_required")
        assert stored() == refuse
        shell(LOGIN)
        assert servers["l2"].status.credential == "oauth_ok"
