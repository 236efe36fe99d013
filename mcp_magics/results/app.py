"""An app: the document a tool wants shown with its results (MCP Apps, SEP-1865, revision 2026-01-26).

A tool names it by a ``ui://`` address in its ``_meta``; its server gives it out as a resource of its own MIME type.
What is declared there is a wish: :class:`Csp` keeps of it what may be granted, and says what was not.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mcp_magics.errors import ProtocolError
from mcp_magics.results.binary import ResourceContents
from mcp_magics.results.media import Bundle, size_text
from mcp_magics.results.sanitise import clean, escaped, one_line

EXTENSION: Final = "io.modelcontextprotocol/ui"
"""The identifier under which a client and a server say that they know apps."""
MIME_TYPE: Final = "text/html;profile=mcp-app"
LARGEST = 2 * 1024 * 1024
"""Bytes of a document above which it is named, not shown."""
SHOWN_IN = "shown live in JupyterLab"

_ORIGIN = re.compile(r"(?:https|wss)://(?:\*\.)?(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*(?::[0-9]{1,5})?/?", re.IGNORECASE)
_MOST_ORIGINS = 50
_URI_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Csp:
    """The origins an app may reach (``_meta.ui.csp``), each ``https://HOST``, ``wss://HOST`` or ``https://*.DOMAIN``.

    ``refused`` are the declared ones that are none: other schemes, addresses of machines, bare ``*``, anything that
    would end a directive (CSP Level 3 §2.4).
    """

    connect: tuple[str, ...] = ()
    resource: tuple[str, ...] = ()
    frame: tuple[str, ...] = ()
    base_uri: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @classmethod
    def of(cls, declared: object) -> Csp:
        """What can be granted of a declaration, whatever was sent for it."""
        lists = [_texts(declared.get(f"{name}Domains")) if isinstance(declared, dict) else [] for name in _LISTS]
        connect, resource, frame, base_uri = (tuple(filter(_ORIGIN.fullmatch, texts)) for texts in lists)
        refused = tuple(dict.fromkeys(text for texts in lists for text in texts if not _ORIGIN.fullmatch(text)))
        return cls(connect, resource, frame, base_uri, refused)

    @property
    def origins(self) -> tuple[str, ...]:
        """Every origin that is granted, once each."""
        return tuple(dict.fromkeys((*self.connect, *self.resource, *self.frame, *self.base_uri)))

    @property
    def policy(self) -> str:
        """The content security policy: nothing but the document's own scripts and styles, and the granted origins."""
        resource = " ".join(("", *self.resource))
        return "; ".join(
            [
                "default-src 'none'",
                f"script-src 'unsafe-inline'{resource}",
                f"style-src 'unsafe-inline'{resource}",
                *(f"{kind}-src data:{resource}" for kind in ("img", "media", "font")),
                f"connect-src {' '.join(self.connect) or _NONE}",
                f"frame-src {' '.join(self.frame) or _NONE}",
                f"base-uri {' '.join(self.base_uri) or _NONE}",
                "worker-src 'none'",
                "object-src 'none'",
                "form-action 'none'",
            ]
        )

    def to_json(self) -> dict[str, list[str]]:
        """The granted origins under the names of the specification."""
        granted = (self.connect, self.resource, self.frame, self.base_uri)
        return {f"{name}Domains": list(each) for name, each in zip(_LISTS, granted, strict=True) if each}


_LISTS = ("connect", "resource", "frame", "baseUri")
_NONE = "'none'"


@dataclass(frozen=True, slots=True)
class App:
    """The app of a tool's results; ``html`` is None where it has not been read.

    ``problem`` says why it cannot be shown. ``permissions`` are what it would like to use (none is granted); ``meta``
    is ``_meta`` as sent. ``place`` is where it lives on the page, empty where it is not live.
    """

    uri: str
    server: str
    html: str | None = None
    csp: Csp = field(default_factory=Csp)
    permissions: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    place: str = ""

    @property
    def size(self) -> int:
        """Bytes of the document in UTF-8; 0 where it has not been read."""
        return len((self.html or "").encode("utf-8", "surrogatepass"))

    @property
    def line(self) -> str:
        """One line that names it, and says what to type or why it is not shown."""
        uri = one_line(self.uri, 300)
        if self.problem:
            return f"app {uri} not shown: {self.problem}"
        return f"app {uri}: %mcp read {self.server} {uri}"

    def to_json(self) -> dict[str, Any]:
        """The app as plain JSON."""
        return {
            "server": self.server,
            "uri": self.uri,
            "html": self.html,
            "csp": self.csp.to_json(),
            "permissions": list(self.permissions),
            "_meta": dict(self.meta),
        }

    def card(self) -> Bundle:
        """What a saved notebook keeps of it: its name, its size and what it may do; a live page puts it in there."""
        read = "not read yet" if self.html is None else size_text(self.size)
        head = f"app {one_line(self.uri, 300)} of {one_line(self.server, 100)} ({SHOWN_IN}), {read}"
        lines = [head, *self._terms()]
        place = f' data-mcp-app="{html.escape(self.place)}"' if self.place else ""
        notes = "".join(f"<br><small>{escaped(line)}</small>" for line in lines[1:])
        style = "border-left:3px solid #57606a;padding-left:8px"
        return {
            "text/plain": "\n".join(map(clean, lines)),
            "text/html": f'<div style="{style}"{place}><small>{escaped(head)}</small>{notes}</div>',
        }

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:  # noqa: ARG002
        return self.card()

    def _terms(self) -> Iterator[str]:
        """What it may reach, and what of its wishes it was refused."""
        if self.csp.origins:
            yield f"it may reach {one_line(', '.join(self.csp.origins), 500)}"
        if self.csp.refused:
            yield f"it may not reach {one_line(', '.join(self.csp.refused), 500)}"
        if self.permissions:
            yield f"it may not use {one_line(', '.join(self.permissions), 200)}"


def declared_app(server: str, tool: Mapping[str, Any]) -> App | None:
    """The app a tool names in ``_meta.ui.resourceUri`` (or the older ``_meta["ui/resourceUri"]``), not read yet."""
    meta = tool.get("_meta")
    if not isinstance(meta, dict):
        return None
    uri = _ui(meta).get("resourceUri", meta.get("ui/resourceUri"))
    is_one = isinstance(uri, str) and uri.startswith("ui://") and len(uri) <= _URI_LENGTH and not re.search(r"\s", uri)
    return App(uri, server) if is_one else None


def may_be_called_by_apps(tool: Mapping[str, Any]) -> bool:
    """Whether a tool's ``_meta.ui.visibility`` lets apps of its server call it; without one, it does."""
    meta = tool.get("_meta")
    visibility = _ui(meta).get("visibility") if isinstance(meta, dict) else None
    return visibility is None or (isinstance(visibility, list) and "app" in visibility)


def read_app(server: str, uri: str, result: object) -> App:
    """The app in the ``result`` of a ``resources/read``; raises :class:`ProtocolError` (``not_an_app``)."""
    contents = _contents(uri, result)
    if contents is None:
        raise _not_an_app(server, uri, "the server answered without its contents")
    declared = contents.declared_mime
    if not is_app_type(declared):
        said = f"is {one_line(declared, 100)}" if declared else "has no MIME type"
        raise _not_an_app(server, uri, f"it {said}, not {MIME_TYPE}")
    text = contents.text
    if text is None:
        raise _not_an_app(server, uri, "its document is no text in UTF-8")
    meta = contents.meta if isinstance(contents.meta, dict) else {}
    ui = _ui(meta)
    wishes = ui.get("permissions")
    permissions = tuple(map(str, list(wishes)[:_MOST_ORIGINS])) if isinstance(wishes, dict) else ()
    return App(uri, server, text, Csp.of(ui.get("csp")), permissions, meta)


def too_large(app: App) -> str:
    """Why a document is not shown for its size, or nothing."""
    if app.size <= LARGEST:
        return ""
    return f"its document has {size_text(app.size)}; up to {size_text(LARGEST)} can be shown"


def is_app_type(declared: str | None) -> bool:
    """Whether a MIME type is that of an app, however it is spelt (RFC 9110 §8.3.1)."""
    kind, *parameters = ((declared or "").lower()).split(";")
    pairs = [each.strip().partition("=") for each in parameters]
    return kind.strip() == "text/html" and any(k == "profile" and v.strip('"') == "mcp-app" for k, _, v in pairs)


def _contents(uri: str, result: object) -> ResourceContents | None:
    """What was asked for among the contents, else the first of them."""
    sent = result.get("contents") if isinstance(result, dict) else None
    found = [ResourceContents(each) for each in sent if isinstance(each, dict)] if isinstance(sent, list) else []
    return next((each for each in found if each.uri == uri), found[0] if found else None)


def _not_an_app(server: str, uri: str, why: str) -> ProtocolError:
    return ProtocolError(
        f"{one_line(uri, 300)} is no app: {why}",
        class_="not_an_app",
        phase="result",
        server=server,
        next_step=f"%mcp read {server} {one_line(uri, 300)}",
    )


def _ui(meta: Mapping[str, Any]) -> Mapping[str, Any]:
    ui = meta.get("ui")
    return ui if isinstance(ui, dict) else {}


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)][:_MOST_ORIGINS] if isinstance(value, list) else []
