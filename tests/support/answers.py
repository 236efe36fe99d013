"""Answers and images that the tests of results are made of."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from mcp_magics.results.call import CallResult
from mcp_magics.results.reply import Reply


def reply(result: Any, elapsed: float = 0.012) -> Reply:
    """A response with that result, elapsed in seconds."""
    message = {"jsonrpc": "2.0", "id": 1, "result": result}
    return Reply(json.dumps(message).encode(), message, elapsed)


def call(
    *content: Any,
    tool: str = "t",
    schema: Mapping[str, Any] | None = None,
    notes: tuple[str, ...] = (),
    version: str | None = None,
    **members: Any,
) -> CallResult:
    """The result of ``s1.<tool>`` with these content blocks and these other members."""
    result = {"content": list(content), **members}
    return CallResult(
        reply(result), server="s1", tool=tool, output_schema=schema, notes=notes, protocol_version=version
    )


def text(value: str) -> dict[str, Any]:
    """A text block."""
    return {"type": "text", "text": value}


def b64(data: bytes) -> str:
    """Base64 as servers send it."""
    return base64.b64encode(data).decode()


def png(width: int = 2, height: int = 1) -> bytes:
    """A red PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + b"\xff\0\0" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


GIF = base64.b64decode("R0lGODlhAQABAAAAACw=")
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc0\x00\x0b\x08\x00\x03\x00\x05\x01\x01\x11\x00\xff\xd9"
)
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f" + (6 | 8 << 14).to_bytes(4, "little") + b"\0" * 8
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\0" * 24


def image(data: bytes | None = None, mime: str = "image/png") -> dict[str, Any]:
    """An image block, of a small PNG or of these bytes."""
    return {"type": "image", "data": b64(png() if data is None else data), "mimeType": mime}
