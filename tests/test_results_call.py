"""Tool results: what is in them, whatever the server sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import GIF, JPEG, WAV, WEBP, b64, call, image, png, reply, text
from support.paths import package_parent

from mcp_magics.errors import ConfigurationError, ProtocolError, ToolError
from mcp_magics.results.binary import Image
from mcp_magics.results.blocks import ResourceLink, TextBlock, UnknownBlock
from mcp_magics.results.call import CallResult
from mcp_magics.results.reply import Reply

SDK_WRAPPER = {
    "properties": {"result": {"title": "Result", "type": "number"}},
    "required": ["result"],
    "title": "divideOutput",
    "type": "object",
}


def output_of(program):
    """What a fresh Python prints that runs ``program``."""
    environment = {**os.environ, "PYTHONPATH": str(package_parent())}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    ("frame", "exact"),
    [
        (
            '{"jsonrpc":"2.0","id":1,"result":{"a":1.0,"b":1e400,"c":12345678901234567890.10}}',
            '{"a":1.0,"b":1e400,"c":12345678901234567890.10}',
        ),
        ('{"result" : { "x" : "\\u00e9\\/" , "y":[ ] }\n, "jsonrpc":"2.0","id":1}', '{ "x" : "\\u00e9\\/" , "y":[ ] }'),
        ('{"id":"a\\",\\"result\\":1","result":{"s":"}]\\\\"},"z":[{"result":2}]}', '{"s":"}]\\\\"}'),
        ('{"result":1,"id":1,"result":{"last":true}}', '{"last":true}'),
        ('{"res\\u0075lt":[[[[{"deep":[[[1]]]}]]]]}', '[[[[{"deep":[[[1]]]}]]]]'),
        ('\ufeff{"result":{"é":"钉"}}', '{"é":"钉"}'),
        ('{"result":null}', "null"),
    ],
)
def test_raw_text_is_the_exact_text_of_the_result(frame, exact):
    assert Reply(frame.encode(), {"result": {}}, 0.0).result_text() == exact


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=30,
    ),
    st.dictionaries(st.text(), st.text(), max_size=3),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_any_result_is_cut_out_byte_for_byte(value, others, indent, in_ascii):
    exact = json.dumps(value, indent=indent, ensure_ascii=in_ascii)
    members = [f"{json.dumps(key)}: {json.dumps(other)}" for key, other in others.items() if key != "result"]
    frame = "{" + " , ".join([*members[:1], f'"result":{exact}', *members[1:]]) + "}"
    assert Reply(frame.encode("utf-8", "surrogatepass"), {"result": value}, 0.0).result_text().encode(
        "utf-8", "surrogateescape"
    ) == exact.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "frame", [b"", b"{", b'{"result":', b'{"result":{"a":[1}', b'{"result":"never ends', b"[]", b"nul"]
)
def test_a_broken_frame_is_a_clear_error(frame):
    with pytest.raises(ProtocolError) as caught:
        Reply(frame, None, 0.0).result()
    assert caught.value.failure.next_step


def test_a_result_without_bytes_has_a_text_too():
    assert Reply(b"", {"result": {"a": [1, "é"]}}, 0.0).result_text() == '{"a":[1,"é"]}'


def test_unknown_blocks_and_meta_are_kept_as_sent():
    block = {"type": "hologram", "z": {"a": [None, 1.5]}, "_meta": {"x": 1}}
    result = call(block, text("hi"), _meta={"trace": "7"}, extra={"kept": True})
    assert isinstance(result.content[0], UnknownBlock)
    assert result.content[0].raw is result.raw["content"][0] == block
    assert result.content[0].meta == {"x": 1}
    assert result.meta == {"trace": "7"}
    assert result.raw["extra"] == {"kept": True}


@pytest.mark.parametrize(
    "content", [None, 7, "text", {"type": "text", "text": "x"}, [None, 1, [], {"type": 3}, {"type": []}]]
)
def test_content_of_any_shape_is_shown_and_reported(content):
    result = CallResult(reply({"content": content}), server="s1", tool="t")
    assert result.violations
    assert result._repr_mimebundle_()["text/plain"]
    assert repr(result)


@pytest.mark.parametrize("result", [None, [], 3, "x", {}, {"content": []}])
def test_a_result_of_any_shape_is_shown(result):
    shown = CallResult(reply(result), server="s1", tool="t")
    assert shown.raw == result
    assert shown.text == ""
    assert shown._repr_mimebundle_()["text/plain"]
    assert shown.display_parts()


def test_text_joins_the_text_blocks_and_elapsed_is_the_replys():
    result = call(text("a"), image(), text("b"))
    assert (result.text, result.elapsed) == ("a\nb", 0.012)


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("42", 42),
        ("null", None),
        ("hello", "hello"),
        ("NaN", "NaN"),
        ("{broken", "{broken"),
        ("", ""),
    ],
)
def test_data_is_the_json_of_a_lone_text_or_the_text(sent, value):
    assert call(text(sent)).data == value


def test_data_of_several_texts_is_their_text():
    assert call(text("1"), text("2")).data == "1\n2"


def test_data_is_the_structured_content_first():
    assert call(text("other"), structuredContent={"a": 1}).data == {"a": 1}


@pytest.mark.parametrize(
    ("tool", "schema", "meta", "value"),
    [
        ("divide", SDK_WRAPPER, None, 2.5),
        ("divide", {**SDK_WRAPPER, "title": "DivideOutput"}, None, {"result": 2.5}),
        ("other", SDK_WRAPPER, None, {"result": 2.5}),
        ("divide", {"x-fastmcp-wrap-result": True}, None, 2.5),
        ("divide", None, {"fastmcp": {"wrap_result": True}}, 2.5),
        ("divide", None, None, {"result": 2.5}),
    ],
)
def test_only_a_librarys_own_wrapper_is_taken_off(tool, schema, meta, value):
    assert call(tool=tool, schema=schema, structuredContent={"result": 2.5}, _meta=meta).data == value


def test_the_sdks_wrapper_is_known_as_the_sdk_writes_it():
    import asyncio

    from mcp.server.mcpserver import MCPServer

    server = MCPServer("x")

    @server.tool(name="list-it")
    def list_it() -> list[int]:
        return [1]

    schema = asyncio.run(server.list_tools())[0].output_schema
    assert call(tool="list-it", schema=schema, structuredContent={"result": [1]}).data == [1]


@pytest.mark.parametrize(
    ("data", "mime", "size"),
    [
        (png(640, 480), "image/png", (640, 480)),
        (GIF, "image/gif", (1, 1)),
        (JPEG, "image/jpeg", (5, 3)),
        (WEBP, "image/webp", (7, 9)),
        (b'<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml", None),
    ],
)
def test_an_images_type_comes_from_its_bytes(data, mime, size):
    (found,) = call(image(data, "image/x-lie")).images
    assert (found.data, found.mime, found.declared_mime, found.size) == (data, mime, "image/x-lie", size)


def test_all_decodable_images_are_there_and_the_others_are_notes():
    result = call(
        image(), {"type": "image", "data": "not-base64!", "mimeType": "image/png"}, image(b"not an image"), image(GIF)
    )
    assert [found.format for found in result.images] == ["PNG", "GIF"]
    assert [note.split(" ")[0] for note in result.notes] == ["content[1]", "content[2]"]


def test_base64_with_line_breaks_is_decoded_and_an_image_can_be_saved(tmp_path):
    broken = "\n".join(b64(png())[i : i + 20] for i in range(0, 200, 20))
    (found,) = call({"type": "image", "data": broken, "mimeType": "image/png"}).images
    assert found.save(tmp_path / "x.png").read_bytes() == png()


def test_an_image_without_pillow_names_the_line_to_type(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError) as caught:
        call(image()).images[0].pil()
    assert caught.value.failure.next_step == "%pip install pillow"


def test_audio_links_and_embedded_resources_have_views():
    result = call(
        {"type": "audio", "data": b64(WAV), "mimeType": "audio/x-wav"},
        {"type": "resource_link", "uri": "file:///a", "name": "a", "mimeType": "text/plain"},
        {"type": "resource", "resource": {"uri": "x://t", "mimeType": "text/plain", "text": "t"}},
        {"type": "resource", "resource": {"uri": "x://b", "mimeType": "image/png", "blob": b64(png())}},
    )
    assert (result.audio[0].data, result.audio[0].mime) == (WAV, "audio/wav")
    assert isinstance(result.links[0], ResourceLink)
    assert [(item.uri, item.text) for item in result.resources] == [("x://t", "t"), ("x://b", None)]
    assert result.resources[0].data == b"t"
    assert [found.data for found in result.images] == [png()]
    assert result.violations == ()


@pytest.mark.parametrize(
    ("sent", "is_error"), [(True, True), (False, False), (None, False), ("true", True), (1, True), (0, False)]
)
def test_is_error_is_what_the_server_meant(sent, is_error):
    assert call(isError=sent).is_error is is_error


def test_raise_for_error_gives_the_result_or_an_error_that_carries_it():
    fine = call(text("ok"))
    assert fine.raise_for_error() is fine
    failed = call(text("no such \x1b[31morder"), isError=True)
    with pytest.raises(ToolError, match="no such order") as caught:
        failed.raise_for_error()
    assert caught.value.result is failed
    assert caught.value.failure.next_step == "%mcp tool s1.t"


def test_to_json_is_a_document_of_the_servers_own_values():
    document = call({"type": "odd"}, structuredContent={"a": 1}, isError=True, _meta={"m": 1}, notes=("n",)).to_json()
    assert list(document) == [
        "server",
        "tool",
        "isError",
        "content",
        "structuredContent",
        "_meta",
        "elapsed",
        "violations",
        "notes",
    ]
    assert document["content"] == [{"type": "odd"}]
    assert json.loads(json.dumps(document)) == document


def test_typed_views_have_short_reprs():
    assert len(repr(call(text("x" * 10**6)).content[0])) < 300
    assert isinstance(call(text("x")).content[0], TextBlock)
    assert isinstance(call(image()).content[0], Image)


def test_a_text_of_50_mb_is_never_copied():
    program = """
import json, sys, tracemalloc
from mcp_magics.results.call import CallResult
from mcp_magics.results.reply import Reply
block = {"type": "text", "text": "x" * 50_000_000}
result = CallResult(Reply(b"", {"result": {"content": [block]}}, 0), server="s", tool="t")
tracemalloc.start()
bundle = result._repr_mimebundle_()
result.display_parts(), repr(result), result.data, result.violations, result.to_json()
assert result.text is block["text"]
print(tracemalloc.get_traced_memory()[1], len(json.dumps(bundle)))
"""
    peak, shown = map(int, output_of(program).split())
    assert peak < 10_000_000
    assert shown <= 256 * 1024


def test_importing_results_imports_nothing_heavy():
    program = (
        "import sys, mcp_magics.results.call, mcp_magics.results.content, mcp_magics.results.listing;"
        "print([name for name in ('pandas', 'numpy', 'mcp', 'jsonschema', 'IPython', 'PIL') if name in sys.modules])"
    )
    assert output_of(program) == "[]\n"
