"""Pictures and sounds out of nothing but the standard library: an indexed-colour canvas, PNG, WAV."""

from __future__ import annotations

import math
import struct
import zlib
from array import array
from typing import TYPE_CHECKING

from mcp_magics.playground.font import GLYPH_HEIGHT, GLYPH_WIDTH, glyph

if TYPE_CHECKING:
    from collections.abc import Sequence

RGB = tuple[int, int, int]

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INDEXED_COLOUR = 3


class Canvas:
    """A picture of ``width`` by ``height`` pixels in at most 256 colours; it starts filled with the first.

    Colours are named by their place in ``palette``. What is drawn beyond an edge is cut off.
    """

    def __init__(self, width: int, height: int, palette: Sequence[RGB]) -> None:
        self.width = width
        self.height = height
        self._palette = tuple(palette)
        self._rows = [bytearray(width) for _ in range(height)]

    def rectangle(self, left: int, top: int, width: int, height: int, colour: int) -> None:
        """Fill a rectangle."""
        start, stop = max(left, 0), min(left + width, self.width)
        if start < stop:
            filling = bytes([colour]) * (stop - start)
            for row in self._rows[max(top, 0) : max(top + height, 0)]:
                row[start:stop] = filling

    def bar(self, left: int, top: int, width: int, height: int, colour: int) -> None:
        """Fill a rectangle whose upper corners are rounded."""
        inset = min(4, height, width // 2)
        for line, cut in enumerate((3, 2, 1, 1)[4 - inset :] if inset else ()):
            self.rectangle(left + cut, top + line, width - 2 * cut, 1, colour)
        self.rectangle(left, top + inset, width, height - inset, colour)

    def text(self, left: int, top: int, line: str, colour: int, *, scale: int = 2) -> None:
        """Write ``line`` with its upper left corner there; characters outside the font become ``?``."""
        for place, character in enumerate(line):
            origin = left + place * (GLYPH_WIDTH + 1) * scale
            for column, bits in enumerate(glyph(character)):
                for row in range(GLYPH_HEIGHT):
                    if bits >> row & 1:
                        self.rectangle(origin + column * scale, top + row * scale, scale, scale, colour)

    def to_png(self) -> bytes:
        """The picture as a PNG file (ISO/IEC 15948) with a palette, 8 bits a pixel."""
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, _INDEXED_COLOUR, 0, 0, 0)
        palette = b"".join(bytes(colour) for colour in self._palette)
        pixels = zlib.compress(b"".join(b"\0" + row for row in self._rows), 9)
        chunks = (b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b"")
        return _PNG_SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def text_width(line: str, *, scale: int = 2) -> int:
    """How many pixels ``line`` takes."""
    return max(len(line) * (GLYPH_WIDTH + 1) - 1, 0) * scale


def swatch(colour: RGB, label: str = "", *, width: int = 96, height: int = 64) -> bytes:
    """A small framed PNG in one colour, with ``label`` in its middle."""
    canvas = Canvas(width, height, (tuple(part // 2 for part in colour), colour, (255, 255, 255)))  # type: ignore[arg-type]
    canvas.rectangle(2, 2, width - 4, height - 4, 1)
    canvas.text((width - text_width(label)) // 2, height // 2 - GLYPH_HEIGHT, label, 2)
    return canvas.to_png()


def tone(frequency: float = 440.0, seconds: float = 0.5, *, rate: int = 8_000) -> bytes:
    """A sine of ``frequency`` hertz as a WAV file (RIFF, 16-bit PCM, mono), fading in and out."""
    count = int(seconds * rate)
    fade = max(count // 10, 1)
    samples = array("h")
    for n in range(count):
        loudness = 12_000 * min(1.0, n / fade, (count - n) / fade)
        samples.append(round(loudness * math.sin(2 * math.pi * frequency * n / rate)))
    data = struct.pack(f"<{count}h", *samples)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
