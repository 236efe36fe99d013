"""Servers: added, listed, shown, kept, taken over, handed on and removed."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from support.commands import faulty, odd_stdio, playground
from support.odd_http import TOOLS, OddServer, Response, error, result
from support.shell import Shell

from mcp_magics.connection.manager import servers

SHAPE = {
    "name", "scope", "enabled", "disabled_reason", "transport", "protocol_version", "auth", "auth_status", "failure",
    "startup_timeout_sec", "tool_timeout_sec", "tools",
}  # fmt: skip


def listed(shell: Shell) -> dict[str, dict[str, Any]]:
    """``%mcp list --json`` by name."""
    return {each["name"]: each for each in json.loads(shell("%mcp list --json").stdout)}


# -- add ------------------------------------------------------------------------------------------------------


def test_adding_connects_and_lists_the_tools(shell: Shell, era: str) -> None:
    cell = shell(f"%mcp add s1 --protocol {era} -- {playground('s1')}")
    version = "2026-07-28" if era == "2026-07-28" else "2025-11-25"
    assert version in cell.text
    assert "echo" in cell.text
    assert servers["s1"].protocol_version == version


def test_an_address_as_a_word_or_as_an_option_is_the_same_server(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add one {odd.url}")
    shell(f"%mcp add two --url {odd.url}")
    found = listed(shell)
    assert found["one"]["transport"] == found["two"]["transport"]
    assert shell("%mcp call two.echo text=hi").result.text == "hi"


def test_without_connecting_nothing_is_started_or_asked(shell: Shell, odd: OddServer, tmp_path: Path) -> None:
    shell(f"%mcp add web --no-connect {odd.url}")
    shell(f"%mcp add file --no-connect -- touch {tmp_path}/started")
    shell("%mcp list")
    shell("%mcp list --json")
    shell("%mcp get web")
    assert odd.asked == []
    assert not (tmp_path / "started").exists()
    assert listed(shell)["web"]["auth"]["connection"] == "idle"


def test_what_stands_on_the_line_joins_a_pasted_configuration(shell: Shell) -> None:
    pasted = json.dumps({"mcpServers": {"x": {"command": "true", "env": {"KEPT": "a", "TOKEN": "YOUR_TOKEN_HERE"}}}})
    shell("%%mcp add --no-connect --env TOKEN='${MY_TOKEN}' --cwd /tmp --tool-timeout 7\n" + pasted)
    transport = servers["x"].spec.transport
    assert dict(transport.env) == {"KEPT": "a", "TOKEN": "${MY_TOKEN}"}
    assert (transport.cwd, servers["x"].spec.tool_timeout) == ("/tmp", 7)


def test_an_option_that_does_not_fit_a_pasted_server_is_refused(shell: Shell) -> None:
    pasted = json.dumps({"mcpServers": {"x": {"command": "true"}, "y": {"url": "https://y.example/mcp"}}})
    error = shell.fails(f"%%mcp add --no-connect --header 'A: b'\n{pasted}", "config_invalid")
    assert "headers is not supported for stdio" in error.failure.message
    assert error.failure.server == "x"
    assert not servers


@pytest.mark.parametrize("line", ["x -- npx", "x https://x.example/mcp", "x --url https://x.example/mcp"])
def test_a_line_and_a_pasted_configuration_do_not_both_say_what_to_connect_to(shell: Shell, line: str) -> None:
    error = shell.fails(f'%%mcp add --no-connect {line}\n{{"mcpServers": {{"x": {{"command": "true"}}}}}}', "usage")
    assert "both say what to connect to" in error.failure.message


def test_another_configuration_ends_the_old_process_before_the_new_one_begins(shell: Shell) -> None:
    import psutil

    shell(f"%mcp add f -- {faulty()}")
    old = psutil.Process(servers["f"].connection.channel.process.pid)  # type: ignore[union-attr]
    shell(f"%mcp add f --env NEW=1 -- {faulty()}")
    assert not old.is_running()
    assert shell("%mcp call f.echo text=new").result.text == "new"


def test_adding_the_same_again_after_it_was_edited_elsewhere_is_unchanged(shell: Shell) -> None:
    shell(f"%mcp add f --env A=1 --tool-timeout 5 -- {faulty()}")
    assert "unchanged" in shell(f"%mcp add f --tool-timeout 5 --env A=1 -- {faulty()}").text


def test_the_environment_of_a_server_is_what_was_written_and_no_more(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSED_ON", "yes")
    monkeypatch.setenv("ANOTHER_SECRET", "not for servers")
    monkeypatch.setenv("INNER", "expanded")
    (tmp_path / "vars.env").write_text("FROM_FILE=file\nBOTH=file\n")
    shell(
        f"%mcp add s1 --env K=V --env BOTH=line --env E=${{INNER}} --env-var PASSED_ON --env-file {tmp_path}/vars.env "
        f"--cwd {tmp_path} -- {playground('s1')}"
    )
    names = ["K", "BOTH", "E", "PASSED_ON", "FROM_FILE", "ANOTHER_SECRET", "PATH"]
    told = servers["s1"].call("env", names=names).data
    assert told == {
        "K": "V", "BOTH": "line", "E": "expanded", "PASSED_ON": "yes", "FROM_FILE": "file", "ANOTHER_SECRET": None,
        "PATH": os.environ["PATH"],
    }  # fmt: skip
    assert Path(shell("%mcp call s1.cwd").result.data["cwd"]) == tmp_path.resolve()


def test_headers_go_with_every_request_of_their_server_and_with_no_other(
    shell: Shell, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_KEY", "team-key-0123456789")
    shell(
        f"%mcp add a {odd.url} --header 'X-Plain: plain' --env-header X-Team=TEAM_KEY --header 'X-Ref: ${{TEAM_KEY}}!'"
    )
    shell("%mcp call a.echo text=hi")
    shell("%mcp disconnect a")
    assert odd.asked
    for asked in odd.asked:
        told = {name: asked.headers.get(name) for name in ("x-plain", "x-team", "x-ref")}
        expected = {"x-plain": "plain", "x-team": "team-key-0123456789", "x-ref": "team-key-0123456789!"}
        assert told == expected, asked.path
    odd.asked.clear()
    shell(f"%mcp add b {odd.url}")
    assert not any("x-team" in asked.headers for asked in odd.asked)


@pytest.mark.parametrize(
    "value", ["tok-0123456789abcdef", "Bearer tok-0123456789abcdef", "bearer  Bearer tok-0123456789abcdef "]
)
def test_a_bearer_token_is_sent_once_whatever_the_variable_begins_with(
    shell: Shell, odd: OddServer, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("MY_TOKEN", value)
    cell = shell(f"%mcp add a {odd.url} --bearer-token-env-var MY_TOKEN")
    sent = {asked.headers["authorization"] for asked in odd.asked if "authorization" in asked.headers}
    assert sent == {"Bearer tok-0123456789abcdef"}
    assert ("sent once" in cell.text) is (value != "tok-0123456789abcdef")
    assert servers["a"].log.lines("violation") == []
    assert listed(shell)["a"]["auth"]["credential"] == "bearer"
    assert listed(shell)["a"]["auth_status"] == "bearer_token"


def test_a_server_that_speaks_only_the_older_transport_succeeds_as_sse(shell: Shell) -> None:
    shell("%mcp playground start l0 --transport sse")
    shell("%mcp connect l0")
    assert listed(shell)["l0"]["transport"]["type"] == "sse"
    assert shell("%mcp call l0.echo text=old").result.text == "old"
    shell("%mcp playground stop l0")


def test_login_needed_is_a_result_of_adding_and_the_server_stays_registered(shell: Shell, odd: OddServer) -> None:
    odd.on["*"] = lambda asked: Response(
        401, b"", {"www-authenticate": 'Bearer resource_metadata="http://127.0.0.1/x"'}
    )
    cell = shell(f"%mcp add locked {odd.url}")
    assert "auth_required" in cell.text
    assert listed(shell)["locked"]["failure"]["class"] == "auth_required"


def test_pasted_configurations_of_three_kinds_add_their_servers(shell: Shell) -> None:
    words = json.dumps([*faulty().split(" ")[1:]])
    python = json.dumps(sys.executable)
    shell(f'%%mcp add\n{{"mcpServers": {{"claude": {{"command": {python}, "args": {words}, "env": {{"A": "1"}}}}}}}}')
    shell(f'%%mcp add\n{{"servers": {{"code": {{"type": "stdio", "command": {python}, "args": {words}}}}}}}')
    shell(f"%%mcp add\n[mcp_servers.codex]\ncommand = {python}\nargs = {words}\ntool_timeout_sec = 7\n")
    for name in ("claude", "code", "codex"):
        assert shell(f"%mcp call {name}.echo text={name}").result.text == name
    assert listed(shell)["codex"]["tool_timeout_sec"] == 7


def test_an_object_of_this_notebook_is_a_server(shell: Shell, era: str) -> None:
    shell(
        "from mcp.server.mcpserver import MCPServer\nfrom mcp_magics import servers\napp = MCPServer('mine')\n"
        "@app.tool()\ndef double(n: int) -> int:\n    return 2 * n\n"
        f"servers.add('mine', object=app, protocol='{era}')"
    )
    assert shell("%mcp call mine.double n=21").result.data == 42
    assert listed(shell)["mine"]["transport"]["type"] == "object"
    assert "double" in shell("%mcp tools mine").text


TRIPLE = "@app.tool()\ndef {name}(n: int) -> int:\n    return 3 * n\n"


@pytest.fixture
def mine(shell: Shell, era: str) -> Shell:
    """An object of this notebook as ``mine``, which gains a tool without a word to anybody."""
    shell(
        "from mcp.server.mcpserver import MCPServer\nfrom mcp_magics import servers\napp = MCPServer('mine')\n"
        f"{TRIPLE.format(name='double')}servers.add('mine', object=app, protocol='{era}')\n%mcp tools mine"
    )
    shell(TRIPLE.format(name="triple"))
    return shell


@pytest.mark.parametrize(
    "code",
    [
        "x = %mcp call mine.triple n=2\nx.data",
        "x = %mcp call mine.triple n=2 --no-wait\nx.wait().data",
        "servers['mine'].call('triple', n=2).data",
        "(await servers['mine'].acall('triple', n=2)).data",
        "servers['mine'].start('triple', n=2).wait().data",
        "servers['mine'].tools['triple'](n=2).data",
        "servers['mine'].tools.triple(n=2).data",
    ],
)
def test_a_tool_that_a_server_gained_unheard_is_found_when_it_is_called(mine: Shell, code: str) -> None:
    assert mine(code).result == 6


def test_a_tool_that_a_server_gained_unheard_is_shown_and_said(mine: Shell) -> None:
    assert "triple" in mine("%mcp tools mine").text
    mine(TRIPLE.format(name="more"))
    assert "more" in mine("%mcp tool mine.more").text
    mine(TRIPLE.format(name="still_more"))
    assert any("new tool still_more" in note for note in mine("%mcp call mine.still_more n=1").result.notes)


def test_a_list_is_asked_for_once_more_by_its_verb_and_by_an_unknown_name_alone(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add o {odd.url} --disabled-tools hidden")
    lists = odd.rpcs().count("tools/list")
    shell("%mcp call o.echo text=x")
    servers["o"].tools["echo"](text="x")
    shell.fails("%mcp call o.hidden", "tool_disabled")
    assert not hasattr(servers["o"].tools, "_repr_html_")
    assert odd.rpcs().count("tools/list") == lists
    shell.fails("%mcp call o.nothing", "unknown_tool")
    assert odd.rpcs().count("tools/list") == lists + 1
    shell("%mcp tools o")
    assert odd.rpcs().count("tools/list") == lists + 2
    odd.on["tools/list"] = lambda asked: error(asked, -32603, "busy")
    failure = shell.fails("%mcp call o.nothing", "unknown_tool").failure
    assert "not listed once more" in failure.evidence[-1]


# -- list and get ---------------------------------------------------------------------------------------------


def test_list_as_json_has_exactly_the_published_shape(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add f --env SECRET_KEY=hush-hush-hush -- {faulty()}")
    shell(f"%mcp add web {odd.url}?key=hush-hush-hush --header 'X-Key: hush-hush-hush'")
    shell("%mcp add off --disabled -- true")
    shell.run("%mcp add broken -- no-such-command-here")
    text = shell("%mcp list --json").stdout
    found = {each["name"]: each for each in json.loads(text)}
    assert "hush" not in text
    for each in found.values():
        assert set(each) == SHAPE
        assert set(each["auth"]) == {"requirement", "credential", "connection"}
        assert each["auth"]["connection"] in ("idle", "connecting", "ready", "failed")
    f = found["f"]
    assert (f["scope"], f["enabled"], f["disabled_reason"], f["failure"], f["tools"]) == (
        "notebook",
        True,
        None,
        None,
        2,
    )
    assert f["auth"] == {"requirement": "none", "credential": "none", "connection": "ready"}
    assert f["auth_status"] == "unsupported"
    assert f["transport"]["type"] == "stdio"
    assert {"command", "args", "env", "env_vars", "cwd"} <= set(f["transport"])
    assert f["transport"]["env"] == {"SECRET_KEY": "*****"}
    assert (f["startup_timeout_sec"], f["tool_timeout_sec"]) == (30, 300)
    web = found["web"]
    assert web["transport"]["type"] == "streamable_http"
    assert {"url", "bearer_token_env_var", "http_headers", "env_http_headers"} <= set(web["transport"])
    assert web["transport"]["http_headers"] == {"X-Key": "*****"}
    assert web["auth"]["requirement"] == "none"
    assert web["auth_status"] == "unsupported"
    assert found["off"]["enabled"] is False
    assert found["off"]["disabled_reason"]
    assert found["off"]["tools"] is None
    failure = found["broken"]["failure"]
    assert set(failure) == {"class", "message", "phase", "server", "evidence", "next_step", "retryable"}
    assert failure["class"] == "command_not_found"
    assert found["broken"]["auth"]["connection"] == "failed"


def test_an_empty_list_is_an_empty_array(shell: Shell) -> None:
    assert json.loads(shell("%mcp list --json").stdout) == []
    assert "%mcp add" in shell("%mcp list").text


def test_list_is_a_table_and_a_data_frame(shell: Shell) -> None:
    shell(f"%mcp add f -- {faulty()}")
    frame = shell("%mcp list").result.df
    assert frame["server"].tolist() == ["f"]
    assert frame["connection"].tolist() == ["ready"]


def test_get_adds_the_tool_filters_and_masks_every_value(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add web {odd.url} --header 'X-Key: hush-hush-hush' --enabled-tools echo,other --disabled-tools bad")
    cell = shell("%mcp get web --json")
    told = json.loads(cell.stdout)
    assert SHAPE <= set(told)
    assert told["enabled_tools"] == ["echo", "other"]
    assert told["disabled_tools"] == ["bad"]
    assert "hush" not in cell.stdout + shell("%mcp get web").text + shell("%mcp get web").html


# -- scopes ---------------------------------------------------------------------------------------------------


def test_the_notebook_goes_before_the_project_and_the_project_before_the_user(shell: Shell) -> None:
    shell(f"%mcp add same --scope user --no-connect --tool-timeout 1 -- {faulty()}")
    shell(f"%mcp add same --scope project --no-connect --tool-timeout 2 -- {faulty()}")
    assert (listed(shell)["same"]["scope"], listed(shell)["same"]["tool_timeout_sec"]) == ("project", 2)
    shell(f"%mcp add same --no-connect --tool-timeout 3 -- {faulty()}")
    assert (listed(shell)["same"]["scope"], listed(shell)["same"]["tool_timeout_sec"]) == ("notebook", 3)
    for scope in ("notebook", "project", "user"):
        assert scope in shell("%mcp remove same").text
    assert listed(shell) == {}


def test_a_project_keeps_its_servers_in_the_file_other_clients_read(shell: Shell, elsewhere: Path) -> None:
    (elsewhere / ".mcp.json").write_text('{"other": 1, "mcpServers": {"theirs": {"command": "true", "unknown": [1]}}}')
    shell(f"%mcp add f --scope project --env A=${{HOME}} -- {faulty()}")
    kept = json.loads((elsewhere / ".mcp.json").read_text())
    assert kept["other"] == 1
    assert kept["mcpServers"]["theirs"] == {"command": "true", "unknown": [1]}
    assert kept["mcpServers"]["f"]["command"] == sys.executable
    assert kept["mcpServers"]["f"]["env"] == {"A": "${HOME}"}


def test_a_literal_secret_never_reaches_the_projects_file(shell: Shell, elsewhere: Path) -> None:
    secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
    cell = shell(f"%mcp add f --scope project --no-connect --env GITHUB_TOKEN={secret} -- {faulty()}")
    assert secret not in (elsewhere / ".mcp.json").read_text()
    assert "${GITHUB_TOKEN}" in (elsewhere / ".mcp.json").read_text()
    assert secret not in cell.text + cell.html


def test_a_users_servers_are_private(shell: Shell, home: Path) -> None:
    shell(f"%mcp add f --scope user --no-connect -- {faulty()}")
    assert stat.S_IMODE((home / "mcp.json").stat().st_mode) == 0o600


def test_a_projects_server_found_on_disk_is_listed_and_not_started(shell: Shell, elsewhere: Path) -> None:
    started = elsewhere / "started"
    (elsewhere / ".mcp.json").write_text(
        json.dumps({"mcpServers": {"found": {"command": "touch", "args": [str(started)]}}})
    )
    assert "found" in shell("%mcp list").text
    shell("%mcp get found")
    shell("%mcp status")
    shell("%reload_ext mcp_magics")
    assert not started.exists()


def test_the_first_connection_to_a_server_found_on_disk_shows_what_is_run_and_what_it_gets(
    shell: Shell, elsewhere: Path
) -> None:
    entry = {"command": sys.executable, "args": faulty().split(" ")[1:], "env": {"A": "1", "B": "2"}}
    (elsewhere / ".mcp.json").write_text(json.dumps({"mcpServers": {"found": entry}}))
    cell = shell("%mcp connect found")
    assert sys.executable in cell.text
    assert "A" in cell.text
    assert "B" in cell.text


# -- remove, import, export, schema, secret -----------------------------------------------------------------------


def test_a_removed_server_is_gone_with_its_process(shell: Shell) -> None:
    import psutil

    shell(f"%mcp add f -- {faulty()}")
    process = psutil.Process(servers["f"].connection.channel.process.pid)  # type: ignore[union-attr]
    assert json.loads(shell("%mcp remove f --json").stdout)["removed"][0]["name"] == "f"
    assert not process.is_running()
    assert "f" not in servers


def test_importing_takes_a_file_over_and_exporting_hands_it_on(shell: Shell, tmp_path: Path) -> None:
    source = tmp_path / "claude.json"
    entry = {"command": sys.executable, "args": faulty().split(" ")[1:]}
    source.write_text(json.dumps({"mcpServers": {"one": entry, "two": entry}}))
    shell(f"%mcp import {source} one")
    assert set(listed(shell)) == {"one"}
    shell(f"%mcp import {source}")
    assert set(listed(shell)) == {"one", "two"}
    exported = json.loads(shell("%mcp export one --json").stdout)
    assert exported["mcpServers"]["one"]["command"] == sys.executable
    assert "[mcp_servers.one]" in shell("%mcp export one --format codex").text
    assert json.loads(shell("%mcp export --format vscode").result.text)["servers"].keys() == {"one", "two"}


def test_importing_what_is_connected_and_the_same_leaves_it_connected_and_says_so(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "1")
    source = tmp_path / "all.json"
    shell(f"%mcp add f --env-var MINE --env B=2 -- {faulty()}")
    shell(f"%mcp export f --save {source}")
    pid = servers["f"].connection.channel.process.pid  # type: ignore[union-attr]
    text = shell(f"%mcp import {source}").text
    assert "f: unchanged, running since" in text
    assert "not connected" not in text
    assert servers["f"].connection.channel.process.pid == pid  # type: ignore[union-attr]


def test_importing_what_a_projects_file_says_already_leaves_it_there(shell: Shell, elsewhere: Path) -> None:
    shell(f"%mcp add f --scope project -- {faulty()}")
    pid = servers["f"].connection.channel.process.pid  # type: ignore[union-attr]
    assert "unchanged, running since" in shell(f"%mcp import {elsewhere / '.mcp.json'}").text
    assert servers["f"].scope == "project"
    assert servers["f"].connection.channel.process.pid == pid  # type: ignore[union-attr]


def test_the_same_server_in_another_scope_keeps_its_connection(shell: Shell, elsewhere: Path) -> None:
    shell(f"%mcp add f -- {faulty()}")
    pid = servers["f"].connection.channel.process.pid  # type: ignore[union-attr]
    assert "now in scope project; it was in notebook" in shell(f"%mcp add f --scope project -- {faulty()}").text
    assert servers["f"].scope == "project"
    assert (elsewhere / ".mcp.json").exists()
    assert servers["f"].connection.channel.process.pid == pid  # type: ignore[union-attr]


def test_importing_a_server_that_is_not_there_takes_nothing_over_and_names_those_that_are(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "there.json").write_text('{"mcpServers": {"a": {"command": "true"}}}', encoding="utf-8")
    error = shell.fails(f"%mcp import {tmp_path}/there.json a nope", "nothing_to_import")
    assert "no server 'nope'" in error.failure.message
    assert error.failure.evidence == ("it has: a",)
    assert not servers


def test_importing_another_configuration_ends_the_connection(shell: Shell, tmp_path: Path) -> None:
    source = tmp_path / "all.json"
    shell(f"%mcp add f --env B=2 -- {faulty()}")
    shell(f"%mcp export f --save {source}")
    source.write_text(source.read_text().replace('"2"', '"3"'))
    assert "f: replaced, not connected. %mcp connect f" in shell(f"%mcp import {source}").text
    assert servers["f"].connection.state == "idle"


def test_an_export_of_all_leaves_objects_out_and_says_so(shell: Shell) -> None:
    shell("%mcp add f --no-connect -- true")
    servers.add("mine", object=object(), connect=False)
    cell = shell("%mcp export")
    assert json.loads(cell.result.text)["mcpServers"].keys() == {"f"}
    assert "note: mine is left out" in cell.text
    assert json.loads(shell("%mcp export --json").stdout)["mcpServers"].keys() == {"f"}
    assert "mine" in str(shell.fails("%mcp export mine", "config_invalid"))


def test_what_is_exported_can_be_pasted_again(shell: Shell) -> None:
    shell(f"%mcp add f --env A=1 --tool-timeout 5 --disabled-tools raw_frame -- {faulty()}")
    before = servers["f"].spec
    for kind in ("mcpServers", "vscode", "codex"):
        text = shell(f"%mcp export f --format {kind}").result.text
        shell("%mcp remove f")
        shell(f"%%mcp add --no-connect\n{text}")
        again = servers["f"].spec
        assert again.transport == before.transport, kind
        if kind == "codex":
            assert again == before


def test_the_schema_is_a_json_schema_that_accepts_what_is_written(shell: Shell, elsewhere: Path) -> None:
    import jsonschema

    schema = json.loads(shell("%mcp schema --json").stdout)
    shell(f"%mcp add f --scope project --no-connect --env A=1 --tool-timeout 5 -- {faulty()}")
    jsonschema.validate(json.loads((elsewhere / ".mcp.json").read_text()), schema)


def test_a_secret_is_asked_for_once_kept_and_found_by_name(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "s3cret-value-9876")
    cell = shell("%mcp secret MY_KEY")
    assert "${MY_KEY}" in cell.text
    assert "s3cret" not in cell.text + cell.html
    shell(f"%mcp add s1 --env KEY=${{MY_KEY}} -- {playground('s1')}")
    assert servers["s1"].call("env", names=["KEY"]).data == {"KEY": "s3cret-value-9876"}
    assert "MY_KEY" in shell("%mcp secret").text
    assert "s3cret" not in shell("%mcp trace s1").text
    shell("%mcp secret MY_KEY --delete")
    assert "MY_KEY" not in shell("%mcp secret").text


@pytest.mark.parametrize("value", ["hunter2-in-the-cell", "'two words'", ""])
def test_the_value_of_a_secret_is_not_taken_from_a_cell_nor_repeated(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: pytest.fail("nobody is to be asked"))
    error = shell.fails(f"%mcp secret MY_KEY={value}", "name_invalid")
    assert error.failure.next_step == "%mcp secret MY_KEY"
    assert not value or value.strip("'") not in str(error)


def test_a_misspelt_secret_store_is_told_which_was_meant(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    shell.run("%config MCPMagics.secret_store = 'keyrung'")
    assert "did you mean 'keyring'?" in caplog.text
    shell.run("%config MCPMagics.secret_store = 'nothing like it'")
    assert "expected any of ['auto', 'keyring', 'file']" in caplog.text


def test_without_a_person_a_secret_names_the_variable_to_set(shell: Shell) -> None:
    error = shell.fails("%mcp secret MY_KEY", "secret_unavailable")
    assert "MY_KEY" in error.failure.next_step


# -- tools, approval, reload ----------------------------------------------------------------------------------


def test_tools_that_are_not_enabled_are_neither_listed_nor_called(shell: Shell) -> None:
    shell(f"%mcp add f --enabled-tools echo -- {faulty()}")
    shell(f"%mcp add g --disabled-tools echo -- {faulty()}")
    assert list(servers["f"].tools) == ["echo"]
    assert list(servers["g"].tools) == ["raw_frame"]
    before = len(servers.journal.entries("g"))
    error = shell.fails("%mcp call g.echo text=x", "tool_disabled")
    assert "tool 'echo' is disabled for MCP server 'g'" in str(error)
    error = shell.fails("%%mcp_call f.raw_frame --raw\n{}", "tool_disabled")
    assert len(servers.journal.entries("g")) == before
    with pytest.raises(Exception, match="disabled"):
        servers["g"].call("echo", text="x")


ASKED = {
    "approve": set(),
    "auto": {"destroys", "unhinted"},
    "writes": {"writes", "destroys", "unhinted"},
    "prompt": {"reads", "writes", "destroys", "unhinted"},
}


@pytest.mark.parametrize("mode", list(ASKED))
def test_an_approval_mode_asks_for_the_calls_codex_would_ask_for(shell: Shell, mode: str) -> None:
    shell(f"%mcp add h --approval {mode} -- {odd_stdio('hints')}")
    for tool in ("reads", "writes", "destroys", "unhinted"):
        if tool in ASKED[mode]:
            error = shell.fails(f"%mcp call h.{tool}", "approval_unavailable")
            assert "user" not in str(error).lower()
            assert "--approval approve" in error.failure.next_step
        else:
            assert shell(f"%mcp call h.{tool}").result.text == tool
    calls = [each for each in servers.journal.entries("h") if '"tools/call"' in getattr(each, "text", "")]
    assert len(calls) == 4 - len(ASKED[mode])


def test_a_person_approves_or_does_not(shell: Shell) -> None:
    shell(f"%mcp add h --approval prompt -- {odd_stdio('hints')}")
    shell.type("y")
    assert shell("%mcp call h.destroys").result.text == "destroys"
    shell.type("n")
    error = shell.run("%mcp call h.destroys").error
    assert error.failure.class_ == "declined"  # type: ignore[union-attr]


def test_a_tools_own_approval_mode_goes_before_the_servers(shell: Shell) -> None:
    words = json.dumps(odd_stdio("hints").split(" ")[1:])
    shell(
        f"%%mcp add\n[mcp_servers.h]\ncommand = {json.dumps(sys.executable)}\nargs = {words}\n"
        'default_tools_approval_mode = "approve"\n[mcp_servers.h.tools.destroys]\napproval_mode = "prompt"\n'
    )
    assert shell("%mcp call h.unhinted").result.text == "unhinted"
    shell.fails("%mcp call h.destroys", "approval_unavailable")


def test_changed_files_restart_the_server_and_the_change_of_its_tools_is_said(shell: Shell, tmp_path: Path) -> None:
    code = (
        "from mcp_magics.playground.plain_server import *\n"
        "class S(WellBehaved):\n"
        "    def tools(self, p):\n        return {{'tools': [ECHO, RAW_FRAME | {{'name': {name!r}}}]}}\n"
        "S(Settings()).run()\n"
    )
    script = tmp_path / "server.py"
    script.write_text(code.format(name="before"))
    shell(f"%mcp add dev --reload {script} -- {sys.executable} {script}")
    pid = servers["dev"].connection.channel.process.pid  # type: ignore[union-attr]
    assert shell("%mcp call dev.echo text=a").result.text == "a"
    assert servers["dev"].connection.channel.process.pid == pid  # type: ignore[union-attr]
    script.write_text(code.format(name="afterwards"))
    cell = shell("%mcp call dev.echo text=b")
    assert cell.result.text == "b"
    assert "server.py" in cell.text
    assert "new tool afterwards" in cell.text
    assert "tool before is gone" in cell.text
    assert servers["dev"].connection.channel.process.pid != pid  # type: ignore[union-attr]


def test_a_disabled_server_is_listed_and_says_how_to_enable_it(shell: Shell) -> None:
    shell(f"%mcp add off --disabled -- {faulty()}")
    assert "disabled" in shell("%mcp list").text
    shell.fails("%mcp call off.echo", "server_disabled")


# -- connection -----------------------------------------------------------------------------------------------


def test_connect_disconnect_restart_status_log_and_ping(shell: Shell, era: str) -> None:
    shell(f"%mcp add f --no-connect --protocol {era} -- {faulty()}")
    shell("%mcp connect f")
    assert listed(shell)["f"]["auth"]["connection"] == "ready"
    assert "answered in" in shell("%mcp ping f").text
    status = shell("%mcp status f")
    assert str(servers["f"].connection.channel.process.pid) in status.text  # type: ignore[union-attr]
    pid = servers["f"].connection.channel.process.pid  # type: ignore[union-attr]
    assert "restarted" in shell("%mcp restart f").text
    assert servers["f"].connection.channel.process.pid != pid  # type: ignore[union-attr]
    shell("%mcp disconnect f")
    assert listed(shell)["f"]["auth"]["connection"] == "idle"
    assert shell("%mcp call f.echo text=again").result.text == "again"
    shell("%mcp log f")


def test_what_a_server_logs_is_kept_on_one_clock(shell: Shell) -> None:
    shell(f"%mcp add s1 --protocol legacy -- {playground('s1')}")
    shell("%mcp call s1.stderr line='on stderr'")
    shell("%mcp call s1.log message='as a message' level=warning")
    text = shell("%mcp log s1").text
    assert "on stderr" in text
    assert "as a message" in text
    assert "as a message" in shell("%mcp log s1 --level warning").text
    assert "on stderr" not in shell("%mcp log s1 --level warning").text


def test_the_wire_log_shows_every_message_and_survives_the_connection(shell: Shell) -> None:
    shell(f"%mcp add f -- {faulty()}")
    shell("%mcp call f.echo text=traced")
    shell("%mcp disconnect f")
    frame = shell("%mcp trace f").result.df
    assert (frame["method"] == "tools/call").sum() == 2
    number = int(frame[frame["method"] == "tools/call"]["n"].iloc[0])
    assert "traced" in shell(f"%mcp trace f --id {number}").text


def test_both_eras_of_one_server_can_be_asked_side_by_side(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add s1 -- {playground('s1')}")
    old = shell("%mcp call s1.client --protocol legacy").result.data["protocolVersion"]
    new = shell("%mcp call s1.client --protocol 2026-07-28").result.data["protocolVersion"]
    assert (old, new) == ("2025-11-25", "2026-07-28")
    odd.on["tools/list"] = lambda asked: result(asked, {"tools": TOOLS})


def test_servers_is_a_mapping_to_python() -> None:
    assert servers.get("nobody") is None
    assert "nobody" not in servers
    with pytest.raises(KeyError) as caught:
        servers["nobody"]
    assert str(caught.value).startswith("unknown_server: no server 'nobody'")
