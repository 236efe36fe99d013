"""One image, one sound or one video: its label for people, its bundle, its HTML."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from mcp_magics.results.sandbox import framed
from mcp_magics.results.sanitise import escaped

if TYPE_CHECKING:
    from collections.abc import Container

    from mcp_magics.results.binary import Audio, Image, Video

Bundle = dict[str, str]
"""MIME type → data, binary types in base64, as Jupyter's ``display_data`` has it."""

_RAW_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif"})
"""What Jupyter front ends and nbconvert show from a bundle of its own; the others need an ``<img>``."""
_KILO = 1000


def picture_label(image: Image, number: int) -> str:
    """``[image 1: PNG 640 by 480, 12.3 kB]``, with a multiplication sign."""
    pixels = " " + "\u00d7".join(map(str, image.size)) if image.size else ""
    return f"[image {number}: {image.format}{pixels}, {size_text(len(image.data))}]"


def sound_label(audio: Audio, number: int) -> str:
    """``[audio 1: WAV, 12.3 kB]``."""
    return f"[audio {number}: {audio.format}, {size_text(len(audio.data))}]"


def film_label(video: Video, number: int) -> str:
    """``[video 1: MP4, 12.3 kB]``."""
    return f"[video {number}: {video.format}, {size_text(len(video.data))}]"


def size_text(count: int) -> str:
    """A number of bytes for people, decimal: ``70 B``, ``12.3 kB``, ``1.2 MB``."""
    if count < _KILO:
        return f"{count} B"
    size = count / _KILO
    for unit in ("kB", "MB"):
        if round(size, 1) < _KILO:
            return f"{size:.1f} {unit}"
        size /= _KILO
    return f"{size:.1f} GB"


def image_bundle(image: Image, number: int) -> Bundle:
    """One image: its bytes under its own MIME type where front ends know it, else inside HTML."""
    label = picture_label(image, number)
    if image.mime in _RAW_IMAGES:
        return {"text/plain": label, image.mime: canonical_base64(image)}
    return {"text/plain": label, "text/html": picture_html(image, label)}


def canonical_base64(block: Image | Audio | Video) -> str:
    """The base64 of a block's bytes on one line, without a copy where it was sent that way."""
    sent = block.base64
    return base64.b64encode(block.data).decode("ascii") if len(sent.split(None, 1)) > 1 else sent.strip()


def selected(full: Bundle, include: Container[str] | None, exclude: Container[str] | None) -> Bundle:
    """What IPython's ``include`` and ``exclude`` leave of a bundle."""
    return {
        mime: data
        for mime, data in full.items()
        if (not include or mime in include) and not (exclude and mime in exclude)
    }


def picture_html(image: Image, label: str, bounds: str = "height:auto") -> str:
    """The image inside HTML, as wide as there is room, and within the CSS ``bounds``; an SVG in a sandbox."""
    if image.mime == "image/svg+xml":  # which may hold scripts
        return framed(image.data.decode("utf-8", "replace"), label)[0]
    source = f"data:{image.mime};base64,{canonical_base64(image)}"
    return f'<img src="{source}" alt="{escaped(label)}" style="max-width:100%;{bounds}">'


def sound_html(audio: Audio, label: str) -> str:
    """The sound with the controls of the browser."""
    source = f"data:{audio.mime};base64,{canonical_base64(audio)}"
    return f'<audio controls src="{source}" title="{escaped(label)}"></audio>{_caption(label)}'


def film_html(video: Video, label: str) -> str:
    """The video with the controls of the browser; nothing is decoded before it is played."""
    source = f"data:{video.mime};base64,{canonical_base64(video)}"
    style = 'style="max-width:100%;max-height:30em"'
    video_tag = f'<video controls preload="none" src="{source}" title="{escaped(label)}" {style}></video>'
    return video_tag + _caption(label)


def _caption(label: str) -> str:
    return f'<div style="font-size:.85em;opacity:.8">{escaped(label.strip("[]"))}</div>'
