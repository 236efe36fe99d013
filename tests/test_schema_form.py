"""A JSON Schema as a form, and what is entered into it as the JSON value that travels."""

from __future__ import annotations

import json

import pytest

from mcp_magics.schema.form import MISSING, Field, form_of
from mcp_magics.schema.form_content import content_of, prefilled
from mcp_magics.schema.problems import Problem
from mcp_magics.schema.sensitive import is_sensitive

EVERYTHING = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "title": "Your name", "description": "As on the door", "minLength": 2},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "height": {"type": "number", "exclusiveMinimum": 0},
        "news": {"type": "boolean", "default": True},
        "sure": {"type": "boolean"},
        "mail": {"type": "string", "format": "email"},
        "colour": {"type": "string", "enum": ["r", "g"], "enumNames": ["Red", "Green"], "default": "g"},
        "size": {"type": "string", "oneOf": [{"const": "s", "title": "Small"}, {"const": "l", "title": "Large"}]},
        "many": {"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}, "minItems": 1, "maxItems": 2},
        "titled": {"type": "array", "items": {"anyOf": [{"const": "x", "title": "Ex"}, {"const": "y"}]}},
    },
}


def field(schema: object) -> Field:
    """The one field of a form with this member."""
    (only,) = form_of({"type": "object", "properties": {"it": schema}}).fields
    return only


def read(schema: object, entry: object):
    """What one member's entry becomes."""
    return content_of(form_of({"type": "object", "properties": {"it": schema}}), {"it": entry})


def test_each_member_becomes_a_field_of_its_kind():
    fields = {each.name: each for each in form_of(EVERYTHING).fields}
    kinds = [each.kind for each in fields.values()]
    assert kinds == [
        *["string", "integer", "number"],
        "boolean",
        "boolean",
        "string",
        *["choice"] * 2,
        *["choices"] * 2,
    ]
    name, size, many = fields["name"], fields["size"], fields["many"]
    assert (name.title, name.description, name.required) == ("Your name", "As on the door", True)
    assert (name.bounds.shortest, fields["age"].bounds.most, fields["height"].bounds.above) == (2, 150, 0)
    assert [each.title for each in fields["colour"].choices] == ["Red", "Green"]
    assert [(each.value, each.title) for each in size.choices] == [("s", "Small"), ("l", "Large")]
    assert (many.bounds.fewest, many.bounds.most_items) == (1, 2)
    assert [each.title for each in fields["titled"].choices] == ["Ex", "y"]
    assert fields["mail"].default is MISSING


def test_defaults_are_filled_in_and_travel_if_nobody_changes_them():
    form = form_of(EVERYTHING)
    entries = prefilled(form)
    assert (entries["colour"], entries["news"], entries["sure"]) == (1, True, None)
    assert content_of(form, {**entries, "name": "Ada"}).content == {"name": "Ada", "news": True, "colour": "g"}


def test_what_was_entered_travels_as_the_types_of_the_schema():
    entries = {"name": "Ada", "age": "36", "height": "1.70", "news": False, "sure": True, "size": 1, "many": [0, 2]}
    reading = content_of(form_of(EVERYTHING), entries)
    assert reading.problems == ()
    assert json.dumps(reading.content) == json.dumps(
        {"name": "Ada", "age": 36, "height": 1.7, "news": False, "sure": True, "size": "l", "many": ["a", "c"]}
    )


def test_an_empty_optional_field_is_left_out_and_an_empty_required_one_is_a_problem():
    reading = content_of(form_of(EVERYTHING), {"name": "", "age": "", "mail": "", "many": []})
    assert reading.content == {"name": ""}
    assert [problem.path for problem in reading.problems] == [("name",)]
    assert not reading.blocked


@pytest.mark.parametrize(
    ("schema", "typed", "value", "said"),
    [
        ({"type": "integer"}, "old", "old", '"old" is no whole number'),
        ({"type": "integer"}, "1.5", 1.5, "1.5 is no whole number"),
        ({"type": "number"}, "007", "007", '"007" is no number'),
        ({"type": "number"}, "NaN", "NaN", '"NaN" is no number'),
        ({"type": "number"}, "0.12345678901234567890", 0.12345678901234568, "so many digits"),
        ({"type": "integer", "minimum": 0}, "-3", -3, "at least 0"),
        ({"type": "number", "multipleOf": 0.5}, "1.2", 1.2, "a multiple of 0.5"),
        ({"type": "string", "format": "email"}, "ada", "ada", "no email"),
        ({"type": "string", "format": "uri"}, "example.org", "example.org", "no uri"),
        ({"type": "string", "format": "date"}, "2025-02-30", "2025-02-30", "no date"),
        ({"type": "string", "format": "date-time"}, "2025-01-31T12:00", "2025-01-31T12:00", "no date-time"),
        ({"type": "string", "pattern": "^a+$"}, "b", "b", "does not match"),
        ({"type": "string", "maxLength": 2}, "abc", "abc", "at most 2 characters"),
    ],
)
def test_what_a_field_does_not_allow_is_said_beside_it_and_could_still_be_sent(schema, typed, value, said):
    reading = read(schema, typed)
    assert reading.content == {"it": value}
    assert [problem.path for problem in reading.problems] == [("it",)]
    assert said in reading.problems[0].message
    assert not reading.blocked


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("email", "ada@example.com"),
        ("uri", "urn:isbn:0451450523"),
        ("date", "2024-02-29"),
        ("date-time", "2016-12-31t23:59:60.5-08:00"),
        ("time", "12:00:00+01:00"),
        ("uuid", "123E4567-e89b-12d3-a456-426614174000"),
        ("ipv6", "::1"),
        ("of-nobody", "anything"),
    ],
)
def test_a_text_of_its_format_has_no_problem(name, text):
    assert read({"type": "string", "format": name}, text).problems == ()


def test_integers_keep_every_digit_and_texts_are_never_taken_for_numbers():
    big = "9" * 30
    assert read({"type": "integer"}, big).content == {"it": int(big)}
    assert read({"type": "string"}, "0042").content == {"it": "0042"}
    assert read({"type": "string"}, " ").content == {"it": " "}


def test_choices_need_not_be_texts_and_true_is_not_one():
    schema = {"enum": [1, True, None, {"a": 1}], "default": True}
    assert prefilled(form_of({"properties": {"it": schema}})) == {"it": 1}
    assert [read(schema, number).content["it"] for number in range(4)] == [1, True, None, {"a": 1}]
    assert read(schema, 7).content == {}
    assert read(schema, True).content == {}


def test_json_travels_as_it_was_typed_and_what_is_no_json_blocks():
    assert read({}, '{"b": [1, null], "a": "x"}').content == {"it": {"b": [1, None], "a": "x"}}
    for broken in ("{", "NaN", '{"a": 1, "a": 2}', "[" * 100_000):
        reading = read({}, broken)
        assert reading.blocked, broken
        assert reading.content == {}


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_what_may_be_null_is_the_other_thing_and_null_only_where_it_must_be_there(union):
    schema = {union: [{"type": "integer", "minimum": 1}, {"type": "null"}], "title": "How many"}
    it = field(schema)
    assert (it.kind, it.nullable, it.title, it.bounds.least) == ("integer", True, "How many", 1)
    assert read(schema, "").content == {}
    required = form_of({"type": "object", "properties": {"it": schema}, "required": ["it"]})
    assert content_of(required, {"it": ""}).content == {"it": None}


@pytest.mark.parametrize("schema", [{"type": ["string", "null"]}, {"anyOf": [{"enum": ["a"]}, {"type": "null"}]}, {}])
def test_a_null_by_default_is_an_empty_field_of_a_question_too(schema):
    form = form_of({"type": "object", "properties": {"it": {**schema, "default": None}}})
    assert prefilled(form)["it"] in ("", None)
    assert content_of(form, prefilled(form)).content == {}


def test_nested_objects_arrays_and_references_have_fields_too():
    schema = {
        "$defs": {"place": {"type": "object", "required": ["x"], "properties": {"x": {"type": "number"}}}},
        "type": "object",
        "properties": {
            "at": {"$ref": "#/$defs/place"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "all": {"allOf": [{"type": "string"}, {"maxLength": 3}]},
        },
    }
    form = form_of(schema)
    at, tags, both = form.fields
    assert (at.kind, at.fields[0].path, tags.kind, tags.item.kind) == ("object", ("at", "x"), "array", "string")
    assert (both.kind, both.bounds.longest) == ("string", 3)
    reading = content_of(form, {"at": {"x": "2"}, "tags": ["a", ""]})
    assert reading.content == {"at": {"x": 2}, "tags": ["a", ""]}
    assert content_of(form, prefilled(form)) == content_of(form, {})
    assert content_of(form, {}).content == {}


def test_an_optional_object_in_which_nothing_was_entered_is_left_out_and_lacks_nothing():
    inner = {"type": "object", "required": ["street"], "properties": {"street": {"type": "string"}, "no": {}}}
    form = form_of({"type": "object", "properties": {"to": inner}})
    assert content_of(form, prefilled(form)) == content_of(form, {})
    assert content_of(form, prefilled(form)).problems == ()
    (problem,) = content_of(form, {"to": {"street": "", "no": "4"}}).problems
    assert problem.path == ("to", "street")


def test_a_schema_of_no_object_is_one_field_of_its_own():
    form = form_of({"type": "integer", "maximum": 3})
    assert (form.fields, form.whole.kind) == ((), "integer")
    assert content_of(form, "2").content == 2
    assert content_of(form, "4").problems == (Problem((), "has to be at most 3"),)


def recursive() -> dict:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "many": {"$ref": "#/$defs/node"}}}
    return {"$defs": {"node": node}, "$ref": "#/$defs/node"}


def deep() -> dict:
    schema: dict = {"type": "string"}
    for _ in range(60):
        schema = {"type": "object", "properties": {"in": schema}, "required": ["in"]}
    return schema


HOSTILE = {
    "nothing": None,
    "a list": [],
    "a text": "object",
    "false": False,
    "empty": {},
    "an empty form": {"type": "object", "properties": {}},
    "members of no kind": {"type": "object", "properties": {"a": None, "b": 3, "c": {"type": {"x": 1}}}},
    "properties that are a list": {"type": "object", "properties": ["a"], "required": "a"},
    "the network": {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/s.json"}}},
    "itself": {"$ref": "#"},
    "recursive": recursive(),
    "60 levels": deep(),
    "a cycle of parts": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
    "1,000 members": {"type": "object", "properties": {f"m{n}": {"type": "string"} for n in range(1000)}},
    "10,000 choices": {"type": "object", "properties": {"a": {"enum": list(range(10_000))}}},
    "bounds of no kind": {"type": "object", "properties": {"a": {"type": "string", "minLength": "x", "pattern": "("}}},
    "far bounds": {"type": "object", "properties": {"a": {"type": "number", "minimum": 1e999, "multipleOf": 0}}},
    "texts of no kind": {"type": "object", "properties": {"a": {"type": "string", "title": 3, "format": []}}},
}


@pytest.mark.parametrize("schema", HOSTILE.values(), ids=HOSTILE)
def test_a_form_comes_out_of_any_schema_and_takes_any_entry(schema):
    form = form_of(schema)
    entries = prefilled(form)
    content_of(form, entries)
    for entry in ("x", 3, None, True, [1, "a"], {"a": {"b": 1}, "in": 3}):
        content_of(form, entry)
        if form.whole is None:
            content_of(form, dict.fromkeys(entries, entry))
    assert len(form.fields) <= 500


def test_a_schema_that_cannot_be_held_against_the_value_is_a_note_and_blocks_nothing():
    reading = content_of(form_of(HOSTILE["the network"]), {"a": "1"})
    assert (reading.content, reading.problems) == ({"a": 1}, ())
    assert "Unresolvable" in reading.note


@pytest.mark.parametrize(
    "asked",
    [
        *({"title": text, "type": "string"} for text in ("Your password", "API key", "Personal access token", "CVV")),
        {"type": "string", "format": "password"},
        {"type": "string", "writeOnly": True},
        {"type": "integer", "title": "Credit card number"},
        {"type": "object", "properties": {"clientSecret": {"type": "string"}}},
    ],
)
def test_a_field_that_asks_for_a_secret_is_known(asked):
    assert is_sensitive(field(asked))


@pytest.mark.parametrize(
    "asked",
    [
        *({"title": text, "type": "string"} for text in ("Name", "Key", "Favourite cookie", "Secretary", "max tokens")),
        {"type": "integer", "title": "Tokens"},
        {"type": "boolean", "title": "Forgot your password?"},
        {"type": "string", "title": "Password strength", "enum": ["weak", "strong"]},
    ],
)
def test_a_field_that_does_not_is_not_taken_for_one(asked):
    assert not is_sensitive(field(asked))
