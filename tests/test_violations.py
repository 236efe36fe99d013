"""Everything a server breaks stands in one table, and nothing that can be used is hidden for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.commands import faulty
from support.odd_http import JSON, Asked, OddServer, Response, error
from support.shell import Shell

from mcp_magics.connection.breaches import HELD, ITEMS, MOST, Breaches
from mcp_magics.connection.manager import servers
from mcp_magics.results.reply import Reply
from mcp_magics.results.violations import Violation

GOOD = {"name": "good", "inputSchema": {"type": "object"}}
TEXT = {"content": [{"type": "text", "text": "here"}]}


def found(name: str = "a") -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["rule"], row["path"]): dict(row) for row in servers[name].violations}


def answer(asked: Asked, **members: Any) -> Response:
    """A response with these members, whatever JSON-RPC wants."""
    return Response(200, json.dumps({"jsonrpc": "2.0", "id": asked.rpc_id} | members).encode(), kind=JSON)


def without(asked: Asked, member: str, **members: Any) -> Response:
    message = {"jsonrpc": "2.0", "id": asked.rpc_id} | members
    del message[member]
    return Response(200, json.dumps(message).encode(), kind=JSON)


# -- lists ---------------------------------------------------------------------------------------------------

BAD_TOOLS = [
    "no object",
    {"inputSchema": {"type": "object"}},
    {"name": 5, "inputSchema": {"type": "object"}},
    {"name": "null", "inputSchema": None},
    {"name": "text", "inputSchema": "object"},
    {"name": "list", "inputSchema": {"type": "array"}},
    {"name": "hints", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": "yes"}},
    {"name": "out", "inputSchema": {"type": "object"}, "outputSchema": "string"},
    {"name": "with space", "inputSchema": {"type": "object"}},
    GOOD,
    {"name": "good", "inputSchema": {"type": "object"}, "description": "twice"},
]


def test_a_bad_tool_among_good_ones_hides_none_and_is_listed(shell: Shell, odd: OddServer) -> None:
    odd.on["tools/list"] = lambda _asked: {"tools": BAD_TOOLS}
    odd.on["tools/call"] = lambda _asked: TEXT
    shell(f"%mcp add a {odd.url}")
    assert list(servers["a"].tools) == ["null", "text", "list", "hints", "out", "with space", "good"]
    assert shell("%mcp call a.good x=1").result.text == "here"
    assert shell("%%mcp_call a.text --raw\n{}").result.text == "here"
    assert shell("%mcp call a.text x=1").result.text == "here"
    assert shell('%mcp tool a."null"').text
    rules = found()
    for expected in (
        ("wrong_type", "tools[0]"),
        ("missing_name", "tools[1].name"),
        ("wrong_type", "tools[2].name"),
        ("wrong_type", "tools[3].inputSchema"),
        ("wrong_type", "tools[4].inputSchema"),
        ("schema_type", "tools[5].inputSchema.type"),
        ("wrong_type", "tools[6].annotations.readOnlyHint"),
        ("wrong_type", "tools[7].outputSchema"),
        ("tool_name", "tools[8].name"),
        ("duplicate_name", "tools[10].name"),
    ):
        assert expected in rules, expected
    row = rules["wrong_type", "tools[4].inputSchema"]
    assert (row["value"], row["revision"], row["where"]) == ('"object"', "2025-11-25", "tools/list")
    assert "'text'" in row["message"]
    assert not any(path.startswith("tools[9]") for _, path in rules)


@pytest.mark.parametrize(
    ("verb", "method", "member", "good", "bad", "path"),
    [
        ("resources", "resources/list", "resources", {"uri": "x://a", "name": "a"}, {"name": "b"}, "[1].uri"),
        ("resources", "resources/list", "resources", {"uri": "x:a", "name": "a"}, {"uri": "b", "name": "b"}, "[1].uri"),
        (
            "templates",
            "resources/templates/list",
            "resourceTemplates",
            {"uriTemplate": "x://{a}", "name": "a"},
            {"uriTemplate": 3, "name": "b"},
            "[1].uriTemplate",
        ),
        (
            "prompts",
            "prompts/list",
            "prompts",
            {"name": "a"},
            {"name": "b", "arguments": ["c", {"required": True}]},
            "[1].arguments[0]",
        ),
        ("prompts", "prompts/list", "prompts", {"name": "a"}, 7, "[1]"),
    ],
)
def test_a_bad_item_of_any_list_hides_no_good_one(
    shell: Shell, odd: OddServer, verb: str, method: str, member: str, good: Any, bad: Any, path: str
) -> None:
    odd.on[method] = lambda _asked: {member: [good, bad]}
    shell(f"%mcp add a {odd.url}")
    assert good in list(shell(f"%mcp {verb} a").result.items)
    assert any(at.startswith(f"{member}{path}") for _, at in found())


@pytest.mark.parametrize("cursor", [None, 7, ["next"], {}])
def test_a_cursor_of_the_wrong_type_keeps_what_came(shell: Shell, odd: OddServer, cursor: Any) -> None:
    odd.on["tools/list"] = lambda asked: (
        {"tools": []} if "cursor" in asked.message.get("params", {}) else {"tools": [GOOD], "nextCursor": cursor}
    )
    shell(f"%mcp add a {odd.url}")
    assert list(servers["a"].tools) == ["good"]
    assert ("wrong_type", "nextCursor") in found()


def test_a_bad_page_among_good_ones_loses_none_of_them(shell: Shell, odd: OddServer) -> None:
    pages: dict[Any, dict[str, Any]] = {
        None: {"tools": [GOOD], "nextCursor": "2"},
        "2": {"tools": "none", "nextCursor": "3"},
        "3": {"tools": [{"name": "last", "inputSchema": {"type": "object"}}]},
    }
    odd.on["tools/list"] = lambda asked: pages[asked.message.get("params", {}).get("cursor")]
    shell(f"%mcp add a {odd.url}")
    assert list(servers["a"].tools) == ["good", "last"]
    assert ("wrong_type", "tools") in found()


def test_a_refused_later_page_keeps_those_before_it(shell: Shell, odd: OddServer) -> None:
    def paged(member: str, item: Any) -> Any:
        def respond(asked: Asked) -> Any:
            if "cursor" in asked.message.get("params", {}):
                return error(asked, -32603, "page lost", status=200)
            return {member: [item], "nextCursor": "2"}

        return respond

    odd.on["tools/list"] = paged("tools", GOOD | {"name": "echo"})
    odd.on["resources/list"] = paged("resources", {"uri": "x:a", "name": "a"})
    shell(f"%mcp add a {odd.url}")
    assert shell("%mcp call a.echo text=hi").result.text == "hi"
    for verb in ("tools", "resources"):
        cell = shell(f"%mcp {verb} a")
        assert len(cell.result) == 1
        assert "page lost" in cell.text
    assert any(rule == "pagination" for rule, _ in found())


# -- messages ------------------------------------------------------------------------------------------------


def calling(odd: OddServer, respond: Any) -> None:
    odd.on["tools/call"] = respond


def test_a_null_error_beside_a_result_is_a_result_and_is_listed(shell: Shell, odd: OddServer) -> None:
    calling(odd, lambda asked: answer(asked, result=TEXT, error=None))
    shell(f"%mcp add a {odd.url}")
    assert shell("%mcp call a.echo").result.text == "here"
    row = found()["JSON-RPC 2.0 §5: Response object", "error"]
    assert (row["where"], row["message"]) == ("tools/call", "has both a result and an error")


def test_an_error_beside_a_result_is_an_error_and_is_listed(shell: Shell, odd: OddServer) -> None:
    calling(odd, lambda asked: answer(asked, result=TEXT, error={"code": 1, "message": "no"}))
    shell(f"%mcp add a {odd.url}")
    assert "no" in str(shell.fails("%mcp call a.echo", "rpc_error"))
    assert ("JSON-RPC 2.0 §5: Response object", "error") in found()


@pytest.mark.parametrize("version", [None, "1.0", 2.0])
def test_a_wrong_or_missing_jsonrpc_is_tolerated_and_listed(shell: Shell, odd: OddServer, version: Any) -> None:
    def respond(asked: Asked) -> Response:
        return answer(asked, result=TEXT, jsonrpc=version) if version else without(asked, "jsonrpc", result=TEXT)

    calling(odd, respond)
    shell(f"%mcp add a {odd.url}")
    assert shell("%mcp call a.echo").result.text == "here"
    assert ("JSON-RPC 2.0 §5: Response object", "jsonrpc") in found()


@pytest.mark.parametrize(
    ("error", "path"),
    [
        ({"message": "no"}, "error.code"),
        ({"code": "-32000", "message": "no"}, "error.code"),
        ({"code": 1}, "error.message"),
        ("no", "error"),
    ],
)
def test_an_odd_error_is_shown_and_listed(shell: Shell, odd: OddServer, error: Any, path: str) -> None:
    calling(odd, lambda asked: answer(asked, error=error))
    shell(f"%mcp add a {odd.url}")
    shell.fails("%mcp call a.echo", "rpc_error")
    assert ("JSON-RPC 2.0 §5.1: Error object", path) in found()
    calling(odd, lambda _asked: TEXT)
    assert shell("%mcp call a.echo").result.text == "here"


@pytest.mark.parametrize("result", [None, [1], "text", 5])
def test_a_result_that_is_no_object_is_shown_and_listed(shell: Shell, odd: OddServer, result: Any) -> None:
    calling(odd, lambda asked: answer(asked, result=result))
    shell(f"%mcp add a {odd.url}")
    assert shell("%mcp call a.echo").result.raw == result
    assert ("wrong_type", "result") in found()


# -- the beginning -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoiled", "path"),
    [
        ({"serverInfo": None}, "serverInfo"),
        ({"serverInfo": {"name": "x"}}, "serverInfo.version"),
        ({"serverInfo": {"name": "x", "version": 3}}, "serverInfo.version"),
        ({"capabilities": {"tools": True}}, "capabilities.tools"),
        ({"capabilities": ["tools"]}, "capabilities"),
        ({"capabilities": {"tools": {"listChanged": "yes"}}}, "capabilities.tools.listChanged"),
        ({"capabilities": {"tools": {}, "experimental": {"x": 1}}}, ""),
        ({"instructions": ["read"]}, "instructions"),
    ],
)
def test_an_odd_beginning_is_mended_and_listed(shell: Shell, odd: OddServer, spoiled: Any, path: str) -> None:
    begun = {
        "protocolVersion": "2025-11-25",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "odd", "version": "1"},
    }
    odd.on["initialize"] = lambda _asked: begun | spoiled
    shell(f"%mcp add a {odd.url} --protocol legacy")
    assert shell("%mcp call a.echo text=hi").result.text == "hi"
    assert not path or any(at == path for _, at in found())


@pytest.mark.parametrize("version", ["2099-01-01", None, 5])
def test_an_unknown_protocol_version_is_a_clear_failure(shell: Shell, odd: OddServer, version: Any) -> None:
    begun = {"protocolVersion": version, "capabilities": {}, "serverInfo": {"name": "odd", "version": "1"}}
    odd.on["initialize"] = lambda _asked: begun
    error = shell.run(f"%mcp add a {odd.url} --protocol legacy").error
    assert error.failure.class_ in ("protocol_version", "protocol_error"), error  # type: ignore[union-attr]


# -- the table -----------------------------------------------------------------------------------------------


def violation(number: int = 0) -> Violation:
    return Violation("wrong_type", f"content[{number}]", {"n": number}, "2025-11-25", "must be an object")


def test_the_same_violation_ten_thousand_times_is_one_row_with_a_count() -> None:
    kept = Breaches("x")
    for _ in range(10_000):
        kept.add(violation(), "tools/call echo")
    (row,) = kept.table()
    assert (row["count"], row["where"], row["value"]) == (10_000, "tools/call echo", '{ "n": 0 }')


def test_the_table_is_bounded_and_says_what_it_left_out() -> None:
    kept = Breaches("x")
    for number in range(MOST + 20):
        kept.add(violation(number))
    assert len(kept.table()) == MOST
    assert "20 more" in repr(kept.table()._document())


def reply(result: Any) -> Reply:
    message = {"jsonrpc": "2.0", "id": 1, "result": result}
    return Reply(json.dumps(message).encode(), message, 0.1)


def test_more_answers_than_are_kept_lose_no_violation() -> None:
    kept = Breaches("x")
    for number in range(3 * HELD):
        kept.hold("tools/call", reply(TEXT if number else {}), "2025-11-25", name="t")
    assert [each.rule for each in kept.look()] == ["missing_content"]


def test_a_large_answer_is_looked_at_as_long_as_its_caller_keeps_it() -> None:
    kept = Breaches("x")
    large = reply({"content": [{"type": "text", "text": "x" * 400_000}, {"type": "text"}]})
    kept.hold("tools/call", large, "2025-11-25")
    assert [each.path for each in kept.look()] == ["content[1].text"]
    kept.hold("tools/call", large, "2025-11-25")
    del large
    assert "not looked at" in kept.table().note


def test_an_answer_that_never_was_bytes_is_looked_at_too() -> None:
    kept = Breaches("x")
    small = {"jsonrpc": "2.0", "id": 1, "result": {}}
    kept.hold("tools/call", Reply(b"", small, 0.1), "2025-11-25")
    kept.hold("tools/call", Reply(b"", {"result": {"content": "x" * 400_000}}, 0.1), "2025-11-25")
    assert [each.rule for each in kept.look()] == ["missing_content"]
    assert "not looked at" in kept.table().note


def test_of_a_very_long_list_the_beginning_is_looked_at() -> None:
    kept = Breaches("x")
    long = reply({"content": [*({"type": "text", "text": ""} for _ in range(ITEMS)), {"type": "text"}]})
    kept.hold("tools/call", long, "2025-11-25")
    assert kept.look() == ()


def test_secrets_and_terminal_sequences_do_not_reach_the_table(shell: Shell, odd: OddServer) -> None:
    calling(odd, lambda asked: {"content": [{"type": "\x1b[31mred", "token": asked.headers.get("authorization", "")}]})
    shell("import os; os.environ['T'] = 'a-very-secret-bearer-token-9f3a'")
    shell(f"%mcp add a {odd.url} --header 'Authorization: Bearer ${{T}}'")
    shell("%mcp call a.echo --quiet")
    shown = repr(servers["a"].violations) + json.dumps(servers["a"].violations.to_json())
    assert "unknown_block_type" in shown
    assert "\x1b" not in shown
    assert "9f3a" not in shown


def test_it_is_kept_over_reconnects_and_eras_and_forgotten_with_its_server(shell: Shell, odd: OddServer) -> None:
    calling(odd, lambda _asked: {"content": "text"})
    shell(f"%mcp add a {odd.url}")
    shell("%mcp call a.echo --quiet")
    shell("%mcp restart a")
    shell("%mcp call a.echo --protocol legacy --quiet")
    (row,) = servers["a"].violations
    assert (row["path"], row["count"]) == ("content", 2)
    shell("%mcp remove a")
    shell(f"%mcp add a {odd.url}")
    assert len(servers["a"].violations) == 0


def test_a_server_that_behaves_has_none_in_either_era(shell: Shell) -> None:
    shell(f"%mcp add a -- {faulty()}")
    for era in ("2026-07-28", "legacy"):
        shell(f"%mcp call a.echo text=hi --protocol {era} --quiet")
    assert servers["a"].violations.to_json() == []
    assert "violation" not in shell("%mcp status a").text


def test_a_list_says_beside_it_that_its_server_broke_the_rules(shell: Shell) -> None:
    card = shell(f"%mcp add a -- {faulty('bad-tools')}").text
    assert card.splitlines()[-1].endswith("violations: %mcp violations a")
    cell = shell("%mcp tools a")
    assert "echo" in cell.text
    count = sum(each.where == "tools/list" for each in servers["a"].violations.items)
    assert count > 1
    assert cell.text.splitlines()[-1].endswith(f"{count} violations: %mcp violations a")


@pytest.mark.parametrize(
    ("kind", "method", "member"),
    [("resources", "resources/list", "resources"), ("prompts", "prompts/list", "prompts")],
)
def test_lists_of_other_kinds_say_so_too(shell: Shell, odd: OddServer, kind: str, method: str, member: str) -> None:
    odd.on[method] = lambda _asked: {member: [{"name": 1, "uri": "a://b"}]}
    shell(f"%mcp add a {odd.url}")
    assert "%mcp violations a" in shell(f"%mcp {kind} a").text


def test_the_table_has_a_verb_and_the_status_names_it(shell: Shell, odd: OddServer) -> None:
    calling(odd, lambda _asked: {"content": "text"})
    shell(f"%mcp add a {odd.url}")
    assert "no violations" in shell("%mcp violations a").text
    shell("%mcp call a.echo --quiet")
    assert "%mcp violations a" in shell("%mcp status a").text
    table = shell("%mcp violations a").result
    assert list(table.df.columns) == ["rule", "path", "value", "revision", "message", "where", "time", "count"]
    assert json.loads(shell("%mcp violations a --json").stdout)[0]["rule"] == "wrong_type"


def test_what_is_no_message_is_listed(shell: Shell) -> None:
    shell(f"%mcp add a -- {faulty('noise')}")
    shell("%mcp call a.echo text=hi --quiet")
    row = found()["basic/transports: messages", ""]
    assert (row["where"], bool(row["value"])) == ("stdout", True)


@pytest.mark.parametrize(
    "fault", ["wrong-id", "duplicate-ids", "bad-utf8", "no-result-type", "strange-notices", "progress-backwards"]
)
def test_what_belongs_to_no_answer_is_in_the_table_too(shell: Shell, fault: str) -> None:
    shell(f"%mcp add a -- {faulty(fault)}")
    for tool in list(servers["a"].tools):
        shell.run(f"%mcp call a.{tool} --timeout 5 --quiet")
    assert [row["rule"] for row in servers["a"].violations], fault


def test_a_result_without_its_type_is_complete_and_listed_in_2026_only(shell: Shell, odd: OddServer) -> None:
    def respond(asked: Asked) -> dict[str, Any] | None:
        if asked.rpc == "server/discover":
            return {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}}
        return {"tools": [GOOD]} if asked.rpc == "tools/list" else TEXT

    odd.on["*"] = respond
    shell(f"%mcp add a {odd.url}")
    assert servers["a"].protocol_version == "2026-07-28"
    assert shell("%mcp call a.good").result.text == "here"
    wheres = {row["where"] for row in servers["a"].violations if row["rule"] == "missing_resultType"}
    assert wheres == {"server/discover", "tools/list", "tools/call good"}
