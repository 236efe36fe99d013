"""The first bytes of what is nothing else, as they are usually printed, and what they probably are."""

from __future__ import annotations

import re

SHOWN = 256
"""Bytes of a dump."""
_ACROSS = 16
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_KINDS = (
    (b"%PDF-", "PDF", "application/pdf", ".pdf"),
    (b"PK\x03\x04", "ZIP", "application/zip", ".zip"),
    (b"PK\x05\x06", "ZIP", "application/zip", ".zip"),
    (b"\x1f\x8b", "gzip", "application/gzip", ".gz"),
    (b"7z\xbc\xaf\x27\x1c", "7z", "application/x-7z-compressed", ".7z"),
    (b"(\xb5/\xfd", "Zstandard", "application/zstd", ".zst"),
    (b"SQLite format 3\x00", "SQLite", "application/vnd.sqlite3", ".sqlite"),
    (b"PAR1", "Parquet", "application/vnd.apache.parquet", ".parquet"),
    (b"ARROW1", "Arrow", "application/vnd.apache.arrow.file", ".arrow"),
    (b"\x89HDF\r\n\x1a\n", "HDF5", "application/x-hdf5", ".h5"),
    (b"\x93NUMPY", "NumPy array", "application/octet-stream", ".npy"),
    (b"\x7fELF", "ELF program", "application/octet-stream", ""),
    (b"\x00asm", "WebAssembly", "application/wasm", ".wasm"),
    (b"wOF2", "WOFF2 font", "font/woff2", ".woff2"),
)


def kind_of(data: bytes) -> tuple[str, str, str]:
    """The name, MIME type and suffix of a file format by its first bytes; empty texts where they are none known."""
    return next(((name, mime, suffix) for start, name, mime, suffix in _KINDS if data.startswith(start)), ("", "", ""))


def hexdump(data: bytes) -> str:
    """The first :data:`SHOWN` bytes: offset, sixteen in hexadecimal, the same in ASCII."""
    return "\n".join(_row(data, offset) for offset in range(0, min(len(data), SHOWN), _ACROSS))


def _row(data: bytes, offset: int) -> str:
    row = data[offset : min(offset + _ACROSS, SHOWN)]
    printed = _UNPRINTABLE.sub(".", row.decode("latin-1"))
    return f"{offset:08x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}  |{printed}|"
