"""Bad input gets a clear error and loses nothing: server, phase, cause and the line to type, and everything goes on."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from support.commands import content, faulty, odd_stdio, playground
from support.kernel import Kernel
from support.odd_http import OddServer
from support.shell import Shell

from mcp_magics.connection.manager import servers


@pytest.fixture
def ok(shell: Shell) -> Shell:
    """A shell with a server ``ok`` that must stay usable whatever happens to others."""
    shell(f"%mcp add ok -- {faulty()}")
    return shell


def goes_on(shell: Shell) -> None:
    """The other server is what it was."""
    assert servers["ok"].connection.state == "ready"
    assert shell("%mcp call ok.echo text=unharmed").result.text == "unharmed"


# -- words ---------------------------------------------------------------------------------------------------


def test_an_unknown_verb_names_the_one_that_was_meant(ok: Shell) -> None:
    assert "%mcp call" in ok.fails("%mcp cal ok.echo", "unknown_verb").failure.next_step
    assert "%mcp remove" in ok.fails("%mcp delete ok", "unknown_verb").failure.next_step
    goes_on(ok)


def test_an_unknown_option_names_the_one_that_was_meant(ok: Shell) -> None:
    error = ok.fails("%mcp call ok.echo text=x --timeot 3", "unknown_option")
    assert "--timeout" in error.failure.next_step
    goes_on(ok)


def test_an_unknown_server_names_the_one_that_was_meant_and_those_that_are_registered(ok: Shell) -> None:
    ok("%mcp add everything --no-connect -- true")
    for code in ("%mcp tools everythin", "%mcp call everythin.echo", "%mcp get everythin", "%mcp remove everythin"):
        error = ok.fails(code, "unknown_server")
        assert "everything" in error.failure.next_step, code
        assert "ok" in " ".join(error.failure.evidence), code
    goes_on(ok)


def test_an_unknown_tool_names_the_one_that_was_meant_and_is_never_called(ok: Shell) -> None:
    error = ok.fails("%mcp call ok.ehco text=x", "unknown_tool")
    assert error.failure.server == "ok"
    assert "ok.echo" in error.failure.next_step
    assert not [each for each in servers.journal.entries("ok") if '"tools/call"' in getattr(each, "text", "")]
    goes_on(ok)


def test_an_item_where_a_server_belongs_is_told_the_verb_for_one(ok: Shell) -> None:
    assert ok.fails("%mcp tools ok.echo", "unknown_server").failure.next_step == "%mcp tool ok.echo"
    assert ok.fails("%mcp get ok.echo", "unknown_server").failure.next_step == "%mcp get ok"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("%mcp log okk --last 3", "%mcp log ok --last 3"),
        ("%mcp connect okk", "%mcp connect ok"),
        ("%mcp ping okk", "%mcp ping ok"),
        ("%mcp auth okk", "%mcp auth ok"),
        ("%mcp violations okk", "%mcp violations ok"),
        ("%mcp handle elicitation {lambda message: True} okk", "%mcp handle elicitation {lambda message: True} ok"),
        ("%mcp call ok.echo text=x --against okk", "%mcp call ok.echo text=x --against ok"),
        ("%mcp call ok.echo text=x --against=okk", "%mcp call ok.echo text=x --against=ok"),
        ("%mcp call okk.echo text=x --answer decline", "%mcp call ok.echo text=x --answer decline"),
        ("%mcp call nobody.echo text=x --fail", "%mcp call ok.echo text=x --fail"),
        ("%mcp_call okk.echo text=x", "%mcp call ok.echo text=x"),
        ("%%mcp_call okk.echo --fail\ntext: x", "%%mcp call ok.echo --fail"),
    ],
)
def test_a_misspelt_server_is_answered_with_the_same_line_and_the_right_name(ok: Shell, typed: str, meant: str) -> None:
    assert ok.fails(typed, "unknown_server").failure.next_step == meant
    goes_on(ok)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("%mcp violations", "%mcp violations ok"),
        ("%mcp call", "%mcp call ok.TOOL"),
        ("%mcp complete", "%mcp complete ok.PROMPT ARGUMENT"),
        ("%mcp complete ok.plan", "%mcp complete ok.plan ARGUMENT"),
        ("%mcp complete ok", "%mcp prompts ok, or %mcp templates ok"),
        ("%mcp read ok", "%mcp resources ok lists them; then %mcp read ok URI"),
        ("%mcp skill okk", "%mcp skills ok lists them; then %mcp skill ok URI"),
        ("%mcp request ok", "%mcp request ok METHOD"),
    ],
)
def test_a_line_that_lacks_a_word_is_shown_with_the_servers_there_are_and_what_it_has(
    ok: Shell, typed: str, meant: str
) -> None:
    assert ok.fails(typed, "usage").failure.next_step == meant


@pytest.mark.parametrize("revision", ["2025-11-25", "2024-11-05"])
def test_a_revision_with_a_handshake_is_called_legacy(ok: Shell, revision: str) -> None:
    error = ok.fails(f"%mcp call ok.echo text=x --protocol {revision}", "usage")
    assert error.failure.next_step == "--protocol legacy"


def test_a_server_that_does_not_speak_the_era_asked_for_is_said_to(ok: Shell) -> None:
    ok(f"%mcp add old --no-connect -- {content('legacy')}")
    error = ok.fails("%mcp call old.echo text=x --protocol 2026-07-28", "protocol_version")
    assert "does not speak 2026-07-28" in error.failure.message
    assert error.failure.next_step == "--protocol legacy, or leave --protocol out"


@pytest.mark.parametrize("program", ["{sys.executable}", "$python"])
def test_python_in_the_place_of_a_program_is_refused_with_the_way_that_works(ok: Shell, program: str) -> None:
    error = ok.fails(f"%mcp add old --protocol legacy -- {program} -m thing", "usage")
    assert "no Python is evaluated" in error.failure.message
    assert "then %mcp add old --protocol legacy -- ${P" in error.failure.next_step
    assert "old" not in servers


def test_a_line_that_lacks_its_server_begins_with_adding_one_where_there_is_none(shell: Shell) -> None:
    assert shell.fails("%mcp violations", "usage").failure.next_step.startswith("%mcp add NAME -- COMMAND")


def test_an_unknown_server_may_stand_in_a_configuration_file_that_cannot_be_read(ok: Shell, tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text("{")
    assert ".mcp.json" in ok.fails("%mcp tools docs", "unknown_server").failure.evidence[0]


def test_a_tool_without_its_server_names_the_form_and_the_server_that_has_it(ok: Shell) -> None:
    ok("%mcp add other --no-connect -- true")
    for typed in ("echo", "ehco"):
        error = ok.fails(f"%mcp call {typed} text=x", "usage")
        assert "SERVER.TOOL" in str(error)
        assert error.failure.next_step == "%mcp call ok.echo text=x"
    nowhere = ok.fails("%mcp call zzz text=x", "unknown_server")
    assert "%mcp call SERVER.zzz" in nowhere.failure.next_step


def test_removing_what_is_not_there_suggests_no_adding_and_removes_nothing(ok: Shell) -> None:
    ok("%mcp add everything --no-connect -- true")
    assert ok.fails("%mcp remove nothere", "unknown_server").failure.next_step == "%mcp list"
    error = ok.fails("%mcp remove everything everythin", "unknown_server")
    assert error.failure.next_step == "%mcp remove everything"
    assert "everything" in servers


def test_an_unknown_prompt_keeps_the_servers_words_and_names_the_one_that_was_meant(ok: Shell) -> None:
    ok(f"%mcp add s1 -- {playground('s1')}")
    error = ok.fails("%mcp prompt s1.code_reveiw language=python", "rpc_error")
    assert error.code == -32602  # type: ignore[attr-defined]
    assert error.failure.evidence[0] == "s1 has no prompt 'code_reveiw'; did you mean 'code_review'?"
    assert error.failure.next_step == "%mcp prompt s1.code_review …"


def test_a_prompt_that_is_there_is_not_said_to_be_missing(ok: Shell) -> None:
    ok(f"%mcp add s1 -- {playground('s1')}")
    error = ok.fails("%mcp prompt s1.code_review", "rpc_error")
    assert "has no prompt" not in str(error)


def test_an_unknown_resource_is_named_with_the_near_one_though_none_was_listed_before(ok: Shell) -> None:
    ok(f"%mcp add s1 -- {playground('s1')}")
    error = ok.fails("%mcp read s1 s1://note.txt", "rpc_error")
    assert "did you mean 's1://notes.txt'?" in error.failure.evidence[0]
    assert error.failure.next_step == "%mcp read s1 s1://notes.txt"


def test_a_first_connect_that_fails_says_that_the_server_stays_registered(ok: Shell) -> None:
    error = ok.fails("%mcp add gone -- no-such-program-here", "command_not_found")
    assert "gone stays registered" in error.failure.next_step
    assert "%mcp remove gone" in error.failure.next_step
    assert "gone" in servers
    ok("from mcp_magics import servers")
    again = ok.fails("servers.add('py', command=['no-such-program-here'])", "command_not_found")
    assert "py stays registered" in again.failure.next_step


def test_a_syntax_error_of_a_server_shows_the_line_itself(ok: Shell, tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("import sys\ndef broken(:\n    pass\n")
    for option in ("", "--env GITHUB_TOKEN=ghp_16C7e42F292c6912E7710c838347Ae178B4a "):
        error = ok.fails(f"%mcp add wrong {option}-- {sys.executable} {tmp_path / 'server.py'}", "process_exited")
        said = "\n".join(error.failure.lines())
        assert "def broken(:" in said
        assert "SyntaxError" in said
        assert "^" not in said
    assert "%mcp secret GITHUB_TOKEN" in said


def test_a_reload_path_that_is_not_there_is_refused(ok: Shell, tmp_path: Path) -> None:
    error = ok.fails(f"%mcp add w --reload nowhere.py -- {faulty()}", "reload_not_found")
    assert str(tmp_path / "nowhere.py") in error.failure.evidence[0]
    assert "%mcp add w --reload" in error.failure.next_step
    assert "w" not in servers


def test_a_command_and_an_address_together_are_refused(ok: Shell) -> None:
    error = ok.fails("%mcp add both --url http://127.0.0.1:1/mcp -- true", "config_invalid")
    assert "both" in str(error)
    assert "both" not in servers
    ok.fails('%%mcp add\n{"mcpServers": {"both": {"command": "x", "url": "http://127.0.0.1:1/"}}}', "config_invalid")
    assert "both" not in servers
    goes_on(ok)


@pytest.mark.parametrize("address", ["ws://localhost:1/x", "wss://example.org/mcp"])
def test_a_websocket_address_is_no_transport_and_the_two_that_are_get_named(ok: Shell, address: str) -> None:
    error = ok.fails(f"%mcp add w {address}", "unsupported_transport")
    assert "stdio" in str(error)
    assert "http" in str(error)
    goes_on(ok)


def test_a_dollar_without_braces_is_explained(ok: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t" * 20)
    for line in ("http://127.0.0.1:1/mcp --header 'Authorization: Bearer $TOKEN'", "--env K=$TOKEN -- true"):
        error = ok.run(f"%mcp add x {line}").error
        assert "${TOKEN}" in str(error), line
    assert "x" not in servers
    goes_on(ok)


def test_a_literal_secret_gets_a_warning_with_the_line_to_write_instead(ok: Shell) -> None:
    cell = ok("%mcp add s --no-connect --env GITHUB_TOKEN=ghp_0123456789abcdefghijklmnopqrstuvwxyz -- true")
    assert "%mcp secret GITHUB_TOKEN" in cell.text
    assert "${GITHUB_TOKEN}" in cell.text
    assert "ghp_0123" not in cell.text + cell.html
    assert "ghp_0123" not in ok("%mcp get s --json").text + ok("%mcp list --json").text
    goes_on(ok)


@pytest.mark.parametrize(
    "line",
    ["--env KEY=${NOT_SET_ANYWHERE} -- true", "http://127.0.0.1:1/mcp --header 'X-Key: ${NOT_SET_ANYWHERE}'"],
)
def test_a_missing_variable_is_named_with_where_it_was_looked_for(ok: Shell, line: str) -> None:
    error = ok.fails(f"%mcp add x {line}", "env_missing")
    assert error.failure.server == "x"
    assert "NOT_SET_ANYWHERE" in error.failure.message
    assert "environment" in " ".join(error.failure.evidence)
    assert "%mcp secret NOT_SET_ANYWHERE" in error.failure.next_step
    assert "x" in servers
    goes_on(ok)


def test_a_bearer_variable_that_is_not_set_is_a_hard_error_in_codex_words(ok: Shell) -> None:
    error = ok.fails("%mcp add x http://127.0.0.1:1/mcp --bearer-token-env-var NO_TOKEN", "env_missing")
    assert error.failure.message == "Environment variable NO_TOKEN for MCP server 'x' is not set"


# -- servers that misbehave -----------------------------------------------------------------------------------


def test_a_command_not_found_says_where_was_looked(ok: Shell) -> None:
    error = ok.fails("%mcp add x -- no-such-command-here --flag", "command_not_found")
    assert error.failure.server == "x"
    assert "no-such-command-here" in error.failure.message
    assert "PATH" in " ".join([error.failure.message, *error.failure.evidence])
    assert "x" in servers
    goes_on(ok)


def test_a_server_that_exits_at_once_shows_its_status_and_last_words(ok: Shell) -> None:
    error = ok.fails(f"%mcp add x -- {faulty('exits-at-once')}", "process_exited")
    assert "3" in error.failure.message
    assert "FAULTY_API_KEY is not set" in " ".join(error.failure.evidence)
    goes_on(ok)


def test_a_server_that_hangs_at_start_says_where_it_hung_and_how_to_wait_longer(ok: Shell) -> None:
    error = ok.fails(f"%mcp add x --startup-timeout 0.5 -- {faulty('hangs-at-start')}", "startup_timeout")
    assert "initialize" in str(error)
    assert "--startup-timeout" in error.failure.next_step
    assert servers["x"].connection.state == "failed"
    goes_on(ok)


def test_noise_on_stdout_is_skipped_and_kept_in_the_log(ok: Shell) -> None:
    ok(f"%mcp add x -- {faulty('noise')}")
    assert ok("%mcp call x.echo text='through the noise'").result.text == "through the noise"
    assert "have a nice day" in ok("%mcp log x").text
    goes_on(ok)


def test_json_on_stdout_that_is_no_json_rpc_is_nobodys_answer(ok: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcp_magics.wire.inbound.WRONG_ID_GRACE", 0.05)
    ok(f"%mcp add x -- {odd_stdio('json-logs')}")
    assert ok("%mcp call x.echo text='the answer'").result.text == "the answer"
    assert servers["x"].log.lines("violation") == []
    assert "boom" in ok("%mcp log x").text


def test_a_server_that_answers_garbage_is_shown_what_it_said(ok: Shell) -> None:
    error = ok.fails(f"%mcp add x --startup-timeout 1 -- {faulty('garbage')}", "startup_timeout")
    assert "It works!" in " ".join(error.failure.evidence)
    goes_on(ok)


def test_a_server_that_dies_in_a_call_says_so_and_is_started_again_by_the_next(ok: Shell) -> None:
    ok(f"%mcp add x -- {faulty('close-mid-call')}")
    error = ok.fails("%mcp call x.echo text=a", "process_exited")
    assert error.failure.server == "x"
    assert "9" in error.failure.message
    assert "out of memory (not really)" in " ".join(error.failure.evidence)
    assert servers["x"].connection.state == "failed"
    assert "process_exited" in ok("%mcp list").text
    assert "echo" in ok("%mcp tools x").text
    goes_on(ok)


def test_an_answer_with_a_wrong_id_does_not_wait_forever(ok: Shell) -> None:
    ok(f"%mcp add x -- {faulty('wrong-id')}")
    error = ok.fails("%mcp call x.echo text=a", "wrong_id")
    assert "1000000" in error.failure.message
    assert servers["x"].connection.state == "ready"
    goes_on(ok)


def test_two_answers_to_one_request_are_one_answer(ok: Shell) -> None:
    ok(f"%mcp add x -- {faulty('duplicate-ids')}")
    assert [ok(f"%mcp call x.echo text={n}").result.text for n in range(3)] == ["0", "1", "2"]


def test_an_error_without_an_id_belongs_to_the_only_request_there_is(ok: Shell) -> None:
    ok(f"%mcp add x -- {faulty('error-with-null-id')}")
    ok.fails("%mcp call x.echo text=a", "rpc_error")
    goes_on(ok)


def test_two_hundred_pages_with_one_cursor_end_and_what_came_is_usable(ok: Shell) -> None:
    cell = ok.run(f"%mcp add x -- {faulty('same-cursor')}")
    assert cell.error is None
    assert "1 violation: %mcp violations x" in cell.text
    error = ok.fails("%mcp tools x", "repeated_cursor")
    assert "again" in error.failure.message
    assert "echo1" in servers["x"].tools
    told: Any = ok.fails("%mcp call x.echo1", "rpc_error")  # it got there, and the server knows better
    assert told.code == -32602
    lists = [each for each in servers.journal.entries("x") if '"tools/list"' in getattr(each, "text", "")]
    assert len(lists) <= 3
    goes_on(ok)


def test_a_server_that_never_answers_is_given_up_after_the_timeout(ok: Shell) -> None:
    ok(f"%mcp add x -- {faulty('never-answers')}")
    ok.fails("%mcp call x.echo text=a --timeout 0.3", "timeout")
    assert servers["x"].connection.state == "ready"
    goes_on(ok)


def test_broken_utf8_and_floods_of_stderr_cost_no_answer(ok: Shell) -> None:
    ok(f"%mcp add u -- {faulty('bad-utf8')}")
    assert "text" in ok("%mcp call u.echo text=text").result.text
    ok(f"%mcp add e -- {faulty('stderr-flood')}")
    assert ok("%mcp call e.echo text=heard").result.text == "heard"
    goes_on(ok)


def test_nobody_listening_at_an_address_is_said_so(ok: Shell) -> None:
    error = ok.fails("%mcp add x http://127.0.0.1:9/mcp", "connection_refused")
    assert error.failure.server == "x"
    assert "%mcp connect x" in error.failure.next_step
    goes_on(ok)


# -- files ----------------------------------------------------------------------------------------------------


def test_a_malformed_project_file_is_named_with_its_line_and_never_overwritten(ok: Shell, elsewhere: Path) -> None:
    file = elsewhere / ".mcp.json"
    broken = '{"mcpServers": {\n  "a": {"command": "true",}\n}}\n'
    file.write_text(broken)
    error = ok.fails(f"%mcp add b --scope project --no-connect -- {faulty()}", "config_invalid")
    assert ".mcp.json" in str(error)
    assert "2" in str(error)
    assert file.read_text() == broken
    goes_on(ok)


def test_a_wrong_key_in_a_project_file_is_named_with_its_line(ok: Shell, elsewhere: Path) -> None:
    (elsewhere / ".mcp.json").write_text('{"mcpServers": {\n  "a": {\n    "command": 5}\n}}\n')
    error = ok.fails("%mcp get a", "config_invalid")
    assert "command" in str(error)
    assert ".mcp.json" in str(error)
    goes_on(ok)


def test_a_malformed_project_file_is_listed_beside_the_servers_that_work(ok: Shell, elsewhere: Path) -> None:
    (elsewhere / ".mcp.json").write_text("{")
    cell = ok("%mcp list")
    assert "ok" in cell.text
    assert ".mcp.json" in cell.text
    goes_on(ok)


def test_a_read_only_home_keeps_nothing_and_says_where_it_could_be_kept(
    ok: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:
        monkeypatch.setenv("MCP_MAGICS_HOME", "/sys/kernel")  # a directory in which not even root can write
    else:
        home.chmod(0o500)
    try:
        error = ok.fails(f"%mcp add u --scope user --no-connect -- {faulty()}", "config_unwritable")
    finally:
        home.chmod(0o700)
    assert "--scope notebook" in error.failure.next_step
    goes_on(ok)


# -- bodies ---------------------------------------------------------------------------------------------------


def test_a_body_that_is_no_json_says_line_and_column(ok: Shell) -> None:
    error = ok.fails('%%mcp_call ok.echo\n{"text": "a",\n "b": oops}', "not_json")
    assert "line 2, column 7" in str(error)
    goes_on(ok)


def test_a_body_that_is_no_yaml_says_line_and_column(ok: Shell) -> None:
    error = ok.fails("%%mcp_call ok.echo\ntext: [a, b\nmore: c", "not_yaml")
    assert "line 2, column 5" in str(error)
    goes_on(ok)


@pytest.mark.parametrize("body", ['{"text": "a", "text": "b"}', "text: a\ntext: b"])
def test_a_key_given_twice_in_a_body_is_an_error(ok: Shell, body: str) -> None:
    error = ok.run(f"%%mcp_call ok.echo\n{body}").error
    assert "text" in str(error)
    assert "twice" in str(error) or "duplicate" in str(error)
    goes_on(ok)


def test_a_cell_magic_under_other_code_says_where_it_belongs(ok: Shell) -> None:
    cell = ok.run("n = 1\n%%mcp_call ok.echo\ntext: a")
    assert cell.error is not None
    assert "first line" in str(cell.error)
    goes_on(ok)


def test_nan_is_refused_with_its_path(ok: Shell) -> None:
    error = ok.run("nan = float('nan')\nfrom mcp_magics import servers\nservers['ok'].call('echo', {'a': [nan]})").error
    assert "a" in str(error)
    assert "nan" in str(error).lower()
    ok("nan = float('nan')")
    error = ok.run("%mcp call ok.echo value=$nan").error
    assert "nan" in str(error).lower()
    goes_on(ok)


def test_an_object_json_cannot_hold_names_its_path(ok: Shell) -> None:
    ok("thing = {'deep': [object()]}")
    error = ok.run("%mcp call ok.echo value=$thing").error
    assert "deep" in str(error)
    goes_on(ok)


def test_a_name_that_does_not_exist_is_said_to_be_pythons(ok: Shell) -> None:
    for code in ("%mcp call ok.echo text=$nothing_here", "%mcp call ok.echo text={1/0}"):
        error = ok.run(code).error
        assert error is not None
        assert "nothing_here" in str(error) or "ZeroDivisionError" in str(error)
    goes_on(ok)


def test_a_name_that_does_not_exist_is_shown_as_typed_and_compared_with_the_notebooks_own(ok: Shell) -> None:
    braces = ok.fails("%mcp call ok.echo text={undefined_var}", "undefined_name")
    assert "'{undefined_var}'" in braces.failure.next_step
    builtin = ok.fails("%mcp call ok.echo text=$prin", "undefined_name")
    assert builtin.failure.next_step == "define prin first; text is quoted: '$prin'"
    ok("total_price = 3")
    near = ok.fails("%mcp call ok.echo text=$total_pric", "undefined_name")
    assert near.failure.next_step == "did you mean total_price?"


# -- at the same time -----------------------------------------------------------------------------------------


def test_adding_twice_is_unchanged_and_the_process_stays(ok: Shell) -> None:
    pid = servers["ok"].connection.channel.process.pid  # type: ignore[union-attr]
    cell = ok(f"%mcp add ok -- {faulty()}")
    assert "unchanged, running since" in cell.text
    assert "%mcp restart ok" in cell.text
    assert servers["ok"].connection.channel.process.pid == pid  # type: ignore[union-attr]
    goes_on(ok)


def test_adding_a_watched_server_twice_asks_for_no_restart(ok: Shell, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("1")
    ok(f"%mcp add w --reload code.py -- {faulty()}")
    text = ok(f"%mcp add w --reload code.py -- {faulty()}").text
    assert "unchanged, running since" in text
    assert "%mcp restart" not in text
    assert "the next call restarts it" in text


def test_removing_a_server_ends_the_call_under_way_with_an_error_that_says_so(ok: Shell) -> None:
    ok(f"%mcp add s1 -- {playground('s1')}")
    ended: list[BaseException] = []

    def call() -> None:
        try:
            servers["s1"].call("slow", seconds=60)
        except Exception as error:
            ended.append(error)

    server = servers["s1"]
    thread = threading.Thread(target=call)
    thread.start()
    while not server.connection.dispatcher.in_flight:
        time.sleep(0.01)
    ok("%mcp remove s1")
    thread.join(8)
    assert len(ended) == 1
    failure = ended[0].failure  # type: ignore[attr-defined]
    assert failure.class_ == "disconnected"
    assert failure.server == "s1"
    assert failure.phase
    assert failure.next_step
    assert "s1" not in servers
    goes_on(ok)


def test_one_servers_failure_touches_no_other(ok: Shell, odd: OddServer) -> None:
    ok(f"%mcp add http {odd.url}")
    ok.run(f"%mcp add dead --startup-timeout 1 -- {faulty('exits-at-once')}")
    ok.run("%mcp add gone http://127.0.0.1:9/mcp")
    cell = ok.run("%mcp connect")
    assert cell.error is None
    assert "process_exited" in cell.text
    assert "connection_refused" in cell.text
    assert ok("%mcp call http.echo text=fine").result.text == "fine"
    goes_on(ok)


@pytest.mark.kernel
def test_in_a_kernel_an_error_is_a_few_lines_without_frames(kernel: Kernel) -> None:
    kernel.run("%load_ext mcp_magics")
    for code in (
        "%mcp cal x",
        "%mcp add x -- no-such-command-here",
        f"%mcp add x -- {faulty('exits-at-once')}",
        f"%mcp add x --startup-timeout 0.3 -- {faulty('hangs-at-start')}",
        "%mcp add x http://127.0.0.1:9/mcp",
        "%mcp call x.y",
        "try:\n    %mcp tools nothing\nfinally:\n    pass",
    ):
        outcome = kernel.run(code)
        assert outcome.error is not None, code
        lines = outcome.error.text.splitlines()
        assert 2 <= len(lines) <= 4, (code, lines)
        assert not any("Traceback" in line or "File " in line or "site-packages" in line for line in lines), lines
        assert lines[-1].strip().startswith("→ "), lines
    assert kernel.run(f"%mcp add ok -- {faulty()}\n%mcp call ok.echo text=fine").status == "ok"
