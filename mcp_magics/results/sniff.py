"""What bytes really are: image and audio formats by their signatures, image sizes by their headers.

Signatures: WHATWG MIME Sniffing §6.1 and §6.2; sizes: PNG (W3C) §11.2.2, GIF89a §18, JPEG (ITU T.81) §B.2.2,
WebP (RFC 9649) §2, BMP ``BITMAPINFOHEADER``, AVIF in :mod:`.avif`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from mcp_magics.results.avif import avif_size

_Size = tuple[int, int] | None
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})
_LONE_CANVAS = 1 << 14
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s+svg(?:[^<>\[]|\[[^\]]*\])*+>)*+<svg[\s>/]",
    re.DOTALL | re.IGNORECASE,
)

_AUDIO = (
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"), "audio/mpeg"),
    (re.compile(rb"OggS\x00"), "audio/ogg"),
    (re.compile(rb"fLaC"), "audio/flac"),
    (re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), "audio/aac"),
    (re.compile(rb"....ftyp(?:M4A |mp42|isom)", re.DOTALL), "audio/mp4"),
    (re.compile(rb"\x1aE\xdf\xa3"), "audio/webm"),
    (re.compile(rb"FORM....AIF[FC]", re.DOTALL), "audio/aiff"),
    (re.compile(rb"MThd\x00\x00\x00\x06"), "audio/midi"),
)


_FILM = (
    (re.compile(rb"....ftypqt  ", re.DOTALL), re.compile(rb"hdlr.{8}vide", re.DOTALL), "video/quicktime"),
    (re.compile(rb"....ftyp", re.DOTALL), re.compile(rb"hdlr.{8}vide", re.DOTALL), "video/mp4"),
    (re.compile(rb"\x1aE\xdf\xa3"), re.compile(rb"V_(?:VP[89]|AV1|MPEG|THEORA)"), "video/webm"),
    (re.compile(rb"OggS\x00"), re.compile(rb"\x80theora"), "video/ogg"),
)
"""Containers, and what in them says that there is a picture: ISO/IEC 14496-12 §8.4.3, RFC 9559 §27, Theora §6.1."""


def sniff(data: bytes) -> str | None:
    """The MIME type ``data`` has by its own bytes, an image's or a sound's; None where it is neither."""
    return image_type(data) or audio_type(data)


def image_type(data: bytes) -> str | None:
    """The MIME type of an image whose header can be read, else None."""
    for signature, mime, size in _IMAGES:
        if signature.match(data):
            return mime if size(data) else None
    return None


def image_size(data: bytes) -> _Size:
    """Width and height in pixels, or None where the header does not say."""
    for signature, mime, size in _IMAGES:
        if signature.match(data):
            return None if mime in _UNSIZED else size(data)
    return None


def audio_type(data: bytes) -> str | None:
    """The MIME type of a sound by its signature, else None."""
    return next((mime for signature, mime in _AUDIO if signature.match(data)), None)


def video_type(data: bytes) -> str | None:
    """The MIME type of a video by its container and what is in that, else None."""
    return next((mime for start, track, mime in _FILM if start.match(data) and track.search(data)), None)


def _unpacked(layout: str, data: bytes, offset: int) -> _Size:
    if len(data) < offset + struct.calcsize(layout):
        return None
    width, height = struct.unpack_from(layout, data, offset)
    return (width, abs(height)) if width > 0 and height else None


def _png(data: bytes) -> _Size:
    return _unpacked(">II", data, 16) if data[12:16] == b"IHDR" else None


def _gif(data: bytes) -> _Size:
    return _unpacked("<HH", data, 6)


def _bmp(data: bytes) -> _Size:
    return _unpacked("<ii", data, 18)


def _jpeg(data: bytes) -> _Size:
    """The size in the first start-of-frame segment."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _START_OF_FRAME:
            size = _unpacked(">HH", data, at + 5)
            return (size[1], size[0]) if size else None
        if marker == 0xFF:
            at += 1
        elif marker in _STANDALONE_MARKERS:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _webp(data: bytes) -> _Size:
    kind = data[12:16]
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        size = _unpacked("<HH", data, 26)
        return (size[0] % _LONE_CANVAS, size[1] % _LONE_CANVAS) if size else None
    if kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return bits % _LONE_CANVAS + 1, (bits >> 14) % _LONE_CANVAS + 1
    if kind == b"VP8X" and len(data) >= 30:
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None


def _unsized(_data: bytes) -> _Size:
    return 1, 1


_IMAGES: tuple[tuple[re.Pattern[bytes], str, Callable[[bytes], _Size]], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", _png),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", _jpeg),
    (re.compile(rb"GIF8[79]a"), "image/gif", _gif),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp", _webp),
    (re.compile(rb"BM....\x00\x00\x00\x00", re.DOTALL), "image/bmp", _bmp),
    (re.compile(rb"....ftyp(?:avif|avis)", re.DOTALL), "image/avif", avif_size),
    (_SVG, "image/svg+xml", _unsized),
)
_UNSIZED = frozenset({"image/svg+xml"})
