"""Whether the bytes of images and sounds are what their MIME types say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mcp_magics.results.binary import Audio, Image
from mcp_magics.results.violations.rule import Finding


def in_bytes(media: Image | Audio, path: str) -> Iterator[Finding]:
    """Whether the bytes are what their MIME type says."""
    if not media.is_decodable:
        yield Finding("invalid_base64", path, media.base64[:80], "is no base64")
        return
    declared = _canonical(media.declared_mime)
    if media.mime is None:
        kind = "image" if isinstance(media, Image) else "sound"
        yield Finding("unrecognised_bytes", path, declared, f"declared {declared}, but no {kind} of a known format")
    elif declared and declared != media.mime:
        yield Finding("mime_mismatch", path, declared, f"declared {declared}, but the bytes are {media.mime}")


_SYNONYMS: Mapping[str, str] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-mpeg": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "audio/vorbis": "audio/ogg",
    "audio/x-flac": "audio/flac",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/x-aiff": "audio/aiff",
}
"""Spellings of the same format (WHATWG MIME Sniffing and what servers write)."""


def _canonical(mime: str | None) -> str:
    essence = (mime or "").partition(";")[0].strip().lower()
    return _SYNONYMS.get(essence, essence)
