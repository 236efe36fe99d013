"""The playground's other doors: L1 that offers a login, L3 that is none, L4 with its one token; and their host."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from support.shell import Shell
from support.visitor import Visitor, challenge, rpc, structured, visiting

from mcp_magics.errors import ConnectionFailedError
from mcp_magics.playground import Options, build, host
from mcp_magics.playground.duration import seconds
from mcp_magics.playground.plan import Wanted


@pytest.fixture(scope="module")
def l1() -> Iterator[Visitor]:
    with visiting("l1") as visitor:
        yield visitor


def asked_by_the_sdk(url: str, era: str, **headers: str) -> Any:
    async def main() -> Any:
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http), mode=era) as client,
        ):
            names = [tool.name for tool in (await client.list_tools()).tools]
            return names, (await client.call_tool(names[0], {"text": "hi"} if names == ["echo"] else {}))

    return anyio.run(main)


# --- L1 --------------------------------------------------------------------------------------------------------------


def test_l1_answers_everyone_in_both_eras(l1: Visitor, era: str) -> None:
    names, told = asked_by_the_sdk(l1.mcp, era)
    assert names == ["whoami", "read_stock", "place_order"]
    assert told.structured_content == {"anonymous": True, "subject": None, "client": None, "scopes": []}
    assert structured(l1.call("place_order", {"item": "tea"}))["item"] == "tea"


def test_l1_publishes_both_documents_and_knows_who_logged_in(l1: Visitor) -> None:
    assert l1.resource_metadata().json()["authorization_servers"] == [l1.server_metadata().json()["issuer"]]
    told = structured(l1.call("whoami", token=l1.login()["access_token"]))
    assert (told["anonymous"], told["client"]) == (False, l1.client["client_id"])


def test_l1_refuses_a_token_that_is_none(l1: Visitor) -> None:
    refused = l1.call("whoami", token="nonsense")
    assert (refused.status_code, challenge(refused)["error"]) == (401, "invalid_token")


def test_l1_may_refuse_one_tool_to_those_who_are_not_logged_in() -> None:
    with visiting("l1", fault="call-needs-login") as l1:
        assert structured(l1.call("whoami"))["anonymous"] is True
        assert l1.send(rpc("tools/list")).status_code == 200
        refused = l1.call("place_order", {"item": "tea"})
        assert refused.status_code == 401
        assert challenge(refused)["resource_metadata"].startswith(l1.origin)
        assert l1.call("place_order", {"item": "tea"}, token=l1.login()["access_token"]).status_code == 200


def test_l1_in_memory_knows_nobody() -> None:
    async def main() -> Any:
        async with Client(build("l1", Options()).server) as client:
            return (await client.call_tool("whoami")).structured_content

    assert anyio.run(main)["anonymous"] is True


# --- L3 and L4 -------------------------------------------------------------------------------------------------------


def test_l3_answers_everything_with_a_challenge_page() -> None:
    with visiting("l3") as l3:
        for answer in (
            l3.send(rpc("tools/list")),
            l3.http.get(l3.mcp),
            l3.resource_metadata(),
            l3.http.get(f"{l3.origin}/.well-known/oauth-authorization-server"),
        ):
            assert answer.status_code == 403
            assert answer.headers["content-type"].startswith("text/html")
            assert answer.headers["cf-ray"]
            assert "<title>Just a moment...</title>" in answer.text


def test_l4_takes_its_token_and_publishes_nothing(era: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MCP_MAGICS_PLAYGROUND_TOKEN", raising=False)
    with visiting("l4") as l4:
        for token in (None, "guess"):
            refused = l4.call("echo", {"text": "hi"}, token=token)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        for name in ("oauth-protected-resource/mcp", "oauth-protected-resource", "oauth-authorization-server"):
            assert l4.http.get(f"{l4.origin}/.well-known/{name}").status_code == 404
        names, told = asked_by_the_sdk(l4.mcp, era, Authorization="Bearer playground-static-token")
        assert (names, told.content[0].text) == (["echo"], "hi")


def test_l4_takes_the_token_of_its_environment_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_MAGICS_PLAYGROUND_TOKEN", "another-token")
    with visiting("l4") as l4:
        assert l4.call("echo", {"text": "hi"}, token="playground-static-token").status_code == 401
        assert l4.call("echo", {"text": "hi"}, token="another-token").status_code == 200


# --- their host ------------------------------------------------------------------------------------------------------


@pytest.fixture
def stopped() -> Iterator[None]:
    yield
    host.stop()


def test_the_host_knows_both_addresses_as_its_own_and_no_other(stopped: None) -> None:
    l2 = host.start(["l2"])[0]
    assert l2.authorization_server is not None
    for url in (l2.url, l2.authorization_server, f"{l2.authorization_server}/authorize?x=1"):
        assert host.is_ours(str(url))
        assert host.is_ours(str(url).replace("127.0.0.1", "localhost"))
    for url in (
        "https://127.0.0.1:1/",
        "http://127.0.0.1:1/mcp",
        str(l2.url).replace("http:", "https:"),
        "http://[",
        "",
    ):
        assert not host.is_ours(url)
    host.stop("l2")
    assert not host.is_ours(str(l2.url))


def test_both_listeners_end_with_the_server(stopped: None) -> None:
    l2 = host.start(["l2"])[0]
    assert httpx2.get(f"{l2.authorization_server}/jwks").status_code == 200
    host.stop("l2")
    for url in (str(l2.url), str(l2.authorization_server)):
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(url)


def test_both_listeners_end_with_the_lifeline() -> None:
    command = [sys.executable, "-m", "mcp_magics.playground", "l2", "--lifeline"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert b"authorization_server" in process.stdout.readline()  # type: ignore[union-attr]
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(10)


def test_a_login_server_takes_two_ports_in_a_row(stopped: None) -> None:
    free = _four_free_ports()
    l1, l2 = host.start(["l1", "l2"], Wanted(port=free))
    assert [httpx2.URL(str(each.url)).port for each in (l1, l2)] == [free, free + 2]
    servers = [httpx2.URL(str(each.authorization_server)).port for each in (l1, l2)]
    assert servers == [free + 1, free + 3]


def test_a_busy_port_of_the_authorization_server_is_named(stopped: None) -> None:
    free = _four_free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free + 1))
        taken.listen()
        with pytest.raises(ConnectionFailedError) as caught:
            host.start(["l2"], Wanted(port=free))
    assert f"l2: cannot listen on 127.0.0.1:{free + 1}: Address already in use" in caught.value.failure.evidence


def test_the_last_port_leaves_none_for_the_authorization_server(stopped: None) -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        host.start(["l2"], Wanted(port=65_535))
    assert "l2: cannot listen on 127.0.0.1:65536" in caught.value.failure.evidence[-1]


def _four_free_ports() -> int:
    """The first of four ports in a row that are free."""
    for port in range(20_000 + int(time.time()) % 1000 * 10, 32_000, 4):
        try:
            for each in range(port, port + 4):
                with socket.socket() as tried:
                    tried.bind(("127.0.0.1", each))
        except OSError:
            continue
        return port
    raise AssertionError("no four free ports in a row")


def test_start_registers_it_and_says_where_its_authorization_server_is(shell: Shell) -> None:
    shell("started = %mcp playground start l2 --expiry 30s --tokens opaque --seed 7")
    row = shell.ip.user_ns["started"].df.iloc[0]
    try:
        assert row["name"] == "l2"
        assert httpx2.get(f"{row['authorization_server']}/.well-known/oauth-authorization-server").status_code == 200
        form = {"grant_type": "client_credentials", "resource": row["url"]}
        service = ("playground-service", "playground-service-secret")
        tokens = httpx2.post(f"{row['authorization_server']}/token", data=form, auth=service).json()
        assert tokens["expires_in"] == 30
        assert "." not in tokens["access_token"]
    finally:
        shell("%mcp playground stop l2")


def test_start_with_a_fault_and_no_name_starts_the_servers_that_have_it(shell: Shell) -> None:
    shell("started = %mcp playground start --fault call-needs-login")
    try:
        assert [each.name for each in host.running()] == list(shell.ip.user_ns["started"].df["name"]) == ["l1"]
    finally:
        shell("%mcp playground stop")


def test_only_what_the_playground_has_can_be_stopped_and_a_near_name_is_told(shell: Shell) -> None:
    assert shell.fails("%mcp playground stop shpo", "unknown_server").failure.next_step == "%mcp playground stop shop"
    shell("%mcp add mine --quiet --no-connect -- true")
    shell.fails("%mcp playground stop shop mine", "unknown_server")
    assert "mine" in shell.value("from mcp_magics import servers\nlist(servers)")


@pytest.mark.parametrize(("word", "number"), [("30", 30), ("30s", 30), ("5m", 300), ("1h", 3600)])
def test_durations_are_read_as_people_write_them(word: str, number: int) -> None:
    assert seconds(word) == number


@pytest.mark.parametrize("word", ["", "0s", "5 m", "-1", "1d", "s"])
def test_other_durations_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        seconds(word)
