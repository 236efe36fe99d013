"""From content blocks to things to show, with the bounds for images and sounds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from mcp_magics.results.blocks import (
    Audio,
    Block,
    EmbeddedResource,
    Image,
    ResourceContents,
    ResourceLink,
    TextBlock,
)
from mcp_magics.results.document import Anchor, Grid, Item, Json, Line, Picture, Sandboxed, Sound, Tone, Verbatim
from mcp_magics.results.media import picture_label, size_text, sound_label
from mcp_magics.results.tabular import table_in_text

MEDIA_LIMIT = 8 * 1024 * 1024
"""Bytes of one image or sound above which it is named, not shown."""
MEDIA_TOTAL = 32 * 1024 * 1024
"""Bytes of all images and sounds shown in one output."""
MEDIA_COUNT = 100
"""Images and sounds shown in one output."""

_PARSED_LIMIT = 1024 * 1024
_DOCUMENTS = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml"})


def images_of(blocks: Iterable[Block]) -> tuple[Image, ...]:
    """Every image whose bytes are one, in order, embedded ones included."""
    return tuple(image for block in blocks if (image := _image_in(block)) and image.mime)


def sounds_of(blocks: Iterable[Block]) -> tuple[Audio, ...]:
    """Every sound whose bytes are one, in order, embedded ones included."""
    return tuple(audio for block in blocks if (audio := _sound_in(block)) and audio.mime)


def undecodable(blocks: Iterable[Block]) -> Iterator[str]:
    """A sentence for every image or sound that cannot be shown, counting content blocks from 0."""
    for index, block in enumerate(blocks):
        media = _image_in(block) or _sound_in(block)
        if media and not media.mime:
            yield f"content[{index}] cannot be shown: {_trouble(media)}"


class Composer:
    """Turns blocks into items, numbering images and sounds as ``.images`` and ``.audio`` hold them."""

    def __init__(self, where: str = "result", tone: Tone = "plain") -> None:
        self._where = where
        self._tone = tone
        self._images = 0
        self._sounds = 0
        self._shown = 0
        self._bytes = 0

    def blocks(self, blocks: Iterable[Block]) -> Iterator[Item]:
        """The items of several blocks; what cannot be decoded has none, :func:`undecodable` names it."""
        for block in blocks:
            yield from self._block(block)

    def _block(self, block: Block) -> Iterator[Item]:
        match block:
            case TextBlock():
                yield Verbatim(block.text, f"{self._where}.text", self._tone)
            case Image() | Audio():
                yield from self._media(block)
            case ResourceLink():
                yield Anchor(block.uri, block.name)
            case EmbeddedResource():
                yield from self._embedded(block.resource)
            case _:
                yield Line(f"[a block of type {block.type!r}]" if block.type else "[a block without a type]", "note")
                yield Json(block.raw, f"{self._where}.raw")

    def _embedded(self, resource: ResourceContents) -> Iterator[Item]:
        if not (resource.picture or resource.sound):
            yield Line(f"[resource {resource.uri}]", "note")
        yield from self.contents(resource)

    def contents(self, resource: ResourceContents) -> Iterator[Item]:
        """The contents of a resource, by MIME type."""
        text = resource.text
        if media := resource.picture or resource.sound:
            yield from self._media(media)
        elif text is not None:
            yield self._text(text, resource.media_type)
        elif resource.is_decodable:
            size = size_text(len(resource.data))
            yield Line(f"[{resource.media_type or 'bytes'}, {size}: .data holds it, .save(path) writes it]", "note")
        else:
            yield Line(f"[a blob that is no base64: it starts with {resource.base64[:40]!r}]", "note")

    def _text(self, text: str, media_type: str) -> Item:
        where = f"{self._where}.text"
        if media_type in _DOCUMENTS:
            return Sandboxed(text, where)
        if len(text) <= _PARSED_LIMIT:
            if media_type.endswith("json"):
                return _as_json(text, where)
            if media_type in {"text/csv", "text/tab-separated-values"} and (table := table_in_text(text, media_type)):
                return Grid(table.names, table.records(), f"{self._where}.df")
        return Verbatim(text, where, self._tone)

    def _media(self, media: Image | Audio) -> Iterator[Item]:
        if media.mime is None:
            return
        item = self._numbered(media)
        fits = len(media.data) <= MEDIA_LIMIT and self._bytes + len(media.data) <= MEDIA_TOTAL
        if fits and self._shown < MEDIA_COUNT:
            self._bytes += len(media.data)
            self._shown += 1
            yield item
        else:
            yield self._not_shown(item)

    def _numbered(self, media: Image | Audio) -> Picture | Sound:
        if isinstance(media, Image):
            self._images += 1
            return Picture(media, self._images)
        self._sounds += 1
        return Sound(media, self._sounds)

    def _not_shown(self, item: Picture | Sound) -> Line:
        if isinstance(item, Picture):
            label, name = picture_label(item.image, item.number), "images"
        else:
            label, name = sound_label(item.audio, item.number), "audio"
        return Line(f"{label} not shown: too much for one output; {self._where}.{name}[{item.number - 1}].save(path)")


def _image_in(block: Block) -> Image | None:
    if isinstance(block, EmbeddedResource):
        return block.resource.picture
    return block if isinstance(block, Image) else None


def _sound_in(block: Block) -> Audio | None:
    if isinstance(block, EmbeddedResource):
        return block.resource.sound
    return block if isinstance(block, Audio) else None


def _trouble(media: Image | Audio) -> str:
    declared = f"declared {media.declared_mime}" if media.declared_mime else "of no declared type"
    if not media.is_decodable:
        return f"its data, {declared}, is no base64"
    kind = "image" if isinstance(media, Image) else "sound"
    return f"its {size_text(len(media.data))}, {declared}, are no {kind} of a known format"


def _as_json(text: str, where: str) -> Item:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Verbatim(text, where)
    return Json(value, where)
