"""The contents of a resource as things to look at, by their type and by their bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mcp_magics.results.document import Attachment, Item, Json, Line, Markdown, Rows, Sandboxed, Tone, Verbatim
from mcp_magics.results.hexdump import SHOWN, hexdump, kind_of
from mcp_magics.results.markdown import is_page
from mcp_magics.results.media import size_text
from mcp_magics.results.tabular import json_container, table_in_text

if TYPE_CHECKING:
    from mcp_magics.results.binary import ResourceContents

PARSED_LIMIT = 1024 * 1024
"""Characters of a text up to which it is parsed to be shown."""
_DOCUMENTS = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml"})
_TABLES = frozenset({"text/csv", "text/tab-separated-values"})
_MARKDOWN = frozenset({"text/markdown", "text/x-markdown"})
_SUFFIXES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".html": "text/html",
    ".svg": "image/svg+xml",
}
"""What the end of an address says of contents whose server does not."""


def preview(contents: ResourceContents, root: str, holder: str, tone: Tone = "plain") -> Iterator[Item]:
    """What there is to see of contents that are no image, sound or video.

    ``root`` is the expression that holds the result, ``holder`` the one that holds these contents.
    """
    text = contents.text
    if text is not None:
        yield text_preview(text, contents.media_type or _by_address(contents.uri), root, tone)
    elif contents.is_decodable:
        yield from _bytes(contents, holder)
    else:
        yield Line(f"[a blob that is no base64: it starts with {contents.base64[:40]!r}]", "note")


def text_preview(text: str, media_type: str, root: str, tone: Tone = "plain") -> Item:
    """A text by its MIME type, ``""`` where none is declared."""
    where = f"{root}.text"
    if media_type in _DOCUMENTS:
        return Sandboxed(text, where)
    if media_type in _MARKDOWN and is_page(text):
        return Markdown(text, where)
    if len(text) <= PARSED_LIMIT:
        if media_type.endswith("json"):
            return _json(text, where)
        if media_type in _TABLES and (table := table_in_text(text, media_type)):
            return Rows(table.names, table.records(), f"{root}.df")
    return Verbatim(text, where, tone)


def said_in_json(text: str, where: str) -> Json | None:
    """A text that is a JSON object or array, to be unfolded; None where it is none or too long."""
    value = json_container(text) if len(text) <= PARSED_LIMIT else None
    return None if value is None else Json(value, where, text)


def _by_address(uri: str) -> str:
    path = unquote(uri.partition("#")[0].partition("?")[0])
    return _SUFFIXES.get(PurePosixPath(path).suffix.lower(), "")


def _bytes(contents: ResourceContents, holder: str) -> Iterator[Item]:
    data = contents.data
    name, mime, suffix = kind_of(data)
    what = " · ".join(dict.fromkeys(filter(None, (contents.media_type or "bytes", name))))
    label = f"[{what}, {size_text(len(data))}: {holder}.data holds it, {holder}.save(path) writes it]"
    if mime == "application/pdf":
        yield Attachment(label, data, mime, _file_name(contents.uri, suffix))
        return
    yield Line(label, "note")
    if data:
        yield Verbatim(hexdump(data), f"{holder}.data")
    if len(data) > SHOWN:
        yield Line(f"… {len(data) - SHOWN:,} more bytes", "note")


def _file_name(uri: str, suffix: str) -> str:
    """A harmless name of a file: the last part of its address, with the suffix its bytes have."""
    last = PurePosixPath(unquote(uri.partition("?")[0])).stem
    kept = "".join(char for char in last[:80] if char.isalnum() or char in "-_ ").strip()
    return (kept or "resource") + suffix


def _json(text: str, where: str) -> Item:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Verbatim(text, where)
    return Json(value, where)
