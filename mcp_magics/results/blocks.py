"""Typed views of content blocks (MCP "Data types: ContentBlock"): the server's own JSON underneath, never copied.

:func:`view` takes any JSON value. What the specification does not know, or what lacks the members it needs, stays an
:class:`UnknownBlock` with everything the server sent in ``raw``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from mcp_magics.results.binary import Audio, Image, ResourceContents
from mcp_magics.results.block import Block


class UnknownBlock(Block):
    """A block of a type the specification does not know, or one that lacks what its type needs."""


class TextBlock(Block):
    """A block of ``type: text``."""

    @property
    def text(self) -> str:
        """The text, whole."""
        return self._text("text") or ""

    def _summary(self) -> str:
        return self.text[:200]


class ResourceLink(Block):
    """A block of ``type: resource_link``: a resource that can be read, named but not included."""

    @property
    def uri(self) -> str:
        """The resource's address; ``%mcp read SERVER URI`` reads it."""
        return self._text("uri") or ""

    @property
    def name(self) -> str:
        """The title, or the name, or the address."""
        return self._text("title") or self._text("name") or self.uri

    @property
    def description(self) -> str:
        """What the server says it holds."""
        return self._text("description") or ""

    @property
    def declared_mime(self) -> str | None:
        """The MIME type the server declares."""
        return self._text("mimeType")

    def _summary(self) -> str:
        return self.uri


class EmbeddedResource(Block):
    """A block of ``type: resource``: a resource's contents inside another result."""

    @cached_property
    def resource(self) -> ResourceContents:
        """What is embedded."""
        return ResourceContents(self.raw.get("resource"))

    def _summary(self) -> str:
        return self.resource.uri


def _has_text(raw: dict[str, Any]) -> bool:
    return isinstance(raw.get("text"), str)


def _has_data(raw: dict[str, Any]) -> bool:
    return isinstance(raw.get("data"), str)


def _has_uri(raw: dict[str, Any]) -> bool:
    return isinstance(raw.get("uri"), str)


def _has_resource(raw: dict[str, Any]) -> bool:
    inner = raw.get("resource")
    return isinstance(inner, dict) and (isinstance(inner.get("text"), str) or isinstance(inner.get("blob"), str))


_VIEWS: dict[str, tuple[type[Block], Callable[[dict[str, Any]], bool]]] = {
    "text": (TextBlock, _has_text),
    "image": (Image, _has_data),
    "audio": (Audio, _has_data),
    "resource_link": (ResourceLink, _has_uri),
    "resource": (EmbeddedResource, _has_resource),
}


def view(raw: Any) -> Block:
    """The typed view of one content block, whatever the server sent for it."""
    kind = raw.get("type") if isinstance(raw, dict) else None
    block, is_whole = _VIEWS.get(kind, (UnknownBlock, bool)) if isinstance(kind, str) else (UnknownBlock, bool)
    return block(raw) if block is UnknownBlock or is_whole(raw) else UnknownBlock(raw)


def views(raw: Any) -> tuple[Block, ...]:
    """The typed views of a list of blocks; a value that is no list is one block, None is none."""
    if raw is None:
        return ()
    return tuple(map(view, raw)) if isinstance(raw, list) else (view(raw),)
