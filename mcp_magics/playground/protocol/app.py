"""An MCP App (SEP-1865, ``io.modelcontextprotocol/ui``): a tool whose result a host may show with a page.

The page speaks JSON-RPC with its host by ``postMessage`` and needs nothing from the network. Without it the result is
words, as for any client that shows no apps.
"""

from __future__ import annotations

from typing import Any

import mcp_types as types
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID

from mcp_magics.playground.s1.registry import INTEGER, Call, Outcome, Toolbox, structured

__all__ = ["EXTENSION_ID", "RESOURCE", "box", "contents"]

box = Toolbox()

URI = "ui://protocol/dice.html"
_META: dict[str, Any] = {"ui": {"prefersBorder": True, "csp": {"connectDomains": [], "resourceDomains": []}}}
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Dice</title>
<style>body { font: 16px system-ui; margin: 12px } output { font-size: 40px } button { font: inherit }</style>
<p><output id="faces">…</output></p>
<p><button id="again">Roll again</button> <small id="host"></small></p>
<script>
  const faces = ["⚀", "⚁", "⚂", "⚃", "⚄", "⚅"], waiting = new Map();
  let sent = 0;
  const post = message => parent.postMessage({jsonrpc: "2.0", ...message}, "*");
  const ask = (method, params) => new Promise(done => { waiting.set(++sent, done); post({id: sent, method, params}); });
  const show = result => {
    const dice = result?.structuredContent?.dice ?? [];
    document.getElementById("faces").textContent = dice.map(each => faces[each - 1]).join(" ");
  };
  addEventListener("message", ({source, data}) => {
    if (source !== parent || data?.jsonrpc !== "2.0") return;
    if (data.method === "ui/notifications/tool-result") show(data.params);
    else if (waiting.has(data.id)) { waiting.get(data.id)(data.result); waiting.delete(data.id); }
  });
  document.getElementById("again").onclick = async () =>
    show(await ask("tools/call", {name: "roll_dice", arguments: {n: 2}}));
  const size = () => post({method: "ui/notifications/size-changed",
    params: {width: document.body.scrollWidth, height: document.body.scrollHeight + 24}});
  ask("ui/initialize", {protocolVersion: "2026-01-26", appCapabilities: {},
    appInfo: {name: "dice", version: "1.0.0"}}).then(host => {
    document.getElementById("host").textContent = host?.hostInfo?.name ?? "";
    post({method: "ui/notifications/initialized", params: {}});
    size();
  });
</script>
</html>
"""
RESOURCE = types.Resource(
    uri=URI, name="dice", title="Dice", mime_type=APP_MIME_TYPE, description="The page of roll_dice.", _meta=_META
)


def contents() -> types.TextResourceContents:
    """The page."""
    return types.TextResourceContents(uri=URI, mime_type=APP_MIME_TYPE, text=_PAGE, _meta=_META)


@box.tool(
    "roll_dice",
    {"n": INTEGER | {"default": 2, "minimum": 1, "maximum": 6}},
    output_schema={
        "type": "object",
        "required": ["dice"],
        "properties": {"dice": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 6}}},
    },
    meta={"ui": {"resourceUri": URI, "visibility": ["model", "app"]}},
)
async def roll_dice(call: Call) -> Outcome:
    """Roll dice; a host that shows apps shows them rolling."""
    rolled = len(call.state.received)  # no chance at all: the same calls, the same dice
    dice = [(rolled * 7 + number * 5) % 6 + 1 for number in range(call["n"])]
    return structured({"dice": dice}, f"rolled {', '.join(map(str, dice))}")
