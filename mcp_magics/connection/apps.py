"""Reading the apps of tools: each ``ui://`` document once a connection, and only when one is to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mcp_magics.results.app import App, read_app
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.steps import ServerSteps

_KEPT = 32
"""Documents kept for one connection."""
_Shelf = dict[tuple[float | None, str], App]
_read: WeakKeyDictionary[Connection, _Shelf] = WeakKeyDictionary()


async def app_steps(server: ServerSteps, uri: str) -> App:
    """Steps: the app at ``uri`` as its server gives it out (server/resources).

    Raises what reading it raises, and :class:`ProtocolError` (``not_an_app``) where that is no app.
    """
    await server.ready_steps()
    shelf = _read.setdefault(server.connection, {})
    known = (server.connection.since, uri)
    if known not in shelf:
        reply = await server.request_steps("resources/read", f'"uri":{compact(uri)}', name=uri)
        app = read_app(server.name, uri, reply.result())
        if len(shelf) >= _KEPT:
            shelf.clear()
        shelf[known] = app
    return shelf[known]
