"""What a configuration promises: where it is kept, what it may say, whom a server's traffic passes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import faulty, playground
from support.odd_http import Asked, OddServer, Response, odd_server
from support.shell import Shell

from mcp_magics.connection.manager import servers

# Row 8: MCP_MAGICS_HOME.


def test_a_home_that_is_set_has_to_be_a_directory(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a file"
    file.write_text("")
    add = f"%mcp add f --scope user --no-connect -- {faulty()}"
    for wrong, word in ((tmp_path / "missing", "does not exist"), (file, "is not a directory")):
        monkeypatch.setenv("MCP_MAGICS_HOME", str(wrong))
        error = shell.fails(add, "home_invalid")
        assert word in error.failure.message
        assert str(wrong) in error.failure.message
    valid = tmp_path / "valid"
    valid.mkdir()
    monkeypatch.setenv("MCP_MAGICS_HOME", str(valid))
    shell(add)
    assert "f" in json.loads((valid / "mcp.json").read_text())["mcpServers"]


def test_the_usual_home_need_not_exist(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MCP_MAGICS_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "new"))
    assert shell("%mcp list").result is not None
    shell(f"%mcp add f --scope user --no-connect -- {faulty()}")
    assert (tmp_path / "new" / "mcp_magics" / "mcp.json").exists()


# Row 11: nothing is asked of the network before a cell says so.


def test_loading_and_listing_open_no_socket_and_start_no_process(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"found": {"url": "http://127.0.0.1:9/mcp"}}}')
    script = (
        "import sys\nseen = []\n"
        "sys.addaudithook(lambda event, args: seen.append((event, args)) if event in "
        "('socket.connect', 'socket.getaddrinfo', 'subprocess.Popen', 'os.posix_spawn', 'os.fork') else None)\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "ip = InteractiveShell.instance()\nseen.clear()\n"
        "for code in ('%load_ext mcp_magics', '%mcp list', '%mcp', '%mcp tools --help'):\n"
        "    assert ip.run_cell(code).success, code\n"
        "print('SEEN', [event for event, _ in seen])\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert "SEEN []" in run.stdout, run.stdout


# Row 13: proxies.


@pytest.fixture
def proxy(nothing_leaks: None) -> Iterator[OddServer]:
    """A proxy that answers for ``mcp.example.test`` itself."""
    yield from odd_server()


def test_a_proxy_is_used_where_the_environment_says_so_and_no_proxy_goes_past_it(
    shell: Shell, odd: OddServer, proxy: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.on["*"] = lambda asked: proxy.ordinary(asked) if asked.path.startswith("http://mcp.example.test/") else None
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, proxy.url.removesuffix("/mcp"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    shell("%mcp add far http://mcp.example.test/mcp")
    assert shell("%mcp call far.echo text='through the proxy'").result.text == "through the proxy"
    assert all(asked.path.startswith("http://mcp.example.test/") for asked in proxy.asked)
    seen = len(proxy.asked)
    shell(f"%mcp add near {odd.url}")
    assert shell("%mcp call near.echo text=past").result.text == "past"
    assert len(proxy.asked) == seen


def test_a_dead_proxy_is_named_as_the_cause(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    error = shell.fails("%mcp add far http://mcp.example.test/mcp", "proxy_error")
    assert "http://127.0.0.1:9" in error.failure.message
    assert "NO_PROXY" in error.failure.next_step


# Row 18: fixtures work from any directory.


def test_the_suite_runs_from_another_directory(tmp_path: Path) -> None:
    test = Path(__file__).with_name("test_calls.py")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        str(test.parents[1] / "pyproject.toml"),
        f"{test}::test_values_travel_back_digit_for_digit",
    ]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert run.returncode == 0, run.stdout


# Row 29: PATH is the kernel's own.


def test_a_child_finds_what_the_kernel_finds(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = tmp_path / "venv" / "bin"
    venv.mkdir(parents=True)
    (venv / "python").symlink_to(sys.executable)
    (venv / "only-here").write_text(f"#!/bin/sh\nexec {faulty()}\n")
    (venv / "only-here").chmod(0o755)
    monkeypatch.setenv("PATH", f"{venv}:/usr/bin:/bin")
    shell("%mcp add here -- only-here")
    assert shell("%mcp call here.echo text=found").result.text == "found"
    process = servers["here"].connection.channel.process  # type: ignore[union-attr]
    import psutil

    assert psutil.Process(process.pid).environ()["PATH"] == f"{venv}:/usr/bin:/bin"


# Row 35: static and environment headers on every request of their server only, GET and DELETE included.


def test_headers_reach_every_method_of_one_server_and_none_of_another(
    shell: Shell, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(asked: Asked) -> Response:
        from support.odd_http import result

        answer = {
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "s", "version": "1"},
        }
        return Response(200, result(asked, answer).body, {"mcp-session-id": "one"})

    monkeypatch.setenv("KEY", "env-value-012345")
    for other in odd_server():
        odd.on["initialize"] = begin
        shell(f"%mcp add a {odd.url} --header 'X-Static: static-value' --env-header X-Env=KEY")
        shell(f"%mcp add b {other.url}")
        shell("%mcp call a.echo text=x\n%mcp call b.echo text=y\n%mcp disconnect a b")
        assert {asked.method for asked in odd.asked} == {"POST", "GET", "DELETE"}
        for asked in odd.asked:
            assert (asked.headers.get("x-static"), asked.headers.get("x-env")) == (
                "static-value",
                "env-value-012345",
            ), asked
        assert not any({"x-static", "x-env"} & set(asked.headers) for asked in other.asked)


# Row 42: fields of the other transport.


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"command": "x", "bearer_token_env_var": "T"}, "bearer_token_env_var is not supported for stdio"),
        ({"command": "x", "http_headers": {"a": "b"}}, "http_headers is not supported for stdio"),
        ({"url": "http://127.0.0.1:1/", "args": ["x"]}, "args is not supported for streamable_http"),
        ({"url": "http://127.0.0.1:1/", "env": {"a": "b"}}, "env is not supported for streamable_http"),
        ({"url": "http://127.0.0.1:1/", "cwd": "/"}, "cwd is not supported for streamable_http"),
        ({"url": "http://127.0.0.1:1/", "bearer_token": "abc"}, "bearer_token is not supported"),
        ({}, "invalid transport"),
    ],
)
def test_a_field_of_the_other_transport_is_refused_in_codex_words(
    shell: Shell, entry: dict[str, object], said: str
) -> None:
    error = shell.fails("%%mcp add\n" + json.dumps({"mcpServers": {"x": entry}}), "config_invalid")
    assert said in error.failure.message
    assert "x" not in servers


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--bearer-token-env-var T -- true", "bearer_token_env_var is not supported for stdio"),
        ("http://127.0.0.1:1/ --env A=b", "env is not supported for streamable_http"),
        ("http://127.0.0.1:1/ --cwd /", "cwd is not supported for streamable_http"),
    ],
)
def test_an_option_of_the_other_transport_is_refused_in_the_same_words(shell: Shell, line: str, said: str) -> None:
    assert said in shell.fails(f"%mcp add x {line}", "config_invalid").failure.message


# Row 43: the transport is behind an interface.


@pytest.fixture(params=["stdio", "http", "sse", "object"])
def any_transport(request: pytest.FixtureRequest, shell: Shell, era: str) -> Shell:
    """S1 or L0 as ``s``, over each transport and in each era it has."""
    kind = request.param
    if kind == "sse" and era != "legacy":
        era = "auto"
    if kind == "stdio":
        shell(f"%mcp add s --protocol {era} -- {playground('s1')}")
    elif kind == "object":
        shell(
            "from mcp_magics.playground import build\nfrom mcp_magics import servers\n"
            f"servers.add('s', object=build('s1').server, protocol='{era}')"
        )
    else:
        from mcp_magics.playground import host
        from mcp_magics.playground.plan import Wanted

        (running,) = host.start(["l0" if kind == "sse" else "s1"], Wanted(transport=kind))
        request.addfinalizer(host.stop)
        shell(f"%mcp add s --protocol {era} {running.url}")
    return shell


def test_the_same_contract_holds_over_every_transport(any_transport: Shell) -> None:
    shell = any_transport
    assert servers["s"].connection.state == "ready"
    assert "echo" in servers["s"].tools
    assert shell("%mcp call s.echo text='äöü ☀'").result.text == "äöü ☀"
    assert float(servers["s"].call("add", a=1, b=2).text) == 3
    assert servers["s"].call("image").images[0].data.startswith(b"\x89PNG")
    shell.fails("%mcp call s.nothing", "unknown_tool")
    shell.fails("%mcp request s nothing/at-all {}", "rpc_error")
    assert "answered in" in shell("%mcp ping s").text
    assert (shell("%mcp trace s").result.df["method"] == "tools/call").sum() >= 6
    shell("%mcp restart s")
    assert shell("%mcp call s.echo text=again").result.text == "again"
    shell("%mcp disconnect s")
    assert servers["s"].connection.state == "idle"


# I-1: one server's trouble is its own.


def test_a_bot_challenge_at_one_server_leaves_local_and_open_ones_alone(shell: Shell, odd: OddServer) -> None:
    page = b"<html><title>Just a moment...</title>challenge</html>"
    for challenged in odd_server():
        challenged.on["*"] = lambda _: Response(403, page, {"cf-ray": "8f00"}, "text/html")
        shell(f"%mcp add l3 --no-connect {challenged.url}\n%mcp add l0 --no-connect {odd.url}")
        shell(f"%mcp add s1 --no-connect -- {playground('s1')}")
        shell("%mcp connect")
        rows = {each["name"]: each for each in json.loads(shell("%mcp list --json").stdout)}
        assert rows["l3"]["failure"]["class"] == "intercepted_html"
        assert "8f00" in json.dumps(rows["l3"]["failure"])
        assert shell("%mcp call l0.echo text=open").result.text == "open"
        assert shell("%mcp call s1.echo text=local").result.text == "local"
        assert len(challenged.asked) == 1
