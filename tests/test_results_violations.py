"""Where servers break the specification, and that nothing is hidden for it."""

from __future__ import annotations

import time

import pytest
from support.answers import GIF, WAV, b64, call, image, png, reply, text

from mcp_magics.results.call import CallResult
from mcp_magics.results.content import PromptResult, ReadResult
from mcp_magics.results.violations import in_answer

OLD, NEW = "2025-11-25", "2026-07-28"


def found(result):
    return [(violation.rule, violation.path) for violation in result.violations]


@pytest.mark.parametrize("version", [None, "2024-11-05", OLD])
def test_a_correct_result_has_none(version):
    assert found(call(text("a"), image(), isError=False, _meta={}, version=version)) == []


def test_a_correct_result_of_2026_has_none():
    everything = [
        text("a"),
        image(GIF, "image/gif"),
        {"type": "audio", "data": b64(WAV), "mimeType": "audio/wav"},
        {"type": "resource_link", "uri": "x://y", "name": "y", "size": 3},
        {
            "type": "resource",
            "resource": {"uri": "x://y", "text": "t"},
            "annotations": {"audience": ["user"], "priority": 0.5},
        },
    ]
    assert found(call(*everything, resultType="complete", structuredContent=[1], version=NEW)) == []


def test_a_missing_result_type_is_one_from_2026_on():
    assert found(call(text("a"), version=NEW)) == [("missing_resultType", "resultType")]
    violation = call(text("a"), version=NEW).violations[0]
    assert (violation.revision, violation.to_json()["rule"]) == (NEW, "missing_resultType")


def test_a_result_that_asks_for_input_needs_no_content():
    asking = reply({"resultType": "input_required", "inputRequests": {}})
    assert CallResult(asking, server="s", tool="t", protocol_version=NEW).violations == ()


@pytest.mark.parametrize(
    ("block", "rule", "path"),
    [
        ({"text": "x"}, "missing_type", "content[0].type"),
        ({"type": "text"}, "missing_text", "content[0].text"),
        ({"type": "text", "text": 3}, "wrong_type", "content[0].text"),
        (
            {"type": "text", "text": "x", "annotations": {"audience": ["robot"]}},
            "wrong_type",
            "content[0].annotations.audience",
        ),
        (
            {"type": "text", "text": "x", "annotations": {"priority": 2}},
            "wrong_type",
            "content[0].annotations.priority",
        ),
        ({"type": "text", "text": "x", "_meta": None}, "wrong_type", "content[0]._meta"),
        ({"type": "hologram"}, "unknown_block_type", "content[0].type"),
        ("x", "wrong_type", "content[0]"),
        (image(png(), "image/jpeg"), "mime_mismatch", "content[0].data"),
        (image(b"nothing"), "unrecognised_bytes", "content[0].data"),
        ({"type": "image", "data": "%%", "mimeType": "image/png"}, "invalid_base64", "content[0].data"),
        ({"type": "image", "data": b64(png())}, "missing_mimeType", "content[0].mimeType"),
        ({"type": "resource_link", "uri": "x"}, "missing_name", "content[0].name"),
        ({"type": "resource", "resource": {"uri": "x"}}, "text_or_blob", "content[0].resource"),
        ({"type": "resource", "resource": {"text": "x"}}, "missing_uri", "content[0].resource.uri"),
        ({"type": "resource", "resource": {"uri": "x", "blob": "!"}}, "invalid_base64", "content[0].resource.blob"),
    ],
)
def test_a_broken_block_is_named_with_its_place(block, rule, path):
    result = call(block)
    assert (rule, path) in found(result)
    assert result.raw["content"] == [block]
    assert "⚠" in result._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize("mime", ["image/jpg", "IMAGE/JPEG; q=1"])
def test_other_spellings_of_a_type_are_no_mismatch(mime):
    from support.answers import JPEG

    assert found(call(image(JPEG, mime))) == []


@pytest.mark.parametrize(
    ("members", "version", "rule"),
    [
        ({"isError": None}, OLD, "wrong_type"),
        ({"isError": "true"}, OLD, "wrong_type"),
        ({"structuredContent": [1]}, OLD, "wrong_type"),
        ({"structuredContent": {"a": 1}}, "2025-03-26", "unknown_in_revision"),
        ({"_meta": []}, OLD, "wrong_type"),
        ({"content": None}, OLD, "wrong_type"),
    ],
)
def test_wrong_members_are_named(members, version, rule):
    assert rule in [
        name
        for name, _ in found(
            CallResult(reply({"content": [text("x")], **members}), server="s", tool="t", protocol_version=version)
        )
    ]


def test_structured_content_alone_is_named():
    assert found(call(structuredContent={"a": 1}, version=OLD)) == [("structured_content_without_content", "content")]
    alone = CallResult(reply({"structuredContent": {"a": 1}}), server="s", tool="t")
    assert found(alone) == [("missing_content", "content")]


NESTED = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
    "required": ["items"],
    "$defs": {
        "node": {"type": "object", "properties": {"price": {"type": "number"}, "next": {"$ref": "#/$defs/node"}}}
    },
}


def test_output_that_fails_its_schema_is_shown_and_named():
    value = {"items": [{"price": 1}, {"next": {"price": "free"}}]}
    result = call(text("x"), structuredContent=value, schema=NESTED, version=OLD)
    assert found(result) == [("output_schema", "structuredContent.items[1].next.price")]
    assert result.violations[0].value == "free"
    assert result.data == value


def test_output_is_missing_where_a_schema_promises_it():
    assert found(call(text("x"), schema=NESTED)) == [("missing_structured_content", "structuredContent")]
    assert found(call(text("x"), schema=NESTED, isError=True)) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.invalid/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#"},
        {"type": "strin"},
        {"properties": 5},
        {"pattern": "("},
        {"$ref": "#/nowhere"},
    ],
)
def test_a_schema_that_cannot_be_used_is_a_violation_and_nothing_is_fetched(schema, monkeypatch):
    def refuse(*_, **__):
        pytest.fail("the network was asked")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    wrapped = {"properties": {"a": schema}} if "properties" not in schema else schema
    result = call(text("x"), structuredContent={"a": "x"}, schema=wrapped)
    assert [rule for rule, _ in found(result)] in (["output_schema_unusable"], [])
    if schema != {"$ref": "#"}:
        assert found(result) == [("output_schema_unusable", "outputSchema")]
    assert result.data == {"a": "x"}


def test_an_endless_schema_ends():
    schema = {"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"$ref": "#/$defs/x"}}}
    assert found(call(text("x"), structuredContent={"a": 1}, schema=schema)) == [
        ("output_schema_unusable", "outputSchema")
    ]


def test_a_pattern_that_would_backtrack_for_years_holds_up_nothing():
    schema = {"properties": {"a": {"pattern": "^(a+)+$"}}}
    result = call(text("x"), structuredContent={"a": "a" * 60 + "!"}, schema=schema)
    started = time.monotonic()
    assert "does not match" in result._repr_mimebundle_()["text/plain"]
    assert time.monotonic() - started < 20


def test_a_schema_that_takes_too_long_is_given_up_and_named():
    slow = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(50)}
    schema = {"$ref": "#/$defs/d0", "$defs": {**slow, "d50": {}}}
    result = call(text("x"), structuredContent={"a": 1}, schema=schema)
    assert found(result) == [("output_schema_unusable", "outputSchema")]
    assert "took longer than 1 s" in result.violations[0].message


def test_a_large_output_is_shown_at_once_and_checked_when_asked():
    value = {"items": [{"price": "x"}] * 30_000}
    result = call(text("x"), structuredContent=value, schema=NESTED)
    assert "not held against its output schema" in result._repr_mimebundle_()["text/plain"]
    assert len(result.violations) == 50
    assert "is not of type 'number'" in result._repr_mimebundle_()["text/plain"]


def test_a_read_result_is_checked():
    good = {"contents": [{"uri": "x", "text": "t"}]}
    assert found(ReadResult(reply(good), "s", "x", protocol_version=OLD)) == []
    assert [rule for rule, _ in found(ReadResult(reply(good), "s", "x", protocol_version=NEW))] == [
        "missing_resultType",
        "missing_ttlMs",
        "missing_cacheScope",
    ]
    assert found(ReadResult(reply({"contents": [{"uri": "x"}]}), "s", "x")) == [("text_or_blob", "contents[0]")]


def test_a_prompt_result_is_checked():
    bad = {"messages": [{"role": "system", "content": {"type": "text"}}]}
    assert found(PromptResult(reply(bad), "s", "p")) == [
        ("wrong_type", "messages[0].role"),
        ("missing_text", "messages[0].content.text"),
    ]


@pytest.mark.parametrize(
    ("completion", "path"),
    [
        (None, "completion"),
        ({}, "completion.values"),
        ({"values": "Paris"}, "completion.values"),
        ({"values": ["Paris", 5]}, "completion.values[1]"),
        ({"values": ["Paris"] * 101}, "completion.values"),
        ({"values": [], "total": "many"}, "completion.total"),
        ({"values": [], "hasMore": 1}, "completion.hasMore"),
    ],
)
def test_odd_suggestions_are_named_by_their_place(completion, path):
    assert [each.path for each in in_answer("completion/complete", {"completion": completion}, "2025-11-25")] == [path]


def test_a_hundred_suggestions_are_in_order():
    raw = {"completion": {"values": ["Paris"] * 100, "total": 250, "hasMore": True}}
    assert list(in_answer("completion/complete", raw, "2025-11-25")) == []
