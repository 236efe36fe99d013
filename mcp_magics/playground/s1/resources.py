"""The workbench's resources: text, JSON, CSV, Markdown, HTML, a picture, twenty numbered items, two templates."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import unquote

import mcp_types as types
from mcp.shared.exceptions import MCPError

from mcp_magics.playground.images import swatch

_ITEMS = 20


@dataclass(frozen=True, slots=True)
class _Document:
    name: str
    mime_type: str
    description: str
    body: str | bytes

    @property
    def uri(self) -> str:
        return f"s1://{self.name}"

    def listed(self) -> types.Resource:
        size = len(self.body.encode() if isinstance(self.body, str) else self.body)
        return types.Resource(
            uri=self.uri, name=self.name, mime_type=self.mime_type, description=self.description, size=size
        )

    def contents(self) -> types.TextResourceContents | types.BlobResourceContents:
        if isinstance(self.body, str):
            return types.TextResourceContents(uri=self.uri, mime_type=self.mime_type, text=self.body)
        blob = b64encode(self.body).decode()
        return types.BlobResourceContents(uri=self.uri, mime_type=self.mime_type, blob=blob)


def _item(number: int) -> _Document:
    body = json.dumps({"number": number, "square": number**2})
    return _Document(f"items/{number}", "application/json", f"Item {number} of {_ITEMS}.", body)


_DOCUMENTS = {
    document.uri: document
    for document in (
        _Document("notes.txt", "text/plain", "A few lines of text.", "First line.\nSecond line: äöü ☀ 天気\n"),
        _Document("config.json", "application/json", "A nested object.", '{"name": "s1", "limits": {"max": 10}}'),
        _Document("table.csv", "text/csv", "Three rows.", "id,name,price\n1,apple,0.5\n2,pear,0.75\n3,plum,0.25\n"),
        _Document("page.md", "text/markdown", "A heading and a list.", "# S1\n\n- one\n- two\n"),
        _Document("page.html", "text/html", "HTML that wants to run.", "<h1>Hi</h1><script>alert(1)</script>"),
        _Document("green.png", "image/png", "A picture.", swatch((22, 163, 74), "green")),
        _Document("bytes.bin", "application/octet-stream", "All 256 bytes.", bytes(range(256))),
        *(_item(number) for number in range(1, _ITEMS + 1)),
    )
}

RESOURCES = [document.listed() for document in _DOCUMENTS.values()]
TEMPLATES = [
    types.ResourceTemplate(
        uri_template="greeting://{name}", name="greeting", mime_type="text/plain", description="A greeting by name."
    ),
    types.ResourceTemplate(
        uri_template="s1://items/{number}", name="item", mime_type="application/json", description="An item."
    ),
]


def read(uri: str) -> types.ReadResourceResult:
    """The contents of ``uri``.

    Raises:
        MCPError: there is no such resource (-32602; MCP 2026-07-28, server features, resources).
    """
    if document := _DOCUMENTS.get(uri):
        return types.ReadResourceResult(contents=[document.contents()])
    if uri.startswith("greeting://") and (name := unquote(uri.removeprefix("greeting://"))):
        contents = types.TextResourceContents(uri=uri, mime_type="text/plain", text=f"Hello, {name}!")
        return types.ReadResourceResult(contents=[contents])
    raise MCPError(types.INVALID_PARAMS, f"Resource not found: {uri}", {"uri": uri})
