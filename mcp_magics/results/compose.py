"""From content blocks to things to show, with the bounds for images and sounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from mcp_magics.results.binary import Audio, Image, ResourceContents, Video
from mcp_magics.results.block import Block
from mcp_magics.results.blocks import EmbeddedResource, ResourceLink, TextBlock
from mcp_magics.results.document import Anchor, Film, Item, Json, Line, Picture, Sound, Tone, Verbatim
from mcp_magics.results.media import film_label, picture_label, size_text, sound_label
from mcp_magics.results.preview import PARSED_LIMIT, preview, said_in_json
from mcp_magics.results.tabular import json_container

MEDIA_LIMIT = 8 * 1024 * 1024
"""Bytes of one image, sound or video above which it is named, not shown."""
MEDIA_TOTAL = 32 * 1024 * 1024
"""Bytes of all of them shown in one output."""
MEDIA_COUNT = 100
"""Images, sounds and videos shown in one output."""
PIXELS_LIMIT = 64_000_000
"""Pixels, by its header, of an image above which no browser is asked to decode it: they take four bytes each."""
PIXELS_TOTAL = 256_000_000
"""Pixels of all images in one output."""


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
        self._films = 0
        self._resources = 0
        self._shown = 0
        self._bytes = 0
        self._pixels = 0

    def blocks(self, blocks: Iterable[Block]) -> Iterator[Item]:
        """The items of several blocks; what cannot be decoded has none, :func:`undecodable` names it."""
        for is_text, run in groupby(blocks, lambda block: isinstance(block, TextBlock)):
            if is_text:
                yield from self._texts([block.text for block in run if isinstance(block, TextBlock)])
            else:
                for block in run:
                    yield from self._block(block)

    def _texts(self, texts: list[str]) -> Iterator[Item]:
        """Neighbouring texts; several that are each a JSON object are its rows, as for ``.df``."""
        where = f"{self._where}.text"
        is_error = self._tone == "error"
        if len(texts) > 1 and not is_error and sum(map(len, texts)) <= PARSED_LIMIT:
            values = [json_container(text) for text in texts]
            if all(isinstance(value, dict) for value in values):
                yield Json(values, where, "\n".join(texts))
                return
        for text in texts:
            yield (None if is_error else said_in_json(text, where)) or Verbatim(text, where, self._tone)

    def _block(self, block: Block) -> Iterator[Item]:
        match block:
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
        media = _medium_of(resource)
        if not media:
            yield Line(f"[resource {resource.uri}]", "note")
        if not media or media.mime:  # what is none by its bytes, :func:`undecodable` names
            yield from self.contents(resource, f"{self._where}.resources[{self._resources}]")
        self._resources += 1

    def contents(self, resource: ResourceContents, holder: str) -> Iterator[Item]:
        """The contents of a resource, by type and bytes; ``holder`` is the expression that holds them."""
        if (media := _medium_of(resource)) and media.mime:
            yield from self._media(media, holder)
        else:
            yield from preview(resource, self._where, holder, self._tone)

    def _media(self, media: Image | Audio | Video, holder: str = "") -> Iterator[Item]:
        if media.mime is None:
            return
        item = self._numbered(media)
        pixels = media.size[0] * media.size[1] if isinstance(media, Image) and media.size else 0
        reason = self._reason_against(len(media.data), pixels)
        if reason:
            yield self._not_shown(item, holder, reason)
            return
        self._bytes += len(media.data)
        self._pixels += pixels
        self._shown += 1
        yield item

    def _reason_against(self, size: int, pixels: int) -> str:
        """Why a medium of so many bytes and pixels is not shown; nothing where it is."""
        if pixels > PIXELS_LIMIT:
            return f"decoded it would take {size_text(4 * pixels)} of the browser's memory"
        fits = size <= MEDIA_LIMIT and self._bytes + size <= MEDIA_TOTAL and self._pixels + pixels <= PIXELS_TOTAL
        return "" if fits and self._shown < MEDIA_COUNT else "too much for one output"

    def _numbered(self, media: Image | Audio | Video) -> Picture | Sound | Film:
        if isinstance(media, Image):
            self._images += 1
            return Picture(media, self._images)
        if isinstance(media, Video):
            self._films += 1
            return Film(media, self._films)
        self._sounds += 1
        return Sound(media, self._sounds)

    def _not_shown(self, item: Picture | Sound | Film, holder: str, reason: str) -> Line:
        label, held = _named(item, self._where, holder)
        return Line(f"{label} not shown: {reason}; {held}.save(path)")


def _named(item: Picture | Sound | Film, where: str, holder: str) -> tuple[str, str]:
    """What is not shown, and the expression that has it all the same."""
    match item:
        case Picture():
            return picture_label(item.image, item.number), f"{where}.images[{item.number - 1}]"
        case Sound():
            return sound_label(item.audio, item.number), f"{where}.audio[{item.number - 1}]"
        case Film():
            return film_label(item.video, item.number), holder


def _medium_of(resource: ResourceContents) -> Image | Video | Audio | None:
    return resource.picture or resource.video or resource.sound


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
