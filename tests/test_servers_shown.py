"""What is told of servers: their configuration, their place, their state, in lists and in Python."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from support.commands import faulty, playground
from support.odd_http import OddServer
from support.shell import Shell

from mcp_magics.config.masking import masked
from mcp_magics.config.model import OAuthOptions
from mcp_magics.connection.manager import servers

# -- values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEY", "${API_KEY}"),
        ("Authorization", "Bearer ${TOKEN}"),
        ("BASE", "https://${HOST}/api/v1"),
        ("PATH", "${HOME}/bin:/usr/bin"),
        ("KEY", "${input:key}"),
        ("LEVEL", "${LEVEL:-}"),
    ],
)
def test_a_reference_is_shown_as_it_is_written(name: str, value: str) -> None:
    assert masked(name, value) == value


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("LEVEL", "debug", "*****"),
        ("EMPTY", "", ""),
        ("Authorization", "Bearer abc123${T}", "*****${T}"),
        ("NAME", "hunter2-${U}", "*****${U}"),
        ("DB", "postgres://user:hunter2@${HOST}/db", "*****${HOST}/db"),
        ("CONNECTION", "password=plain;${H}", "*****${H}"),
        ("KEY", "${KEY:-sk-ant-abcdefgh}", "${KEY:-*****}"),
    ],
)
def test_a_literal_is_masked_beside_a_reference_too_when_it_could_be_secret(name: str, value: str, shown: str) -> None:
    assert masked(name, value) == shown


# -- get and list ---------------------------------------------------------------------------------------------


def test_get_shows_all_that_is_set_and_the_file_it_stands_in(shell: Shell, elsewhere: Path) -> None:
    shell(
        "%mcp add web http://127.0.0.1:9/mcp --no-connect --scope project --header 'Authorization: Bearer ${TOKEN}' "
        "--header 'X-Word: hush-hush' --tool-timeout 7 --startup-timeout 8 --enabled-tools a,b --disabled-tools b "
        "--protocol legacy --approval writes --required --disabled"
    )
    text = shell("%mcp get web").text
    for line in (
        f"scope: project, in {elsewhere / '.mcp.json'}",
        "http_headers: Authorization=Bearer ${TOKEN}, X-Word=*****",
        "startup_timeout_sec: 8",
        "tool_timeout_sec: 7",
        "enabled_tools: a, b",
        "disabled_tools: b",
        "protocol: legacy",
        "default_tools_approval_mode: writes",
        "required: true",
        "enabled: false",
        "requirement unknown, credential",
    ):
        assert f"  {line}" in text
    assert json.loads(shell("%mcp get web --json").stdout)["file"] == str(elsewhere / ".mcp.json")
    assert "hush" not in text


OAUTH = {
    "client_id": "me",
    "client_secret_env_var": "CLIENT_SECRET",
    "token_endpoint_auth_method": "client_secret_basic",
    "client_metadata_url": "https://me.example/client.json",
    "callback_url": "https://hub.example/back",
    "callback_port": 8123,
    "callback_bind": "127.0.0.1",
    "grant": "client_credentials",
    "private_key_file": "key.pem",
    "signing_algorithm": "ES256",
    "assertion_env_var": "WORKLOAD",
    "idp_token_endpoint": "https://idp.example/token",
    "idp_client_id": "me-there",
    "idp_client_secret_env_var": "IDP_SECRET",
    "subject_token_env_var": "ID_TOKEN",
    "dpop": True,
    "assume_pkce": False,
}


def test_get_shows_every_key_of_a_login(shell: Shell) -> None:
    entry = {"url": "http://127.0.0.1:9/mcp", "scopes": [], "oauth_resource": "http://127.0.0.1:9/", "oauth": OAUTH}
    shell(f"%%mcp add --no-connect\n{json.dumps({'mcpServers': {'web': entry}})}")
    told = {"scopes": [], "resource": "http://127.0.0.1:9/", **OAUTH}
    assert set(told) == {each.name for each in fields(OAuthOptions)}
    cell = shell("%mcp get web")
    for key, value in told.items():
        shown = "none" if value == [] else json.dumps(value).strip('"')
        assert f"  oauth {key}: {shown}\n" in f"{cell.text}\n"
        assert f"oauth {key}" in cell.html
    assert json.loads(shell("%mcp get web --json").stdout)["oauth"] == told


def test_get_masks_what_is_secret_in_the_settings_of_a_login(shell: Shell) -> None:
    secret = {
        "client_id": "sk-ant-abcdefghijklmnopqrstuvwx",
        "idp_token_endpoint": "https://idp.example/t?key=hush-hush",
    }
    entry = {"url": "http://127.0.0.1:9/mcp", "oauth": secret}
    shell(f"%%mcp add --no-connect\n{json.dumps({'mcpServers': {'web': entry}})}")
    for cell in (shell("%mcp get web"), shell("%mcp get web --json")):
        said = cell.text + cell.html + cell.stdout
        assert "https://idp.example/t?" in said
        assert "hush" not in said
        assert "abcdefghijk" not in said


def test_get_of_a_command_shows_names_of_variables_and_its_directory(shell: Shell) -> None:
    shell(f"%mcp add f --no-connect --env 'A=${{HOME}}' --env WORD=hush-hush --env-var LANG --cwd . -- {faulty()}")
    text = shell("%mcp get f").text
    assert "  scope: notebook\n  env: A=${HOME}, WORD=*****\n  env_vars: LANG\n  cwd: .\n" in text
    assert "enabled" not in text


def test_list_has_the_scope_plain_rich_and_as_a_column(shell: Shell) -> None:
    shell(f"%mcp add f --no-connect --scope user -- {faulty()}")
    cell = shell("%mcp list")
    assert cell.text.splitlines()[1].startswith("server  scope")
    assert "<td" in cell.html.partition(">user<")[0]
    assert cell.result.df["scope"].tolist() == ["user"]


# -- Python ---------------------------------------------------------------------------------------------------


def test_servers_their_status_and_their_log_show_themselves(shell: Shell) -> None:
    assert "no servers yet" in repr(servers)
    shell(f"%mcp add s1 --protocol legacy -- {playground('s1')}")
    shell("%mcp call s1.stderr line='on stderr'")
    shell("from mcp_magics import servers")
    assert "s1      notebook  stdio      2025-11-25" in repr(servers)
    assert "<table>" in shell("servers").html
    assert shell.value("servers.df")["connection"].tolist() == ["ready"]
    assert repr(servers["s1"].status) == "<requirement none, credential none, connection ready>"
    assert repr(servers["s1"].log).startswith("<log of s1: 1 line, the newest>\n")
    assert repr(servers["s1"].log).endswith(" stderr info: on stderr")
    assert shell.value("servers['s1'].log.df")["text"].tolist() == ["on stderr"]
    assert "on stderr</td>" in shell("servers['s1'].log").html


# -- what a verb did -------------------------------------------------------------------------------------------


def test_disconnect_tells_of_what_was_connected_only(shell: Shell) -> None:
    assert shell("%mcp disconnect").text == "nothing was connected"
    shell(f"%mcp add f -- {faulty()}")
    shell(f"%mcp add idle --no-connect -- {faulty()}")
    cell = shell("%mcp disconnect")
    assert (cell.text, cell.result.to_json()) == ("f: disconnected", {"disconnected": ["f"]})
    assert shell("%mcp disconnect f").text == "f: was not connected"


def test_a_connection_of_the_other_era_is_one_too(shell: Shell) -> None:
    shell(f"%mcp add f --no-connect -- {faulty()}")
    shell("%mcp call f.echo text=x --protocol legacy")
    assert shell("%mcp disconnect").text == "f: disconnected"


def test_ping_says_when_it_had_to_connect(shell: Shell) -> None:
    shell(f"%mcp add f --no-connect -- {faulty()}")
    assert "note: it was not connected; it is now" in shell("%mcp ping f").text
    assert "note" not in shell("%mcp ping f").text


def test_the_playground_says_of_stdio_servers_whether_they_are_connected(shell: Shell) -> None:
    def running() -> str:
        return str(shell.value("%mcp playground list").df.set_index("name")["running"]["s1"])

    assert running() == "no"
    shell("%mcp playground start s1")
    assert running() == "registered, idle"
    shell("%mcp connect s1")
    assert running() == "connected"


def test_saving_says_what_was_written(shell: Shell, elsewhere: Path) -> None:
    shell(f"%mcp add f -- {faulty()}")
    written = shell("%mcp call f.echo text=x --save x.json")
    size = (elsewhere / "x.json").stat().st_size
    assert written.text.endswith(f"\nsaved x.json, {size} B")
    assert shell("%mcp call f.echo text=x --save x.json --quiet").text == ""
    json.loads(shell("%mcp call f.echo text=x --save x.json --json").stdout)


def test_status_has_a_row_for_each_era_a_server_is_spoken_to_in(shell: Shell) -> None:
    shell(f"%mcp add f -- {faulty()}")
    shell("%mcp call f.echo text=x --protocol legacy --quiet")
    processes = [servers["f"].in_era(era).connection.channel.process.pid for era in ("auto", "legacy")]  # type: ignore[union-attr, arg-type]
    frame = shell("%mcp status f").result.df
    assert frame["server"].tolist() == ["f", "f"]
    assert frame["pid"].tolist() == processes
    assert frame["protocol"].tolist() == ["2026-07-28", "2025-11-25"]


def test_status_shows_the_connections_there_are_and_no_idle_one_beside_them(shell: Shell) -> None:
    shell(f"%mcp add f --no-connect -- {faulty()}")
    assert shell("%mcp status f").result.df["connection"].tolist() == ["idle"]
    shell("%mcp call f.echo text=x --protocol both --quiet")
    assert shell("%mcp status f").result.df["connection"].tolist() == ["ready", "ready"]


def test_status_has_a_row_for_each_process_and_the_problem_below(shell: Shell) -> None:
    shell(f"%mcp add f -- {faulty()}")
    shell.run("%mcp add broken -- no-such-command-here")
    cell = shell("%mcp status")
    frame = cell.result.df
    assert frame["server"].tolist() == ["f", "broken"]
    assert frame["pid"].tolist() == [servers["f"].connection.channel.process.pid, ""]  # type: ignore[union-attr]
    assert "mcp_magics.playground faulty" in " ".join(cell.text.split())
    assert cell.text.splitlines()[-1].startswith("broken: command_not_found: ")


def test_a_list_says_the_revision_that_was_negotiated_and_none_before(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url} --protocol auto --no-connect")
    assert json.loads(shell("%mcp list --json").stdout)[0]["protocol_version"] is None
    assert shell("%mcp list").result.rows[0]["protocol"] == ""
    shell("%mcp connect a")
    assert json.loads(shell("%mcp list --json").stdout)[0]["protocol_version"] == "2025-11-25"
    assert shell("%mcp list").result.rows[0]["protocol"] == "2025-11-25"
