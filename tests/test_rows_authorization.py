"""What is promised about permission, row by row: through the cells a person types, against real servers."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import nbformat
import psutil
import pytest
from support.commands import playground
from support.kernel import Kernel
from support.notebook import at_most, done
from support.odd_http import OddServer, Response
from support.permission import get_json, parameters, play, playing, redirected, running, two_ports, visit, with_changes
from support.shell import Shell
from support.visitor import Visitor, visiting

from mcp_magics.auth.store import FileCredentials
from mcp_magics.connection.manager import servers
from mcp_magics.playground import host

LOGIN = "%mcp login l2 --consent approve"


@pytest.fixture(autouse=True)
def played(nothing_leaks: None) -> Iterator[None]:
    with playing():
        yield


def listed(shell: Shell, name: str) -> dict[str, object]:
    """The entry of ``%mcp list --json`` for a server."""
    return next(each for each in json.loads(shell("%mcp list --json").text) if each["name"] == name)


# Row I-1: one server's failure is its own.


def test_row_i_1_a_bot_challenge_is_its_own_class_and_touches_no_other_server(shell: Shell) -> None:
    shell("%mcp playground start l3 l0 --quiet")
    shell(f"%mcp add s1 -- {playground('s1')}")
    error = shell.fails("%mcp connect l3", "intercepted_html")
    assert "user" not in str(error).lower()
    told = " ".join((error.failure.message, *error.failure.evidence))
    assert "403" in told
    assert "cf-ray" in told
    assert "Just a moment..." in told
    assert not shell("%mcp call l0.echo text=fine").result.is_error
    assert not shell("%mcp call s1.echo text=fine").result.is_error
    assert listed(shell, "s1")["auth"] == {"requirement": "none", "credential": "none", "connection": "ready"}
    assert listed(shell, "l3")["auth_status"] == "unknown"


def test_row_i_1_without_a_person_an_approval_names_the_setting_and_blames_nobody(elsewhere: Path) -> None:
    cells = ["%load_ext mcp_magics", f"%mcp add s1 --approval prompt -- {playground('s1')}", "%mcp call s1.echo text=a"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    nbformat.write(book, elsewhere / "cells.ipynb")
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "--allow-errors"]
    ran = subprocess.run(
        [*command, "--output", "out.ipynb", "cells.ipynb"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    outputs = json.dumps(nbformat.read(elsewhere / "out.ipynb", as_version=4).cells[-1].outputs)
    assert "approval_unavailable" in outputs
    assert "--approval" in outputs
    assert "user" not in outputs.lower()


def test_row_i_1e_a_challenge_is_asked_once_and_never_solved(shell: Shell, odd: OddServer) -> None:
    page = b"<html><head><title>Just a moment...</title></head></html>"
    odd.on["*"] = lambda _asked: Response(403, page, {"cf-ray": "8f00-PLY", "cf-mitigated": "challenge"}, "text/html")
    error = shell.fails(f"%mcp add far {odd.url}", "intercepted_html")
    assert len(odd.asked) == 1
    assert "operator" in str(error)


# Row I-2: after a login the tools are there, and no error is "unsupported".


def test_row_i_2_a_login_ends_with_the_tools_and_the_status_is_o_auth(shell: Shell) -> None:
    l2 = play(shell, "l2")
    assert httpx2.URL(l2.issuer).port != httpx2.URL(l2.url).port
    assert "3 tools: whoami, read_stock, place_order" in shell(LOGIN).text
    assert listed(shell, "l2")["auth_status"] == "o_auth"


def test_row_i_2_a_store_that_cannot_be_read_is_said_and_never_unsupported(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keyring.backends.fail import Keyring

    monkeypatch.setattr("mcp_magics.auth.store.has_keyring", lambda: True)
    with visiting("l2") as l2:
        shell(f"%config MCPMagics.secret_store = 'keyring'\n%mcp add l2 {l2.mcp} --no-connect")
        monkeypatch.setattr(Keyring, "get_password", _locked)
        told = listed(shell, "l2")
        assert told["auth_status"] == "unknown"
        assert told["auth"]["credential"] == "store_error"  # type: ignore[index]
        error = shell.fails("%mcp connect l2", "store_error")
        assert error.failure.next_step
        shell("%config MCPMagics.secret_store = 'auto'")


def _locked(*_: object) -> str:
    raise RuntimeError("the keyring is locked")


@pytest.mark.kernel
def test_row_i_2e_a_fresh_kernel_lists_the_tools_without_another_login(new_kernel: Callable[..., Kernel]) -> None:
    with visiting("l2") as l2:
        kernel = new_kernel()
        log_in_by_hand(kernel, l2)
        authorized = hits(l2, "authorize")
        kernel.restart()
        done(kernel.run(f"%load_ext mcp_magics\n%mcp add l2 {l2.mcp} --quiet"))
        assert "read_stock" in done(kernel.run("%mcp tools l2")).text
        assert hits(l2, "authorize") == authorized


def log_in_by_hand(kernel: Kernel, l2: Visitor) -> None:
    """Log in from a kernel with a browser that is not of the playground's own making."""
    done(kernel.run(f"%load_ext mcp_magics\n%mcp add l2 {l2.mcp} --quiet\njob = %mcp login l2 --no-wait --quiet"))
    assert visit(redirected(kernel.value("job.url"))).status_code == 200
    done(kernel.run("job.wait()"))


def hits(l2: Visitor, endpoint: str) -> int:
    return len([each for each in l2.asked() if each["endpoint"] == endpoint])


# Row I-3: an offer is no demand.


def test_row_i_3_an_open_server_that_offers_a_login_is_used_without_one_whatever_its_name(shell: Shell) -> None:
    shell("%mcp playground start l1 --quiet")
    url = running("l1").url
    shown = shell(f"%mcp add 钉钉待办 {url}").text
    assert "optional" in shown
    assert "3 tools" in shown
    assert shell("%mcp call 钉钉待办.whoami").result.data["anonymous"] is True
    told = listed(shell, "钉钉待办")
    assert told["auth"] == {"requirement": "optional", "credential": "none", "connection": "ready"}
    assert told["auth_status"] != "not_logged_in"
    assert [each["authorization"] for each in get_json(url.replace("/mcp", "/requests")) if each["authorization"]] == []


# Rows 1 and 32: resource and scopes on the wire.


def test_rows_1_and_32_resource_and_scopes_are_sent_once_and_everywhere_they_belong(shell: Shell) -> None:
    l2 = play(shell, "l2", "none", "--expiry 3s")
    shell("job = %mcp login l2 --scopes shop:write,shop:read --no-wait --quiet")
    job = shell.ip.user_ns["job"]
    asked = parameters(job.url)
    assert asked["resource"] == [l2.url]
    assert asked["scope"] == ["shop:write shop:read"]
    visit(redirected(job.url))
    shell("job.wait()")
    assert next(step for step in job.steps if step.name == "authorize").before.party.scopes.source == "explicit"
    while len(l2.asked("token")) < 2:
        shell("%mcp call l2.whoami --quiet")
    kinds = [each["parameters"]["grant_type"] for each in l2.asked("token")]
    assert kinds[:2] == [["authorization_code"], ["refresh_token"]]
    assert {tuple(each["parameters"]["resource"]) for each in l2.asked("token")} == {(l2.url,)}


# Rows 2 and 15: the redirect URI.


def test_row_2_the_callback_url_is_sent_as_it_is_and_only_its_path_is_listened_for(shell: Shell) -> None:
    play(shell, "l2")
    shell("job = %mcp login l2 --no-wait --quiet --timeout 20")
    job = shell.ip.user_ns["job"]
    assert parameters(job.url)["redirect_uri"][0].startswith("http://127.0.0.1:")
    back = redirected(job.url)
    assert visit(back.replace("/callback", "/elsewhere")).status_code == 400
    assert visit(with_changes(back, state="another")).status_code == 400
    assert job.state == "waiting"
    assert visit(back).status_code == 200
    shell("job.wait()")


def test_row_2_a_callback_url_of_a_hub_is_sent_and_does_not_open_the_listener_to_the_world(shell: Shell) -> None:
    play(shell, "l2")
    port = two_ports()
    url = "https://hub.example.com/user/ada/proxy/cb"
    client = "--oauth-client-id playground-desktop"
    shell(f"job = %mcp login l2 {client} --callback-url {url} --callback-port {port} --no-wait --quiet")
    job = shell.ip.user_ns["job"]
    assert parameters(job.url)["redirect_uri"] == [url]
    (listening,) = [each for each in psutil.Process().net_connections() if each.laddr and each.laddr.port == port]
    assert listening.laddr.ip == "127.0.0.1"
    shell("job.cancel()")


def test_row_15_two_logins_have_one_redirect_uri_and_a_busy_port_names_port_and_key(shell: Shell) -> None:
    play(shell, "l2")
    port = two_ports()
    uris = set()
    for _ in range(2):
        shell(f"job = %mcp login l2 --callback-port {port} --no-wait --quiet --again")
        job = shell.ip.user_ns["job"]
        uris.add(parameters(job.url)["redirect_uri"][0])
        visit(redirected(job.url))
        shell("job.wait()")
    assert len(uris) == 1
    with occupied(port):
        error = shell.fails(f"{LOGIN} --callback-port {port} --again", "callback_port_busy")
    assert str(port) in str(error)
    assert "callback" in error.failure.next_step
    assert shell("%mcp call l2.whoami").result.data["anonymous"] is False


@contextmanager
def occupied(port: int) -> Iterator[None]:
    """Somebody else listens on ``port``."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        holder.listen()
        yield


# Rows 3 and 39: a bearer token.


def test_rows_3_and_39_a_bearer_token_reads_no_store_and_is_sent_with_one_prefix(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, odd: OddServer
) -> None:
    reads: list[str] = []
    monkeypatch.setattr(FileCredentials, "get", lambda _self, name, _url: reads.append(name))
    monkeypatch.setenv("ODD_TOKEN", "Bearer x-static-token")
    shown = shell(f"%mcp add odd {odd.url} --bearer-token-env-var ODD_TOKEN").text
    shell("%mcp call odd.echo text=a\n%mcp list\n%mcp status odd")
    assert reads == []
    assert {each.headers["authorization"] for each in odd.asked if "authorization" in each.headers} == {
        "Bearer x-static-token"
    }
    assert "Bearer" in shown
    assert listed(shell, "odd")["auth_status"] == "bearer_token"


# Row 9: the words of the authorization server.


def test_row_9_an_error_is_told_in_page_and_cell_decoded_escaped_and_at_once(shell: Shell) -> None:
    l2 = play(shell, "l2")
    shell("job = %mcp login l2 --no-wait --quiet")
    job = shell.ip.user_ns["job"]
    back = parameters(job.url)["redirect_uri"][0]
    mine = f"state={parameters(job.url)['state'][0]}&iss={l2.issuer}"
    with at_most(5):
        page = visit(f"{back}?error=access_denied&error_description=a%20b%3Cb%3E&{mine}")
        error = shell.fails("job.wait()", "access_denied")
    assert page.status_code == 400
    assert "a b&lt;b&gt;" in page.text
    assert "a b<b>" in error.failure.message


# Row 17: what could not be checked is unknown.


def test_row_17_behind_a_dead_proxy_the_requirement_is_unknown(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    shell.fails("%mcp add far http://mcp.example.test/mcp", "proxy_error")
    told = listed(shell, "far")
    assert told["auth"]["requirement"] == "unknown"  # type: ignore[index]
    assert told["auth_status"] == "unknown"
    assert "unknown (proxy" in shell("%mcp auth far").text


def test_row_17_behind_a_proxy_that_works_the_requirement_is_measured_through_it(
    shell: Shell, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd.on["*"] = lambda _asked: Response(401, b"{}", {"www-authenticate": "Bearer"})
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, odd.url.removesuffix("/mcp"))
    shell("%mcp add far http://mcp.example.test/mcp")
    told = listed(shell, "far")
    assert told["auth"]["requirement"] == "required"  # type: ignore[index]
    assert told["auth_status"] == "not_logged_in"
    assert {asked.path.partition("/mcp.example.test")[0] for asked in odd.asked} == {"http:/"}


# Row 21: a login never blocks the kernel.


@pytest.mark.kernel
def test_row_21_the_next_cell_runs_while_a_login_waits_and_a_timeout_says_so(kernel: Kernel) -> None:
    with visiting("l2") as l2:
        done(kernel.run(f"%load_ext mcp_magics\n%mcp add l2 {l2.mcp} --quiet"))
        done(kernel.run("job = %mcp login l2 --no-wait --quiet"))
        with at_most(1):
            assert kernel.value("1 + 1") == 2
        visit(redirected(kernel.value("job.url")))
        done(kernel.run("job.wait()"))
        assert kernel.value("job.state") == "succeeded"
        outcome = kernel.run("late = %mcp login l2 --again --no-wait --quiet --timeout 0.2\nlate.wait()")
        assert outcome.status == "error"
        assert kernel.value("late.line").startswith("failed: timeout")


# Row 25: an expired token.


@pytest.mark.kernel
def test_row_25_after_a_restart_an_expired_token_is_refreshed_before_anything_is_sent(
    new_kernel: Callable[..., Kernel], home: Path
) -> None:
    with visiting("l2") as l2:
        kernel = new_kernel()
        log_in_by_hand(kernel, l2)
        store = FileCredentials(home / "credentials.json")
        held = store.get("l2", l2.mcp)
        assert held is not None
        assert held.tokens is not None
        stale = held.tokens.access_token
        store.set("l2", replace(held, tokens=replace(held.tokens, expires_at=time.time() - 60)))
        seen = len(l2.seen())
        kernel.restart()
        done(kernel.run(f"%load_ext mcp_magics\n%mcp add l2 {l2.mcp} --quiet\n%mcp call l2.whoami"))
        renewed = store.get("l2", l2.mcp)
        assert renewed is not None
        assert renewed.tokens is not None
        assert renewed.tokens.access_token != stale
        first = next(each for each in l2.seen()[seen:] if each["authorization"])
        assert first["status"] == 200
        assert len({each["token"]["jti"] for each in l2.seen()[seen:] if each["token"]}) == 1


# Rows 26, 31, 38 and 41: where credentials are kept.


@pytest.mark.parametrize("backend", ["keyring.backends.fail.Keyring", "keyring.backends.null.Keyring"])
def test_rows_26_and_41_without_a_keyring_the_file_keeps_it_private_until_logout(
    shell: Shell, home: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    monkeypatch.setattr(host, "is_ours", lambda _url: False)
    with visiting("l2") as l2:
        shell(f"%mcp add l2 {l2.mcp} --quiet\njob = %mcp login l2 --no-wait --quiet")
        visit(redirected(shell.ip.user_ns["job"].url))
        shell("job.wait()")
        file = home / "credentials.json"
        assert file.stat().st_mode & 0o777 == 0o600
        assert str(file) in shell("%mcp auth l2").text
        gone = shell("%mcp logout l2 --forget-client").text
        assert str(file) in gone
        assert "revoked" in gone
        assert not file.exists()


def test_row_38_an_unknown_store_suggests_the_one_meant(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    shell("%config MCPMagics.secret_store = 'keyrung'")
    assert "keyring" in caplog.text
    assert shell.value("%config MCPMagics.secret_store") == "auto"


# Row 36: adding offers, and opens nothing.


def test_row_36_adding_offers_a_login_only_where_one_is_required_and_opens_no_browser(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    shell("%mcp playground start l0 l1 l2 --quiet")
    urls = {name: running(name).url for name in ("l0", "l1", "l2")}
    offers = {name: "%mcp login" in shell(f"%mcp add x{name} {url}").text for name, url in urls.items()}
    assert offers == {"l0": False, "l1": False, "l2": True}
    assert opened == []


# Row 37: three axes, and one word beside them.


def test_row_37_every_server_has_its_own_place_on_the_three_axes(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L4_TOKEN", "playground-static-token")
    shell("%mcp playground start l0 l1 l2 l3 l4 --quiet")
    shell(f"%mcp add s1 --quiet -- {playground('s1')}")
    shell(f"%mcp add held {running('l4').url} --bearer-token-env-var L4_TOKEN --quiet")
    shell(f"%mcp add unset {running('l4').url} --bearer-token-env-var L4_NO_TOKEN --no-connect --quiet")
    for name in ("l0", "l1", "l2", "l3", "l4"):
        shell.run(f"%mcp connect {name}")
    told = {
        each["name"]: (*each["auth"].values(), each["auth_status"])
        for each in json.loads(shell("%mcp list --json").text)
    }
    assert told == {
        "s1": ("none", "none", "ready", "unsupported"),
        "l0": ("none", "none", "ready", "unsupported"),
        "l1": ("optional", "none", "ready", "unsupported"),
        "l2": ("required", "none", "failed", "not_logged_in"),
        "l3": ("unknown", "none", "failed", "unknown"),
        "l4": ("required", "none", "failed", "not_logged_in"),
        "held": ("required", "bearer", "ready", "bearer_token"),
        "unset": ("unknown", "env_missing", "idle", "unknown"),
    }


# Callbacks that are none of this login's.


def test_what_strangers_send_to_the_callback_changes_nothing_and_the_login_completes(shell: Shell) -> None:
    play(shell, "l2")
    shell("job = %mcp login l2 --no-wait --quiet")
    job = shell.ip.user_ns["job"]
    back = redirected(job.url)
    target = httpx2.URL(back)
    with httpx2.Client(trust_env=False, timeout=20) as client:
        refused = {client.get(with_changes(back, state=f"wrong-{n}")).status_code for n in range(1000)}
        assert refused == {400}
        assert client.post(str(target.copy_with(query=None)), content=b"x" * 5_000_000).status_code == 405
        assert job.state == "waiting"
    assert visit(back).status_code == 200
    shell("job.wait()")
    first = servers["l2"].permission.stored()
    shell("job = %mcp login l2 --no-wait --quiet --again")
    job = shell.ip.user_ns["job"]
    assert visit(with_changes(parameters(job.url)["redirect_uri"][0], **dict(target.params))).status_code == 400
    assert job.state == "waiting"
    assert servers["l2"].permission.stored() == first
    back = redirected(job.url)
    assert visit(back).status_code == 200
    shell("job.wait()")


def test_a_second_visit_of_the_browser_is_told_so_and_the_first_one_counts(shell: Shell) -> None:
    l2 = play(shell, "l2", "slow", "--delay 1")
    shell("job = %mcp login l2 --no-wait --quiet")
    job = shell.ip.user_ns["job"]
    back = redirected(job.url)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(visit, back)
        while not job.link.arrival.settled:
            pass
        again = visit(with_changes(back, code="another-code"))
        assert again.status_code == 409
        assert first.result().status_code == 200
    shell("job.wait()")
    assert [each["status"] for each in l2.asked("token")] == [200]


def test_a_code_that_is_used_again_brings_nothing_and_is_named(shell: Shell) -> None:
    play(shell, "l2")
    shell("flow = %mcp oauth l2 --consent approve\nflow.run()")
    assert shell.value("flow.outcome") == "granted"
    shell("flow.rerun('token')")
    assert shell.value("flow.outcome").startswith("refused: invalid_grant")
    shell("flow.close()")
    assert servers["l2"].permission.stored() is None
