"""Tools whose results are worth looking at: pictures, sound, links, blocks nobody has heard of."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mcp_types as types

from mcp_magics.playground.images import swatch, tone
from mcp_magics.playground.s1.registry import INTEGER, STRING, Call, Outcome, Toolbox, structured

if TYPE_CHECKING:
    from collections.abc import Mapping

box = Toolbox()

_BLUE = swatch((37, 99, 235), "blue")
_GREEN = swatch((22, 163, 74), "green")


@dataclass(frozen=True, slots=True)
class Scenario:
    """Blocks to send (``"text"``, or an image's mark) and how many pictures a client can show of them."""

    blocks: tuple[str, ...]
    decodable_images: int


SCENARIOS = {
    "image_only": Scenario(("blue",), 1),
    "text_then_image": Scenario(("text", "blue"), 1),
    "invalid_base64_then_image": Scenario(("not base64", "blue"), 1),
    "invalid_image_bytes_then_image": Scenario(("not an image", "blue"), 1),
    "multiple_valid_images": Scenario(("blue", "green"), 2),
    "image_then_text": Scenario(("blue", "text"), 1),
    "text_only": Scenario(("text",), 0),
}

_IMAGE_DATA = {
    "blue": b64encode(_BLUE).decode(),
    "green": b64encode(_GREEN).decode(),
    "not base64": "this is not base64!",
    "not an image": b64encode(b"these bytes are no picture").decode(),
}


@box.tool("image")
async def image(_call: Call) -> Outcome:
    """Send one picture, a PNG of 96 by 64 pixels."""
    return types.CallToolResult(content=[_picture("blue")])


@box.tool(
    "image_scenario",
    {
        "scenario": {"type": "string", "enum": list(SCENARIOS)},
        "caption": STRING | {"default": "Here is the image:"},
    },
    required=("scenario",),
)
async def image_scenario(call: Call) -> Outcome:
    """Mix text with good and bad pictures; every decodable picture deserves to be shown, in this order."""
    caption = types.TextContent(text=call["caption"])
    blocks = SCENARIOS[call["scenario"]].blocks
    return types.CallToolResult(content=[caption if block == "text" else _picture(block) for block in blocks])


@box.tool("audio", {"frequency": {"type": "number", "default": 440, "minimum": 20, "maximum": 4_000}})
async def audio(call: Call) -> Outcome:
    """Send half a second of sound, as WAV."""
    data = b64encode(tone(call["frequency"])).decode()
    return types.CallToolResult(content=[types.AudioContent(data=data, mime_type="audio/wav")])


@box.tool("resource_link")
async def resource_link(_call: Call) -> Outcome:
    """Point at a resource instead of sending it."""
    return types.CallToolResult(content=[_LINK])


@box.tool("embedded_resource")
async def embedded_resource(_call: Call) -> Outcome:
    """Send a text and a picture as resources inside the result."""
    return types.CallToolResult(content=[_EMBEDDED_TEXT, _EMBEDDED_PICTURE])


@box.tool("every_block")
async def every_block(_call: Call) -> Outcome:
    """Send one block of each kind the specification knows, structured content and metadata too."""
    sound = types.AudioContent(data=b64encode(tone(seconds=0.1)).decode(), mime_type="audio/wav")
    line = types.TextContent(text="A line of text.")
    blocks: list[types.ContentBlock] = [line, _picture("blue"), sound, _LINK, _EMBEDDED_TEXT]
    return types.CallToolResult(
        content=blocks, structured_content={"blocks": len(blocks)}, _meta={"example.org/trace": "every-block-1"}
    )


@box.tool("meta")
async def meta(_call: Call) -> Outcome:
    """Send `_meta` on the result and on its block, and annotations for a picky audience."""
    block = types.TextContent(
        text="Metadata all over.",
        annotations=types.Annotations(audience=["user"], priority=0.9),
        _meta={"example.org/block": {"nested": [1, 2, 3]}},
    )
    return types.CallToolResult(content=[block], _meta={"example.org/result": True})


@box.tool("hostile_text")
async def hostile_text(_call: Call) -> Outcome:
    """Send text that tries to run, to recolour the terminal and to read backwards."""
    return types.CallToolResult(
        content=[
            types.TextContent(text='<script>document.title="owned"</script><img src=x onerror="alert(1)">'),
            types.TextContent(text="\x1b[31mred\x1b[0m \x1b]8;;https://example.org\x07link\x1b]8;;\x07 \x1b[2J\x9b1m"),
            types.TextContent(text="invoice\u202efdp.exe and zero\u200bwidth and [click](javascript:alert(1))"),
        ]
    )


@box.tool("big", {"bytes": INTEGER | {"default": 1_000_000, "minimum": 0}})
async def big(call: Call) -> Outcome:
    """Send one text block of exactly so many bytes."""
    size: int = call["bytes"]
    line = b"The quick brown fox jumps over the lazy dog, again and again. \n"
    return types.CallToolResult(content=[types.TextContent(text=(line * (size // len(line) + 1))[:size].decode())])


@box.tool("many", {"n": INTEGER | {"default": 1_000, "minimum": 0}})
async def many(call: Call) -> Outcome:
    """Send so many small objects as structured content."""
    items = [{"id": k, "name": f"item {k}", "value": k / 4, "even": k % 2 == 0} for k in range(call["n"])]
    return structured({"items": items}, f"{len(items)} items")


@box.tool("table", {"format": {"type": "string", "enum": ["json", "csv", "markdown", "columns"]}}, required=("format",))
async def table(call: Call) -> Outcome:
    """Send the same small table as text, in the format asked for."""
    return types.CallToolResult(content=[types.TextContent(text=_TABLES[call["format"]])])


@box.tool(
    "wrong_output_schema",
    output_schema={"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}},
)
async def wrong_output_schema(_call: Call) -> Outcome:
    """Promise an integer in the output schema and send a word."""
    return structured({"total": "three"})


@box.raw_tool("unknown_block")
def unknown_block(_arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Send a content block of a type no specification has, beside a plain one, and fields nobody knows."""
    return {
        "content": [
            {"type": "text", "text": "Known."},
            {"type": "hologram", "data": {"depth": 3, "big": 12345678901234567890}, "_meta": {"example.org/h": None}},
        ],
        "_meta": {"example.org/unknown": {"kept": True}},
        "isError": False,
        "example.org/extra": [1, "two", None],
    }


_MALFORMED: dict[str, dict[str, Any]] = {
    "no_content": {},
    "content_not_a_list": {"content": {"type": "text", "text": "alone"}},
    "block_without_type": {"content": [{"text": "untyped"}]},
    "text_not_a_string": {"content": [{"type": "text", "text": 42}]},
    "is_error_a_string": {"content": [], "isError": "false"},
    "structured_content_a_list": {"content": [], "structuredContent": [1, 2, 3]},
    "png_called_jpeg": {"content": [{"type": "image", "data": _IMAGE_DATA["blue"], "mimeType": "image/jpeg"}]},
    "image_without_mime_type": {"content": [{"type": "image", "data": _IMAGE_DATA["blue"]}]},
}


@box.raw_tool("malformed", {"how": {"type": "string", "enum": list(_MALFORMED)}}, required=("how",))
def malformed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Send a result that breaks the specification in the way named."""
    how = arguments.get("how")
    refusal = {"content": [{"type": "text", "text": f"There is no {how!r}."}], "isError": True}
    return _MALFORMED.get(how, refusal) if isinstance(how, str) else refusal


def _picture(mark: str) -> types.ImageContent:
    return types.ImageContent(data=_IMAGE_DATA[mark], mime_type="image/png")


_LINK = types.ResourceLink(
    uri="s1://table.csv", name="table.csv", title="A small table", mime_type="text/csv", description="Three rows."
)
_EMBEDDED_TEXT = types.EmbeddedResource(
    resource=types.TextResourceContents(uri="s1://notes.txt", mime_type="text/plain", text="A note inside a result.")
)
_EMBEDDED_PICTURE = types.EmbeddedResource(
    resource=types.BlobResourceContents(uri="s1://green.png", mime_type="image/png", blob=_IMAGE_DATA["green"])
)
_TABLES = {
    "json": '[{"city": "Oslo", "people": 709037}, {"city": "Lima", "people": 10092000}]',
    "csv": "city,people\nOslo,709037\nLima,10092000\n",
    "markdown": "| city | people |\n|---|---:|\n| Oslo | 709037 |\n| Lima | 10092000 |\n",
    "columns": '{"city": ["Oslo", "Lima"], "people": [709037, 10092000]}',
}
