"""Login at the authorization server of the official SDK, at the same address as the MCP server it protects.

It differs from the playground's: clients get a secret, and it looks for their id in the form also with Basic.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from mcp_magics import servers


@contextmanager
def protected(*words: str):
    """Such a server; yields its address."""
    command = [sys.executable, "-m", "sdk_login_server", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent)
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.kill()  # asked to end, older uvicorn waits for the stream its client still holds
        process.wait()
        process.stdout.close()


@pytest.fixture
def sdk(nothing_leaks, shell):
    with protected() as url:
        shell(f"%mcp add sdk {url} --quiet")
        yield url


def log_in(shell):
    job = shell.value("job = %mcp login sdk --no-wait\njob")
    assert httpx2.get(job.url, follow_redirects=True).status_code == 200
    return job.wait(30)


def test_a_login_there_ends_with_the_tools(shell, sdk):
    assert servers["sdk"].status.requirement == "required"
    log_in(shell)
    assert shell("%mcp call sdk.greet").result.text == "hello"
    assert servers["sdk"].status.codex_word == "o_auth"
    assert servers["sdk"].permission.stored().client.auth_method == "client_secret_basic"


def test_a_second_login_is_made_by_the_same_client_and_the_same_redirect_uri(shell, sdk):
    log_in(shell)
    first = servers["sdk"].permission.stored().client
    shell("%mcp logout sdk")
    log_in(shell)
    assert servers["sdk"].permission.stored().client == first


def test_a_logout_revokes_the_tokens_though_the_server_wants_a_secret_in_the_form(shell, sdk):
    log_in(shell)
    access = servers["sdk"].permission.stored().tokens.access_token
    said = shell("%mcp logout sdk").text
    assert "sdk: revoked at the authorization server" in said
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert httpx2.post(sdk, json=ping, headers={"authorization": f"Bearer {access}"}).status_code == 401


def test_a_token_that_ends_is_refreshed_and_rotated_without_anybody(shell, nothing_leaks):
    with protected("2") as url:
        shell(f"%mcp add sdk {url} --quiet")
        log_in(shell)
        before = servers["sdk"].permission.stored().tokens
        while not before.expires_at < time.time():
            time.sleep(0.1)
        assert shell("%mcp call sdk.greet").result.text == "hello"
        after = servers["sdk"].permission.stored().tokens
        assert after.access_token != before.access_token
        assert after.refresh_token != before.refresh_token
