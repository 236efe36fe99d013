"""What travels as base64: images, sounds, videos, and the contents of resources, each judged by its bytes."""

from __future__ import annotations

import base64
import binascii
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import ConfigurationError, ProtocolError
from mcp_magics.results.block import Block
from mcp_magics.results.charset import decoded
from mcp_magics.results.sniff import audio_type, image_size, image_type, video_type

if TYPE_CHECKING:
    from os import PathLike


class _Binary(Block):
    """Bytes that travel as base64 (RFC 4648 §4; line breaks are forgiven)."""

    _member = "data"

    @property
    def base64(self) -> str:
        """The base64 text as sent."""
        return self._text(self._member) or ""

    @property
    def declared_mime(self) -> str | None:
        """The MIME type the server declares; ``mime`` is what the bytes are."""
        return self._text("mimeType")

    @cached_property
    def _decoded(self) -> bytes | None:
        try:
            return base64.b64decode("".join(self.base64.split()), validate=True)
        except (binascii.Error, ValueError):
            return None

    @property
    def is_decodable(self) -> bool:
        """Whether the text is base64 at all."""
        return self._decoded is not None

    @property
    def data(self) -> bytes:
        """The bytes; raises :class:`ProtocolError` where the text is no base64."""
        if self._decoded is None:
            msg = f"the {self.type or 'blob'} block's {self._member} is no base64: it starts with {self.base64[:40]!r}"
            raise ProtocolError(msg, class_="invalid_base64", phase="result", next_step="result.raw")
        return self._decoded

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the bytes to ``path`` and give that path back."""
        target = Path(path)
        target.write_bytes(self.data)
        return target

    def _summary(self) -> str:
        return f"{self.declared_mime or 'no MIME type'}, {len(self.base64)} characters of base64"


class Image(_Binary):
    """A block of ``type: image``, or an embedded resource whose bytes are an image."""

    @cached_property
    def mime(self) -> str | None:
        """The MIME type by the bytes themselves; None where no image can be recognised in them."""
        return image_type(self.data) if self.is_decodable else None

    @cached_property
    def size(self) -> tuple[int, int] | None:
        """Width and height in pixels, where the header says."""
        return image_size(self.data) if self.is_decodable else None

    @property
    def format(self) -> str:
        """The short name of the format: ``PNG``, ``JPEG``, ``SVG``."""
        return (self.mime or "image/unknown").removeprefix("image/").removesuffix("+xml").upper()

    def pil(self) -> Any:
        """A ``PIL.Image.Image`` of it; raises :class:`ConfigurationError` where Pillow is not installed."""
        from importlib import import_module
        from importlib.util import find_spec
        from io import BytesIO

        if find_spec("PIL") is None:
            msg = "pil() needs Pillow, which is not installed"
            raise ConfigurationError(msg, class_="missing_package", next_step="%pip install pillow")
        return import_module("PIL.Image").open(BytesIO(self.data))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from mcp_magics.results.media import image_bundle, selected

        return selected(image_bundle(self, 1), include, exclude)


class Audio(_Binary):
    """A block of ``type: audio``, or an embedded resource whose bytes are a sound."""

    @cached_property
    def mime(self) -> str | None:
        """The MIME type by the bytes themselves; None where no sound can be recognised in them."""
        return audio_type(self.data) if self.is_decodable else None

    @property
    def format(self) -> str:
        """The short name of the format: ``WAV``, ``MPEG``."""
        return (self.mime or "audio/unknown").removeprefix("audio/").upper()


class Video(_Binary):
    """A resource whose bytes are a video; MCP has no block of its own for them."""

    _member = "blob"

    @cached_property
    def mime(self) -> str | None:
        """The MIME type by the bytes themselves; None where no video can be recognised in them."""
        return video_type(self.data) if self.is_decodable else None

    @property
    def format(self) -> str:
        """The short name of the format: ``MP4``, ``WEBM``."""
        return (self.mime or "video/unknown").removeprefix("video/").upper()


class _BlobImage(Image):
    _member = "blob"


class _BlobAudio(Audio):
    _member = "blob"


class ResourceContents(_Binary):
    """The contents of a resource (``TextResourceContents`` or ``BlobResourceContents``)."""

    _member = "blob"

    @property
    def uri(self) -> str:
        """The resource's address."""
        return self._text("uri") or ""

    @property
    def is_text(self) -> bool:
        """Whether it was sent as text."""
        return self._text("text") is not None

    @property
    def text(self) -> str | None:
        """The text as sent, a textual blob's in its declared charset (else UTF-8), or None."""
        sent = self._text("text")
        if sent is not None or not self._is_textual or self._decoded is None:
            return sent
        return decoded(self._decoded, self.declared_mime or "")

    @property
    def data(self) -> bytes:
        """The bytes: the blob's, or the text's in UTF-8; raises :class:`ProtocolError` for a blob that is no base64."""
        sent = self._text("text")
        return super().data if sent is None else sent.encode("utf-8", "surrogatepass")

    @property
    def media_type(self) -> str:
        """The declared MIME type, lower case, without parameters (RFC 9110 §8.3.1); empty where none is declared."""
        return (self.declared_mime or "").partition(";")[0].strip().lower()

    @property
    def _is_textual(self) -> bool:
        return self.media_type.startswith("text/") or self.media_type.endswith(("json", "+xml", "/xml", "yaml"))

    @cached_property
    def picture(self) -> Image | None:
        """The image in it: a blob that is one by its bytes or is declared as one."""
        if self.is_text:
            return None
        image = _BlobImage(self.raw)
        return image if image.mime or self.media_type.startswith("image/") else None

    @cached_property
    def sound(self) -> Audio | None:
        """The sound in it: a blob that is one by its bytes or is declared as one."""
        if self.is_text or self.picture or self.video:
            return None
        audio = _BlobAudio(self.raw)
        is_video = self.media_type.startswith("video/")  # an MP4 of either kind starts alike
        return audio if (audio.mime and not is_video) or self.media_type.startswith("audio/") else None

    @cached_property
    def video(self) -> Video | None:
        """The video in it: a blob whose bytes are one and that is not declared as a sound."""
        if self.is_text or self.picture or self.media_type.startswith("audio/"):
            return None
        video = Video(self.raw)
        return video if video.mime else None

    def _summary(self) -> str:
        return self.uri
