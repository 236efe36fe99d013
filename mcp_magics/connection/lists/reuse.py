"""Lists and readings answered from memory while their server calls them fresh (2026-07-28 server/utilities/caching)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_magics.connection.lists.catalog import fetch
from mcp_magics.connection.lists.freshness import hint_in, said
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from mcp_magics.connection.lists.catalog import Page
    from mcp_magics.connection.lists.freshness import Kept
    from mcp_magics.connection.steps import ServerSteps
    from mcp_magics.results.listing import Listing
    from mcp_magics.results.reply import Reply


async def listed(server: ServerSteps, kind: str, *, refresh: bool = False) -> tuple[Page, Kept | None]:
    """Steps: all pages of a list, and what is kept where they come from memory; ``refresh`` asks in any case."""
    shelf = server.connection.shelf
    if not refresh and not server.call_meta and (kept := shelf.get(kind)) is not None:
        return kept.value, kept
    since = shelf.moment
    page = await fetch(server, server.name, kind)
    if page.problem is None and not server.call_meta:
        shelf.keep(kind, page, page.hint if server.connection.is_modern else None, size=_size(page), since=since)
    return page, None


def _size(page: Page) -> int:
    """About how many bytes a list takes: exact where it is small, of a large one as a sample says."""
    sample = page.items[:100]
    return len(str(sample)) * len(page.items) // max(len(sample), 1)


async def read(server: ServerSteps, uri: str, *, refresh: bool = False) -> Reply:
    """Steps: the answer to ``resources/read``; ``refresh`` asks in any case."""
    await server.ready_steps()
    shelf = server.connection.shelf
    if not refresh and not server.call_meta and (kept := shelf.get("read", uri)) is not None:
        reply: Reply = kept.value
        return replace(reply, notes=(*reply.notes, said(kept)), fresh_until=kept.until, is_cached=True)
    since = shelf.moment
    reply = await server.request_steps("resources/read", f'"uri":{compact(uri)}', name=uri)
    if server.call_meta or not server.connection.is_modern or reply.after_questions:
        return reply
    hint = hint_in((reply.message or {}).get("result"))
    kept = shelf.keep("read", reply, hint, key=uri, size=len(reply.frame), since=since)
    return replace(reply, fresh_until=kept.until) if kept is not None else reply


def told(listing: Listing, kept: Kept | None, until: float | None = None) -> Listing:
    """``listing``, and whether it comes from memory; ``until`` is how long one that was asked for is fresh."""
    if kept is None:
        return replace(listing, fresh_until=until)
    note = "; ".join(filter(None, (listing.note, said(kept))))
    return replace(listing, note=note, fresh_until=kept.until, is_cached=True)
