"""The resources: a note that changes, a clock, an annotated page, files of skills; templates (RFC 6570)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp.shared.uri_template import UriTemplate

from mcp_magics.playground.protocol import app, skills
from mcp_magics.playground.protocol.tools import icon
from mcp_magics.playground.protocol.world import CLOCK, NOTE

if TYPE_CHECKING:
    from mcp_magics.playground.protocol.world import World

_ABOUT = "protocol://about"
_SECOND = "protocol://second"
_FOREVER_MS = 3_600_000

_LISTED = [
    types.Resource(uri=NOTE, name="note", mime_type="text/plain", description="What write_note wrote last."),
    types.Resource(uri=CLOCK, name="clock", mime_type="application/json", description="Changes every second."),
    types.Resource(
        uri=_ABOUT,
        name="about",
        title="About this server",
        mime_type="text/markdown",
        description="It never changes; clients may keep it for an hour.",
        annotations=types.Annotations(
            audience=["user", "assistant"], priority=1.0, last_modified="2026-07-28T12:00:00Z"
        ),
        icons=[icon((22, 163, 74))],
        _meta={"example.org/shelf": "top"},
    ),
    app.RESOURCE,
    *skills.RESOURCES,
]
_MORE = types.Resource(
    uri=_SECOND, name="second", mime_type="text/plain", description="There while change_lists says so."
)


def _template(uri_template: str, name: str, description: str) -> types.ResourceTemplate:
    return types.ResourceTemplate(
        uri_template=uri_template, name=name, mime_type="application/json", description=description
    )


TEMPLATES = [
    _template("protocol://people/{name}", "person", "One variable; its values can be completed."),
    _template("protocol://files/{+path}", "file", "A path that keeps its slashes."),
    _template("protocol://shelf{/room,row}", "shelf", "Two path segments; the second may be left out."),
    _template("protocol://search{?query,limit}", "search", "Two query parameters, each of which may be left out."),
    _template("protocol://album{/parts*}", "album", "As many segments as a list has items."),
    _template("protocol://page/{number}{#section}", "page", "A fragment."),
]
_MATCHERS = [(template.name, UriTemplate.parse(template.uri_template)) for template in TEMPLATES]
_MATCHERS += [  # what is left of a template whose last variable is undefined
    ("shelf", UriTemplate.parse("protocol://shelf{/room}")),
    ("page", UriTemplate.parse("protocol://page/{number}")),
]


def listed(world: World) -> list[types.Resource]:
    """The resources there are at this moment."""
    return [*_LISTED, _MORE] if "resources" in world.shows_more else _LISTED


def read(world: World, uri: str) -> types.ReadResourceResult:
    """The contents of ``uri``.

    Raises:
        MCPError: there is no such resource (-32602; MCP 2026-07-28, server features, resources).
    """
    if uri == _ABOUT:
        about = _text(uri, "# Protocol\n\nOne thing for each feature of MCP.\n", "text/markdown")
        return types.ReadResourceResult(contents=[about], ttl_ms=_FOREVER_MS, cache_scope="public")
    found = _state(world, uri) or skills.contents(uri) or _expanded(uri)
    if found is not None:
        return types.ReadResourceResult(contents=[found], ttl_ms=0, cache_scope="private")
    raise MCPError(types.INVALID_PARAMS, f"Resource not found: {uri}", {"uri": uri})


def _state(world: World, uri: str) -> types.TextResourceContents | None:
    """What there is of the server itself, at this moment."""
    if uri == NOTE:
        return _text(uri, world.note)
    if uri == CLOCK:
        return _text(uri, json.dumps({"ticks": world.ticks}), "application/json")
    if uri == _SECOND and "resources" in world.shows_more:
        return _text(uri, "Here I am.")
    return app.contents() if uri == app.URI else None


def _expanded(uri: str) -> types.TextResourceContents | None:
    """What a template stands for: the values that made ``uri`` of it."""
    for name, matcher in _MATCHERS:
        if (values := matcher.match(uri)) is not None:
            return _text(uri, json.dumps({"template": name, "values": values}), "application/json")
    return None


def _text(uri: str, text: str, mime_type: str = "text/plain") -> types.TextResourceContents:
    return types.TextResourceContents(uri=uri, mime_type=mime_type, text=text)
