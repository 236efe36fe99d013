"""What the apps of tools need of their servers: their documents, and what they ask for while they live.

A ``ui://`` document is read once a connection, and only when it is to be shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from mcp_magics.errors import CommandError
from mcp_magics.results.app import App, may_be_called_by_apps, read_app
from mcp_magics.results.sanitise import one_line
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

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


async def app_request_steps(server: ServerSteps, method: str, params: Mapping[str, Any]) -> Any:
    """Steps: what an app asks of its own server, as an ordinary request; the ``result`` as sent.

    Approval is asked for as of any call. Raises :class:`CommandError` for what no app may ask: a tool whose
    ``_meta.ui.visibility`` leaves ``app`` out, any method but ``tools/call`` and ``resources/read``.
    """
    match method, params.get("name"), params.get("uri"):
        case "tools/call", str(name), _:
            return await _called(server, name, params.get("arguments", {}))
        case "resources/read", _, str(uri):
            return (await server.request_steps("resources/read", f'"uri":{compact(uri)}', name=uri)).result()
    raise _refused(server, f"an app may call tools and read resources, not {one_line(method, 60)} with these params")


async def _called(server: ServerSteps, name: str, arguments: object) -> Any:
    if not isinstance(arguments, dict):
        raise _refused(server, f"the arguments of {one_line(name, 100)} have to be an object")
    await server.ready_steps()
    known = server.connection.catalog.tools.get(name)
    if known is not None and not may_be_called_by_apps(known.raw):
        raise _refused(server, f"{one_line(name, 100)} is not for apps: its visibility leaves them out")
    text = compact(arguments)
    return (await server.call_steps(name, lambda _known: text)).raw


def _refused(server: ServerSteps, why: str) -> CommandError:
    return CommandError(
        why,
        class_="not_for_apps",
        phase="call",
        server=server.name,
        evidence=("nothing was sent",),
        next_step=f"%mcp tools {server.name}",
    )
