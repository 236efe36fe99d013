"""What a schema holds against a form: plain words, at the variant that was chosen."""

from __future__ import annotations

import pytest

from mcp_magics.schema.argument_entries import checked, written
from mcp_magics.schema.argument_form import argument_form
from mcp_magics.schema.problems import NO_VARIANT

NULL = {"type": "null"}
CARD = {"type": "object", "required": ["number"]}
CARD["properties"] = {"kind": {"const": "card"}, "number": {"type": "string", "minLength": 4}}
CASH = {"type": "object", "required": ["coins"]}
CASH["properties"] = {"kind": {"const": "cash"}, "coins": {"type": "integer"}}
PAY = {"type": "object", "properties": {"pay": {"anyOf": [NULL, CARD, CASH]}}}


def told(schema, text):
    return [(each.path, each.message) for each in checked(argument_form(schema), text).problems]


def one(schema, value):
    ((path, message),) = told({"type": "object", "properties": {"it": schema}}, f'{{"it": {value}}}')
    assert path == ("it",)
    return message


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "string"}, "null", "null is no text"),
        ({"type": ["integer", "boolean"]}, '"x"', '"x" is no whole number or true or false'),
        ({"enum": ["a", 1, None]}, '"b"', '"b" is none of "a", 1, null'),
        ({"const": "card"}, '"cart"', 'has to be "card"'),
        ({"minimum": 2}, "1", "has to be at least 2"),
        ({"minLength": 1}, '""', "needs at least 1 character"),
        ({"maxItems": 2}, "[1, 2, 3]", "may have at most 2 items"),
        ({"pattern": "^a$"}, '"b"', "does not match the pattern ^a$"),
        ({"uniqueItems": True}, "[1, 1]", "has the same item twice"),
        ({"additionalProperties": False}, '{"a": 1}', 'may not have the members "a"'),
        ({"oneOf": [{"minimum": 1}, {"minimum": 2}]}, "3", "fits more than one of the variants"),
        ({"not": {"type": "string"}}, '"a"', '"a" is what the schema excludes'),
        ({"anyOf": [{"type": "integer"}, NULL]}, '"x"', '"x" is no whole number'),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(schema, value, message):
    assert one(schema, value) == message


def test_what_nothing_is_allowed_for_is_named():
    assert [message for _path, message in told(False, '{"a": 1}')] == ['{"a": 1} may not be there']


def test_a_variant_is_told_what_is_wrong_inside_it_and_the_others_are_not_named():
    chosen = {"of": {"pay": {"variant": 0, "entry": {"of": {"kind": 0, "number": "12"}, "more": ""}}}, "more": ""}
    (problem,) = written(argument_form(PAY), chosen, {}).problems
    assert (problem.path, problem.message) == (("pay", "number"), "needs at least 4 characters")


def test_the_chosen_variant_counts_even_where_what_is_written_looks_like_another():
    entry = {"of": {"kind": {"raw": '"cash"'}, "number": "1234"}, "more": ""}
    chosen = {"of": {"pay": {"variant": 0, "entry": entry}}, "more": ""}
    (problem,) = written(argument_form(PAY), chosen, {}).problems
    assert (problem.path, problem.message) == (("pay", "kind"), 'has to be "card"')


def test_of_a_written_union_the_variant_that_was_meant_is_told_and_else_that_none_fits():
    assert told(PAY, '{"pay": {"kind": "cash", "coins": 1.5}}') == [(("pay", "coins"), "1.5 is no whole number")]
    assert told(PAY, '{"pay": {"kind": "wire"}}') == [(("pay",), NO_VARIANT)]
    assert told(PAY, '{"pay": 3}') == [(("pay",), NO_VARIANT)]


def test_a_union_inside_a_union_at_the_same_place_is_followed_to_its_end():
    either = {"anyOf": [{"anyOf": [{"type": "integer"}, {"type": "string", "minLength": 3}]}, CARD]}
    form = argument_form({"type": "object", "properties": {"it": either}})
    inner = {"variant": 1, "entry": "x"}
    entry = {"of": {"it": {"variant": 0, "entry": inner}}, "more": ""}
    (problem,) = written(form, entry, {}).problems
    assert (problem.path, problem.message) == (("it",), "needs at least 3 characters")


def test_what_is_empty_says_what_to_do_instead():
    day = {"type": "string", "format": "date"}
    group = {"type": "object", "properties": {"day": day}, "required": ["day"]}
    form = argument_form(
        {
            "type": "object",
            "properties": {"from": day, "days": {"type": "array", "items": day}, "trip": group, "to": day},
            "required": ["from"],
        }
    )
    entry = {"of": {"from": "", "days": [""], "trip": {"of": {"day": ""}, "more": ""}, "to": "x"}, "more": ""}
    said = {each.path: each.message for each in written(form, entry, {}).problems}
    assert said[("from",)] == "needs a date"
    assert said[("days", 0)] == "needs a date, or remove the row"
    assert said[("trip", "day")] == "needs a date, or leave trip out"
    assert said[("to",)] == "no date: one is 2025-01-31, or leave it out"
