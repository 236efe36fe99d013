"""One thing a server offers: what it says of it, what it takes, the cell that asks for it, and the asking itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.errors import CommandError
from mcp_magics.schema.exact_value import on_one_line
from mcp_magics.schema.uri_template import UriTemplate
from mcp_magics.schema.words import address, as_written, word

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mcp_magics.connection.server import Server
    from mcp_magics.connection.waiting import Until

Kind = Literal["tool", "prompt", "resource", "template"]
Key = tuple[Kind, str, str]

KINDS: tuple[Kind, ...] = ("tool", "prompt", "resource", "template")
_LISTS: Mapping[Kind, str] = {"prompt": "prompts", "resource": "resources", "template": "templates"}
_CALLED_BY: Mapping[Kind, str] = {"tool": "name", "prompt": "name", "resource": "uri", "template": "uriTemplate"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool, a prompt, a resource or a template; ``raw`` is what its server sent of it, ``name`` what asks for it."""

    kind: Kind
    server: str
    name: str
    raw: Mapping[str, Any]

    @property
    def key(self) -> Key:
        """What tells it from every other."""
        return self.kind, self.server, self.name

    def _text(self, member: str) -> str:
        value = self.raw.get(member)
        return value if isinstance(value, str) else ""

    @property
    def title(self) -> str:
        """The name for people, where it has another than the one that asks for it."""
        hints = self.raw.get("annotations")
        told = hints.get("title") if isinstance(hints, Mapping) else None
        named = self._text("title") or (told if isinstance(told, str) else "") or self._text("name")
        return named if named != self.name else ""

    @property
    def description(self) -> str:
        """What the server says of it."""
        return self._text("description")

    @property
    def schema(self) -> Any:
        """The schema of what it takes; None where it takes nothing."""
        match self.kind:
            case "tool":
                schema = self.raw.get("inputSchema")
                return schema if isinstance(schema, (dict, bool)) else {}
            case "prompt":
                return _of_arguments(self.raw.get("arguments"))
            case "template":
                return _of_variables(self.name)
        return None

    def cell(self, text: str) -> str:
        """The cell that asks for it with the arguments ``text`` (JSON, as they were typed)."""
        target = f"{word(self.server)}.{word(self.name)}"
        text = as_written(text)
        nothing = on_one_line(text) in ("", "{}")
        match self.kind:
            case "tool":
                raw = "" if text.lstrip().startswith(("{", "[")) else " --raw"  # a scalar alone would be read as YAML
                return f"%mcp call {target}" if nothing else f"%%mcp_call {target}{raw}\n{text}"
            case "prompt":
                return f"%mcp prompt {target}" if nothing else f"%%mcp prompt {target}\n{text}"
        line = f"mcp read {word(self.server)} {address(self.name)}"
        return f"%{line}" if nothing else f"%%{line}\n{text}"

    def steps(self, server: Server, text: str) -> Coroutine[Until, None, Any]:
        """Steps: ask ``server`` for it; ``text`` travels token by token as it is."""
        sent = on_one_line(text) or "{}"
        match self.kind:
            case "tool":
                return server.call_steps(self.name, lambda _known: sent)
            case "prompt":
                return server.prompt_steps(self.name, sent)
        variables = json.loads(sent, parse_float=str, parse_int=str)
        return server.read_steps(self.name, variables if isinstance(variables, dict) else {})


def offers_of(server: Server) -> Iterator[Offer]:
    """All that ``server`` is known to offer, without asking it."""
    for tool in server.connection.catalog.tools.values():
        yield Offer("tool", server.name, tool.name, tool.raw)
    for kind, listed in _LISTS.items():
        for item in server.connection.known.get(listed, ()):
            name = item.get(_CALLED_BY[kind])
            if isinstance(name, str) and name:
                yield Offer(kind, server.name, name, item)


def _of_arguments(arguments: Any) -> dict[str, Any]:
    """What a prompt takes: texts (server/prompts)."""
    listed = [each for each in arguments if isinstance(each, Mapping)] if isinstance(arguments, list) else []
    named = [each for each in listed if isinstance(each.get("name"), str)]
    properties = {
        each["name"]: {
            "type": "string",
            **{name: each[name] for name in ("title", "description") if isinstance(each.get(name), str)},
        }
        for each in named
    }
    required = [each["name"] for each in named if each.get("required") is True]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _of_variables(template: str) -> dict[str, Any]:
    """What a template takes (RFC 6570); nothing where it is none."""
    try:
        variables = UriTemplate(template).variables
    except CommandError:
        variables = ()
    properties = {
        each.name: {"type": ["string", "array", "object"]} if each.explode else {"type": "string"} for each in variables
    }
    required = [each.name for each in variables if each.is_needed]
    return {"type": "object", "properties": properties, "required": required}
