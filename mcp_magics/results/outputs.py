"""A document as outputs of their own, in its order: texts that stand together are one, each medium is another."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mcp_magics.results.document import HTML_ROOM, PLAIN_ROOM, Document, Medium, Picture, cost
from mcp_magics.results.gallery import gathered
from mcp_magics.results.media import image_bundle
from mcp_magics.results.mime import page
from mcp_magics.results.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_magics.results.media import Bundle


def parts(document: Document) -> list[Bundle]:
    """One bundle an output; many images beside each other are one, and texts share the room of one output.

    The footer stands below the last texts; where there are none, above all else.
    """
    runs, room = list(_runs(document)), _Room()
    if document.footer and all(map(_is_medium, runs)):
        runs.insert(0, Document(()))
    last = max((at for at, run in enumerate(runs) if not _is_medium(run)), default=None)
    if last is not None:
        runs[last] = Document(runs[last].body, document.footer)
    return [_medium(run) if _is_medium(run) else room.bundle(run, is_last=at == last) for at, run in enumerate(runs)]


def _runs(document: Document) -> Iterator[Document]:
    for is_medium, run in groupby(gathered(document.body), lambda item: isinstance(item, Medium)):
        items = list(run)
        yield from [Document([item]) for item in items] if is_medium else [Document(items)]


def _is_medium(run: Document) -> bool:
    return bool(run.body) and isinstance(run.body[0], Medium)


def _medium(run: Document) -> Bundle:
    (item,) = run.body
    if isinstance(item, Picture):
        return image_bundle(item.image, item.number)
    return {"text/plain": plain(run), "text/html": page(run)}


class _Room:
    """What is left of the room of one output, for several texts; a quarter waits for the last."""

    def __init__(self) -> None:
        self._plain, self._html = PLAIN_ROOM, HTML_ROOM

    def bundle(self, text: Document, *, is_last: bool) -> Bundle:
        share = 0 if is_last else 1
        shown = {
            "text/plain": plain(text, self._plain - share * PLAIN_ROOM // 4),
            "text/html": page(text, self._html - share * HTML_ROOM // 4),
        }
        self._plain -= cost(shown["text/plain"])
        self._html -= cost(shown["text/html"])
        return shown
