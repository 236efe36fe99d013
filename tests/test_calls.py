"""Calls from the cell to the wire and back: what is typed is what is sent, and what comes is what is shown."""

from __future__ import annotations

import ast
import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.commands import faulty, odd_stdio, playground
from support.odd_http import OddServer
from support.shell import Shell

from mcp_magics.connection.manager import servers
from mcp_magics.connection.toolbox import attribute_name
from mcp_magics.errors import ProtocolError
from mcp_magics.wire.journal import Frame


def sent(shell: Shell, code: str) -> str:
    """The arguments on the wire, byte for byte, that a call of ``raw_frame`` sends."""
    shell(code)
    echoed: str = shell.ip.user_ns["r"].raw["content"][0]["text"]
    assert frames("f", "tools/call")[-1] == echoed
    start = echoed.index('"arguments":') + len('"arguments":')
    return echoed[start : echoed.index(',"_meta":')]


def frames(server: str, method: str) -> list[str]:
    """The requests of that method that were sent, as they went over the wire."""
    entries = [each for each in servers.journal.entries(server) if isinstance(each, Frame)]
    return [each.text for each in entries if each.kind == "request" and each.message.get("method") == method]


@pytest.fixture
def f(shell: Shell, era: str) -> Shell:
    """The plain server as ``f``, in each era."""
    shell(f"%mcp add f --protocol {era} -- {faulty()}")
    return shell


@pytest.fixture
def plain(shell: Shell) -> Shell:
    """The plain server as ``f``."""
    shell(f"%mcp add f -- {faulty()}")
    return shell


@pytest.fixture
def s1(shell: Shell, era: str) -> Shell:
    """S1 as ``s1``, in each era."""
    shell(f"%mcp add s1 --protocol {era} -- {playground('s1')}")
    return shell


def test_the_words_of_a_line_travel_as_the_json_they_say(f: Shell) -> None:
    line = 'r = %mcp call f.raw_frame text=hello n:=42 some=42 deep:=\'{"b": 1.0, "a": [null, 1e400]}\' yes:=true'
    assert sent(f, line) == '{"text":"hello","n":42,"some":"42","deep":{"b":1.0,"a":[null,1e400]},"yes":true}'


@pytest.mark.parametrize(
    ("body", "wire"),
    [
        ('{"b": 1.50, "a": null, "n": 12345678901234567890}', '{"b": 1.50, "a": null, "n": 12345678901234567890}'),
        (
            "b: 1.50\na: null\nno: NO\nwhen: 2026-07-28\nat: 12:30",
            '{"b":1.50,"a":null,"no":"NO","when":"2026-07-28","at":"12:30"}',
        ),
        ("text: \"{n}\"\nquoted: '$n'", '{"text":"{n}","quoted":"$n"}'),
        ("text: {n + 1}\nsame: $n", '{"text":8,"same":7}'),
        ("python: {'a': n, 'b': [n, None]}", '{"a":7,"b":[7,null]}'),
    ],
    ids=["json", "yaml", "a quoted string is literal", "expressions", "python"],
)
def test_a_body_travels_as_the_value_it_says(plain: Shell, body: str, wire: str) -> None:
    plain("n = 7")
    assert json.loads(sent(plain, f"%%mcp_call f.raw_frame -o r\n{body}")) == json.loads(wire)
    assert sent(plain, f"%%mcp_call f.raw_frame -o r\n{body}").replace(" ", "") == wire.replace(" ", "")


def test_a_wrong_type_travels_as_written_and_is_noted_beside_the_result(plain: Shell) -> None:
    cell = plain("%mcp call f.echo text:=42")
    assert cell.result.text == "42"
    assert "text" in cell.text
    assert "string" in cell.text


def test_raw_sends_the_body_verbatim_even_where_it_breaks_the_schema(plain: Shell) -> None:
    assert sent(plain, '%%mcp_call f.raw_frame --raw -o r\n{"a":1,   "a":2, "n":1.10}') == '{"a":1,   "a":2, "n":1.10}'


def test_raw_sends_even_what_is_no_json_and_the_server_says_so(plain: Shell) -> None:
    error = plain.fails('%%mcp_call f.echo --raw\n{"text": oops}', "rpc_error")
    assert error.code == -32700  # type: ignore[attr-defined]
    assert plain("%mcp call f.echo text=alive").result.text == "alive"


@pytest.mark.parametrize("verb", ["%%mcp_call s1.echo --raw", "%%mcp request s1 ping --raw"])
@pytest.mark.parametrize(
    ("text", "place"), [('{"text": nope}', "line 1 column 10"), ('{"text":\n  nope}', "line 2 column 3")]
)
def test_silence_after_what_is_no_json_is_no_matter_of_time(s1: Shell, verb: str, text: str, place: str) -> None:
    failure = s1.fails(f"{verb} --timeout 0.3\n{text}", "timeout").failure
    assert "what was sent is no JSON" in failure.message
    assert place in failure.evidence[0]
    assert "--timeout" not in failure.next_step
    assert not failure.retryable


def test_dry_run_shows_the_message_and_sends_nothing(plain: Shell) -> None:
    before = len(servers.journal.entries("f"))
    cell = plain("%mcp call f.echo text=hi --dry-run")
    assert '"name":"echo","arguments":{"text":"hi"}' in cell.text.replace(": ", ":")
    assert len(servers.journal.entries("f")) == before


def test_dry_run_of_a_request_and_of_a_notification_send_nothing(plain: Shell) -> None:
    before = len(servers.journal.entries("f"))
    assert '"method":"x/y"' in plain('%mcp request f x/y {"a": 1} --dry-run').text.replace(": ", ":")
    assert '"method":"notifications/z"' in plain("%mcp notify f notifications/z --dry-run").text.replace(": ", ":")
    assert len(servers.journal.entries("f")) == before


def test_an_error_result_is_shown_and_fails_the_cell_only_where_asked(s1: Shell) -> None:
    cell = s1("%mcp call s1.is_error message='no such city'")
    assert cell.result.is_error
    assert "no such city" in cell.text
    error = s1.fails("%mcp call s1.is_error message='no such city' --fail", "tool_error")
    assert "no such city" in str(error)
    assert error.result.is_error  # type: ignore[attr-defined]
    s1("%config MCPMagics.fail = True")
    s1.fails("%mcp call s1.is_error", "tool_error")


def test_expect_error_turns_errors_into_results_and_results_into_errors(s1: Shell) -> None:
    assert s1("%mcp call s1.is_error --expect-error").result.is_error
    assert s1("%mcp call s1.is_error --expect-error ToolError").result.is_error
    assert s1("%mcp call s1.rpc_error code:=-32005 --expect-error").result.failure.class_ == "rpc_error"
    assert s1("%mcp call s1.rpc_error code:=-32005 --expect-error -32005").result.error.code == -32005
    s1.fails("%mcp call s1.echo text=fine --expect-error", "error_expected")
    s1.fails("%mcp call s1.rpc_error --expect-error timeout", "error_expected")


def test_a_json_rpc_error_keeps_its_code_message_and_data(s1: Shell) -> None:
    error: Any = s1.fails("%mcp call s1.rpc_error code:=-32042 message=Nope data:='{\"k\": [1]}'", "rpc_error")
    assert (error.code, error.rpc_message, error.data) == (-32042, "Nope", {"k": [1]})


def test_timeout_counts_from_the_last_progress_and_max_time_does_not(shell: Shell) -> None:
    shell(f"%mcp add late -- {odd_stdio('late')}")
    assert shell("%mcp call late.ticking --timeout 0.8").result.text == "ticked"
    error = shell.fails("%mcp call late.ticking --max-time 0.5", "max_time")
    assert "max-time" in error.failure.message
    assert "last progress" in error.failure.evidence[0]
    assert shell("%mcp call late.echo text=usable").result.text == "usable"


def test_timeout_says_what_ran_out_and_the_server_hears_of_it(s1: Shell) -> None:
    error = s1.fails("%mcp call s1.slow seconds=30 label=mine --timeout 0.2", "timeout")
    assert "--timeout 0.2 s" in error.failure.message
    assert "no progress" in error.failure.evidence[0]
    cancelled = s1("%mcp call s1.cancellations at_least=1").result.data["cancelled"]
    assert [each["label"] for each in cancelled] == ["mine"]


def test_a_timeout_configured_for_the_server_holds_for_every_call(shell: Shell) -> None:
    shell(f"%mcp add s1 --tool-timeout 0.2 -- {playground('s1')}")
    shell.fails("%mcp call s1.slow seconds=30", "timeout")
    assert shell("%mcp call s1.slow seconds=0.4 --timeout 5").result.text.startswith("awake")


@pytest.mark.parametrize("listing", ["resources", "templates", "prompts", "tools --refresh", "ping"])
def test_a_list_that_never_comes_ends_with_the_timeout_it_was_given(shell: Shell, listing: str) -> None:
    shell(f"%mcp add silent --protocol legacy -- {odd_stdio('silent', 'legacy')}")
    verb, *options = listing.split()
    began = time.monotonic()
    shell.fails(f"%mcp {verb} silent {' '.join(options)} --timeout 0.3", "timeout")
    assert time.monotonic() - began < 30
    assert servers["silent"].connection.state == "ready"


def test_save_writes_the_result_and_o_stores_and_shows_it(plain: Shell, tmp_path: Path) -> None:
    cell = plain(f"%mcp call f.echo text=kept --save {tmp_path}/kept.json -o kept")
    assert "kept" in cell.text
    assert plain.ip.user_ns["kept"].text == "kept"
    assert "kept" in (tmp_path / "kept.json").read_text()


def test_quiet_and_a_semicolon_show_nothing_and_a_value_shows_nothing(plain: Shell) -> None:
    for code in ("%mcp call f.echo text=x --quiet", "%mcp call f.echo text=x;", "y = %mcp call f.echo text=x"):
        assert plain(code).text == "", code
    assert plain.ip.user_ns["y"].text == "x"


def test_a_statement_shows_its_result_in_a_loop_and_in_a_function(plain: Shell) -> None:
    cell = plain("for i in range(3):\n    %mcp call f.echo text={str(i) * 3}")
    assert [cell.text.count(each) for each in ("000", "111", "222")] == [1, 1, 1]
    assert "in a function" in plain("def g():\n    %mcp call f.echo text='in a function'\ng()").text


def test_json_prints_one_document_and_is_worth_none(plain: Shell) -> None:
    cell = plain("%mcp call f.echo text=doc --json")
    assert cell.result is None
    assert json.loads(cell.stdout)["content"] == [{"type": "text", "text": "doc"}]


def test_values_travel_back_digit_for_digit(shell: Shell) -> None:
    shell(f"%mcp add v -- {odd_stdio('values')}")
    result = shell("%mcp call v.echo").result
    assert result.structured["huge"] == 123456789012345678901234567890123456789
    for exact in ("0.1000000000000000055511151231257827", "1E400", '"twice":1,"twice":2', "\\ud83d broken"):
        assert exact in result.raw_text
    assert "broken" in result.text
    assert "broken" in repr(result)


@pytest.mark.parametrize("name", ["crlf", "bom", "batch", "string-id"])
def test_small_liberties_of_a_server_cost_nothing(shell: Shell, name: str) -> None:
    shell(f"%mcp add odd -- {odd_stdio(name)}")
    assert shell("%mcp call odd.echo text=fine").result.text == "fine"


def test_a_tool_without_schema_and_results_without_content_are_shown_with_their_violations(shell: Shell) -> None:
    shell(f"%mcp add bare -- {odd_stdio('bare')}")
    for tool in ("bare", "null", "list"):
        cell = shell(f"%mcp call bare.{tool} a=1")
        assert cell.result.violations, tool
        assert cell.text
        with pytest.raises(ProtocolError, match="no table"):
            cell.result.df  # noqa: B018
    assert "inputSchema" in shell("%mcp tools bare").text or shell("%mcp tool bare.bare").text


def test_a_server_without_tools_says_so_and_a_call_of_one_is_an_unknown_tool(shell: Shell) -> None:
    shell(f"%mcp add none -- {odd_stdio('no-tools')}")
    assert "0 tools" in shell("%mcp tools none").text or "no tools" in shell("%mcp tools none").text
    assert "no tools at all" in str(shell.fails("%mcp call none.x", "unknown_tool"))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("a.b", "n.a.b"),
        ("a.b", 'n."a.b"'),
        ("with space", 'n."with space"'),
        ('say "hi"', "n.'say \"hi\"'"),
        ("it's", 'n."it\'s"'),
        ("naïve-天気", "n.naïve-天気"),
        ("x=1", 'n."x=1"'),
        ("{curly}", 'n."{curly}"'),
        ("class", "n.class"),
        ("1st", "n.1st"),
        ("<b>bold</b>", 'n."<b>bold</b>"'),
    ],
)
def test_a_tool_of_any_name_can_be_called(shell: Shell, name: str, typed: str) -> None:
    shell(f"%mcp add n -- {odd_stdio('names')}")
    assert shell(f"%mcp call {typed}").result.text == name
    assert servers["n"].tools[name]().text == name
    assert shell(f"%%mcp_call {typed}\n{{}}").result.text == name


def test_what_a_server_says_of_its_tools_is_shown_harmlessly(shell: Shell) -> None:
    shell(f"%mcp add h -- {odd_stdio('hostile')}")
    for code in ("%mcp tools h", "%mcp tool h.evil"):
        cell = shell(code)
        assert "<script>" not in cell.html
        assert "\x1b" not in cell.text + cell.html
        assert "\u202e" not in cell.text + cell.html


def test_names_of_tools_do_no_harm_in_what_python_says_of_them(shell: Shell, odd: OddServer) -> None:
    names = ('a"]; evil() #', "a']; evil() #", "\x1b[31mred", "\u202edesrever")
    odd.on["tools/list"] = lambda _asked: {"tools": [{"name": each, "inputSchema": {}} for each in names]}
    shell(f"%mcp add a {odd.url} --protocol legacy")
    tools = servers["a"].tools
    with pytest.raises(AttributeError) as missing:
        tools.nothing  # noqa: B018
    with pytest.raises(AttributeError) as several:
        getattr(tools, attribute_name(names[0]))
    for text in (str(missing.value), str(several.value), repr(tools), repr(tools[names[2]]), repr(tools[names[3]])):
        assert not {"\x1b", "\u202e"} & set(text)
    written = str(several.value).partition(": write ")[2].removeprefix("tools[").removesuffix("]")
    assert [ast.literal_eval(each) for each in written.split("] or tools[")] == list(names[:2])


def test_a_server_of_any_name_can_be_used(shell: Shell) -> None:
    for name, typed in (("钉钉待办", "钉钉待办"), ("my server", '"my server"'), ("a.b", "a.b"), ("a.b.c", '"a.b.c"')):
        shell(f"%mcp add {typed} -- {faulty()}")
        assert shell(f"%mcp call {typed}.echo text=ok").result.text == "ok"
        assert servers[name].call("echo", text="py").text == "py"
        assert shell(f"%mcp tools {typed}").text


def test_the_python_face_calls_with_a_signature_and_refuses_a_colliding_alias(s1: Shell) -> None:
    import inspect

    server = servers["s1"]
    assert server.tools.add(a=1, b=2).data == {"sum": 3}
    assert list(inspect.signature(server.tools.add).parameters) == ["a", "b"]
    assert "Add two numbers" in (server.tools.add.__doc__ or "")
    with pytest.raises(AttributeError, match="look-up.*look_up"):
        server.tools.look_up  # noqa: B018
    assert server.tools["look-up"](word="x").text == "look-up: x"
    assert server.with_options(timeout=5).call("echo", {"text": "hi"}).text == "hi"
    code = "from mcp_magics import servers\nawait servers['s1'].acall('echo', text='hi')"
    assert s1(code).result.text == "hi"


def test_many_calls_are_in_flight_together(s1: Shell) -> None:
    code = (
        "import asyncio\nfrom mcp_magics import servers\n"
        "answers = await asyncio.gather(*(servers['s1'].acall('slow', seconds=0.5) for _ in range(20)))\nlen(answers)"
    )
    began = time.monotonic()
    assert s1(code).result == 20
    assert time.monotonic() - began < 9


def test_resources_templates_read_prompts_prompt_and_complete(s1: Shell) -> None:
    resources = s1("%mcp resources s1").result
    assert len(resources.df) == 27  # three pages
    assert "First line." in s1("%mcp read s1 s1://notes.txt").text
    assert s1("%mcp read s1 s1://table.csv").result.df["name"].tolist() == ["apple", "pear", "plum"]
    assert "image/png" in s1("%mcp read s1 s1://green.png").outputs[0]
    assert "greeting://{name}" in s1("%mcp templates s1").text
    assert "Hello, Ada!" in s1("%mcp read s1 greeting://Ada").text
    assert len(s1("%mcp prompts s1").result.df) >= 2
    assert "Review this" in s1("%mcp prompt s1.code_review language=python").text
    assert "python" in s1("%mcp complete s1.code_review language py").text
    error: Any = s1.fails("%mcp read s1 s1://nothing", "rpc_error")
    assert error.code == -32602


def test_a_prompt_takes_its_arguments_from_a_body(s1: Shell) -> None:
    assert "go" in s1("%%mcp prompt s1.code_review\nlanguage: go").text


def test_lists_of_one_item_a_page_are_read_whole(shell: Shell, era: str) -> None:
    shell(f"%mcp add s1 --protocol {era} -- {playground('s1', '--page-size', '1')}")
    assert len(shell("%mcp tools s1").result.df) == len(servers["s1"].tools) > 30
    assert len(shell("%mcp prompts s1").result.df) >= 2


def test_a_notification_is_sent_and_an_unknown_one_is_nobodys_error(s1: Shell) -> None:
    assert "sent" in s1('%mcp notify s1 notifications/x {"a": 1}').text
    assert s1("%mcp call s1.echo text=alive").result.text == "alive"


def test_tools_that_change_are_read_again_before_the_next_call(shell: Shell) -> None:
    shell(f"%mcp add g --protocol legacy -- {odd_stdio('growing', 'legacy')}")
    shell("%mcp call g.echo")
    cell = shell("%mcp call g.grown0")
    assert cell.result.text == "grown0"
    assert "new tool grown0" in cell.text


def test_notes_about_bad_schemas_do_not_keep_a_good_tool_from_being_called(shell: Shell) -> None:
    shell(f"%mcp add bad -- {faulty('bad-tool-schema')}")
    assert "schema_a_string" in shell("%mcp tools bad").text
    assert shell("%mcp call bad.echo text=good").result.text == "good"
    for name in servers["bad"].tools:
        shell(f"%mcp tool bad.{name}")
        assert servers["bad"].tools[name].__signature__ is not None
        shell.run(f"%mcp call bad.{name} x=1")
    assert shell("%mcp call bad.echo text=still").result.text == "still"


def test_what_was_given_with_a_call_goes_with_every_round_of_it(shell: Shell) -> None:
    shell(f"%mcp add s1 --protocol 2026-07-28 -- {playground('s1')}")
    shell("%mcp call s1.elicitation --meta '{\"example.org/t\": 1}'")
    rounds = frames("s1", "tools/call")
    assert len(rounds) == 2
    assert all('"example.org/t":1' in each for each in rounds)
    assert '"inputResponses"' in rounds[1]


@pytest.mark.parametrize("given", [[1, "two"], "text", 3])
def test_arguments_that_are_no_object_travel_as_given_from_python_too(shell, given):
    shell("from mcp_magics import servers")
    shell(f"servers.add('plain', command={shlex.split(faulty())!r})")
    sent = shell.value(f"servers['plain'].call('raw_frame', {given!r}).text")
    assert json.loads(sent)["params"]["arguments"] == given


def test_python_refuses_an_argument_given_twice_and_keywords_beside_no_object(shell):
    shell("from mcp_magics import servers")
    shell(f"servers.add('plain', command={shlex.split(faulty())!r})")
    assert "given twice: a" in str(shell.fails("servers['plain'].call('echo', {'a': 1}, a=2)", "usage"))
    assert "list" in str(shell.fails("servers['plain'].call('echo', [1], a=2)", "usage"))


def test_the_cell_that_loads_the_extension_shows_its_results_like_any_other(tmp_path):
    code = f"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="nocolor")
lines = ["%load_ext mcp_magics", "%mcp add s1 --quiet -- {playground("s1")}", "x = %mcp call s1.add a=1 b=1",
         "%mcp call s1.add a=2 b=2", "for i in (1,):", "    %mcp call s1.add a=3 b=3", "print('x', x.data)"]
assert shell.run_cell(chr(10).join(lines)).success
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    shown = [line for line in done.stdout.splitlines() if line.strip() and line.strip()[0] in "246x"]
    assert shown == ["4", "6", "x {'sum': 2}"]


def test_an_interrupted_script_ends_as_one_and_shows_its_own_line_and_not_how_it_was_waited() -> None:
    code = f"""
import os, signal, threading, time
from mcp_magics import servers

def interrupt():
    while not any(each.message.get("method") == "tools/call" for each in servers.journal.entries("s1")):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)

servers.add("s1", command={shlex.split(playground("s1"))!r})
servers["s1"].connect()
threading.Thread(target=interrupt, daemon=True).start()
servers["s1"].call("slow", seconds=600)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGINT
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")
    frames = [line for line in done.stderr.splitlines() if line.startswith("  File ")]
    assert '"<string>"' in frames[0]
    assert not [frame for frame in frames if "exchange.py" in frame or "pending.py" in frame]


def test_a_tool_of_python_takes_keywords_or_one_dict_and_says_so(shell):
    shell("from mcp_magics import servers")
    shell(f"servers.add('s1', command={shlex.split(playground('s1'))!r})")
    problem = shell.run("servers['s1'].tools.add(3)").error
    assert isinstance(problem, TypeError)
    assert "s1.add(*, a: " in str(problem)
    assert shell.value("servers['s1'].tools.add({'a': 1, 'b': 2}).data['sum']") == 3


def test_a_note_about_a_failed_call_does_not_stand_beside_the_next_result(shell):
    shell(f"%mcp add s1 --quiet -- {playground('s1')}")
    shell.run("%mcp call s1.sampling")
    shell("%mcp call s1.add a=1 b=1 -o sum --quiet")
    assert shell.value("sum.notes") == ()


def test_a_call_from_python_carries_the_same_notes_as_a_magic(s1):
    wrong = "argument arguments.a: 'many' is not of type 'number'"
    assert wrong in s1.value("%mcp call s1.add a=many b=1").notes
    result = servers["s1"].call("add", a="many", b=1)
    assert wrong in result.notes
    assert json.loads(frames("s1", "tools/call")[-1])["params"]["arguments"] == {"a": "many", "b": 1}
    assert wrong in servers["s1"].tools.add(a="many", b=1).notes


def test_an_option_given_as_an_argument_travels_and_is_noted(s1):
    (note,) = servers["s1"].tools.echo(text="hi", timeout=3).notes
    assert ".with_options(timeout=3)" in note
    assert json.loads(frames("s1", "tools/call")[-1])["params"]["arguments"] == {"text": "hi", "timeout": 3}
    assert "--timeout 3" in s1("%mcp call s1.echo text=hi timeout=3").text


def test_a_call_looks_once_whether_watched_files_have_changed(shell, tmp_path, monkeypatch):
    from mcp_magics.connection import live

    code = tmp_path / "code.py"
    code.write_text("1")
    shell(f"%mcp add f --reload {code} -- {faulty()}")
    looked = []
    monkeypatch.setattr(live, "snapshot", lambda *given: looked.append(given) or {})
    shell("%mcp call f.echo text=once")
    assert len(looked) == 1


@pytest.mark.parametrize(
    "request_line",
    [
        '%mcp request s1 tools/call {"name": "add", "arguments": {"a": 1, "b": 2}}',
        '%%mcp request s1 tools/call --raw\n{"name": "add", "arguments": {}, "name": "echo"}',
    ],
)
def test_a_raw_request_calls_no_disabled_tool(shell, request_line):
    shell(f"%mcp add s1 --disabled-tools add -- {playground('s1')}")
    before = frames("s1", "tools/call")
    assert "'add' is disabled" in str(shell.fails(request_line, "tool_disabled"))
    assert frames("s1", "tools/call") == before
    assert "hi" in shell('%mcp request s1 tools/call {"name": "echo", "arguments": {"text": "hi"}}').text


def test_a_raw_request_asks_for_approval_as_a_call_does(shell):
    shell(f"%mcp add s1 --approval prompt -- {playground('s1')}")
    shell.fails('%mcp request s1 tools/call {"name": "add", "arguments": {"a": 1, "b": 2}}', "approval_unavailable")
    assert frames("s1", "tools/call") == []


GATHERED = """
import asyncio
from mcp_magics import servers
asked, slow = await asyncio.gather(servers["s1"].acall("elicitation"), servers["s1"].acall("slow", seconds=2))
asked_too, _ = await asyncio.gather(servers["s1"].acall("elicitation"), servers["s1"].acall("elicitation"))
[each.notes for each in (asked, slow, asked_too, _)]
"""


def test_notes_stay_with_their_own_call_among_those_gathered(shell):
    shell(f"%mcp add s1 --protocol 2026-07-28 -- {playground('s1')}")
    asked, slow, *both = shell.value(GATHERED)
    assert slow == ()
    for notes in (asked, *both):
        (note,) = notes
        assert "elicitation" in note
        assert "declined: no one here can answer" in note


def test_a_question_pushed_to_nobody_in_particular_is_noted_with_each_call_under_way(shell):
    shell(f"%mcp add s1 --protocol legacy -- {playground('s1')}")
    asked, slow, *both = shell.value(GATHERED)
    assert asked == slow
    assert len(asked) == 1
    assert all(notes for notes in both)
    assert servers["s1"].call("add", a=1, b=2).notes == ()
