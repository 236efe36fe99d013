"""The size of an AVIF image, by the boxes of its container alone: nothing is decoded.

ISO/IEC 14496-12 §4.2 (boxes) and §8.3.2 (``tkhd``), ISO/IEC 23008-12 §6.5.3 (``ispe``), AV1 Image File Format §2, §3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_MOST_BOXES = 1_000
"""Boxes read inside of one: of a file with more the size is not known."""
_FULL = 4
"""Bytes of version and flags before the content of a full box."""
_WHERE = (
    ((b"meta", b"iprp", b"ipco", b"ispe"), ">II", 0),
    ((b"moov", b"trak", b"tkhd"), ">HxxHxx", 72),
)
"""Where sizes are: the boxes to go through, the layout, and its offset; a ``tkhd`` of version 1 has 12 bytes more."""


class _TooManyBoxesError(ValueError):
    """A box holds more others than any encoder writes."""


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


def avif_size(data: bytes) -> tuple[int, int] | None:
    """The largest width and height in pixels that any image or track of the file says; None where none does."""
    try:
        sizes = [size for path, layout, at in _WHERE for size in _sizes(data, path, layout, at)]
    except _TooManyBoxesError:
        return None
    width, height = (max((size[axis] for size in sizes), default=0) for axis in (0, 1))
    return (width, height) if width and height else None


def _sizes(data: bytes, path: tuple[bytes, ...], layout: str, at: int) -> Iterator[tuple[int, int]]:
    for box in _found(data, path, 0, len(data)):
        later = 12 if path[-1] == b"tkhd" and data[box.start : box.start + 1] == b"\x01" else 0
        start = box.start + _FULL + at + later
        if start + struct.calcsize(layout) <= box.end:
            width, height = struct.unpack_from(layout, data, start)
            yield width, height


def _found(data: bytes, path: tuple[bytes, ...], start: int, end: int) -> Iterator[_Box]:
    """The boxes at the end of ``path``."""
    kind, *rest = path
    for box in _boxes(data, start, end):
        if box.kind == kind and rest:
            inner = box.start + (_FULL if kind == b"meta" else 0)
            yield from _found(data, tuple(rest), inner, box.end)
        elif box.kind == kind:
            yield box


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    """The boxes that follow each other from ``start``; one that is cut off ends with the bytes there are."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        size, head = int.from_bytes(data[start : start + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        if 0 < size < head:
            return
        stop = min(start + size, end) if size else end
        yield _Box(data[start + 4 : start + 8], start + head, stop)
        start = stop
    raise _TooManyBoxesError
