"""DataFrames and listings."""

from __future__ import annotations

import io
import json
import sys
import time
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import call, reply, text

from mcp_magics.errors import CommandError, ProtocolError
from mcp_magics.results.content import RawResult, ReadResult
from mcp_magics.results.listing import Listing
from mcp_magics.results.sanitise import columns_of
from mcp_magics.results.tabular import table_in_json, table_in_text

BIG = 2**63 + 1


def rows(frame: pd.DataFrame) -> list[dict]:
    return [
        {key: None if value is pd.NA or value != value else value for key, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"b": 1, "a": "x"}, {"b": 2, "a": "y"}], [{"b": 1, "a": "x"}, {"b": 2, "a": "y"}]),
        ([{"a": 1}, {"b": 2}], [{"a": 1, "b": None}, {"a": None, "b": 2}]),
        ({"x": [1, 2], "y": ["a", "b"]}, [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]),
        ({"x": 1, "y": None}, [{"x": 1, "y": None}]),
        ({"x": [1, 2], "y": [1]}, [{"x": [1, 2], "y": [1]}]),
        ([{"a": {"b": {"c": 1}}, "d": [1, 2]}], [{"a.b.c": 1, "d": [1, 2]}]),
        ([{"a": {"b": 1}, "a.b": 2}], [{"a.b": 1, "a.b (2)": 2}]),
        ([{"a": {}}], [{"a": {}}]),
        (["x", "y"], [{"value": "x"}, {"value": "y"}]),
        ([1, {"a": 1}, None], [{"value": 1}, {"value": {"a": 1}}, {"value": None}]),
        ([[1, 2], [3, 4]], [{"0": 1, "1": 2}, {"0": 3, "1": 4}]),
        ({"orders": [{"id": 1}]}, [{"id": 1}]),
        ({"orders": [{"id": 1}], "total": 1, "next_cursor": None}, [{"id": 1}]),
        ({"id": 7, "lines": [{"n": 1}]}, [{"id": 7, "lines": [{"n": 1}]}]),
        ({"tags": ["a", "b"]}, [{"tags": "a"}, {"tags": "b"}]),
        ({"orders": []}, []),
        ([], []),
    ],
)
def test_a_json_value_becomes_the_table_it_is(value, expected):
    assert rows(call(structuredContent=value).df) == expected
    assert rows(call(text(json.dumps(value))).df) == expected


def test_columns_keep_the_order_they_were_sent_in():
    assert list(call(structuredContent=[{"z": 1, "a": {"y": 1, "b": 2}}, {"m": 1}]).df) == ["z", "a.y", "a.b", "m"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2], "int64"),
        ([1, None], "Int64"),
        ([2**53 + 1, None], "Int64"),
        ([BIG, 1], "object"),
        ([10**40, None], "object"),
        ([2**53 + 1, 0.5], "object"),
        ([1, 0.5], "float64"),
        ([True, False], "bool"),
        ([True, None], "boolean"),
        ([1, "a"], "object"),
        ([True, 1], "object"),
    ],
)
def test_numbers_stay_exact(values, dtype):
    column = call(structuredContent=[{"n": value} for value in values]).df["n"]
    assert str(column.dtype) == dtype
    assert [None if value is pd.NA else value for value in column] == values


def test_a_lone_surrogate_does_not_break_a_table():
    assert call(structuredContent=[{"s": "\ud800"}]).df["s"][0] == "\ud800"


def test_structured_content_comes_before_text():
    assert rows(call(text("a,b\n1,2"), structuredContent={"n": 1}).df) == [{"n": 1}]


def test_a_wrapped_list_of_scalars_has_one_column_value():
    schema = {"x-fastmcp-wrap-result": True}
    assert rows(call(structuredContent={"result": ["a", "b"]}, schema=schema).df) == [{"value": "a"}, {"value": "b"}]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("a,b\n1,x\n2,y\n", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        ('name,note\r\n"Smith, J","said ""hi""\nthere"\r\n', [{"name": "Smith, J", "note": 'said "hi"\nthere'}]),
        ("id\tcode\n1\t007\n", [{"id": 1, "code": "007"}]),
        ("a;b\n1;2,5\n", [{"a": 1, "b": "2,5"}]),
        ("n,t\n1,true\n,false\n", [{"n": 1, "t": True}, {"n": None, "t": False}]),
        (f"n,f\n{BIG},1.5\n", [{"n": BIG, "f": 1.5}]),
        ("\ufeffa,b\n1,2\n", [{"a": 1, "b": 2}]),
        ("a,b\nNA,None\n", [{"a": "NA", "b": "None"}]),
        ("| a | b |\n|---|:-:|\n| 1 | x \\| y |\n| 2 |\n\nend", [{"a": 1, "b": "x | y"}, {"a": 2, "b": ""}]),
        ("Found 2:\n\na | b\n--- | ---\n1 | 2\n3 | 4", [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ('```json\n[{"a": 1}]\n```', [{"a": 1}]),
        ("```csv\na,b\n1,2\n```", [{"a": 1, "b": 2}]),
    ],
)
def test_a_table_that_arrives_as_text_is_read(sent, expected):
    assert rows(call(text(sent)).df) == expected


def test_several_texts_that_are_objects_are_rows():
    assert rows(call(text('{"a": 1}'), text('{"a": 2, "b": {"c": 3}}')).df) == [
        {"a": 1, "b.c": None},
        {"a": 2, "b.c": 3},
    ]


def test_a_table_is_found_among_other_texts():
    assert rows(call(text("Here you are:"), text('[{"a": 1}]')).df) == [{"a": 1}]


def test_a_resource_declared_as_csv_is_a_table_even_of_one_column():
    contents = [{"uri": "f", "mimeType": "text/csv; charset=utf-8", "text": "a\n1\n2\n"}]
    assert rows(ReadResult(reply({"contents": contents}), "s", "f").df) == [{"a": 1}, {"a": 2}]


def test_a_cell_larger_than_csv_modules_limit_is_whole():
    assert len(call(text("a,b\n1," + "x" * 300_000 + "\n")).df["b"][0]) == 300_000


@pytest.mark.parametrize("sent", ["hello", "two\nlines of text", "42", "", "a,b", "x, y\nz", "| a |"])
def test_what_is_no_table_says_what_it_is_instead(sent):
    with pytest.raises(ProtocolError) as caught:
        _ = call(text(sent)).df
    failure = caught.value.failure
    assert (failure.class_, failure.server, failure.next_step) == ("not_a_table", "s1", "result.data")
    assert f"{len(sent):,} characters" in failure.message


def test_any_method_has_a_table():
    assert rows(RawResult(reply({"values": ["a"], "hasMore": False}), "s", "m").df)[0]["values"] == ["a"]


@settings(deadline=None)
@given(st.text() | st.text('|-,\n\t;:` \\"ab1'))
def test_any_text_is_a_table_or_none_and_never_an_accident(value):
    table = table_in_text(value)
    assert table is None or all(len(column) == table.length for column in table.columns.values())


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc.") | st.text(), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_any_json_value_is_a_table_of_equal_columns(value):
    table = table_in_json(value)
    assert all(len(column) == table.length for column in table.columns.values())
    assert len(RawResult(reply_of(value), "s", "m").df) == table.length


def reply_of(value):
    from mcp_magics.results.reply import Reply

    return Reply(b"", {"result": value}, 0.0)


TOOLS = Listing(
    "2 tools",
    ("name", "description"),
    [
        {"name": "钉钉", "description": "does <b>\x1b[31m", "more": 1},
        {"name": "get-sum", "description": None, "more": 2},
    ],
    items=("first", "second"),
    note="a note",
)


def test_a_listing_is_indexed_by_position_name_and_slice():
    assert (TOOLS[0], TOOLS["get-sum"], TOOLS[-1]) == ("first", "second", "second")
    assert [row["name"] for row in TOOLS] == ["钉钉", "get-sum"]
    assert (len(TOOLS), len(TOOLS[1:]), TOOLS[1:][0]) == (2, 1, "second")
    with pytest.raises(IndexError):
        TOOLS[2]
    with pytest.raises(CommandError) as caught:
        TOOLS["get-sums"]
    assert caught.value.failure.next_step == "did you mean 'get-sum'?"


def test_a_listings_table_and_json_have_what_is_not_shown_too():
    assert list(TOOLS.df) == ["name", "description", "more"]
    assert TOOLS.to_json() == list(TOOLS.rows)


def test_a_listing_is_aligned_and_escaped():
    bundle = TOOLS._repr_mimebundle_()
    assert bundle["text/plain"].splitlines() == [
        "2 tools",
        "name     description",
        "--------------------",
        "钉钉     does <b>",
        "get-sum",
        "a note",
    ]
    assert "does &lt;b&gt;<" in bundle["text/html"]


def test_an_empty_listing_says_so():
    assert Listing("0 tools", ("name",), [])._repr_mimebundle_()["text/plain"] == "0 tools\n(none)"
    assert list(Listing("0 tools", ("name",), []).df) == ["name"]


def test_ten_thousand_rows_are_shown_quickly_within_the_cap():
    many = [{"name": f"tool-{index}", "description": "does <things> " * 30} for index in range(10_000)]
    listing = Listing("10,000 tools", ("name", "description"), many)
    before = time.thread_time()
    bundle = listing._repr_mimebundle_()
    took = time.thread_time() - before
    assert took < 1
    assert len(json.dumps(bundle)) <= 256 * 1024
    shown = bundle["text/plain"].count("tool-")
    assert bundle["text/plain"].endswith(f"… and {10_000 - shown:,} more; use .df")
    assert f"… and {10_001 - bundle['text/html'].count('<tr>'):,} more; use .df" in bundle["text/html"]
    assert len(repr(listing)) <= 2000
    assert len(listing.df) == 10_000


def shown(listing: Listing) -> list[str]:
    return listing._repr_mimebundle_()["text/plain"].splitlines()


def test_wide_tables_keep_to_the_width_of_a_line_and_lose_nothing():
    cells = [dict.fromkeys("abcdef", "x" * 90), dict.fromkeys("abcdef", "钉" * 90)]
    lines = shown(Listing("", tuple("abcdef"), cells))
    assert max(map(columns_of, lines)) <= 100
    text = "\n".join(lines)
    assert (text.count("x"), text.count("钉"), text.count("…")) == (540, 540, 0)


def test_a_long_last_cell_is_wrapped_beside_the_others():
    said = "every word of a description of a tool is there " * 6
    lines = shown(Listing("", ("tool", "description"), [{"tool": "a", "description": said}]))
    assert lines[2].startswith("a     every word")
    assert lines[3].startswith("      ")
    assert " ".join(" ".join(lines[2:]).split()) == f"a {said.strip()}"


def test_a_last_cell_without_room_beside_the_others_stands_below_them():
    names = ("server", "transport", "requirement", "credential", "connection", "problem")
    words = dict.fromkeys(names, "seventeen-letters")
    lines = shown(Listing("", names, [{**words, "problem": "what went wrong, at length " * 3}]))
    assert lines[1] == "    problem"
    assert lines[-1] == "    " + ("what went wrong, at length " * 3).strip()


ABOUT = {
    "uri": "protocol://about",
    "mimeType": "text/markdown",
    "description": "It never changes; clients may keep it for an hour and longer, if they like.",
    "audience": "user, assistant",
    "lastModified": "2026-07-28T12:00:00Z",
    "_meta": {"example.org/shelf": "top"},
}
DICE = {"uri": "ui://protocol/dice.html", "mimeType": "text/html;profile=mcp-app", "description": "A page. " * 9}


def test_no_column_is_made_so_narrow_that_its_words_are_cut():
    lines = shown(Listing("", tuple(ABOUT), [ABOUT, DICE, {"uri": "protocol://note", "mimeType": "text/plain"}]))
    text = "\n".join(lines)
    assert max(map(columns_of, lines)) <= 100
    for word in ("mimeType", "text/markdown", "text/html;profile=mcp-app", "2026-07-28T12:00:00Z", "assistant"):
        assert word in text


def test_columns_that_stand_below_are_named_in_the_rows_that_have_them():
    header, _, *lines = shown(Listing("", tuple(ABOUT), [ABOUT, DICE, {"uri": "protocol://note", "mimeType": "text"}]))
    below = [line for line in lines if line.startswith("    ")]
    told = f'description: {ABOUT["description"]} · _meta: {{ "example.org/shelf": "top" }}'
    assert " ".join(" ".join(below[:-1]).split()) == told
    assert below[-1].startswith("    description: A page.")
    assert "description" not in header
    assert lines[-1].split() == ["protocol://note", "text"]


def test_of_many_short_columns_the_last_stand_below():
    names = [f"column{number}" for number in range(30)]
    header, _, row, *below = shown(Listing("", tuple(names), [dict.fromkeys(names, 1.25)]))
    beside = header.split()
    assert beside == names[: len(beside)]
    assert row.split() == ["1.25"] * len(beside)
    told = " ".join(" ".join(below).split()).split(" · ")
    assert told == [f"{name}: 1.25" for name in names[len(beside) :]]


def test_a_column_without_values_is_left_out_of_the_plain_form_only():
    listing = Listing("", ("name", "title", "size"), [{"name": "a", "title": "", "size": 1}])
    assert shown(listing) == ["name  size", "----------", "a     1"]
    assert "<th" in listing._repr_mimebundle_()["text/html"].partition("title")[0]
    assert list(listing.df) == ["name", "title", "size"]


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_is_as_wide_as_the_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stdout", _Screen())
    listing = Listing("", ("name", "text"), [{"name": "a", "text": "word " * 100}])
    for columns in (70, 180):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert columns - 5 < max(map(len, shown(listing))) <= columns


def test_many_rows_are_cut_by_lines_too_and_the_newest_can_be_kept():
    rows = [{"n": number, "text": f"line {number}"} for number in range(2_219)]
    first = shown(Listing("", ("n", "text"), rows))
    assert (len(first), first[-1]) == (203, "… and 2,019 more; use .df")
    last = Listing("", ("n", "text"), rows, where="%mcp log x --last 2219", keeps="last")
    assert shown(last)[0] == "… 2,019 earlier; use %mcp log x --last 2219"
    assert shown(last)[-1] == "2218  line 2218"
    rich = last._repr_mimebundle_()["text/html"]
    assert rich.index("… 1,719 earlier; use %mcp log x") < rich.index("line 2217<") < rich.index("line 2218<")
    assert len(shown(replace(last, lines=None))) == 2_221


@settings(deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers() | st.text() | st.lists(st.text())),
        max_size=8,
    )
)
def test_a_listing_of_anything_is_shown(many):
    bundle = Listing("any", tuple("abc"), many)._repr_mimebundle_()
    assert len(json.dumps(bundle)) <= 256 * 1024
    json.dumps(bundle, ensure_ascii=False).encode()
