"""The arguments of a tool as a form, and back: whatever the schema, no digit and no member is lost either way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_magics.schema.argument_entries import checked, written
from mcp_magics.schema.argument_form import argument_form
from mcp_magics.schema.argument_values import begun, entry_from
from mcp_magics.schema.exact_value import exact_text, exact_value, on_one_line

CIRCLE = {"type": "object", "properties": {"kind": {"const": "circle"}, "r": {"type": "number"}}, "required": ["kind"]}
SQUARE = {"type": "object", "properties": {"kind": {"const": "square"}, "w": {"type": "number"}}, "required": ["kind"]}
ORDER = {
    "type": "object",
    "required": ["name", "count"],
    "properties": {
        "name": {"type": "string"},
        "count": {"type": "number"},
        "sure": {"type": "boolean"},
        "colour": {"enum": ["red", 1, None]},
        "shape": {"oneOf": [CIRCLE, SQUARE]},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}},
        "when": {"anyOf": [{"type": "string", "format": "date"}, {"type": "integer"}, {"type": "null"}]},
        "either": {"type": ["string", "number"]},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
    },
}
TREE = {
    "$defs": {"node": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}},
    "$ref": "#/$defs/node",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ORDER["properties"], "more", ""]), inner, max_size=4)
    ),
    max_leaves=8,
)


def back(schema, text):
    """A JSON text, into the form and out again."""
    form = argument_form(schema)
    return written(form, entry_from(form, text), {})


@given(JSON)
def test_any_json_comes_back_from_a_form_as_it_went_in(value):
    text = json.dumps(value)
    for schema in (ORDER, TREE, {"oneOf": [CIRCLE, SQUARE]}, {"type": "object"}, True):
        assert exact_value(back(schema, text).text) == exact_value(text)


@pytest.mark.parametrize("literal", ["1.10", "1e400", "-0", "123456789012345678901234567890", "1E+2"])
def test_a_number_keeps_its_digits_both_ways(literal):
    text = f'{{"name": "a", "count": {literal}}}'
    assert on_one_line(back(ORDER, text).text) == on_one_line(text)
    assert entry_from(argument_form(ORDER), text)["of"]["count"] == literal


def test_fields_of_every_kind_become_json():
    entry = {
        "name": "Ada",
        "count": "2.50",
        "sure": True,
        "colour": 1,
        "shape": {"variant": 1, "entry": {"of": {"kind": 0, "w": "3"}, "more": ""}},
        "rows": [{"of": {"x": "1"}, "more": ""}, {"raw": '{"x": "odd"}'}],
        "when": None,
        "either": {"variant": 0, "entry": "5"},
        "tags": [1, 0],
    }
    done = written(argument_form(ORDER), {"of": entry, "more": '{"also": 1.0}'}, {})
    assert on_one_line(done.text) == (
        '{"name":"Ada","count":2.50,"sure":true,"colour":1,"shape":{"kind":"square","w":3},'
        '"rows":[{"x":1},{"x":"odd"}],"either":"5","tags":["b","a"],"also":1.0}'
    )
    assert [each.path for each in done.problems] == [("rows", 1, "x")]
    assert not done.blocked


def test_a_variant_is_found_by_what_tells_it_from_the_others():
    entry = entry_from(argument_form(ORDER), '{"shape": {"kind": "square", "w": 1}, "when": 12, "either": 3}')
    assert [entry["of"][name]["variant"] for name in ("shape", "when", "either")] == [1, 1, 1]


def test_a_root_that_is_a_union_lets_one_choose_and_keeps_what_all_variants_share():
    shared = {"type": "object", "properties": {"id": {"type": "integer"}}, "oneOf": [CIRCLE, {"required": ["id"]}]}
    root = argument_form(shared).root
    assert root.kind == "union"
    assert [[each.name for each in variant.fields] for variant in root.variants] == [["id", "kind", "r"], ["id"]]
    assert [each.title for each in root.variants] == ["kind: circle", "with id"]
    assert on_one_line(written(argument_form(shared), begun(root), {}).text) == '{"kind":"circle"}'


def test_a_form_begins_with_defaults_and_with_what_can_be_nothing_else():
    schema = {
        "type": "object",
        "required": ["kind", "inner"],
        "properties": {
            "kind": {"const": 7},
            "page": {"type": "integer", "default": 1},
            "inner": {"type": "object", "properties": {"deep": {"type": "string", "default": "x"}}},
            "left_out": {"type": "object", "properties": {"deep": {"type": "string", "default": "x"}}},
        },
    }
    form = argument_form(schema)
    assert on_one_line(written(form, begun(form.root), {}).text) == '{"kind":7,"page":1,"inner":{"deep":"x"}}'


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "integer"),
        ({"type": ["string", "null"], "format": "date"}, "string"),
        ({"anyOf": [{"$ref": "#/$defs/colour"}, {"type": "null"}]}, "choice"),
        ({"anyOf": [{"const": "a"}, {"type": "null"}]}, "choice"),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "boolean"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}, "union"),
        ({"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": "null"}]}, "object"),
        ({}, "json"),
    ],
)
def test_what_is_null_by_default_begins_as_its_own_field_left_out(schema, kind):
    colours = {"colour": {"enum": ["red", "blue"]}}
    form = argument_form({"type": "object", "$defs": colours, "properties": {"it": {**schema, "default": None}}})
    (it,) = form.root.fields
    assert (it.kind, it.nullable or kind == "json") == (kind, True)
    assert begun(form.root)["of"]["it"] in ("", None)
    assert on_one_line(written(form, begun(form.root), {}).text) == "{}"
    assert on_one_line(back(form.schema, '{"it": null}').text) == '{"it":null}'


def test_an_empty_text_by_default_is_an_empty_line_and_one_that_is_written_stays():
    schema = {"type": "object", "properties": {"query": {"type": "string", "default": ""}}}
    form = argument_form(schema)
    assert begun(form.root)["of"] == {"query": ""}
    assert on_one_line(back(schema, '{"query": ""}').text) == '{"query":""}'


def test_what_has_to_be_there_begins_with_its_default_whatever_that_is():
    schema = {"type": "object", "properties": {"a": {"type": ["string", "null"], "default": None}}, "required": ["a"]}
    form = argument_form(schema)
    assert on_one_line(written(form, begun(form.root), {}).text) == '{"a":null}'


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"format": "base64"}, "+/8="),
        ({"format": "base64url"}, "-_8="),
        ({"contentEncoding": "base64url"}, "-_8="),
        ({"format": "binary"}, "+/8="),
    ],
)
def test_bytes_travel_in_the_alphabet_their_schema_names(schema, text):
    either = {"anyOf": [{"type": "string", **schema}, {"type": "null"}]}
    form = argument_form({"type": "object", "properties": {"data": either}})
    entry = {"of": {"data": {"file": "f1"}}, "more": ""}
    assert json.loads(written(form, entry, {"f1": b"\xfb\xff"}).text) == {"data": text}


@pytest.mark.parametrize("name", ["path", "uuid", "duration", "json-string"])
def test_other_formats_are_plain_lines(name):
    (it,) = argument_form({"type": "object", "properties": {"it": {"type": "string", "format": name}}}).root.fields
    assert (it.kind, it.encoding) == ("string", "")


def test_what_is_missing_is_said_at_its_field_and_may_be_sent_all_the_same():
    form = argument_form(ORDER)
    done = written(form, begun(form.root), {})
    assert {each.path for each in done.problems} == {("name",), ("count",)}
    assert not done.blocked
    assert done.text == "{}"


@pytest.mark.parametrize("typed", ['{"a": 1', '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 100_000, "", "'a'"])
def test_what_is_no_json_is_kept_as_typed_and_blocks(typed):
    done = checked(argument_form(ORDER), typed)
    assert done.blocked
    assert done.text == typed
    with pytest.raises(ValueError, match="no JSON"):
        entry_from(argument_form(ORDER), typed)


def test_a_text_in_a_field_for_a_number_travels_as_that_text():
    done = written(argument_form(ORDER), {"of": {"name": "a", "count": "many"}, "more": ""}, {})
    assert on_one_line(done.text) == '{"name":"a","count":"many"}'
    assert '"many" is no number' in done.problems[0].message


def test_a_file_travels_as_base64_and_one_that_did_not_arrive_blocks():
    form = argument_form({"type": "object", "properties": {"data": {"type": "string", "contentEncoding": "base64"}}})
    assert form.root.fields[0].encoding == "base64"
    entry = {"of": {"data": {"file": "f1"}}, "more": ""}
    assert on_one_line(written(form, entry, {"f1": b"\x00\xff"}).text) == '{"data":"AP8="}'
    assert written(form, entry, {}).blocked


def test_other_members_are_a_json_object_that_hides_no_field():
    form = argument_form({"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "integer"}})
    assert form.root.open_ended
    assert written(form, {"of": {}, "more": "[1]"}, {}).blocked
    assert written(form, {"of": {}, "more": '{"a": 1}'}, {}).blocked
    assert on_one_line(written(form, {"of": {"a": "1"}, "more": '{"b": 2}'}, {}).text) == '{"a":1,"b":2}'


def deep(levels):
    schema = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"in": schema}, "required": ["in"]}
    return schema


def size(field):
    return 1 + sum(map(size, (*field.fields, *field.variants, *([field.item] if field.item else []))))


@pytest.mark.parametrize(
    "schema",
    [
        deep(60),
        TREE,
        {"$ref": "#"},
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#"}}]},
        {"type": "object", "properties": {f"p{n}": {"oneOf": [{"$ref": "#"}] * 20} for n in range(20)}},
        {"type": "object", "properties": "no", "required": 3, "oneOf": [1, None, "x"]},
        {"type": [], "anyOf": {}},
        {"enum": [float("nan")], "default": float("inf")},
        False,
        None,
    ],
)
def test_a_form_comes_out_of_any_schema_in_bounds(schema):
    form = argument_form(schema)
    assert size(form.root) < 1500
    assert written(form, begun(form.root), {}).text
    assert back(schema, '{"in": {"in": 1}}').text


def test_text_on_one_line_keeps_every_token():
    text = '{ "a b" : [ 1.0 ,\n "x \\" \\u00e9" ] }'
    assert on_one_line(text) == '{"a b":[1.0,"x \\" \\u00e9"]}'
    assert exact_text(exact_value("[1.0, {}, []]")) == "[1.0,{},[]]"
