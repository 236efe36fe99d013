"""What may stand at the cursor of a ``%mcp`` line or body: verbs, options, servers, tools, then their arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_magics.magics.argument_words import in_json, in_yaml, key_or_value
from mcp_magics.magics.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.manager import Servers
    from mcp_magics.magics.verb import Option, Positional, Verb

METHODS = (
    "ping",
    "server/discover",
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "logging/setLevel",
)
"""The requests of the specification a client may send."""

_LINE = re.compile(r"(?:.*?=\s*|\s*)%{1,2}mcp(?P<call>_call)?(?P<rest>\s.*)\Z")
_BODY = re.compile(r"\s*%%mcp(?P<call>_call)?(?P<rest>[ \t][^\n]*)\n")
_WORD = re.compile(r"""(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s"'])+""")
_PLAIN = re.compile(r"[\w./:-]+\Z")


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Words of one ``kind`` that may take the place of ``fragment``, the text before the cursor."""

    fragment: str = ""
    words: tuple[str, ...] = ()
    kind: str = ""

    @classmethod
    def of(cls, words: Iterable[str], fragment: str, kind: str) -> Suggestions:
        """Those of ``words`` that begin with ``fragment``."""
        return cls(fragment, tuple(word for word in words if word.startswith(fragment)), kind)


_NOTHING = Suggestions()


def suggestions(text: str, servers: Servers | None) -> Suggestions:
    """What may stand at the end of ``text``, the cell up to the cursor."""
    if (body := _BODY.match(text)) is not None:
        return _in_body(text[body.end() :], body, servers)
    line = _LINE.match(text.rpartition("\n")[2])
    if line is None:
        return _NOTHING
    words, prefix = _split(line["rest"])
    if line["call"]:
        return _in_line(VERBS["call"], words, prefix, servers)
    if not words:
        return Suggestions.of(VERBS, prefix, "verb")
    return _in_line(VERBS[words[0]], words[1:], prefix, servers) if words[0] in VERBS else _NOTHING


def _split(rest: str) -> tuple[list[str], str]:
    """The finished words of a line, and the one the cursor is in."""
    found = list(_WORD.finditer(rest))
    if found and found[-1].end() == len(rest):
        return [word.group() for word in found[:-1]], found[-1].group()
    return [word.group() for word in found], ""


# -- a line ------------------------------------------------------------------------------------------------------


def _in_line(verb: Verb, words: Sequence[str], prefix: str, servers: Servers | None) -> Suggestions:
    if "--" in words:
        return _NOTHING
    waiting = _takes_value(verb, words[-1]) if words else None
    if waiting is not None:
        return Suggestions.of(waiting.choices, prefix, "value")
    if prefix.startswith("--") and "=" in prefix:
        name, _, typed = prefix.partition("=")
        option = verb.option(name)
        return Suggestions.of(option.choices, typed, "value") if option is not None else _NOTHING
    if prefix.startswith("-"):
        return Suggestions.of(_unused(verb, words), prefix, "option")
    places = _places(verb, words)
    position = _position(verb, len(places))
    if verb.assignments and places and (position is None or position.required is False):
        found = _argument(verb, places[0], words, prefix, servers)
        if found.words or "=" in prefix:
            return found
    return _NOTHING if position is None else _for_position(position, prefix, places, servers)


def _takes_value(verb: Verb, word: str) -> Option | None:
    """The option that ``word`` is, if the next word is its value."""
    option = verb.option(word)
    return option if option is not None and option.kind not in ("flag", "optional", "span") else None


def _unused(verb: Verb, words: Sequence[str]) -> list[str]:
    given = [verb.option(word.partition("=")[0]) for word in words]
    used = {option.name for option in given if option is not None and option.kind not in ("many", "pairs")}
    return [f"--{option.name}" for option in verb.options if option.name not in used]


def _places(verb: Verb, words: Sequence[str]) -> list[str]:
    """The words that are neither options nor their values nor arguments."""
    values = {number + 1 for number, word in enumerate(words) if _takes_value(verb, word) is not None}
    rest = [word for number, word in enumerate(words) if number not in values and not word.startswith("-")]
    return [word for word in rest if not (verb.assignments and "=" in word)]


def _position(verb: Verb, index: int) -> Positional | None:
    if index < len(verb.positionals):
        return verb.positionals[index]
    last = verb.positionals[-1] if verb.positionals else None
    return last if last is not None and last.many else None


def _for_position(position: Positional, prefix: str, places: Sequence[str], servers: Servers | None) -> Suggestions:
    if position.choices:
        return Suggestions.of(position.choices, prefix, "value")
    if position.kind == "verb":
        return Suggestions.of(VERBS, prefix, "verb")
    if position.name == "METHOD":
        return Suggestions.of(METHODS, prefix, "method")
    return _NOTHING if servers is None else _known(position, prefix, places, servers)


def _known(position: Positional, prefix: str, places: Sequence[str], servers: Servers) -> Suggestions:
    if position.kind == "server":
        return Suggestions.of((_shown(name, prefix) for name in servers), prefix, "server")
    if position.kind == "target":
        return _targets(prefix, "prompts" if "PROMPT" in position.name else "tools", servers)
    if position.name == "URI":
        return Suggestions.of(_names(_connection(places[0], servers), "resources", "uri"), prefix, "uri")
    if position.name == "ARGUMENT":
        return Suggestions.of(_schema("prompt", places[0], servers).get("properties", {}), prefix, "argument")
    return _NOTHING


def _targets(prefix: str, kind: str, servers: Servers) -> Suggestions:
    """``SERVER.`` first, then ``SERVER.ITEM``."""
    for name in sorted(servers, key=len, reverse=True):
        server = _shown(name, prefix)
        if prefix.startswith(f"{server}."):
            typed = prefix[len(server) + 1 :]
            items = (f"{server}.{_shown(item, typed)}" for item in _names(_connection(server, servers), kind))
            return Suggestions.of(items, prefix, kind[:-1])
    return Suggestions.of((f"{_shown(name, prefix)}." for name in servers), prefix, "server")


def _shown(name: str, typed: str) -> str:
    """``name`` as it is written on a line: in quotes where it must be, or where the typed word has begun with one."""
    return name if _PLAIN.match(name) and not typed.startswith('"') else f'"{name}"'


def _connection(word: str, servers: Servers) -> Connection | None:
    name = word.strip("\"'")
    return servers.live(name).connection if name in servers else None


def _names(connection: Connection | None, kind: str, member: str = "name") -> list[str]:
    """The tools, prompts or resources a connection has listed so far."""
    if connection is None:
        return []
    if kind == "tools":
        return list(connection.catalog.tools)
    return [str(item.get(member)) for item in connection.known.get(kind, ())]


# -- arguments ---------------------------------------------------------------------------------------------------


def _argument(verb: Verb, target: str, words: Sequence[str], prefix: str, servers: Servers | None) -> Suggestions:
    used = {word.partition("=")[0].removesuffix(":") for word in words if "=" in word}
    fragment, found, kind = key_or_value(prefix, _schema(verb.name, target, servers), used)
    return Suggestions.of(found, fragment, kind)


def _in_body(body: str, head: re.Match[str], servers: Servers | None) -> Suggestions:
    words, last = _split(head["rest"])
    words = [*words, last] if last else words
    name = "call" if head["call"] else words.pop(0) if words else ""
    if name not in VERBS or not (places := _places(VERBS[name], words)):
        return _NOTHING
    schema = _schema(name, places[0], servers)
    read = in_json if body.lstrip().startswith("{") else in_yaml
    fragment, found, kind = read(body, schema)
    return Suggestions.of(found, fragment, kind)


def _schema(verb: str, target: str, servers: Servers | None) -> Mapping[str, Any]:
    """The schema of the arguments of the tool or prompt that ``target`` names, as far as known."""
    for name in sorted(servers or (), key=len, reverse=True):
        for server in (name, f'"{name}"'):
            if servers is not None and target.startswith(f"{server}."):
                item = target[len(server) + 1 :].strip("\"'")
                return _of_item(servers.live(name).connection, verb, item)
    return {}


def _of_item(connection: Connection, verb: str, item: str) -> Mapping[str, Any]:
    if verb == "call":
        tool = connection.catalog.tools.get(item)
        return tool.input_schema if tool is not None else {}
    prompts = [each for each in connection.known.get("prompts", ()) if each.get("name") == item]
    arguments = prompts[0].get("arguments") if prompts else None
    return {"properties": {str(each.get("name")): {} for each in arguments}} if isinstance(arguments, list) else {}
