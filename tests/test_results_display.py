"""How results look: safe, capped, plain and rich."""

from __future__ import annotations

import base64
import html.parser
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import GIF, JPEG, WAV, WEBP, b64, call, image, png, reply, text

from mcp_magics.results.content import PromptResult, RawResult, ReadResult
from mcp_magics.results.pretty import pretty
from mcp_magics.results.sanitise import clean, columns_of, is_clickable, one_line, within

CAP = 256 * 1024


class Tags(html.parser.HTMLParser):
    """The elements and attributes a browser would see."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def tags(source):
    parser = Tags()
    parser.feed(source)
    return parser.found


def plain(result):
    return result._repr_mimebundle_()["text/plain"]


def rich(result):
    return result._repr_mimebundle_()["text/html"]


def rich_of(part):
    return part["text/html"]


SCENARIOS = {
    "image_only": ([image()], 1),
    "text_then_image": ([text("a"), image()], 2),
    "invalid_base64_then_image": ([{"type": "image", "data": "not-base64", "mimeType": "image/png"}, image()], 2),
    "invalid_image_bytes_then_image": ([image(b"not an image"), image()], 2),
    "multiple_valid_images": ([image(), image(png(3, 3))], 2),
    "image_then_text": ([image(), text("a")], 2),
    "text_only": ([text("a")], 1),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_row_10_every_decodable_image_is_an_output_of_its_own(scenario):
    content, count = SCENARIOS[scenario]
    result = call(*content)
    parts = result.display_parts()
    assert len(parts) == count
    assert [part["image/png"] for part in parts if "image/png" in part] == [b64(found.data) for found in result.images]
    assert all(part["text/plain"] for part in parts)


def test_row_30_a_png_comes_out_with_equal_bytes():
    bundle = call(text("chart"), image(png(8, 8)))._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]) == png(8, 8)
    assert "[image 1: PNG 8×8, " in bundle["text/plain"]
    assert ("img", f"data:image/png;base64,{b64(png(8, 8))}") in [
        (t, a.get("src")) for t, a in tags(bundle["text/html"])
    ]


@pytest.mark.parametrize(("data", "mime"), [(GIF, "image/gif"), (JPEG, "image/jpeg")])
def test_images_go_under_the_type_their_bytes_have(data, mime):
    (part,) = call(image(data, "image/png")).display_parts()[1:]
    assert base64.b64decode(part[mime]) == data


def test_webp_is_shown_inside_html():
    (part,) = call(image(WEBP, "image/webp")).display_parts()
    assert set(part) == {"text/plain", "text/html"}
    assert tags(part["text/html"])[0][1]["src"].startswith("data:image/webp;base64,")


def test_one_image_of_a_result_shows_itself():
    assert call(image(), image(GIF)).images[1]._repr_mimebundle_()["image/gif"] == b64(GIF)


def test_audio_is_an_output_of_its_own():
    parts = call(text("listen"), {"type": "audio", "data": b64(WAV), "mimeType": "audio/wav"}).display_parts()
    assert [tag for tag, _ in tags(parts[1]["text/html"])] == ["div", "audio", "div"]
    assert parts[1]["text/plain"] == f"[audio 1: WAV, {len(WAV)} B]"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</pre><iframe src='//e'>",
        "\"'><svg onload=1>",
        "<!--",
        "]]>",
    ],
)
def test_what_a_server_sends_is_never_markup(hostile):
    blocks = [
        text(hostile),
        {"type": hostile, "x": hostile},
        {"type": "resource_link", "uri": hostile, "name": hostile},
        {"type": "resource", "resource": {"uri": hostile, "mimeType": hostile, "text": hostile}},
        {"type": "image", "data": hostile, "mimeType": hostile},
    ]
    result = call(*blocks, structuredContent={hostile: hostile}, notes=(hostile,), schema={"required": [hostile]})
    prompt = PromptResult(
        reply({"description": hostile, "messages": [{"role": hostile, "content": text(hostile)}]}), "s", "p"
    )
    raw = RawResult(reply({hostile: hostile}), "s", hostile)
    for shown in (result, prompt, raw):
        assert {tag for tag, _ in tags(rich(shown))} <= {"div", "pre"}


@pytest.mark.parametrize(
    "source", ["<h1>hi</h1><script>steal()</script>", '"></iframe><script>1</script>', "x" * 10**6, "a\ud800b"]
)
@pytest.mark.parametrize("mime", ["text/html", "text/html;profile=mcp-app", "image/svg+xml"])
def test_html_and_svg_stay_in_a_sandbox_that_may_do_nothing(source, mime):
    result = ReadResult(reply({"contents": [{"uri": "ui://x", "mimeType": mime, "text": source}]}), "s", "ui://x")
    bundle = result._repr_mimebundle_()
    frame = next(attributes for tag, attributes in tags(bundle["text/html"]) if tag == "iframe")
    assert frame["sandbox"] == ""
    assert "src" not in frame
    assert frame["srcdoc"].startswith('<meta http-equiv="Content-Security-Policy" content="default-src \'none\'')
    assert {tag for tag, _ in tags(bundle["text/html"])} == {"div", "iframe"}
    assert len(json.dumps(bundle)) <= CAP
    json.dumps(bundle, ensure_ascii=False).encode()


def test_an_svg_image_is_sandboxed_too():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
    (part,) = call(image(svg, "image/svg+xml")).display_parts()
    assert [tag for tag, _ in tags(part["text/html"])] == ["iframe"]


@pytest.mark.parametrize(
    ("uri", "clickable"),
    [
        ("https://a.example/b?c=d&e=f#g", True),
        ("http://localhost:1/", True),
        ("mailto:a@b.c", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("java\nscript:alert(1)", False),
        (" https://a.example", False),
        ("data:text/html,<script>", False),
        ("vbscript:x", False),
        ("file:///etc/passwd", False),
        ("https://a.example/\u202egpj", False),
        ('https://a.example/"onclick=', False),
    ],
)
def test_only_plain_web_and_mail_links_can_be_clicked(uri, clickable):
    assert is_clickable(uri) is clickable
    links = [attrs for tag, attrs in tags(rich(call({"type": "resource_link", "uri": uri, "name": "n"}))) if tag == "a"]
    assert [link["href"] for link in links] == [uri] * clickable
    assert all(link["rel"] == "noopener noreferrer" for link in links)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://e\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07x", "x"),
        ("\x9b31mred", "red"),
        ("\x1bcreset", "reset"),
        ("\x1b]52;c;never ends", "⟨U+001B⟩]52;c;never ends"),
        ("\x1b\x1b[31m[31m", "⟨U+001B⟩[31m"),
        ("safe\rEVIL", "safe⟨U+000D⟩EVIL"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("bell\x07\x00\x7f", "bell⟨U+0007⟩⟨U+0000⟩⟨U+007F⟩"),
        ("user\u202ecod.exe", "user⟨U+202E⟩cod.exe"),
        ("a\u200bb\u2060c\ufeff", "a⟨U+200B⟩b⟨U+2060⟩c⟨U+FEFF⟩"),
        ("\U000e0041tag", "⟨U+E0041⟩tag"),
        ("\ud800", "⟨U+D800⟩"),
        ("👨‍👩‍👧 ❤️‍🔥 1️⃣ می‌خواهم", "👨‍👩‍👧 ❤️‍🔥 1️⃣ می‌خواهم"),
        ("naïve 钉钉待办 עברית", "naïve 钉钉待办 עברית"),
    ],
)
def test_terminal_commands_go_and_the_invisible_is_named(sent, shown):
    assert clean(sent) == shown
    assert plain(call(text(sent))) == shown
    assert call(text(sent)).text == sent


@settings(deadline=None)
@given(st.text(st.characters() | st.sampled_from("\x1b[]0m;\\\x07\x9b\x9d\u202e\u200d\ufe0f\r\n")))
def test_clean_text_is_safe_and_stays_as_it_is(value):
    cleaned = clean(value)
    assert clean(cleaned) == cleaned
    assert not set(cleaned) & set(map(chr, [*range(9), *range(11, 32), *range(0x7F, 0xA0), *range(0x202A, 0x202F)]))
    cleaned.encode()


@settings(deadline=None)
@given(st.text(), st.integers(1, 40))
def test_one_line_and_within_keep_their_width(value, width):
    assert len(one_line(value, width)) <= width
    assert "\n" not in one_line(value, width)
    assert columns_of(within(clean(value), width)) <= max(width, 1)


@pytest.mark.parametrize(
    "unit", ["a", "é", "<", '"', "\\", "\n", "\x1b[", "\x1b[0m", "\u202e", "😀", "\ud800", "&<", "钉", "a "]
)
def test_no_text_of_any_kind_shows_more_than_the_cap(unit):
    result = call(*[text(unit * 150_000)] * 3, isError=True, notes=(unit * 5000,) * 50)
    bundle = result._repr_mimebundle_()
    assert len(json.dumps(bundle)) <= CAP
    assert len(json.dumps(result.display_parts())) <= CAP
    assert len(repr(result)) <= 2000
    assert "⟨" in bundle["text/plain"] or "more" in bundle["text/plain"]
    json.dumps(bundle, ensure_ascii=False).encode()


def test_a_cut_text_says_how_much_is_hidden_and_where_it_is():
    shown = plain(call(text("x" * 1_000_000)))
    visible = shown.count("x", 0, shown.index("…"))
    assert shown.endswith(f"… {1_000_000 - visible:,} more characters; all of it is in result.text")


@pytest.mark.parametrize(
    "value",
    [
        [{"a": "<&>" * 50, "b": [1, 2.5, None]}] * 200_000,
        {"k" * 10**6: "v" * 10**6},
        ["x" * 10**6] * 20,
        {str(index): {} for index in range(10**5)},
    ],
)
def test_large_structured_content_is_cut_and_whole_in_the_data(value):
    result = call(structuredContent=value)
    bundle = result._repr_mimebundle_()
    assert len(json.dumps(bundle)) <= CAP
    assert "all of it is in result.structured" in bundle["text/plain"]
    assert result.structured is value


def test_too_many_blocks_and_images_are_counted_not_shown():
    result = call(*[text("line")] * 20_000, *[image()] * 300)
    lines, gallery, others = result.display_parts()
    assert [tag for tag, _ in tags(rich_of(gallery))].count("img") == 100
    assert sum(len(json.dumps(part)) for part in (lines, gallery, others)) <= CAP + 100 * 600
    assert "more not shown" in lines["text/plain"]
    assert "image 101" in others["text/plain"]
    assert len(result.images) == 300


def test_what_was_sent_in_turns_is_shown_in_turns_with_what_is_noted_at_the_end():
    result = call(text("before"), image(), text("between"), image(png(3, 3)), text("after"), image(b"not an image"))
    shown = [part["text/plain"].splitlines()[0] for part in result.display_parts()]
    assert [line.split(":")[0].strip("[]") for line in shown] == ["before", "image 1", "between", "image 2", "after"]
    assert "content[5] cannot be shown" in result.display_parts()[-1]["text/plain"]


def test_very_long_texts_between_images_are_shown_within_the_room_of_one():
    turns = [block for _ in range(50) for block in (text("é" * 100_000), image())]
    parts = call(*turns, image(b"not an image")).display_parts()
    assert sum(len(json.dumps(part)) for part in parts) <= CAP + 100 * 600
    assert "cannot be shown" in parts[-2]["text/plain"]


def test_an_image_beyond_the_bound_is_named_with_the_line_that_saves_it():
    (part,) = call(image(png() + b"\0" * 9_000_000)).display_parts()
    assert part["text/plain"].startswith("[image 1: PNG 2×1, 9.0 MB] not shown")
    assert "result.images[0].save(path)" in part["text/plain"]


def test_an_error_says_so_first_and_is_red():
    result = call(text("no"), isError=True)
    assert plain(result) == "✗ isError\nno"
    assert "color:" in rich(result)


@pytest.mark.parametrize(
    ("blocks", "structured"),
    [
        ([text('{"a": 1}')], {"a": 1}),
        ([text('{\n  "a": 1\n}')], {"a": 1}),
    ],
)
def test_structured_content_that_the_text_repeats_is_shown_once(blocks, structured):
    assert plain(call(*blocks, structuredContent=structured)) == blocks[0]["text"]


def test_structured_content_that_says_more_is_shown_too():
    assert plain(call(text("done"), structuredContent={"a": 1})) == 'done\n{\n  "a": 1\n}'


def test_violations_and_notes_stand_under_the_result_even_when_it_is_long():
    shown = plain(call(text("x" * 10**6), isError="no", notes=("2 columns were added",), version="2025-11-25"))
    assert shown.splitlines()[-2:] == [
        "⚠ violates MCP 2025-11-25: isError: must be a boolean, is 'no'",
        "note: 2 columns were added",
    ]


def test_output_is_the_same_every_time():
    first, second = (CallResultAt(elapsed) for elapsed in (0.1, 9.9))
    assert first == second


def CallResultAt(elapsed):
    from mcp_magics.results.call import CallResult

    return CallResult(reply({"content": [text("x")]}, elapsed), server="s", tool="t")._repr_mimebundle_()


def test_include_and_exclude_are_obeyed():
    result = call(text("x"), image())
    assert set(result._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert set(result._repr_mimebundle_(exclude={"text/html"})) == {"text/plain", "image/png"}


@pytest.mark.parametrize(
    ("contents", "shown"),
    [
        ({"mimeType": "text/plain", "text": "hello"}, "hello"),
        ({"mimeType": "application/json", "text": '{"b":[1,2]}'}, '{\n  "b": [1, 2]\n}'),
        ({"mimeType": "application/json", "text": "{broken"}, "{broken"),
        ({"mimeType": "text/csv", "text": "a,b\n1,x\n"}, "a  b\n----\n1  x"),
        ({"mimeType": "text/markdown", "text": "# <b>"}, "# <b>"),
        ({"mimeType": "text/plain", "blob": b64("é".encode())}, "é"),
        ({"mimeType": "image/png", "blob": b64(png())}, "[image 1: PNG 2×1, "),
        ({"blob": b64(b"\0\1")}, "[bytes, 2 B: "),
        ({"mimeType": "image/png", "blob": b64(b"\0\1")}, "[image/png, 2 B: "),
        ({"mimeType": "image/png", "blob": "no base64!"}, "[a blob that is no base64: "),
        ({"mimeType": "audio/wav", "blob": b64(b"\0\1")}, "[audio/wav, 2 B: "),
    ],
)
def test_a_resource_is_shown_by_its_type(contents, shown):
    result = ReadResult(reply({"contents": [{"uri": "x://1", **contents}]}), "s", "x://1")
    assert plain(result).startswith(shown)


def test_a_resources_blob_is_its_bytes():
    result = ReadResult(
        reply({"contents": [{"uri": "x://1", "mimeType": "image/png", "blob": b64(png())}]}), "s", "x://1"
    )
    assert result.data == png()
    assert result._repr_mimebundle_()["image/png"] == b64(png())
    assert (result.contents[0].uri, result.text) == ("x://1", "")


def test_several_contents_have_no_one_data():
    from mcp_magics.errors import ProtocolError

    result = ReadResult(reply({"contents": [{"uri": "a", "text": "1"}, {"uri": "b", "text": "2"}]}), "s", "d")
    assert (result.text, plain(result)) == ("1\n2", "a (no MIME type)\n1\nb (no MIME type)\n2")
    with pytest.raises(ProtocolError, match="2 contents"):
        _ = result.data


def test_a_prompt_is_shown_with_its_roles():
    messages = [{"role": "user", "content": text("hi")}, {"role": "assistant", "content": image()}, 7]
    result = PromptResult(reply({"description": "d", "messages": messages}), "s", "p")
    assert plain(result).startswith("d\nuser:\nhi\nassistant:\n[image 1: PNG 2×1, ")
    assert [message.role for message in result.messages] == ["user", "assistant", "?"]
    assert result.df[["role", "type"]].values.tolist()[:2] == [["user", "text"], ["assistant", "image"]]


def test_any_other_result_is_its_json():
    result = RawResult(reply({"completion": {"values": ["a"]}}), "s", "completion/complete")
    assert plain(result) == '{\n  "completion": {\n    "values": ["a"]\n  }\n}'
    assert result.to_json()["result"] == result.raw


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
        max_leaves=40,
    )
)
def test_pretty_json_is_the_same_json(value):
    assert json.loads(pretty(value, 10**9)[0]) == value
    cut, is_whole = pretty(value, 20)
    assert len(cut) <= 20 or is_whole


def test_a_deeply_nested_value_is_shown():
    value = []
    for _ in range(5000):
        value = [value]
    assert "…" in plain(RawResult(reply_without_bytes(value), "s", "m"))


def reply_without_bytes(value):
    from mcp_magics.results.reply import Reply

    return Reply(b"", {"result": value}, 0.0)


def test_structured_content_that_wraps_the_very_blocks_is_not_shown_as_text_too():
    blocks = [image()]
    result = call(*blocks, structuredContent={"content": blocks})
    assert image()["data"] not in plain(result)
    assert result.structured == {"content": blocks}
