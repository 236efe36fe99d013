"""A form as rows to read: the words for what a schema says."""

from __future__ import annotations

import pytest

from mcp_magics.schema.argument_form import argument_form
from mcp_magics.schema.field_rows import field_rows
from mcp_magics.widgets.field_view import hint, label_of


def rows(schema):
    """Depth, name, type and whether it is required, of every row."""
    return [(each.depth, each.name, each.type, each.required) for each in field_rows(argument_form(schema).root)]


@pytest.mark.parametrize(
    ("schema", "kind", "hinted"),
    [
        ({"type": "array", "prefixItems": [{}, {}], "minItems": 2}, "array", "at least 2 items, a JSON array"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "object", "a JSON object"),
        ({}, "any JSON", "as JSON"),
        (
            {"type": "array", "uniqueItems": True, "items": {"enum": [1, 2]}, "minItems": 2},
            "several of a list",
            "at least 2 choices",
        ),
    ],
    ids=["tuple", "map", "anything", "choices"],
)
def test_a_box_for_json_says_what_json_it_is_for(schema, kind, hinted):
    form = argument_form({"type": "object", "properties": {"x": schema}})
    assert rows(form.schema) == [(0, "x", kind, False)]
    assert hint(form.root.fields[0]) == hinted


def test_what_is_one_of_several_is_called_the_arguments_and_a_variant_is_not_said_to_be_required():
    schema = {"anyOf": [{"type": "object", "properties": {"id": {}}, "required": ["id"]}, {"type": "string"}]}
    assert label_of(argument_form(schema).root) == "the arguments"
    assert rows(schema) == [
        (0, "the arguments", "one of 2", False),
        (1, "(1) with id", "object", False),
        (2, "id", "any JSON", True),
        (1, "(2) string", "string", False),
    ]
