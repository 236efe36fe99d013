"""A stdio server whose tools have apps: one that works, and one for each thing that an app may not do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mcp.server.apps import Apps, ResourceCsp, ResourcePermissions
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.resources import TextResource
from mcp_types import ToolAnnotations

PAGES = Path(__file__).with_name("app_pages")


def page(name: str, elsewhere: str) -> str:
    """One page, with the bridge it speaks through and the address of what lies outside it."""
    text = (PAGES / f"{name}.html").read_text("utf-8")
    return text.replace("BRIDGE", (PAGES / "bridge.js").read_text("utf-8")).replace("ELSEWHERE", elsewhere)


def build(elsewhere: str) -> MCPServer[Any]:
    """The server; ``elsewhere`` is where its hostile apps would like to go."""
    apps, left = Apps(), {"tea": 12}

    reads = ToolAnnotations(read_only_hint=True)

    @apps.tool(resource_uri="ui://stock/counter.html", description="How much there is", annotations=reads)
    def stock(item: str) -> dict[str, int]:
        return {"stock": left.get(item, 0)}

    @apps.tool(resource_uri="ui://stock/counter.html", visibility=["model", "app"])
    def order(item: str, count: int) -> dict[str, int]:
        left[item] = left.get(item, 0) + count
        return {"stock": left[item]}

    @apps.tool(resource_uri="ui://stock/counter.html", visibility=["model"])
    def count() -> str:
        return "not for apps"

    @apps.tool(resource_uri="ui://stock/counter.html")
    def broken() -> str:
        raise ValueError("no stock today")

    pages = {name: page(name, elsewhere) for name in ("hostile", "leaving", "flooding", "connecting", "going")}
    for name, text in {**pages, "huge": "y" * 3_000_000}.items():
        apps.tool(resource_uri=f"ui://stock/{name}.html", description=name)(_plain(name))
        apps.add_html_resource(f"ui://stock/{name}.html", text)
    apps.add_html_resource(
        "ui://stock/counter.html",
        page("counter", elsewhere),
        csp=ResourceCsp(connect_domains=["https://api.example.org", "http://127.0.0.1:8888", "*", "https://a.org; x"]),
        permissions=ResourcePermissions(camera={}),
        prefers_border=True,
    )
    server = MCPServer("stock", extensions=[apps], log_level="ERROR")

    @server.tool(meta={"ui/resourceUri": "ui://stock/counter.html"})
    def older(item: str) -> dict[str, int]:
        return {"stock": left.get(item, 0)}

    @server.tool(meta={"ui": {"resourceUri": "ui://stock/nowhere.html"}})
    def missing() -> str:
        return "a plain result"

    @server.tool(meta={"ui": {"resourceUri": "ui://stock/plain.txt"}})
    def mistyped() -> str:
        return "a plain result"

    @server.tool()
    def declared(ctx: Context) -> dict[str, Any]:
        return dict(ctx.client_capabilities.extensions or {}) if ctx.client_capabilities else {}

    server.add_resource(TextResource(uri="ui://stock/plain.txt", name="plain", text="<p>x</p>", mime_type="text/html"))
    server.add_resource(TextResource(uri="note://today", name="today", text="a quiet day", mime_type="text/plain"))
    return server


def _plain(name: str) -> Any:
    def tool() -> str:
        return f"the plain result of {name}"

    tool.__name__ = name
    return tool


if __name__ == "__main__":
    build(sys.argv[1] if len(sys.argv) > 1 else "https://elsewhere.example").run("stdio")
