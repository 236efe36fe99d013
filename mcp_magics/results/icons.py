"""Icons of servers, tools, resources and prompts (MCP "Icons"): shown only where the bytes came with them.

An address is never fetched, for that would tell its host who is looking; SVG is not shown, for it may hold scripts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcp_magics.results.binary import Image
from mcp_magics.results.media import canonical_base64
from mcp_magics.results.sanitise import escaped, one_line

_SAFE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_MOST_BYTES = 64 * 1024
_MOST = 4
"""Icons that are looked at; a server sends the same one in several sizes."""
_PIXELS = 20


@dataclass(frozen=True, slots=True)
class Icon:
    """One icon; ``image`` is what came with it, None for an address and for what is no safe picture."""

    src: str
    image: Image | None = None

    @property
    def label(self) -> str:
        """What it is, in a few words."""
        if self.image is not None:
            return f"{self.image.format} icon"
        if self.src[:5].lower() == "data:":
            return f"an icon that is not shown ({one_line(self.src[5:].partition(',')[0], 40) or 'no type'})"
        return f"{one_line(self.src, 200)} (not fetched)"

    @property
    def html(self) -> str:
        """The picture, or what there is to say of it as text."""
        if self.image is None:
            return f"<span>{escaped(self.label)}</span>"
        source = f"data:{self.image.mime};base64,{canonical_base64(self.image)}"
        return f'<img src="{source}" alt="icon" height="{_PIXELS}" width="{_PIXELS}">'


def icons(sent: Any) -> tuple[Icon, ...]:
    """The icons in a member ``icons``, whatever a server put there."""
    found = [each.get("src") for each in sent[:_MOST] if isinstance(each, dict)] if isinstance(sent, list) else []
    return tuple(Icon(src, _picture(src)) for src in found if isinstance(src, str))


def icons_text(sent: Any) -> str:
    """The icons as one line of text."""
    return ", ".join(icon.label for icon in icons(sent))


def icon_html(sent: Any) -> str:
    """The first icon that can be shown, as HTML, or nothing."""
    return next((icon.html for icon in icons(sent) if icon.image is not None), "")


def _picture(src: str) -> Image | None:
    """The image in a ``data:`` URI with base64 (RFC 2397), by its bytes, where that is a small raster picture."""
    head, comma, data = src.partition(",")
    if not comma or not head.lower().startswith("data:") or not head.lower().endswith(";base64"):
        return None
    if len(data) > _MOST_BYTES * 4 // 3 + 4:
        return None
    image = Image({"type": "image", "data": data, "mimeType": head[5:].partition(";")[0]})
    return image if image.mime in _SAFE else None
