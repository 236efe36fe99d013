"""One server, and one tool, as things to look at: rich, plain and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcp_magics.config.view import transport_json
from mcp_magics.connection.line_word import line_word
from mcp_magics.magics.describe import describe
from mcp_magics.results.icons import icon_html, icons_text
from mcp_magics.results.sanitise import clean, escaped, one_line
from mcp_magics.schema.words import word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.lists.catalog import Tool
    from mcp_magics.connection.server import Server

_COLOURS = {"ready": "#1a7f37", "failed": "#b00020", "connecting": "#9a6700", "idle": "#57606a"}
_SHOWN_TOOLS = 24
_LONGEST = 4_000
_PRE = "font-family:monospace;white-space:pre-wrap"


@dataclass(frozen=True)
class ServerCard:
    """A server at one moment: its lines for people, its data for ``--json``."""

    name: str
    state: str
    lines: tuple[str, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    icon: str = ""

    @classmethod
    def of(
        cls,
        server: Server,
        what: str,
        notes: tuple[str, ...],
        data: Mapping[str, Any] | None = None,
        settings: tuple[str, ...] = (),
    ) -> ServerCard:
        """The card of ``server`` now; ``what`` says what has just happened to it, ``settings`` how it is configured."""
        connection = server.connection
        head = ", ".join(part for part in (what, _era(server)) if part)
        lines = [f"{server.name}: {head or connection.state}", f"  {_address(server)}", f"  {_status(server)}"]
        lines += [f"  {line}" for line in settings]
        if connection.state == "ready":
            broken = server.log.breaches.said_of("tools/list")
            lines += [f"  {line}" for line in (_tools(list(connection.catalog.tools), server.name), broken) if line]
        if server.failure is not None:
            lines += [f"  {line}" for line in server.failure.lines()]
        lines += [f"  note: {note}" for note in notes]
        icon = icon_html(connection.server_info.get("icons")) if settings else ""
        return cls(server.name, connection.state, tuple(lines), data or describe(server), icon)

    def to_json(self) -> Any:
        """The data, plain."""
        return dict(self.data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        head, *rest = self.lines
        colour = _COLOURS.get(self.state, "inherit")
        body = "<br>".join(escaped(line.strip()) for line in rest)
        style = f"border-left:3px solid {colour};padding-left:8px"
        return {
            "text/plain": repr(self),
            "text/html": f'<div style="{style}">{self.icon}<b>{escaped(head)}</b><br>{body}</div>',
        }

    def __repr__(self) -> str:
        return "\n".join(clean(line) for line in self.lines)[:_LONGEST]


def _era(server: Server) -> str:
    version = server.protocol_version
    return (
        f"{server.connection.transport}, protocol {version}" if version and server.connection.state == "ready" else ""
    )


def _address(server: Server) -> str:
    shown = transport_json(server.spec)
    if shown["type"] == "stdio":
        return one_line(" ".join([shown["command"], *shown["args"]]), 160)
    return one_line(str(shown.get("url", shown["type"])), 160)


def _status(server: Server) -> str:
    status = server.status
    requirement = f"{status.requirement} (not needed)" if status.requirement == "optional" else status.requirement
    return f"requirement {requirement}, credential {status.credential}, connection {status.connection}"


def _tools(names: list[str], server: str) -> str:
    if not names:
        return "no tools"
    hidden = len(names) - _SHOWN_TOOLS
    more = f" and {hidden:,} more; %mcp browse {line_word(server)} to look at them" if hidden > 0 else ""
    noun = "tool" if len(names) == 1 else "tools"
    return f"{len(names):,} {noun}: {one_line(', '.join(names[:_SHOWN_TOOLS]), 800)}{more}"


@dataclass(frozen=True)
class ToolCard:
    """A tool: what it says it does, its schemas, its hints, and a call to start from."""

    tool: Tool

    @property
    def example(self) -> str:
        """A cell that calls the tool, with values its schema allows."""
        from mcp_magics.schema.example import example_body

        target = f"{word(self.tool.server)}.{word(self.tool.name)}"
        body = example_body(self.tool.input_schema)
        return f"%%mcp_call {target}\n{body}" if body.strip() else f"%mcp call {target}"

    def to_json(self) -> Any:
        """The tool as its server sent it, and an example."""
        return {"server": self.tool.server, "tool": dict(self.tool.raw), "example": self.example}

    def _title(self) -> str:
        name = f"{self.tool.server}.{self.tool.name}"
        return name if self.tool.title == self.tool.name else f"{name}: {one_line(self.tool.title, 200)}"

    def _sections(self) -> list[tuple[str, str]]:
        tool = self.tool
        sections = [("", tool.description)] if tool.description else []
        sections.append(("arguments", json.dumps(tool.input_schema, ensure_ascii=False, indent=1)))
        if tool.output_schema is not None:
            sections.append(("result", json.dumps(tool.output_schema, ensure_ascii=False, indent=1)))
        if headers := _headers(tool):
            sections.append(("HTTP headers (2026-07-28)", headers))
        if tool.annotations:
            sections.append(("annotations", json.dumps(tool.annotations, ensure_ascii=False)))
        if meta := tool.raw.get("_meta"):
            sections.append(("_meta", json.dumps(meta, ensure_ascii=False)))
        if icons := icons_text(tool.raw.get("icons")):
            sections.append(("icons", icons))
        return [(head, _cut(text)) for head, text in [*sections, ("example", self.example)]]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        title = icon_html(self.tool.raw.get("icons")) + escaped(self._title())
        body = "".join(
            f"{f'<b>{head}</b>' if head else ''}<pre style='{_PRE}'>{escaped(text)}</pre>"
            for head, text in self._sections()
        )
        return {"text/plain": self._plain(), "text/html": f"<h4>{title}</h4>{body}"}

    def _plain(self) -> str:
        parts = [self._title()]
        parts += [f"{head}:\n{text}" if head else text for head, text in self._sections()]
        return "\n\n".join(clean(part) for part in parts)

    def __repr__(self) -> str:
        return f"<Tool {clean(self.tool.server)}.{clean(self.tool.name)[:200]}>"


def _headers(tool: Tool) -> str:
    """Which argument travels in which header, a line each (basic/transports: ``x-mcp-header``)."""
    from mcp.shared.inbound import find_invalid_x_mcp_header, x_mcp_header_map

    schema = dict(tool.input_schema)
    if find_invalid_x_mcp_header(schema) is not None:
        return ""
    return "\n".join(f"{'.'.join(path)} → Mcp-Param-{token}" for path, token in x_mcp_header_map(schema).items())


def _cut(text: str, limit: int = 20_000) -> str:
    return text if len(text) <= limit else f"{text[:limit]}\n… {len(text) - limit:,} more characters"
