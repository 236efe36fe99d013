"""The log of servers and the wire log as they are shown."""

from __future__ import annotations

import pytest
from support.commands import faulty, playground
from support.shell import Shell

from mcp_magics.connection.manager import servers
from mcp_magics.connection.serverlog import MAX_NAME, ServerLog
from mcp_magics.redact import redactor
from mcp_magics.results.message_summary import summarised

CALL = {"method": "tools/call", "params": {"name": "add", "arguments": {"a": 1}, "_meta": {"progressToken": 1}}}


@pytest.mark.parametrize(
    ("message", "asked", "summary"),
    [
        (CALL, {}, 'tools/call add {"a": 1}'),
        ({"method": "resources/read", "params": {"uri": "s1://a"}}, {}, "resources/read s1://a"),
        ({"method": "tools/list", "params": {"cursor": "2"}}, {}, 'tools/list {"cursor": "2"}'),
        ({"method": "ping"}, {}, "ping"),
        ({"error": {"code": -32602, "message": "no"}}, CALL, "tools/call add error -32602: no"),
        ({"error": "odd"}, {}, 'error "odd"'),
        ({"result": {"content": [{"type": "text", "text": "3"}]}}, CALL, "tools/call add: 3"),
        ({"result": {"content": [{"type": "image"}], "isError": True}}, CALL, "tools/call add: isError [image]"),
        ({"result": {"tools": [1, 2]}}, {"method": "tools/list"}, "tools/list: 2 tools"),
        ({"result": {"a": [1]}}, {}, '{"a": [1]}'),
        ({"result": {"content": [None, 1]}}, {}, "null; 1"),
        ({"result": None}, {"method": "ping"}, "ping: null"),
    ],
)
def test_a_message_is_told_by_its_method_its_name_and_what_it_carries(message, asked, summary) -> None:
    assert summarised(message, asked) == summary


def test_a_row_of_the_wire_log_cannot_be_taken_for_a_request_id(shell: Shell) -> None:
    shell(f"%mcp add f -- {faulty()}")
    shell("%mcp call f.echo text=traced")
    shell("%mcp ping f")
    cell = shell("%mcp trace f")
    lines = cell.text.splitlines()
    assert lines[0].endswith("one whole: %mcp trace --id N, with its number under n")
    assert lines[1].split() == ["n", "time", "server", "direction", "rpc_id", "ms", "bytes", "summary"]
    assert 'tools/call echo {"text": "traced"}' in " ".join(cell.text.split())
    row = cell.result.df.query("method == 'tools/call'").iloc[0]
    assert '"traced"' in shell(f"%mcp trace f --id {row['n']}").text
    assert int(row["rpc_id"]) != row["n"]


def test_a_servers_own_drawing_is_text_and_its_messages_are_json() -> None:
    log = ServerLog("x")
    log.add("stderr", "\x1b[31m╭── \x1b]0;title\x07Error ──╮\x1b[0m")
    log.message({"level": "warning", "data": {"a": [1, None]}, "logger": "l"})
    assert [line.text for line in log] == ["╭── Error ──╮", '{"a":[1,null]}']


def test_a_level_and_a_logger_are_as_bounded_and_as_redacted_as_what_is_logged() -> None:
    log = ServerLog("s")
    redactor().register("s3cr3t-of-a-logger", "LOGGER")
    log.message({"level": ["x" * 50_000], "logger": "s3cr3t-of-a-logger" + "y" * 50_000, "data": 1})
    (line,) = log.lines()
    assert len(line.level) == len(line.logger) == MAX_NAME
    assert "s3cr3t" not in line.logger


def test_a_long_log_shows_its_newest_lines_and_the_line_to_type_for_all(shell: Shell) -> None:
    shell(f"%mcp add f --no-connect -- {faulty()}")
    for number in range(2_219):
        servers["f"].log.add("stderr", f"line {number} " + "word " * 400)
    cell = shell("%mcp log f")
    lines = cell.text.splitlines()
    assert len(lines) <= 206
    assert lines[1].endswith(" earlier; use %mcp log f --last 2219")
    assert "line 2218" in cell.text
    assert "line 2218" in cell.html
    assert len(shell("%mcp log f --last 30").result.df) == 30
    short = "\n".join(shell("%mcp log f --last 30").text.splitlines())
    assert all(f"line {number} " in short for number in range(2_189, 2_219))
    assert len(cell.result.df) == 2_219


def test_a_server_of_2026_07_28_without_log_messages_says_how_to_ask_for_them(shell: Shell) -> None:
    shell(f"%mcp add s1 --protocol 2026-07-28 -- {playground('s1')}")
    note = shell("%mcp log s1").text.splitlines()[-1]
    assert note.startswith("s1: in 2026-07-28 log messages come only with a request that asks for them")
    typed = note.partition(": %mcp ")[2]
    shell(f"%mcp {typed}")
    shell("%mcp call s1.log message=heard level=warning")
    text = shell("%mcp log s1").text
    assert "heard" in text
    assert "2026-07-28" not in text


def test_a_server_of_an_older_era_is_not_said_to_wait_for_being_asked(shell: Shell) -> None:
    shell(f"%mcp add s1 --protocol legacy -- {playground('s1')}")
    assert "asks for them" not in shell("%mcp log s1").text
