"""Forms of the schemas that servers really send: each opens, keeps what is filled in, and costs a bounded effort."""

from __future__ import annotations

import gc
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.effort import at_most_calls
from support.wild_schemas import CRUEL, EVERY, MADE, ODD

from mcp_magics.magics.argument_words import key_or_value
from mcp_magics.magics.body import arguments_from_body
from mcp_magics.schema import violations
from mcp_magics.schema.argument_entries import written
from mcp_magics.schema.argument_form import argument_form
from mcp_magics.schema.argument_values import entry_from
from mcp_magics.schema.arguments import argument_notes
from mcp_magics.schema.coerce import allowed_at
from mcp_magics.schema.exact_value import exact_text, on_one_line
from mcp_magics.schema.example import example_body, example_value
from mcp_magics.schema.field_rows import field_rows
from mcp_magics.schema.form import form_of
from mcp_magics.schema.form_content import content_of, prefilled
from mcp_magics.schema.signature import docstring, signature
from mcp_magics.schema.words import as_written
from mcp_magics.widgets.offer import Offer
from mcp_magics.widgets.open_form import OpenForm

CALLS = 8_000_000
"""What reading one schema may cost: the wildest one takes a third of it."""
TELLING = [
    {},
    {"it": None},
    {"it": "a\r\nb\tc", "\ud800": "\udfff", "": {"": ""}, "__proto__": {"constructor": 1}},
    {"it": [[], [None, True, "", {"a": []}], 10**30], "a.b": " x ", "constructor": "1", "more": {"": None}},
    {"it": {"kind": "cat", "lives": 9, "l": "a", "r": {"l": "b", "r": "c"}}, "kind": "dog", "p1": "x", "inner": 3},
]


def never(source: str) -> Any:
    raise AssertionError(source)


def opened(schema):
    """The open form of a tool with this schema, and all that it would run."""
    ran: list[str] = []
    return OpenForm(Offer("tool", "wild", "tool", {"name": "tool", "inputSchema": schema}), ran.append), ran


def said(form, **content):
    """What a page is told in answer."""
    told: list[Any] = []
    form.heard(content, told.append)
    return as_a_page_has_it(told[-1]) if told else None


def as_a_page_has_it(content):
    """``content`` as it arrives: JSON in UTF-8, as the kernel's messages are."""
    return json.loads(json.dumps(content, ensure_ascii=False, allow_nan=False).encode())


def test_there_are_eighty_of_them():
    assert len(EVERY) >= 80


@pytest.mark.parametrize("name", EVERY)
def test_a_form_opens_and_what_it_begins_with_is_the_cell_that_is_copied(name):
    form, ran = opened(EVERY[name])
    view = as_a_page_has_it(form.view())
    assert len(json.dumps(view)) < 700_000
    answer = said(form, do="entries", entry=view["entry"])["written"]
    assert answer["text"] == view["text"]
    said(form, do="run", entry=view["entry"], anyway=True)
    if answer["blocked"]:
        assert ran == []
    else:
        assert ran == [answer["text"]]
        assert sent_by(form.cell) == as_written(on_one_line(ran[0]))


def sent_by(cell):
    """The arguments that a copied cell sends."""
    _head, _, body = cell.partition("\n")
    return arguments_from_body(body, never).text if body else "{}"


@pytest.mark.parametrize("name", [*MADE, *ODD])
@pytest.mark.parametrize("value", TELLING, ids=range(len(TELLING)))
def test_any_arguments_come_back_from_the_fields_as_they_went_in(name, value):
    form, ran = opened(EVERY[name])
    text = exact_text(value)
    entry = said(form, do="text", text=text)["read"]["entry"]
    again = said(form, do="entries", entry=entry)["written"]["text"]
    assert json.loads(again) == value
    said(form, do="run", entry=entry, anyway=True)
    said(form, do="run", text=text, anyway=True)
    assert json.loads(ran[0]) == value
    assert ran[1] == text
    assert sent_by(form.cell) == as_written(text)


@pytest.mark.parametrize("name", EVERY)
def test_what_is_read_of_a_schema_is_read_with_a_bounded_effort(name, monkeypatch):
    schema = EVERY[name]
    monkeypatch.setattr("mcp_magics.schema.argument_entries.find", lambda *_, **__: violations.Findings())
    readings = (
        lambda: opened(schema)[0].view(),
        lambda: list(field_rows(argument_form(schema).root)),
        lambda: str(signature(schema)),
        lambda: docstring("tool", "", schema),
        lambda: example_body(schema),
        lambda: example_value(schema),
        lambda: [allowed_at(schema, each) for each in ("it", "p1", "ghost")],
        lambda: key_or_value("it=", schema if isinstance(schema, dict) else {}, ()),
        lambda: prefilled(form_of(schema)),
    )
    for reading in readings:
        with at_most_calls(CALLS):
            reading()


@pytest.mark.parametrize("name", CRUEL)
def test_an_open_form_of_a_cruel_schema_is_small(name):
    opened(MADE["formats"])[0].view()
    argument_notes(json.dumps(dict.fromkeys(MADE["formats"]["properties"], "x")), MADE["formats"])  # imports its checks
    tracemalloc.start()
    try:
        form, _ = opened(CRUEL[name])
        form.view()
        _, peak = tracemalloc.get_traced_memory()
        gc.collect()  # the errors of jsonschema are cycles
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 20_000_000
    assert peak < 50_000_000


@pytest.mark.parametrize("name", EVERY)
def test_an_example_is_a_body_that_can_be_run(name):
    assert json.loads(arguments_from_body(example_body(EVERY[name]), never).text) is not None


@pytest.mark.parametrize("name", [*MADE, *ODD])
def test_as_the_schema_of_a_question_it_is_a_form_that_can_be_sent_to_a_page(name):
    from mcp_magics.widgets.question_view import _bounded, _fields

    form = _bounded(form_of(EVERY[name]))
    view = as_a_page_has_it(_fields(form))
    assert len(json.dumps(view)) < 700_000
    json.dumps(content_of(form, prefilled(form)).content)


def test_the_check_of_a_schema_that_is_large_ends_by_the_clock(monkeypatch):
    ticks = iter(range(10**9))
    monkeypatch.setattr(violations.time, "monotonic", lambda: next(ticks) / 100)
    large = {"type": "object", "properties": {f"p{n}": {"type": "string", "minLength": n} for n in range(3000)}}
    with at_most_calls(CALLS):
        found = violations.find({"p1": ""}, large, most=5)
    assert [error.message for error in found.errors] == ["'' should be non-empty"]
    assert found.trouble == ""


def test_what_cannot_be_held_against_a_schema_for_its_size_is_said():
    vast = {"type": "object", "description": "x" * 5_000_000, "minProperties": 1}
    assert "5,000" in violations.find({}, vast, most=5).trouble


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([*MADE, *ODD]), st.dictionaries(st.sampled_from(["it", "a", "b", "kind", ""]), JSON))
def test_no_value_is_lost_between_text_and_fields(name, value):
    form = argument_form(EVERY[name])
    entry = as_a_page_has_it(entry_from(form, exact_text(value)))
    assert json.loads(written(form, entry, {}).text) == value


def test_a_member_whose_name_cannot_be_seen_is_called_by_its_quoted_name():
    form, _ = opened(ODD["names"])
    called = {each.get("name", ""): each["title"] for each in form.view()["form"]["fields"]}
    assert (called[""], called[" "], called["\n"], called["a.b"]) == ('""', '" "', '"\\n"', "a.b")
    assert called["\u202eevil"] == "⟨U+202E⟩evil"
