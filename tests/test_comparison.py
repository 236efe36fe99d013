"""One request of two servers, or of one in both eras: what differs is said, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.commands import faulty
from support.odd_http import Asked, OddServer, error
from support.shell import Shell

from mcp_magics.connection.manager import servers
from mcp_magics.errors import CommandError, DifferenceError, MCPMagicsError, UnknownServerError
from mcp_magics.results.difference import MISSING, MOST, differences


def places(left: Any, right: Any, *ignored: str) -> list[tuple[str, Any, Any]]:
    return [(each.path, each.left, each.right) for each in differences(left, right, ignored).found]


# -- values --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, True, 1, "a", [], {}, {"a": [1, {"b": None}]}, float("nan"), 10**40])
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert places(value, json.loads(json.dumps(value))) == []


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 2, [("", 1, 2)]),
        (1, 1.0, []),
        (1, True, [("", 1, True)]),
        ([0], [False], [("[0]", 0, False)]),
        ({"a": None}, {}, [("a", None, MISSING)]),
        ({}, {"a b": 1}, [("['a b']", MISSING, 1)]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("a[0]", 1, 2), ("a[1]", 2, 1)]),
        ([1, 2, 3], [0, 1, 2, 3], [("[0]", MISSING, 0)]),
        ([1, 2, 3], [1, 3], [("[1]", 2, MISSING)]),
        ({"a": {"b": [{"c": "x"}]}}, {"a": {"b": [{"c": "y"}]}}, [("a.b[0].c", "x", "y")]),
        ({"a": 1}, [1], [("", {"a": 1}, [1])]),
    ],
)
def test_what_differs_is_named_by_its_place(left: Any, right: Any, expected: Any) -> None:
    assert places(left, right) == expected


def test_an_ignored_place_and_what_lies_below_it_do_not_count_and_its_neighbours_do() -> None:
    left = {"time": 1, "timer": 1, "at": {"x": 1}, "list": [{"t": 1}, {"t": 2}]}
    right = {"time": 2, "timer": 2, "at": {"x": 2}, "list": [{"t": 3}, {"t": 4}]}
    assert [path for path, _, _ in places(left, right, "time", "at", "list[*].t")] == ["timer"]
    assert differences(left, right, ["nothing.here", "time"]).unmatched == ("nothing.here",)


@pytest.mark.parametrize(
    ("path", "is_there"),
    [
        ("time", True),
        (".at.x", True),
        ("list[*].t", True),
        ("list[1].t", True),
        ("list[2].t", True),
        ("list[3].t", False),
        ("list[*].u", False),
        ("only.here", True),
        ("tim", False),
        ("at.x.y", False),
    ],
)
def test_an_ignored_place_that_is_equal_or_on_one_side_only_is_there_all_the_same(path: str, is_there: bool) -> None:
    left = {"time": 1, "at": {"x": 1}, "list": [{"t": 1}, {"t": 2}, {"t": 3}], "only": {"here": 1}}
    right = {"time": 1, "at": {"x": 1}, "list": [{"t": 1}, {"t": 2}]}
    assert (path not in differences(left, right, [path]).unmatched) is is_there


def test_huge_values_are_given_up_and_deep_ones_are_not() -> None:
    given_up = differences(list(range(2 * MOST)), list(range(1, 2 * MOST + 1)))
    assert (len(given_up.found), given_up.is_whole) == (MOST, False)
    deep: Any = 1
    other: Any = 2
    for _ in range(5_000):
        deep, other = [deep], [other]
    assert len(differences(deep, other).found) == 1


# -- eras ----------------------------------------------------------------------------------------------------


def test_both_eras_of_one_server_give_the_same_and_it_is_shown_once(shell: Shell) -> None:
    shell(f"%mcp add a -- {faulty()}")
    cell = shell("%mcp call a.echo text=hi --protocol both -o pair")
    assert cell.result.same
    assert "give the same" in cell.text
    assert cell.text.count("hi") == 1
    assert (cell.result.left.text, cell.result.right.text) == ("hi", "hi")
    assert [side.revision for side in cell.result.sides] == ["2026-07-28", "2025-11-25"]
    assert cell.result.ratio > 0
    assert "resultType" in str(cell.result.notes)
    assert shell.value("pair").same


def test_the_arguments_are_one_text_worked_out_once(shell: Shell) -> None:
    shell(f"%mcp add a -- {faulty()}")
    shell("calls = []")
    shell("def once():\n    calls.append(1)\n    return f'n{len(calls)}'")
    pair = shell("%mcp call a.echo text={once()} --protocol both").result
    assert (pair.left.text, pair.right.text, shell.value("len(calls)")) == ("n1", "n1", 1)


def test_an_era_a_server_does_not_speak_is_said_and_the_others_result_shown(shell: Shell, odd: OddServer) -> None:
    shell(f"%mcp add a {odd.url}")
    cell = shell("%mcp call a.echo text=hello --protocol both")
    assert not cell.result.same
    assert cell.result.right.text == "hello"
    assert "could not be asked" in cell.text
    assert "hello" in cell.text
    shell.fails("%mcp call a.echo text=hello --protocol both --fail", "different")


@pytest.mark.parametrize("line", ["tools a", "request a tools/list", "read a x://y", "prompt a.p x=1", "resources a"])
def test_every_verb_that_asks_compares_eras(shell: Shell, line: str) -> None:
    shell(f"%mcp add a -- {faulty()}")
    pair = shell(f"%mcp {line} --protocol both").result
    assert [side.revision for side in pair.sides] == ["2026-07-28", "2025-11-25"]
    assert pair.same, pair


def test_one_era_alone_is_one_result(shell: Shell) -> None:
    shell(f"%mcp add a -- {faulty()}")
    assert len(shell("%mcp tools a --protocol legacy").result) == 2
    assert shell("%mcp call a.echo text=x --protocol legacy").result.protocol_version == "2025-11-25"
    assert servers["a"].in_era("legacy").connection.state == "ready"


# -- servers -------------------------------------------------------------------------------------------------


@pytest.fixture
def other(nothing_leaks: None) -> Iterator[OddServer]:
    server = OddServer()
    yield server
    server.close()


@pytest.fixture
def two(shell: Shell, odd: OddServer, other: OddServer) -> Shell:
    """A shell with two servers, ``a`` (odd) and ``b`` (other)."""
    shell(f"%mcp add a {odd.url}")
    shell(f"%mcp add b {other.url}")
    return shell


def giving(**structured: Any) -> Any:
    return lambda _asked: {"content": [{"type": "text", "text": "t"}], "structuredContent": structured}


def test_what_two_servers_give_differs_by_place(two: Shell, odd: OddServer, other: OddServer) -> None:
    odd.on["tools/call"] = giving(total=1, at="noon", same=[1])
    other.on["tools/call"] = giving(total=2, at="one", same=[1])
    cell = two("%mcp call a.echo --against b --ignore structuredContent.at")
    (only,) = cell.result.differences
    assert only == {"path": "structuredContent.total", "left": 1, "right": 2}
    assert list(cell.result.differences.df.columns) == ["path", "left", "right"]
    assert "structuredContent.total" in cell.text
    assert "background" in cell.html
    document = json.loads(two("%mcp call a.echo --against b --json").stdout)
    assert (document["same"], len(document["differences"])) == (False, 2)
    assert document["left"]["result"]["structuredContent"]["total"] == 1


def test_a_place_that_is_ignored_and_happens_to_be_equal_was_no_mistake(two: Shell) -> None:
    same = two("%mcp call a.echo text=x --against b --ignore content[*].text --ignore content[0].txet")
    assert same.result.notes == ("--ignore matched nothing: content[0].txet",)


def test_lists_are_compared_by_name(two: Shell, odd: OddServer, other: OddServer) -> None:
    schema = {"type": "object"}
    odd.on["tools/list"] = lambda _asked: {
        "tools": [{"name": name, "inputSchema": schema} for name in ("gone", "kept", "changed")]
    }
    other.on["tools/list"] = lambda _asked: {
        "tools": [
            {"name": "changed", "inputSchema": schema, "description": "new"},
            {"name": "kept", "inputSchema": schema},
            {"name": "new", "inputSchema": schema},
        ]
    }
    found = {each["path"]: each for each in two("%mcp tools a --against b --refresh").result.differences}
    assert found.keys() == {"gone", "changed.description", "new"}
    assert "right" not in found["gone"]


def test_an_error_of_one_side_is_its_side_and_an_error_of_both_is_compared(
    two: Shell, odd: OddServer, other: OddServer
) -> None:
    def refuses(code: int) -> Any:
        return lambda asked: error(asked, code, "no", status=200)

    other.on["tools/call"] = refuses(-32602)
    pair = two("%mcp call a.echo text=x --against b").result
    assert (pair.left.text, pair.right.class_) == ("x", "rpc_error")
    assert pair.differences[0].right == "rpc_error -32602"
    odd.on["tools/call"] = refuses(-32000)
    (code,) = two("%mcp call a.echo text=x --against b").result.differences
    assert (code["path"], code["left"], code["right"]) == ("error.code", -32000, -32602)


def test_an_is_error_is_a_difference(two: Shell, other: OddServer) -> None:
    other.on["tools/call"] = lambda asked: {
        "content": [{"type": "text", "text": asked.message["params"]["arguments"]["text"]}],
        "isError": True,
    }
    (only,) = two("%mcp call a.echo text=x --against b").result.differences
    assert only["path"] == "isError"


def test_violations_are_part_of_the_comparison(two: Shell, other: OddServer) -> None:
    other.on["tools/call"] = lambda _asked: {"content": [{"type": "text", "text": "x", "annotations": 1}]}
    paths = [each["path"] for each in two("%mcp call a.echo text=x --against b").result.differences]
    assert any(path.startswith("violations") for path in paths)


def test_long_texts_are_shown_from_where_they_part(two: Shell, odd: OddServer, other: OddServer) -> None:
    odd.on["tools/call"] = giving(text="x" * 5_000 + "left")
    other.on["tools/call"] = giving(text="x" * 5_000 + "right")
    cell = two("%mcp call a.echo --against b")
    assert "xleft" in cell.text
    assert "xright" in cell.html
    assert cell.result.differences[0].left.endswith("left")


def test_hostile_values_are_escaped(two: Shell, other: OddServer) -> None:
    other.on["tools/call"] = lambda _asked: {"content": [{"type": "text", "text": "<script>x</script>\x1b[31m"}]}
    cell = two("%mcp call a.echo text=x --against b")
    assert "<script>" not in cell.html
    assert "\x1b" not in cell.text


@pytest.mark.parametrize(
    ("rest", "class_"),
    [
        ("--against nobody", "unknown_server"),
        ("--against b --protocol both", "usage"),
        ("--against b --no-wait", "usage"),
        ("--against b --expect-error", "usage"),
        ("--ignore content", "usage"),
    ],
)
def test_what_cannot_be_compared_is_said_and_nothing_is_sent(
    two: Shell, odd: OddServer, rest: str, class_: str
) -> None:
    two.fails(f"%mcp call a.echo text=x {rest}", class_)
    assert "tools/call" not in odd.rpcs()


def test_a_tool_that_neither_has_is_an_error_and_one_that_one_lacks_a_side(two: Shell, other: OddServer) -> None:
    two.fails("%mcp call a.nothing --against b", "unknown_tool")
    other.on["tools/list"] = lambda _asked: {"tools": []}
    two("%mcp restart b")
    assert two("%mcp call a.echo text=x --against b").result.right.class_ == "unknown_tool"


def test_a_server_against_itself_has_the_time_of_each_asking(two: Shell) -> None:
    comparison = two("%mcp call a.echo text=x --against a").result
    assert [side.label for side in comparison.sides] == ["a", "a, again"]
    (row,) = [line for line in repr(comparison).splitlines() if "time" in line and "ms" in line]
    assert row.count("(x ") == 1


# -- Python --------------------------------------------------------------------------------------------------


def test_python_compares_too(two: Shell, other: OddServer) -> None:
    same = servers["a"].compare("echo", {"text": "x"}, against=servers["b"])
    assert same.raise_for_difference() is same
    other.on["tools/call"] = giving(total=2)
    differs = servers["a"].compare("echo", {"text": "x"}, against=servers["b"], ignore=["content"])
    assert [each.path for each in differs.differences.items] == ["structuredContent"]
    with pytest.raises(DifferenceError) as caught:
        differs.raise_for_difference()
    assert isinstance(caught.value, MCPMagicsError)
    assert caught.value.comparison is differs


def test_python_takes_the_other_servers_name_and_a_single_place_to_leave_out(two: Shell, other: OddServer) -> None:
    other.on["tools/call"] = giving(total=2)
    differs = servers["a"].compare("echo", {"text": "x"}, against="b", ignore="content")
    assert [side.label for side in differs.sides] == ["a", "b"]
    assert [each.path for each in differs.differences.items] == ["structuredContent"]


def test_python_refuses_what_names_no_other_server(two: Shell) -> None:
    with pytest.raises(UnknownServerError, match="nope"):
        servers["a"].compare("echo", {"text": "x"}, against="nope")
    with pytest.raises(CommandError, match="a server or its name, not int"):
        servers["a"].compare("echo", {"text": "x"}, against=3)  # type: ignore[arg-type]


def test_python_compares_eras_and_awaits(shell: Shell) -> None:
    shell(f"%mcp add a -- {faulty()}")
    shell("from mcp_magics import servers")
    assert shell.value("await servers['a'].acompare('echo', {'text': 'x'})").same


def test_nothing_of_a_comparison_is_sent_side_by_side(two: Shell, odd: OddServer, other: OddServer) -> None:
    order: list[str] = []

    def noting(name: str) -> Any:
        def respond(_asked: Asked) -> None:
            order.append(name)

        return respond

    odd.on["tools/call"], other.on["tools/call"] = noting("a"), noting("b")
    two("%mcp call a.echo text=x --against b --quiet")
    assert order == ["a", "b"]
