"""What a schema means for a caller: allowed types, signatures, docstrings, examples, violations."""

from __future__ import annotations

import inspect
import json
import time
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_magics.magics.body import arguments_from_body
from mcp_magics.schema.arguments import argument_notes
from mcp_magics.schema.coerce import allowed, allowed_at
from mcp_magics.schema.example import example_body, example_value
from mcp_magics.schema.patterns import matches
from mcp_magics.schema.resolve import resolve
from mcp_magics.schema.signature import Unset, docstring, signature, type_hint
from mcp_magics.schema.violations import check

EVERY = {"null", "boolean", "integer", "number", "string", "array", "object"}
NODE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "required": ["name", "next"],
            "properties": {
                "name": {"type": "string"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
        }
    },
}


def never(source: str) -> object:
    raise AssertionError(source)


# Allowed types


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        (True, EVERY),
        ({}, EVERY),
        (None, EVERY),
        (False, set()),
        ({"type": "string"}, {"string"}),
        ({"type": "number"}, {"number", "integer"}),
        ({"type": ["string", "null"]}, {"string", "null"}),
        ({"type": "text"}, EVERY),
        ({"type": "integer", "nullable": True}, {"integer", "null"}),
        ({"enum": ["a", 1, None]}, {"string", "integer", "null"}),
        ({"const": True}, {"boolean"}),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"integer", "null"}),
        ({"oneOf": [{"type": "array"}, {"const": {}}]}, {"array", "object"}),
        ({"allOf": [{"type": ["string", "integer"]}, {"type": ["integer", "null"]}]}, {"integer"}),
        ({"type": ["string", "integer"], "anyOf": [{"type": "number"}, {"type": "boolean"}]}, {"integer"}),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "array"}}}, {"array"}),
        ({"$ref": "#/$defs/a%20b~1c", "$defs": {"a b/c": {"type": "array"}}}, {"array"}),
        ({"$ref": "#here", "$defs": {"a": {"$anchor": "here", "type": "array"}}}, {"array"}),
        ({"$id": "https://x/s", "$ref": "https://x/s#/$defs/a", "$defs": {"a": {"type": "array"}}}, {"array"}),
        ({"$ref": "https://example.com/schema"}, EVERY),
        ({"$ref": "#/nowhere"}, EVERY),
        ({"$ref": "#"}, EVERY),
        ({"$ref": 5, "anyOf": "x", "enum": {}, "type": 3}, EVERY),
    ],
)
def test_the_types_a_schema_allows(schema, types):
    assert allowed(schema).types == types


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({"properties": {"k": {"type": "integer"}}}, {"integer"}),
        ({"properties": {"x": {"type": "integer"}}}, EVERY),
        ({"additionalProperties": {"type": "integer"}}, {"integer"}),
        ({"additionalProperties": False}, EVERY),
        ({"patternProperties": {"^k": {"type": "integer"}}}, {"integer"}),
        ({"patternProperties": {"(": {"type": "integer"}}}, EVERY),
        ({"allOf": [{"properties": {"k": {"type": "integer"}}}, {}]}, {"integer"}),
        ({"anyOf": [{"properties": {"k": {"type": "integer"}}}, {"properties": {"x": {}}}]}, {"integer"}),
        (
            {"oneOf": [{"properties": {"k": {"const": 1}}}, {"properties": {"k": {"const": "a"}}}]},
            {"integer", "string"},
        ),
        ({"if": {}, "then": {"properties": {"k": {"type": "array"}}}}, {"array"}),
        (
            {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"k": {"$ref": "#/$defs/b"}}}, "b": {"type": "null"}}},
            {"null"},
        ),
        ({"properties": []}, EVERY),
        ("nonsense", EVERY),
    ],
)
def test_the_types_an_object_schema_allows_at_a_member(schema, types):
    assert allowed_at(schema, "k").types == types


def test_a_text_outside_an_enum_is_no_string_there():
    found = allowed({"anyOf": [{"enum": ["auto"]}, {"type": "integer"}]})
    assert found.text("auto")
    assert not found.text("5")
    assert allowed({"anyOf": [{"enum": ["auto"]}, {"type": "string"}]}).text("5")


@pytest.mark.parametrize(
    ("literal", "whole"), [("5", True), ("5.0", True), ("5.10", False), ("51e-1", False), ("5.1e1", True), ("-0", True)]
)
def test_a_number_literal_is_an_integer_when_its_value_is(literal, whole):
    assert allowed({"type": "integer"}).literal("number", literal) is whole


def test_a_schema_that_explodes_is_looked_at_for_a_bounded_time():
    definitions = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 3} for i in range(60)}
    schema = {"$ref": "#/$defs/d0", "$defs": definitions, "properties": {"k": {"$ref": "#/$defs/d0"}}}
    started = time.monotonic()
    allowed(schema)
    allowed_at(schema, "k")
    assert time.monotonic() - started < 20


def test_a_pattern_of_a_stranger_cannot_backtrack():
    assert matches("^(a+)+$", "a" * 50_000 + "!") is False
    assert matches("b", "abc") is True
    assert matches("(?=x)", "x") is None


def test_nothing_remote_is_ever_resolved():
    assert resolve({}, "http://127.0.0.1:9/x") is True
    assert resolve({"a": [1, {"b": 2}]}, "#/a/1/b") == 2
    assert resolve({"a": [1]}, "#/a/01") is True


# Signatures


def test_a_signature_has_required_keywords_first_and_unset_ones_behind():
    schema = {
        "properties": {
            "c": {"type": "array", "items": {"type": "integer"}, "default": []},
            "a": {"type": "integer"},
            "b": {"enum": ["x", None]},
            "d": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["b", "a"],
    }
    found = signature(schema)
    assert str(found) == ("(*, a: int, b: Literal['x', None], c: list[int] = [], d: str | None = ...) -> Any")
    assert isinstance(found.parameters["c"].default, Unset)
    assert found.bind(a=1, b="x").arguments == {"a": 1, "b": "x"}


def test_names_python_cannot_write_go_into_further_keywords_and_the_docstring():
    schema = {
        "properties": {"my-key": {"type": "string"}, "class": {}, "self": {}, "further": {}},
        "required": ["class"],
    }
    found = signature(schema)
    assert list(found.parameters) == ["self", "further", "further_"]
    assert found.parameters["further_"].kind is inspect.Parameter.VAR_KEYWORD
    doc = docstring("t", "", schema)
    assert "**{'my-key': …} (str, optional)" in doc
    assert "**{'class': …} (Any)" in doc


def test_members_behind_references_and_alternatives_are_found():
    schema = {
        "$ref": "#/$defs/base",
        "$defs": {"base": {"properties": {"a": {"type": "integer"}}, "required": ["a"]}},
        "allOf": [{"properties": {"b": {"type": "string"}}, "required": ["b"]}],
        "oneOf": [{"properties": {"c": {}}, "required": ["c"]}, {"properties": {"d": {}}, "required": ["d"]}],
    }
    found = signature(schema)
    required = [name for name, each in found.parameters.items() if each.default is each.empty]
    assert (list(found.parameters), required) == (["a", "b", "c", "d"], ["a", "b"])


@pytest.mark.parametrize(
    ("schema", "hint"),
    [
        ({"type": "number"}, float),
        ({"type": "array"}, list[Any]),
        ({"type": "array", "items": {"type": "array", "items": {"type": "boolean"}}}, list[list[bool]]),
        ({"type": "object", "properties": {"x": {}}}, dict[str, Any]),
        ({"type": ["integer", "null"]}, int | None),
        ({"type": "string", "nullable": True}, str | None),
        ({"enum": ["a", 1]}, Literal["a", 1]),
        ({"const": "a"}, Literal["a"]),
        ({"enum": [1.5, 2.5]}, float),
        ({"enum": [{}]}, Any),
        ({"anyOf": [{"type": "string"}, {"type": "string", "format": "uri"}]}, str),
        ({"allOf": [{"description": "x"}, {"type": "string"}]}, str),
        ({"$ref": "#"}, Any),
        ({}, Any),
        (False, Any),
        ({"type": {"x": 1}, "enum": 5}, Any),
    ],
)
def test_a_type_hint_says_what_a_schema_says(schema, hint):
    assert type_hint(schema) == hint


def test_a_docstring_has_descriptions_and_defaults_and_no_control_characters():
    schema = {"properties": {"a": {"type": "integer", "description": "How\x1b[31m many\u202e?", "default": 5}}}
    assert docstring("t", "Does\x07 it.\nWell.", schema) == (
        "Does it.\nWell.\n\nArgs:\n    a (int, optional): How[31m many? Default: 5."
    )


# Examples


def test_an_example_has_required_arguments_first_and_the_rest_as_comments():
    schema = {
        "properties": {
            "limit": {"type": "integer", "default": 10, "description": "how many"},
            "mode": {"enum": ["fast", "slow"]},
            "when": {"type": "string", "format": "date"},
            "no": {"const": "NO: not"},
        },
        "required": ["mode", "when", "no"],
    }
    assert example_body(schema).splitlines() == [
        "mode: fast",
        'when: "2025-01-31"',
        'no: "NO: not"',
        "# limit: 10  # how many",
    ]


def test_an_example_without_members_is_empty():
    assert example_body({}) == example_body(None) == example_body({"type": "object"}) == ""


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5},
        {"type": "integer", "exclusiveMinimum": 5, "multipleOf": 4},
        {"type": "number", "maximum": -2.5},
        {"type": "string", "minLength": 12},
        {"type": "string", "maxLength": 2},
        {"type": "array", "minItems": 3, "items": {"type": "boolean"}},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        {"type": ["null", "string"]},
        {"type": "null"},
        {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "number"}}]},
        {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "integer"}}}], "type": "object"},
        NODE,
    ],
)
def test_an_example_value_fits_its_schema(schema):
    assert check(example_value(schema), schema) == ()


LEAVES = st.sampled_from(
    [{"type": "string"}, {"type": "integer", "minimum": 3}, {"type": "boolean"}, {"enum": ["no", "a: b", 5, None]},
     {"type": "number", "exclusiveMaximum": 0}, {"const": "{n}"}, {"type": "string", "default": "$n # x"}, {}]
)  # fmt: skip
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda item: {"type": "array", "items": item, "minItems": 1}, inner),
        st.builds(
            lambda members: {"type": "object", "properties": members, "required": list(members)},
            st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3),
        ),
        st.builds(lambda one, other: {"anyOf": [one, other]}, inner, inner),
    ),
    max_leaves=8,
)


# YAML takes keys of up to 1024 characters without further ado (YAML 1.2.2 §7.4.2); names are shorter.
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, SCHEMAS, max_size=4), st.data())
def test_any_example_body_is_read_back_as_arguments_that_fit(members, data):
    required = data.draw(st.sets(st.sampled_from(sorted(members)))) if members else set()
    schema = {"type": "object", "properties": members, "required": sorted(required), "additionalProperties": False}
    arguments = arguments_from_body(example_body(schema), never)
    assert argument_notes(arguments.text, schema) == ()
    assert set(json.loads(arguments.text)) == required


# Violations


def test_violations_name_path_and_problem():
    schema = {"properties": {"a": {"items": {"properties": {"when": {"type": "string"}}}}, "b c": {"type": "integer"}}}
    assert set(check({"a": [{}, {"when": 5}], "b c": "x"}, schema)) == {
        "arguments.a[1].when: 5 is not of type 'string'",
        "arguments['b c']: 'x' is not of type 'integer'",
    }


def test_the_dialect_is_the_one_the_schema_declares():
    draft4 = {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 5, "exclusiveMinimum": True}
    assert check(5, draft4) != ()
    assert check(5, {"minimum": 5}) == ()


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "intger"},
        {"properties": 5},
        {"$ref": "#/nowhere"},
        {"$ref": "http://127.0.0.1:9/schema"},
        {"$ref": "#"},
        {"$schema": 5},
        [],
        "x",
        None,
        5,
    ],
)
def test_a_broken_schema_is_one_note_and_never_an_exception(schema):
    (note,) = check({"a": 1}, schema)
    assert "schema" in note


def test_an_unknown_dialect_is_read_as_the_newest():
    assert check(1, {"$schema": "https://example.com/unknown", "type": "string"}) != ()


def test_a_pattern_python_does_not_know_is_no_broken_schema():
    schema = {"properties": {"a": {"pattern": r"^\p{Lu}"}, "b": {"type": "integer"}}}
    assert check({"a": "É", "b": 1}, schema) == ()
    assert len(check({"a": "é", "b": "x"}, schema)) == 2


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({"a": "a" * 40 + "!"}, {"properties": {"a": {"pattern": "^(a+)+$"}}}),
        ({"a" * 40 + "!": 1}, {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}),
        ({"a" * 40 + "!": 1}, {"patternProperties": {"^(a+)+$": {}}, "unevaluatedProperties": False}),
        ([{"a": i} for i in range(3000)] + [1], {"uniqueItems": True}),
        (
            1,
            {
                "$ref": "#/$defs/d0",
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$defs": {
                    **{f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(50)},
                    "d50": {"$schema": "http://json-schema.org/draft-07/schema#"},
                },
            },
        ),
        (1, {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}),
    ],
)
def test_a_check_ends_soon_whatever_the_schema(value, schema):
    started = time.monotonic()
    check(value, schema, seconds=0.2)
    assert time.monotonic() - started < 20


def test_what_was_found_before_the_time_ran_out_is_kept():
    slow = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(50)}
    schema = {"allOf": [{"type": "string"}, {"$ref": "#/$defs/d0"}], "$defs": {**slow, "d50": {}}}
    first, last = check(1, schema, seconds=0.2)
    assert first == "arguments: 1 is not of type 'string'"
    assert "took longer than 0.2 s" in last


def test_a_pattern_no_engine_reads_breaks_the_schema_and_look_around_does_not():
    assert "'(' is no regular expression" in check("x", {"pattern": "("})[0]
    assert check("x", {"pattern": "(?=y)x"}) == ()


PARTS = {"type": "object", "properties": {"text": {"type": "string"}, "limit": {"type": "integer"}}}


def test_an_argument_the_schema_does_not_name_is_noted_with_what_was_meant():
    (note,) = argument_notes('{"tekst": "a"}', PARTS)
    assert note == "arguments.tekst: the tool's schema names no such argument; did you mean 'text'?"
    assert "a server may ignore it" in argument_notes('{"zzz": 1}', PARTS)[0]
    for none in ({"type": "object"}, {"type": "object", "properties": {}}):
        assert "a server may ignore it" in argument_notes('{"zzz": 1}', none)[0]


def test_an_option_of_ours_among_the_arguments_is_noted_with_the_ways_to_give_it():
    (note,) = argument_notes('{"text": "a", "timeout": 3}', PARTS)
    assert "--timeout 3 on a line" in note
    assert ".with_options(timeout=3) in Python" in note
    assert "--max-time 0.5" in argument_notes('{"max_time": 0.5}', {})[0]


@pytest.mark.parametrize(
    "more",
    [{"additionalProperties": True}, {"patternProperties": {"^z": {}}}, {"allOf": [{"properties": {"zzz": {}}}]}],
)
def test_a_schema_that_may_name_more_elsewhere_makes_no_such_note(more):
    assert argument_notes('{"zzz": 1}', {**PARTS, **more}) == ()


def test_an_option_the_schema_names_is_the_tools_own():
    assert argument_notes('{"timeout": 3}', {"properties": {"timeout": {"type": "number"}}}) == ()


def test_uniqueness_is_that_of_json_values():
    assert check([1, True, "1", [1], {"a": 1}], {"uniqueItems": True}) == ()
    assert check([1, 1.0], {"uniqueItems": True}) != ()
    assert check([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], {"uniqueItems": True}) != ()


def test_additional_and_pattern_members_keep_their_meaning():
    schema = {"properties": {"a": {}}, "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False}
    assert check({"a": 1, "xy": 2}, schema) == ()
    assert check({"b": 1}, schema) == ("arguments: Additional properties are not allowed ('b' was unexpected)",)
    assert check({"xy": "s"}, schema) == ("arguments.xy: 's' is not of type 'integer'",)
    assert check({"b": 1}, {"additionalProperties": {"type": "string"}}) == ("arguments.b: 1 is not of type 'string'",)
    assert check({"b": 1}, {"properties": {"a": {}}, "unevaluatedProperties": False}) != ()


def test_many_violations_are_cut_and_long_ones_shortened():
    notes = check(["x" * 10_000] * 50, {"items": {"type": "integer"}})
    assert len(notes) == 21
    assert notes[-1] == "and more"
    assert max(map(len, notes)) < 300


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "$ref", "anyOf", "enum", "required", "items", "a", "default", "minimum"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(ANY_JSON, ANY_JSON)
def test_nothing_a_server_calls_a_schema_breaks_anything(schema, value):
    check(value, schema)
    allowed_at(schema, "a")
    str(signature(schema))
    docstring("t", "", schema)
    example_body(schema)
