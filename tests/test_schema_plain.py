"""What is told of plain schemas without a validator is what a validator tells."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mcp_magics.schema.plain import fits_plainly

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from(["", "a", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
TYPES = st.sampled_from(["object", "array", "string", "boolean", "null", "number", "integer"])
NAMES = st.lists(st.sampled_from("abc"), max_size=2)
ODD = st.sampled_from([None, 5, "x", [], ["a", "a"], {}, True, -1])


def _schemas(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    keywords: dict[str, st.SearchStrategy[object]] = {
        "type": TYPES | st.lists(TYPES, max_size=2),
        "enum": NAMES,
        "required": NAMES,
        "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
        "additionalProperties": st.booleans(),
        "items": inner,
        "anyOf": st.lists(inner, max_size=2),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), st.integers(-1, 3)),
        **dict.fromkeys(("minimum", "maximum"), st.integers(-2, 2) | st.floats(-2, 2)),
        "title": st.just("a title") | ODD,
        "format": st.just("date"),
        "default": ODD,
        "const": st.just(1),
    }
    return st.fixed_dictionaries({}, optional=keywords)


SCHEMAS = st.recursive(st.booleans() | ODD, _schemas, max_leaves=4)


@settings(deadline=None, max_examples=60)
@given(VALUES, SCHEMAS)
def test_what_fits_plainly_is_valid(value: object, schema: object) -> None:
    if fits_plainly(value, schema):
        Draft202012Validator.check_schema(schema)
        assert Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({}, {"type": "object"}),
        ({"a": 1, "b": None}, {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}),
        ({"q": "x"}, {"type": "object", "properties": {"q": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}),
        ([{"id": 1}], {"type": "array", "items": {"required": ["id"]}, "maxItems": 1}),
        ("a", {"$schema": "http://json-schema.org/draft-07/schema#", "enum": ["a", "b"]}),
    ],
)
def test_what_most_tools_say_of_their_arguments_is_plain(value: object, schema: object) -> None:
    assert fits_plainly(value, schema)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({"a": "1"}, {"properties": {"a": {"type": "integer"}}}),
        ({}, {"required": ["a"]}),
        ({"b": 1}, {"properties": {"a": {}}, "additionalProperties": False}),
        ("a", {"pattern": "^b"}),
        ("a", {"$schema": "http://json-schema.org/draft-04/schema#"}),
        ({}, {"properties": {"a": {"type": "nonsense"}}}),
        ([[]] * 30_000, {"items": {"type": "array"}}),
    ],
)
def test_what_is_not_plain_is_left_to_the_validator(value: object, schema: object) -> None:
    assert not fits_plainly(value, schema)


def test_a_plain_check_imports_no_validator() -> None:
    code = (
        "import sys; from mcp_magics.schema.violations import check\n"
        "assert check({'a': 1}, {'type': 'object', 'properties': {'a': {'type': 'integer'}}}) == ()\n"
        "sys.exit('jsonschema' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
