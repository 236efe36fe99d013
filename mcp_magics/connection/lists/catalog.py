"""What a server offers: its tools, resources, templates and prompts, every page of every list, as it sent them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mcp_magics.connection.lists.freshness import hint_in, hint_of_all
from mcp_magics.errors import ProtocolError, RequestError
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcp_magics.config.model import ServerSpec
    from mcp_magics.connection.lists.freshness import Hint, Kept

LISTS: Mapping[str, tuple[str, str]] = {
    "tools": ("tools/list", "tools"),
    "resources": ("resources/list", "resources"),
    "templates": ("resources/templates/list", "resourceTemplates"),
    "prompts": ("prompts/list", "prompts"),
    "skills": ("skills/list", "skills"),
}
"""Our word for a list → its method and the member of its result."""

MAX_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool as its server describes it; ``raw`` is what was sent, whole."""

    server: str
    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The exact name, as it goes on the wire."""
        return str(self.raw.get("name", ""))

    @property
    def title(self) -> str:
        """The name for people: ``title``, else the annotations', else the name."""
        return str(self.raw.get("title") or self.annotations.get("title") or self.name)

    @property
    def description(self) -> str:
        """What the server says the tool does."""
        return str(self.raw.get("description") or "")

    @property
    def input_schema(self) -> Mapping[str, Any]:
        """The schema of the arguments; ``{}`` where the server sent none that can be read."""
        schema = self.raw.get("inputSchema")
        return schema if isinstance(schema, dict) else {}

    @property
    def output_schema(self) -> Mapping[str, Any] | None:
        """The schema of the structured result, if there is one."""
        schema = self.raw.get("outputSchema")
        return schema if isinstance(schema, dict) else None

    @property
    def annotations(self) -> Mapping[str, Any]:
        """The hints: ``readOnlyHint``, ``destructiveHint`` and their like."""
        annotations = self.raw.get("annotations")
        return annotations if isinstance(annotations, dict) else {}


@dataclass(frozen=True, slots=True)
class Page:
    """All items of a list, what was wrong with the way they came, and how long they may be used again.

    ``note`` says that the server refused a later page; what came before it is kept.
    """

    items: tuple[Mapping[str, Any], ...]
    problem: ProtocolError | None = None
    hint: Hint | None = None
    note: str = ""


class Requester(Protocol):
    """Who can send a request and return the ``result`` of its answer."""

    async def result(self, method: str, members: str) -> Mapping[str, Any]:
        """Send ``method`` with the JSON members ``members``; raises an ``MCPMagicsError``."""


async def fetch(requester: Requester, server: str, kind: str) -> Page:
    """Follow every page of one list; a cursor seen before ends it with a problem, a refused page with a note.

    Cursors are opaque (server/utilities/pagination); no revision allows one to repeat.
    """
    method, member = LISTS[kind]
    items: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    hints: list[Hint | None] = []
    members = ""
    while True:
        try:
            result = await requester.result(method, members)
        except RequestError as error:
            if not hints:
                raise
            note = f"page {len(hints) + 1} was refused ({error.failure.message}); the {len(items):,} before it are here"
            return Page(tuple(items), note=note)
        found = result.get(member)
        items += [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
        hints.append(hint_in(result))
        cursor = result.get("nextCursor")
        if not isinstance(cursor, str):
            return Page(tuple(items), hint=hint_of_all(hints))
        if cursor in seen or len(seen) >= MAX_PAGES:
            again = f"the server sent the cursor {cursor[:100]!r} twice"
            what = again if cursor in seen else f"after {MAX_PAGES:,} pages the server names another one"
            return Page(tuple(items), _endless(server, method, what, len(items), len(seen)))
        seen.add(cursor)
        members = f'"cursor":{compact(cursor)}'


def _endless(server: str, method: str, what: str, items: int, pages: int) -> ProtocolError:
    return ProtocolError(
        f"{what}: {method} would never end",
        class_="repeated_cursor",
        phase="list",
        server=server,
        evidence=(f"{items} items came on {pages + 1} pages; they are kept and can be used",),
        next_step=f"%mcp trace {server}",
    )


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tools a connection knows, in the server's order."""

    tools: Mapping[str, Tool] = field(default_factory=dict)
    problem: ProtocolError | None = None
    dropped: Mapping[str, str] = field(default_factory=dict)
    kept: Kept | None = None
    note: str = ""

    @classmethod
    def of(cls, spec: ServerSpec, page: Page, dropped: Mapping[str, str], kept: Kept | None = None) -> Catalog:
        """The tools of ``page`` that ``spec`` enables, minus those that may not be used."""
        every = (Tool(spec.name, raw) for raw in page.items if _is_name(raw.get("name")))
        tools = {tool.name: tool for tool in every if is_enabled(spec, tool.name) and tool.name not in dropped}
        return cls(tools, page.problem, dropped, kept, page.note)


def _is_name(value: object) -> bool:
    """Whether a tool can be called by it at all."""
    return isinstance(value, str) and bool(value)


def is_enabled(spec: ServerSpec, tool: str) -> bool:
    """Whether ``tool`` is on the allow-list (if there is one) and not on the deny-list."""
    allowed = spec.enabled_tools is None or tool in spec.enabled_tools
    return allowed and tool not in spec.disabled_tools


_NAME_IN = {"tools": "name", "resources": "uri", "templates": "uriTemplate"}
"""The member that tells one item of a list from another; ``name`` where nothing else is said."""


def changes(before: Catalog, after: Catalog) -> tuple[str, ...]:
    """What differs between two catalogues, one line a tool."""
    return differences("tools", _raw(before), _raw(after))


def _raw(catalog: Catalog) -> list[Mapping[str, Any]]:
    return [tool.raw for tool in catalog.tools.values()]


def differences(kind: str, before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """What differs between two readings of one list (a key of :data:`LISTS`), one line an item."""
    noun, key = kind[:-1], _NAME_IN.get(kind, "name")
    old, new = ({str(item.get(key)): item for item in items} for items in (before, after))
    lines = [f"new {noun} {name}" for name in new if name not in old]
    lines += [f"{noun} {name} is gone" for name in old if name not in new]
    for name, item in new.items():
        if name in old and old[name] != item:
            members = sorted(each for each in {*old[name], *item} if old[name].get(each) != item.get(each))
            lines.append(f"{noun} {name} changed its {', '.join(members)}")
    return tuple(lines)
