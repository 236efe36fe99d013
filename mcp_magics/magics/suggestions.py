"""What may stand at the cursor of a ``%mcp`` line or body: verbs, options, servers, tools, then their arguments."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcp_magics.magics.argument_words import in_json, in_yaml, key_or_value
from mcp_magics.magics.going_on import numbers_of
from mcp_magics.magics.named_items import connection_named, names_of, reference_of, schema_of
from mcp_magics.magics.playground_words import playground_faults, playground_names
from mcp_magics.magics.verbs import VERBS
from mcp_magics.magics.wanted import Wanted, assigned, in_body, on_line, open_pair, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.manager import Servers
    from mcp_magics.magics.verb import Option, Positional, Verb
    from mcp_magics.magics.wanted import Form

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

TOLD = (
    "notifications/message",
    "notifications/resources/updated",
    "notifications/resources/list_changed",
    "notifications/tools/list_changed",
    "notifications/prompts/list_changed",
)
"""The notifications of the specification that a function may hear."""

_LINE = re.compile(r"(?:.*?=\s*|\s*)%{1,2}mcp(?P<call>_call)?(?P<rest>\s.*)\Z")
_BODY = re.compile(r"\s*%%mcp(?P<call>_call)?(?P<rest>[ \t][^\n]*)\n")
_WORD = re.compile(r"""(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s"'])+""")
_PLAIN = re.compile(r"[\w./:-]+\Z")
_URI = re.compile(r"[\w/:.?&=%+~@!*,-]+\Z")
_BRACED = re.compile(r"[^=]*[/{]|[A-Za-z][\w+.-]*:(?!=)")


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Words of one ``kind`` that may take the place of ``fragment``, the text before the cursor.

    Where there are none and a server may know some, ``wanted`` says what to ask it for.
    """

    fragment: str = ""
    words: tuple[str, ...] = ()
    kind: str = ""
    wanted: Wanted | None = None

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
        return _value_of(waiting, prefix, _places(verb, words[:-1]), servers)
    return _option(verb, words, prefix, servers) if prefix.startswith("-") else _word(verb, words, prefix, servers)


def _option(verb: Verb, words: Sequence[str], prefix: str, servers: Servers | None) -> Suggestions:
    name, equals, typed = prefix.partition("=")
    if not (equals and prefix.startswith("--")):
        return Suggestions.of(_unused(verb, words), prefix, "option")
    option = verb.option(name)
    return _value_of(option, typed, _places(verb, words), servers) if option is not None else _NOTHING


def _value_of(option: Option, typed: str, places: Sequence[str], servers: Servers | None) -> Suggestions:
    if option.metavar == "SERVER" and servers is not None:
        return Suggestions.of(_shown_all(servers, typed), typed, "server")
    choices = playground_faults(places[1:]) if option.name == "fault" else option.choices
    return Suggestions.of(choices, typed, "value")


def _word(verb: Verb, words: Sequence[str], prefix: str, servers: Servers | None) -> Suggestions:
    places = _places(verb, words)
    position = _position(verb, places, servers)
    if verb.assignments and places and (position is None or position.required is False):
        found = _argument(verb, places, words, prefix, servers)
        if found.words or "=" in prefix:
            return found
    if position is None:
        return _NOTHING
    if position.name == "PREFIX" and servers is not None:
        return _prefix(places, words, prefix, servers)
    return _for_position(position, prefix, places, servers)


def _takes_value(verb: Verb, word: str) -> Option | None:
    """The option that ``word`` is, if the next word is its value."""
    option = verb.option(word)
    return option if option is not None and option.kind not in ("flag", "optional", "span") else None


def _unused(verb: Verb, words: Sequence[str]) -> list[str]:
    given = [verb.option(word.partition("=")[0]) for word in words]
    used = {option.name for option in given if option is not None and option.kind not in ("many", "pairs", "words")}
    return [f"--{option.name}" for option in verb.options if option.name not in used]


def _places(verb: Verb, words: Sequence[str]) -> list[str]:
    """The words that are neither options nor their values nor arguments."""
    values = {number + 1 for number, word in enumerate(words) if _takes_value(verb, word) is not None}
    rest = [word for number, word in enumerate(words) if number not in values and not word.startswith("-")]
    return [word for word in rest if not (verb.assignments and "=" in word and not _BRACED.match(word))]


def _position(verb: Verb, places: Sequence[str], servers: Servers | None) -> Positional | None:
    positionals, index = verb.positionals, len(places)
    if verb.name == "complete" and places and not (servers and unquoted(places[0]) in servers):
        positionals = tuple(each for each in positionals if each.name != "TEMPLATE")
    if index < len(positionals):
        return positionals[index]
    last = positionals[-1] if positionals else None
    return last if last is not None and last.many else None


def _for_position(position: Positional, prefix: str, places: Sequence[str], servers: Servers | None) -> Suggestions:
    if words := _choices(position, prefix, places, servers):
        return Suggestions.of(words, prefix, "value")
    if position.kind == "verb":
        return Suggestions.of(VERBS, prefix, "verb")
    if position.name == "METHOD":
        return Suggestions.of(METHODS, prefix, "method")
    return _NOTHING if servers is None else _known(position, prefix, places, servers)


def _choices(position: Positional, prefix: str, places: Sequence[str], servers: Servers | None) -> Sequence[str]:
    """The words the table of verbs has for that place, and those that stand for what goes on."""
    match position.kind:
        case "playground":
            return playground_names(places, servers or ())
        case "work":
            return [*position.choices, *numbers_of("job"), *_shown_all(servers, prefix)]
        case "number":
            return numbers_of(unquoted(places[0])) if places else ()
        case "kind":
            return [*position.choices, *TOLD]
        case _:
            return position.choices


def _known(position: Positional, prefix: str, places: Sequence[str], servers: Servers) -> Suggestions:
    if position.kind == "server":
        return Suggestions.of(_shown_all(servers, prefix), prefix, "server")
    if position.kind == "target":
        return _targets(prefix, "prompts" if "PROMPT" in position.name else "tools", servers)
    connection = connection_named(places[0], servers) if places else None
    if position.name == "URI":
        kinds = {"skills": "uri"} if position.kind == "text" else {"resources": "uri", "templates": "uriTemplate"}
        return _addresses(connection, kinds, prefix)
    if position.name == "TEMPLATE":
        return _addresses(connection, {"templates": "uriTemplate"}, prefix)
    if position.name == "ARGUMENT":
        return Suggestions.of(schema_of("complete", places, servers).get("properties", {}), prefix, "argument")
    return _NOTHING


def _addresses(connection: Connection | None, kinds: Mapping[str, str], prefix: str) -> Suggestions:
    """The addresses of the lists shown so far, in quotes where a line would read them otherwise, then names."""
    typed = prefix.lstrip("\"'")
    found = [uri for kind, member in kinds.items() for uri in names_of(connection, kind, member)]
    found += names_of(connection, "templates") if "templates" in kinds else []
    return Suggestions(prefix, tuple(dict.fromkeys(_address(each) for each in found if each.startswith(typed))), "uri")


def _address(uri: str) -> str:
    return uri if _URI.match(uri) else f"'{uri}'" if "'" not in uri else json.dumps(uri, ensure_ascii=False)


def _prefix(places: Sequence[str], words: Sequence[str], prefix: str, servers: Servers) -> Suggestions:
    """What is typed of an argument's value behind ``complete``."""
    found = reference_of("complete", places, servers)
    if found is None:
        return _NOTHING
    connection, name, is_template = found
    wanted = Wanted(connection, name, is_template, unquoted(places[-1]), unquoted(prefix), on_line(words))
    return Suggestions(prefix, (), "value", wanted)


def _targets(prefix: str, kind: str, servers: Servers) -> Suggestions:
    """``SERVER.`` first, then ``SERVER.ITEM``."""
    for name in sorted(servers, key=len, reverse=True):
        server = _shown(name, prefix)
        if prefix.startswith(f"{server}."):
            typed = prefix[len(server) + 1 :]
            items = (f"{server}.{_shown(item, typed)}" for item in names_of(connection_named(server, servers), kind))
            return Suggestions.of(items, prefix, kind[:-1])
    return Suggestions.of((f"{_shown(name, prefix)}." for name in servers), prefix, "server")


def _shown_all(servers: Servers | None, typed: str) -> list[str]:
    return [_shown(name, typed) for name in servers or ()]


def _shown(name: str, typed: str) -> str:
    """``name`` as it is written on a line: in quotes where it must be, or where the typed word has begun with one."""
    return name if _PLAIN.match(name) and not typed.startswith('"') else f'"{name}"'


# -- arguments ---------------------------------------------------------------------------------------------------


def _argument(
    verb: Verb, places: Sequence[str], words: Sequence[str], prefix: str, servers: Servers | None
) -> Suggestions:
    used = {word.partition("=")[0].removesuffix(":") for word in words if "=" in word}
    fragment, found, kind = key_or_value(prefix, schema_of(verb.name, places, servers), used)
    listed = Suggestions.of(found, fragment, kind)
    reference = reference_of(verb.name, places, servers)
    pair = assigned(prefix)
    if listed.words or reference is None or pair is None:
        return listed
    return replace(listed, wanted=Wanted(*reference, pair[0], unquoted(pair[1]), on_line(words)))


def _in_body(body: str, head: re.Match[str], servers: Servers | None) -> Suggestions:
    words, last = _split(head["rest"])
    words = [*words, last] if last else words
    name = "call" if head["call"] else words.pop(0) if words else ""
    if name not in VERBS or not (places := _places(VERBS[name], words)):
        return _NOTHING
    schema = schema_of(name, places, servers)
    form: Form = "json" if body.lstrip().startswith("{") else "yaml"
    fragment, found, kind = (in_json if form == "json" else in_yaml)(body, schema)
    listed = Suggestions.of(found, fragment, kind)
    reference, pair = reference_of(name, places, servers), open_pair(body, form)
    if listed.words or reference is None or pair is None or kind != "value":
        return listed
    known = on_line(words) | in_body(body[: len(body) - len(fragment)], form)
    return replace(listed, wanted=Wanted(*reference, pair[0], unquoted(pair[1]), known, form))
