"""The size of an image by its header, of real files and of what no encoder writes: too many pixels are not shown."""

from __future__ import annotations

import base64
import struct

import pytest
from support.answers import call, image

from mcp_magics.results.avif import avif_size
from mcp_magics.results.sniff import image_size, image_type

AVIF = base64.b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAA"
    "AAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAJwAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEA"
    "AGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAJQAAABUAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwA"
    "AAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAL21kYXQSAAoJGBUko0QENBoQMhgf94eFFd///+LA"
    "AADcqMEFXs74XKxdKMA="
)
"""Of 37 by 21 pixels, as libavif writes it; the next ones as libwebp does: lossy, lossless, in motion."""
WEBP = base64.b64decode(
    "UklGRkIAAABXRUJQVlA4IDYAAAAwAwCdASolABUAP83m7XA/uDIrJWgD8DmJZwDLLA8Kvu4AAP7Qx7//WuVtoBJrErbLdAAAAAA="
)
LOSSLESS = base64.b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAvJAAFAAdQjyKXp/+BiOh/AAA=")
MOVING = base64.b64decode(
    "UklGRtYAAABXRUJQVlA4WAoAAAACAAAAJAAAFAAAQU5JTQYAAAAAAAAAAABBTk1GYAAAAAAAAAAAACQAABQAAAAAAAJWUDggSAAA"
    "AFADAJ0BKiUAFQA+bTaXSKQjIiElaACADYlnAMss7FXfw4AwAP7vvVfBskU3I//srH/+lY//0rH8Un+gf1u/Rv/QP52h2ZwAAEFO"
    "TUZCAAAAAAAAAAAAJAAAFAAAAAAAAFZQOCAqAAAAdAIAnQEqJQAVAC5NNptNgAAExLSAASF5TSKDgAD+/Tct/7V2//asIAAA"
)
HUGE = 20_000


def box(kind: bytes, content: bytes, *, long: bool = False, to_the_end: bool = False) -> bytes:
    """A box of ISO/IEC 14496-12 §4.2, its size in 32 bits, in 64, or left open."""
    if long:
        return struct.pack(">I4sQ", 1, kind, len(content) + 16) + content
    return struct.pack(">I4s", 0 if to_the_end else len(content) + 8, kind) + content


def ispe(width: int, height: int) -> bytes:
    return box(b"ispe", struct.pack(">III", 0, width, height))


def avif(properties: bytes, rest: bytes = b"", **how: bool) -> bytes:
    meta = box(b"meta", bytes(4) + box(b"hdlr", bytes(24)) + box(b"iprp", box(b"ipco", properties)), **how)
    return box(b"ftyp", b"avif" + bytes(4) + b"avifmif1") + meta + rest


def track(version: int, width: int, height: int) -> bytes:
    before = bytes([version, 0, 0, 0]) + bytes(84 if version else 72)
    return box(
        b"moov",
        box(b"mvhd", bytes(100)) + box(b"trak", box(b"tkhd", before + struct.pack(">II", width << 16, height << 16))),
    )


@pytest.mark.parametrize(
    ("data", "mime"),
    [(AVIF, "image/avif"), (WEBP, "image/webp"), (LOSSLESS, "image/webp"), (MOVING, "image/webp")],
    ids=["avif", "lossy", "lossless", "moving"],
)
def test_a_real_file_says_its_size(data, mime):
    assert (image_type(data), image_size(data)) == (mime, (37, 21))


@pytest.mark.parametrize(
    "data",
    [
        AVIF.replace(struct.pack(">II", 37, 21), struct.pack(">II", HUGE, HUGE)),
        WEBP.replace(struct.pack("<HH", 37, 21), struct.pack("<HH", 16_383, 16_383)),
        LOSSLESS.replace(LOSSLESS[21:25], b"\xff\xff\xff\x0f"),
        MOVING.replace(MOVING[24:30], b"\x1f\x4e\0" * 2, 1),
    ],
    ids=["avif", "lossy", "lossless", "moving"],
)
def test_one_with_too_many_pixels_is_named_and_not_shown(data):
    (part,) = call(image(data, image_type(data))).display_parts()
    assert "of the browser's memory" in part["text/plain"]
    assert "<img" not in part["text/html"]


def test_an_avif_within_the_bound_is_shown_with_its_size():
    (part,) = call(image(AVIF, "image/avif")).display_parts()
    assert part["text/plain"].startswith("[image 1: AVIF 37×21, ")
    assert "data:image/avif;base64," in part["text/html"]


@pytest.mark.parametrize(
    "data",
    [
        avif(ispe(4, 4) + ispe(HUGE, 3)),
        avif(ispe(4, 3) + ispe(HUGE, 3), long=True),
        avif(ispe(HUGE, 3), to_the_end=True),
        avif(ispe(4, 3), avif(ispe(HUGE, 3))),
        avif(ispe(4, 3), track(0, HUGE, 3)),
        avif(ispe(4, 3), track(1, HUGE, 3)),
        avif(ispe(4, 3) + struct.pack(">I4sIII", 2_000, b"ispe", 0, HUGE, 3)),
    ],
    ids=["second", "long", "open", "second-meta", "track", "long-track", "cut-off"],
)
def test_the_largest_size_anywhere_in_an_avif_counts(data):
    assert avif_size(data) in {(HUGE, 3), (HUGE, 4)}


@pytest.mark.parametrize(
    "data",
    [
        avif(b""),
        avif(ispe(0, 5)),
        avif(box(b"free", b"") * 1_000 + ispe(HUGE, HUGE)),
        avif(ispe(4, 4) + box(b"free", b"") * 1_000),
        avif(struct.pack(">I4s", 3, b"free") + ispe(4, 4)),
        AVIF[:100],
    ],
    ids=["none", "zero", "late", "crowded", "too-short", "cut-off"],
)
def test_an_avif_that_does_not_say_its_size_is_no_image_to_show(data):
    assert (image_type(data), image_size(data)) == (None, None)
    assert "<img" not in str(call(image(data, "image/avif")).display_parts())


def test_every_beginning_of_a_file_is_read_without_an_error():
    for data in (AVIF, avif(ispe(4, 3), track(1, 7, 7), long=True), WEBP, LOSSLESS, MOVING):
        for end in range(len(data)):
            image_size(data[:end])
