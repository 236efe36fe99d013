"""Several images as a grid of figures: each opens to its full width, by click or Enter, without a script."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from mcp_magics.results.document import Gallery, Picture
from mcp_magics.results.media import picture_html, picture_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcp_magics.results.document import Item

FEWEST = 4
"""Images from which on they are a gallery; fewer are outputs of their own, each under its own MIME type."""

_GRID = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(12em,100%),1fr));gap:.8em;align-items:start"
_STYLE = (
    "<style>.mcp-gallery details[open]{grid-column:1/-1}"
    ".mcp-gallery details[open] img{max-height:none!important}"
    ".mcp-gallery summary{cursor:zoom-in;list-style:none}.mcp-gallery details[open] summary{cursor:zoom-out}"
    ".mcp-gallery summary::-webkit-details-marker{display:none}</style>"
)
"""What inline styles cannot say: how an open figure looks. Where a page drops it, images keep the size of the grid."""


def gathered(items: Sequence[Item], where: str = "result.images") -> Iterator[Item]:
    """The items, each run of :data:`FEWEST` images or more as one gallery."""
    run: list[Picture] = []
    for item in [*items, None]:
        if isinstance(item, Picture):
            run.append(item)
            continue
        yield from [Gallery(tuple(run), where)] if len(run) >= FEWEST else run
        run = []
        if item is not None:
            yield item


def gallery_html(gallery: Gallery) -> str:
    """The grid; every image once, with what it is below it."""
    figures = "".join(_figure(picture, gallery.where) for picture in gallery.pictures)
    return f'{_STYLE}<div class="mcp-gallery" style="{_GRID}">{figures}</div>'


def _figure(picture: Picture, where: str) -> str:
    label = picture_label(picture.image, picture.number)
    caption = f'<figcaption style="font-size:.85em;opacity:.8">{html.escape(label.strip("[]"))}</figcaption>'
    shown = picture_html(picture.image, label, "max-height:12em")
    if picture.image.mime == "image/svg+xml":  # a frame takes the clicks
        return f'<figure style="margin:0">{shown}{caption}</figure>'
    saved = f"<code>{html.escape(where)}[{picture.number - 1}].save(path)</code>"
    return f'<details><summary><figure style="margin:0">{shown}{caption}</figure></summary>{saved}</details>'
