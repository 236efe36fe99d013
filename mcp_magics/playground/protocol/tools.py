"""Tools that show what a tool may say of itself (icons, hints, schemas, headers, metadata), and a greeting."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import Any

import mcp_types as types

from mcp_magics.playground.images import swatch
from mcp_magics.playground.protocol.world import world_of
from mcp_magics.playground.s1.registry import STRING, Call, Outcome, Schema, Toolbox, structured, text

box = Toolbox()

_TEMPERATURE: Schema = {
    "type": "object",
    "required": ["city", "celsius"],
    "properties": {"city": STRING, "celsius": {"type": "number", "minimum": -90, "maximum": 60}},
}
_HEADERS: Schema = {
    "region": {"type": "string", "x-mcp-header": "Region", "description": "Also sent as the header Mcp-Param-Region."},
    "urgent": {"type": "boolean", "x-mcp-header": "Urgent", "default": False},
    "query": STRING,
}


@cache
def icon(colour: tuple[int, int, int], theme: types.IconTheme | None = None) -> types.Icon:
    """A little picture in one colour, as a ``data:`` URI."""
    data = b64encode(swatch(colour, "")).decode()
    return types.Icon(src=f"data:image/png;base64,{data}", mime_type="image/png", sizes=["96x64"], theme=theme)


@box.tool(
    "temperature",
    {"city": STRING | {"default": "Oslo"}},
    title="Temperature of a city",
    output_schema=_TEMPERATURE,
    icons=[icon((37, 99, 235), "light"), icon((147, 197, 253), "dark")],
)
async def temperature(call: Call) -> Outcome:
    """Tell a temperature; keep the promise of the output schema. Has an icon for light pages and one for dark ones."""
    return structured({"city": call["city"], "celsius": 21.5}, f"21.5 °C in {call['city']}")


@box.tool("temperature_broken", output_schema=_TEMPERATURE)
async def temperature_broken(_call: Call) -> Outcome:
    """Promise the same and send something else: a temperature in words, and no city."""
    return structured({"celsius": "mild"}, "It is mild.")


@box.tool("route", _HEADERS, required=("region",))
async def route(call: Call) -> Outcome:
    """Tell which arguments came as HTTP headers too (2026-07-28): two of its parameters say they shall."""
    request = call.ctx.request
    headers = {} if request is None else dict(request.headers)
    named = {name: value for name, value in headers.items() if name.startswith("mcp-param-")}
    return structured({"arguments": call.sent, "headers": named})


@box.tool(
    "erase",
    {"what": STRING | {"default": "nothing"}},
    annotations=types.ToolAnnotations(
        title="Erase", read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True
    ),
)
async def erase(call: Call) -> Outcome:
    """Say that it destroys, reaches out and may be repeated; it only says so."""
    return text(f"{call['what']} was erased")


@box.tool("metadata", meta={"example.org/team": "tea"})
async def metadata(call: Call) -> Outcome:
    """Send the `_meta` of the request back, and some on the result, its block and the tool itself."""
    came: dict[str, Any] = dict(call.ctx.meta or {})
    block = types.TextContent(
        text="Metadata on every floor.",
        annotations=types.Annotations(audience=["user"], priority=0.9, last_modified="2026-07-28T12:00:00Z"),
        _meta={"example.org/block": 1},
    )
    return types.CallToolResult(content=[block], structured_content={"came": came}, _meta={"example.org/result": 2})


class WaveParams(types.NotificationParams):
    """The parameters of ``notifications/x-playground/wave``."""

    text: str = ""


class WaveNotification(types.Notification[WaveParams, str]):
    """A notification of this server's own kind."""

    method: str = "notifications/x-playground/wave"
    params: WaveParams


@box.tool("waves")
async def waves(call: Call) -> Outcome:
    """List the notifications `notifications/x-playground/wave` that came, and wave back with one."""
    note = WaveNotification(params=WaveParams(text="hello back"))
    await call.ctx.session.send_notification(note, related_request_id=call.ctx.request_id)  # type: ignore[arg-type]
    return structured({"waves": list(world_of(call).waves)})


@box.tool("second_tool")
async def second_tool(_call: Call) -> Outcome:
    """Be there only while `change_lists` says so."""
    return text("Here I am.")
