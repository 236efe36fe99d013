"""What a page is told of a login that waits."""

from __future__ import annotations

import asyncio

from mcp_magics.auth.arrival import Arrival
from mcp_magics.auth.login import Link
from mcp_magics.widgets.login_view import link_view

BACK = "http://127.0.0.1:7/callback"


async def waiting(**when):
    return Link("https://as.example.com/authorize", BACK, ("a note",), Arrival("s-1", BACK), **when)


def test_a_link_says_until_when_it_is_waited_for():
    view = link_view(asyncio.run(waiting(seconds=300.0, given=86_400.0)))
    assert view["limit"] == "waits until 00:05:00 UTC, 300 s"
    assert (view["clickable"], view["notes"]) == (True, ["a note"])


def test_where_there_is_no_link_nothing_is_waited_for():
    assert link_view(None) == {"link": "", "clickable": False, "notes": [], "limit": ""}
