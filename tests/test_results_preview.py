"""What there is to look at in a resource and a result: by type, by bytes, bounded, and never as the server's markup."""

from __future__ import annotations

import base64
import html.parser
import json
import struct

import pytest
from support.answers import b64, call, image, png, reply, text

from mcp_magics.results.content import PromptResult, ReadResult
from mcp_magics.results.table import frame
from mcp_magics.results.tabular import table_in_json, table_in_text

CAP = 256 * 1024
WEBM = b"\x1aE\xdf\xa3" + b"\0" * 60 + b"V_VP9" + b"\0" * 40
MP4 = b"\0\0\0\x18ftypisom" + b"\0" * 40 + b"hdlr" + b"\0" * 8 + b"vide" + b"\0" * 20


class Page(html.parser.HTMLParser):
    """What a browser would see: its elements with attributes, and its text."""

    def __init__(self, source):
        super().__init__()
        self.found, self.text, self.open = [], "", []
        self.feed(source)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in ("br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    @property
    def tags(self):
        return {tag for tag, _ in self.found}

    def all(self, name):
        return [attributes for tag, attributes in self.found if tag == name]


def read(**contents):
    return ReadResult(reply({"contents": [{"uri": "x://1", **contents}]}), "s", "x://1")


def page(result):
    return Page(result._repr_mimebundle_()["text/html"])


def plain(result):
    return result._repr_mimebundle_()["text/plain"]


def markdown(source):
    return page(read(mimeType="text/markdown", text=source))


# Markdown


def test_markdown_is_a_page_and_its_plain_form_the_text():
    source = "# Tea\n\nIs *good* and **hot**, `brewed`.\n\n1. boil\n2. pour\n\n|a|b|\n|-|-:|\n|1|2|\n\n~~no~~\n\n---\n"
    seen = markdown(source)
    assert {"em", "strong", "code", "ol", "li", "table", "th", "td", "s", "hr"} <= seen.tags
    assert seen.all("td")[1]["style"] == "text-align:right"
    assert plain(read(mimeType="text/markdown", text=source)) == source


def test_a_heading_of_a_resource_is_no_heading_of_the_notebook():
    seen = markdown("## Steal the outline")
    assert "h2" not in seen.tags
    assert ("heading", "2") in [(each.get("role"), each.get("aria-level")) for each in seen.all("div")]


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick=x>b</b>",
        "<div>\n<iframe src=//e></iframe>\n</div>",
        "```html\n</pre><script>1</script>\n```",
        "`</code><script>1</script>`",
        '[a](https://e.example "\\"><script>1</script>")',
        '![\\"><script>](https://e.example/x.png)',
        "| <script> |\n|-|\n| <img onerror=1> |",
        "<https://e.example/\"onclick='x'>",
    ],
)
def test_markup_inside_markdown_is_text(source):
    seen = markdown(source)
    assert seen.tags <= {"div", "p", "pre", "code", "a", "table", "thead", "tbody", "tr", "th", "td", "span"}
    allowed = {"style", "dir", "href", "target", "rel"}
    assert {name for _, attributes in seen.found for name in attributes} <= allowed


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "&#106;avascript:x",
    ],
)
def test_a_link_of_markdown_that_runs_code_is_none(address):
    assert markdown(f"[click]({address}) ![look]({address}) <{address}>").all("a") == []


def test_an_image_of_markdown_is_a_link_that_nobody_follows_by_looking():
    seen = markdown("![A cup](https://tracker.example/p.png?id=7)")
    assert "img" not in seen.tags
    assert [each["href"] for each in seen.all("a")] == ["https://tracker.example/p.png?id=7"]
    assert seen.all("a")[0]["rel"] == "noopener noreferrer"
    assert "[image: A cup]" in seen.text


def test_what_cannot_be_seen_in_markdown_is_named():
    assert "user⟨U+202E⟩cod.exe" in markdown("user\u202ecod.exe").text


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "![",
        "*a ",
        "a**b",
        ">",
        "- ",
        "[a](",
        "<",
        "&",
        "~~a",
        "# hi\n\ntext *a*\n\n",
        "|a",
        "|a|b|\n|-|-|\n",
        "\u202e",
    ],
)
def test_a_megabyte_of_markdown_is_shown_in_bounded_room(unit):
    source = unit * (10**6 // len(unit))
    result = read(mimeType="text/markdown", text=source)
    assert len(json.dumps(result._repr_mimebundle_())) <= CAP
    assert "more characters; all of it is in result.text" in page(result).text
    assert result.text == source


def test_markdown_that_is_cut_counts_what_is_missing():
    lines = "".join(f"line {number}.\n\n" for number in range(20_000))
    shown, _, more = markdown(lines).text.rpartition("… ")
    hidden = int(more.split(" ")[0].replace(",", ""))
    following = f"line {shown.count('.')}."
    assert abs(len(lines) - hidden - lines.index(following)) <= len(following)


# JSON


DEEP = {
    "name": "tea",
    "stock": 3,
    "price": 2.5,
    "sold": True,
    "left": None,
    "tags": {"kind": {"leaf": {"age": [1, 2]}}},
}


def test_structured_content_is_a_tree_that_opens_two_levels():
    seen = page(call(structuredContent=DEEP))
    assert [("open" in each) for each in seen.all("details")] == [True, True, False, False, False]
    assert "object, 6 members" in seen.text
    for shown in ('name: "tea"', "stock: 3", "price: 2.5", "sold: true", "left: null", "array, 2 items"):
        assert shown in seen.text


def test_json_text_is_a_tree_too_and_its_plain_form_the_text_as_sent():
    said = json.dumps(DEEP, indent=1)
    result = call(text(said))
    assert len(page(result).all("details")) == 5
    assert plain(result) == said


def test_a_few_lines_of_json_need_no_tree():
    assert page(call(structuredContent={"a": 1, "b": [1, 2]})).tags == {"div", "pre"}


def test_a_long_text_in_a_tree_is_cut_with_its_length_and_the_place_that_has_it():
    seen = page(call(structuredContent={"a": "x" * 5000, "b": {str(each): each for each in range(9)}}))
    assert "(5,000 characters)" in seen.text
    assert seen.text.count("x") < 400
    assert "… there is more; all of it is in result.structured" in seen.text


@pytest.mark.parametrize(
    "value",
    [
        {str(index): {"a": [{}]} for index in range(10**5)},
        [{"k" * 10**6: "v" * 10**6, "b": [[]]}],
        {"a": ["<&>\u202e" * 10**5] * 50},
        [[[[[{"a": {str(each): [each]}}]]]] for each in range(5000)],
    ],
)
def test_a_tree_is_bounded_and_closed_and_counts_what_it_left_out(value):
    bundle = call(structuredContent=value)._repr_mimebundle_()
    assert len(json.dumps(bundle)) <= CAP
    assert "all of it is in result.structured" in Page(bundle["text/html"]).text


def test_a_tree_ends_where_nobody_unfolds_any_more():
    value = []
    for _ in range(900):
        value = [value]
    assert "… 1 more" in page(call(structuredContent=value)).text


@pytest.mark.parametrize("wrapped", [lambda rows: rows, lambda rows: {"result": rows}, lambda rows: {"products": rows}])
def test_a_list_of_alike_objects_is_a_table_to_look_at(wrapped):
    rows = [{"sku": f"T-{each}", "price": {"amount": each}, "tags": ["a"]} for each in range(30)]
    seen = page(call(structuredContent=wrapped(rows)))
    assert len(seen.all("tr")) == 31
    assert "30 rows, 3 columns" in seen.text
    assert "price.amount" in seen.text


def test_objects_that_come_as_a_text_each_are_the_rows_of_one_table():
    texts = [json.dumps({"sku": each, "name": "tea"}) for each in range(5)]
    result = call(*map(text, texts))
    assert len(page(result).all("tr")) == 6
    assert plain(result) == "\n".join(texts)


def test_the_text_of_an_error_stays_a_text():
    assert "details" not in page(call(text(json.dumps(DEEP)), isError=True)).tags


# Tables


def test_a_long_table_shows_its_first_rows_and_how_many_there_are():
    result = read(mimeType="text/csv", text="a,b\n" + "".join(f"{each},x\n" for each in range(5000)))
    seen = page(result)
    assert "5,000 rows, 2 columns" in seen.text
    assert [each["tabindex"] for each in seen.all("div") if each.get("role") == "region"] == ["0"]
    assert "more; use result.df" in seen.text
    assert len(result.df) == 5000


def test_a_table_of_ten_thousand_columns_says_how_many_are_not_shown():
    result = read(
        mimeType="text/csv", text=",".join(f"c{each}" for each in range(10_000)) + "\n" + "1," * 9_999 + "1\n"
    )
    assert len(page(result).all("td")) == 60
    for shown in (page(result).text, plain(result)):
        assert "… and 9,940 more columns; use result.df" in shown
    assert result.df.shape == (1, 10_000)


def test_what_would_be_a_table_of_holes_is_none():
    ragged = "1," * 100_000 + "\n" + "a\n" * 100_000
    assert table_in_text(ragged, "text/csv") is None
    sparse = table_in_json([{f"k{each}": 1} for each in range(20_000)])
    assert (sparse.names, sparse.length) == (("value",), 20_000)
    assert frame(table_in_json([{f"k{each}": 1} for each in range(100)])).shape == (100, 100)


# Resources by type and bytes


def test_undeclared_contents_are_what_their_address_says():
    shown = ReadResult(reply({"contents": [{"uri": "file:///a/notes.md?v=1", "text": "*hi*"}]}), "s", "u")
    assert "em" in page(shown).tags
    declared = ReadResult(reply({"contents": [{"uri": "a.md", "mimeType": "text/plain", "text": "*hi*"}]}), "s", "u")
    assert "em" not in page(declared).tags


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("text/plain; charset=iso-8859-1", "né".encode("latin-1")),
        ('text/plain;charset="windows-1252"', "né".encode("cp1252")),
        ("text/plain; charset=shift_jis", "né".encode()),
        ("text/plain", "né".encode("utf-16")),
        ("text/plain", b"\xef\xbb\xbf" + "né".encode()),
        ("text/plain; charset=rot13", "né".encode()),
        ("text/plain; charset=nonsense", "né".encode()),
    ],
)
def test_a_text_in_a_blob_is_read_in_its_charset(media_type, data):
    found = read(mimeType=media_type, blob=b64(data)).text
    assert found == ("né" if "jis" not in media_type else "né".encode().decode("shift_jis"))


def test_bytes_are_a_dump_with_their_size_what_they_are_and_the_line_that_saves_them():
    data = b"PK\x03\x04" + bytes(range(256)) * 20
    shown = plain(read(mimeType="application/octet-stream", blob=b64(data)))
    first, *rows = shown.splitlines()
    assert first.startswith("[application/octet-stream · ZIP, 5.1 kB: ")
    assert "result.contents[0].save(path)" in first
    assert rows[0].startswith("00000000  50 4b 03 04 00 01 02 03  04 05")
    assert rows[0].endswith("|PK..............|")
    assert (len(rows), rows[-1]) == (17, f"… {len(data) - 256:,} more bytes")


def test_the_line_that_saves_embedded_bytes_works():
    blob = {"type": "resource", "resource": {"uri": "x://2", "blob": b64(b"\0\1")}}
    result = call({"type": "resource", "resource": {"uri": "x://1", "text": "a"}}, blob)
    assert "result.resources[1].save(path)" in plain(result)
    assert eval("result.resources[1].data") == b"\0\1"
    prompt = PromptResult(reply({"messages": [{"role": "user", "content": blob}]}), "s", "p")
    assert "result.resources[0].save(path)" in plain(prompt)
    assert prompt.resources[0].data == b"\0\1"


def test_a_pdf_is_a_link_that_saves_it_and_is_not_opened():
    data = b"%PDF-1.7 " + b"x" * 3000
    result = ReadResult(
        reply({"contents": [{"uri": "x://a/../<b>report.pdf?x", "mimeType": "x/y", "blob": b64(data)}]}), "s", "u"
    )
    seen = page(result)
    (link,) = seen.all("a")
    assert base64.b64decode(link["href"].removeprefix("data:application/pdf;base64,")) == data
    assert link["download"] == "breport.pdf"
    assert seen.tags == {"div", "a"}
    assert plain(result).startswith("[x/y · PDF, 3.0 kB: result.contents[0].data holds it")


def test_a_large_pdf_is_a_line():
    result = read(mimeType="application/pdf", blob=b64(b"%PDF-1.7" + b"x" * 300_000))
    assert page(result).all("a") == []
    assert len(json.dumps(result._repr_mimebundle_())) < 1000


@pytest.mark.parametrize(("data", "mime"), [(WEBM, "video/webm"), (MP4, "video/mp4")], ids=["webm", "mp4"])
@pytest.mark.parametrize("declared", [{"mimeType": "video/x"}, {"mimeType": "application/octet-stream"}, {}])
def test_a_video_is_known_by_its_bytes_and_waits_to_be_played(data, mime, declared):
    (part,) = read(**declared, blob=b64(data)).display_parts()
    (video,) = Page(part["text/html"]).all("video")
    assert video["src"].startswith(f"data:{mime};base64,")
    assert {"controls", "preload"} <= video.keys()
    assert "autoplay" not in video
    assert part["text/plain"].startswith("[video 1: ")


def test_what_says_that_it_is_a_video_and_is_none_is_bytes():
    assert "video" not in page(read(mimeType="video/mp4", blob=b64(b"\0\0<script>"))).tags


# Images


def test_four_images_are_a_gallery_with_what_each_is_below_it():
    parts = call(text("look"), *[image(png(each, 2)) for each in range(1, 5)]).display_parts()
    assert len(parts) == 2
    seen = Page(parts[1]["text/html"])
    assert [each["alt"] for each in seen.all("img")] == [
        f"[image {n}: PNG {n}×2, {len(png(n, 2))} B]" for n in range(1, 5)
    ]
    assert len(seen.all("details")) == len(seen.all("summary")) == len(seen.all("figcaption")) == 4
    assert f"image 2: PNG 2×2, {len(png(2, 2))} B" in seen.text
    assert "result.images[3].save(path)" in seen.text
    assert len(parts[1]["text/plain"].splitlines()) == 4


def test_a_gallery_stands_where_its_images_were_sent():
    shown = call(text("before"), *[image()] * 4, text("after"))._repr_mimebundle_()["text/html"]
    assert shown.index("before") < shown.index("mcp-gallery") < shown.index("after")


def test_three_images_are_outputs_of_their_own():
    assert ["image/png" in part for part in call(*[image()] * 3).display_parts()] == [True] * 3


def test_an_svg_in_a_gallery_stays_in_its_sandbox():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script><foreignObject><img/></foreignObject></svg>'
    (part,) = call(*[image()] * 4, image(svg, "image/svg+xml")).display_parts()
    seen = Page(part["text/html"])
    assert [each["sandbox"] for each in seen.all("iframe")] == [""]
    assert {"script", "foreignobject"}.isdisjoint(seen.tags)


def bomb(side):
    return png()[:16] + struct.pack(">II", side, side) + png()[24:]


def test_an_image_too_large_to_decode_is_named_with_its_pixels():
    (part,) = call(image(bomb(60_000))).display_parts()
    assert part["text/plain"].startswith("[image 1: PNG 60000×60000, ")
    assert (
        "not shown: decoded it would take 14.4 GB of the browser's memory; result.images[0].save(path)"
        in part["text/plain"]
    )
    assert "img" not in Page(part["text/html"]).tags


def test_images_too_large_together_are_shown_as_far_as_they_go():
    result = call(*[image(bomb(8000))] * 6)
    shown = result._repr_mimebundle_()
    assert Page(shown["text/html"]).tags >= {"img"}
    assert len(Page(shown["text/html"]).all("img")) == 4
    assert shown["text/plain"].count("not shown: too much for one output") == 2
