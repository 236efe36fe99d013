"""Tab in ``%mcp`` lines and bodies: verbs, options, servers, tools, argument names, enum values.

Reads cached schemas only: completing never starts a server, never touches the network.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from mcp_magics.magics.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from mcp_magics.connection.manager import Servers
    from mcp_magics.magics.verb import Option, Positional, Verb

_LINE = re.compile(r"(?:^|[=;]\s*|^\s+)%{1,2}mcp(?:_call|\s+(?P<verb>\w+))?\s+(?P<rest>[^\n]*)$", re.MULTILINE)
_START = re.compile(r"(?:^|=\s*|^\s+)%{1,2}mcp\s+(?P<verb>[\w-]*)$", re.MULTILINE)
_HEAD = re.compile(r"\s*%%mcp(?:_call|\s+call)\s+(?P<target>\S+)[^\n]*\n")
_PLAIN = re.compile(r"[\w./:-]+\Z")
_LIMIT = 500


def install(shell: InteractiveShell) -> None:
    """Let ``shell`` complete what this package reads; once, however often it is called."""
    uninstall(shell)
    shell.Completer.custom_matchers.append(mcp_matcher)


def uninstall(shell: InteractiveShell) -> None:
    """Leave completion as it was."""
    kept = [each for each in shell.Completer.custom_matchers if getattr(each, "__name__", "") != "mcp_matcher"]
    shell.Completer.custom_matchers[:] = kept


def mcp_matcher(context: CompletionContext) -> SimpleMatcherResult:
    """IPython's matcher API v2: what fits before the cursor."""
    from IPython.core.completer import SimpleCompletion

    text = context.full_text[: _offset(context)]
    found = list(suggestions(text, _servers()))[:_LIMIT]
    fragment = _fragment(text)
    return {
        "completions": [SimpleCompletion(text=word, type=kind) for word, kind in found],
        "suppress": bool(found),
        "matched_fragment": fragment,
        "ordered": True,
    }


mcp_matcher.matcher_api_version = 2  # type: ignore[attr-defined]  # how IPython knows the API
mcp_matcher.matcher_identifier = "mcp_magics"  # type: ignore[attr-defined]


def _offset(context: CompletionContext) -> int:
    lines = context.full_text.split("\n")
    return sum(len(line) + 1 for line in lines[: context.cursor_line]) + context.cursor_position


def _servers() -> Servers | None:
    """The servers, if anyone has used them: completing imports nothing."""
    manager = sys.modules.get("mcp_magics.connection.manager")
    return manager.servers if manager is not None else None


def _fragment(text: str) -> str:
    """The word being typed: what the chosen completion replaces."""
    match = re.search(r"[^\s=,\[{\"']*\Z", text.rpartition("\n")[2])
    return match.group() if match else ""


def suggestions(text: str, servers: Servers | None) -> Iterator[tuple[str, str]]:
    """What may stand at the end of ``text``: pairs of a word and what it is."""
    if (head := _HEAD.match(text)) is not None:
        yield from _in_body(text[head.end() :], head["target"], servers)
        return
    if (start := _START.search(text)) is not None:
        yield from _words(VERBS, start["verb"], "verb")
        return
    line = _LINE.search(text)
    if line is None:
        return
    name = line["verb"] or "call"
    if name in VERBS:
        yield from _in_line(VERBS[name], line["rest"], servers)


def _words(words: Iterable[str], prefix: str, kind: str) -> Iterator[tuple[str, str]]:
    yield from ((word, kind) for word in words if word.startswith(prefix))


def _in_line(verb: Verb, rest: str, servers: Servers | None) -> Iterator[tuple[str, str]]:
    words = rest.split(" ")
    prefix, before = words[-1], [word for word in words[:-1] if word]
    option = verb.option(before[-1]) if before and before[-1].startswith("-") else None
    if option is not None and option.kind != "flag":
        yield from _words(option.choices, prefix, "value")
        return
    if prefix.startswith("-"):
        yield from _words(_unused(verb, before), prefix, "option")
        return
    places = _plain_words(verb, before)
    if verb.assignments and places:
        yield from _arguments(prefix, places[0], before, servers)
    position = _positional(verb, len(places))
    if position is not None:
        yield from _for_positional(position, prefix, places, servers)


def _unused(verb: Verb, before: list[str]) -> Iterator[str]:
    used = {option.name for word in before if (option := verb.option(word)) is not None and not _repeats(option)}
    return (f"--{option.name}" for option in verb.options if option.name not in used)


def _repeats(option: Option) -> bool:
    return option.kind in ("many", "pairs")


def _plain_words(verb: Verb, before: list[str]) -> list[str]:
    """The words that are neither options nor their values."""
    plain, skip = [], False
    for word in before:
        option = verb.option(word)
        if not skip and option is None and not word.startswith("-") and "=" not in word:
            plain.append(word)
        skip = option is not None and option.kind != "flag"
    return plain


def _positional(verb: Verb, index: int) -> Positional | None:
    if index < len(verb.positionals):
        return verb.positionals[index]
    last = verb.positionals[-1] if verb.positionals else None
    return last if last is not None and last.many else None


def _for_positional(
    position: Positional, prefix: str, places: list[str], servers: Servers | None
) -> Iterator[tuple[str, str]]:
    if position.choices:
        yield from _words(position.choices, prefix, "value")
    elif position.kind == "verb":
        yield from _words(VERBS, prefix, "verb")
    elif servers is None:
        return
    elif position.kind == "server":
        yield from _words(map(_quoted, servers), prefix, "server")
    elif position.kind == "target":
        kind = "prompts" if "PROMPT" in position.name else "tools"
        yield from _targets(prefix, kind, servers)
    elif position.name == "URI" and places and places[0] in servers:
        items = servers[places[0]].connection.known.get("resources", ())
        yield from _words((str(item.get("uri")) for item in items), prefix, "uri")


def _targets(prefix: str, kind: str, servers: Servers) -> Iterator[tuple[str, str]]:
    for name in servers:
        shown = _quoted(name)
        if not prefix.startswith(f"{shown}."):
            yield from _words([f"{shown}."], prefix, "server")
            continue
        items = _items(servers, name, kind)
        yield from _words((f"{shown}.{_quoted(item)}" for item in items), prefix, kind[:-1])


def _items(servers: Servers, name: str, kind: str) -> Iterable[str]:
    connection = servers.live(name).connection
    if kind == "tools":
        return connection.catalog.tools
    return [str(item.get("name")) for item in connection.known.get(kind, ())]


def _quoted(name: str) -> str:
    return name if _PLAIN.match(name) and "." not in name else f'"{name}"'


# -- arguments -----------------------------------------------------------------------------------------------


def _properties(target: str, servers: Servers | None) -> Mapping[str, Any]:
    """The properties of the tool ``SERVER.TOOL`` names, as cached."""
    if servers is None:
        return {}
    for name in sorted(servers, key=len, reverse=True):
        for shown in (_quoted(name), name):
            if target.startswith(f"{shown}."):
                item = target[len(shown) + 1 :].strip('"')
                tool = servers.live(name).connection.catalog.tools.get(item)
                properties = tool.input_schema.get("properties") if tool is not None else None
                return properties if isinstance(properties, dict) else {}
    return {}


def _arguments(prefix: str, target: str, before: list[str], servers: Servers | None) -> Iterator[tuple[str, str]]:
    properties = _properties(target, servers)
    key, equals, value = prefix.partition("=")
    if equals:
        yield from _words(_values(properties.get(key.removesuffix(":"))), value, "value")
        return
    used = {word.partition("=")[0].removesuffix(":") for word in before}
    yield from _words((f"{name}=" for name in properties if name not in used), prefix, "argument")


def _values(schema: Any) -> list[str]:
    """The values an argument may have, where its schema lists them."""
    if not isinstance(schema, dict):
        return []
    if isinstance(schema.get("enum"), list):
        return [str(value) for value in schema["enum"]]
    if schema.get("type") == "boolean":
        return ["true", "false"]
    branches = schema.get("anyOf") or schema.get("oneOf") or []
    values = [value for branch in branches for value in _values(branch)] if isinstance(branches, list) else []
    return values + ([str(schema["const"])] if "const" in schema else [])


def _in_body(body: str, target: str, servers: Servers | None) -> Iterator[tuple[str, str]]:
    """Keys at the start of a YAML line or where JSON wants one; values where the schema lists them."""
    properties = _properties(target, servers)
    line = body.rpartition("\n")[2]
    if body.lstrip().startswith(("{", "[")):
        yield from _in_json(body, line, properties)
        return
    key, colon, value = line.partition(":")
    if colon:
        yield from _words(_values(properties.get(key.strip())), value.strip(), "value")
    elif not line.startswith((" ", "-", "#")):
        used = {each.partition(":")[0].strip() for each in body.split("\n")[:-1]}
        yield from _words((f"{name}: " for name in properties if name not in used), line, "argument")


def _in_json(body: str, line: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    value = re.search(r'"(?P<key>[^"]+)"\s*:\s*"?(?P<typed>[^",}]*)\Z', line)
    if value is not None:
        yield from _words(_values(properties.get(value["key"])), value["typed"], "value")
        return
    key = re.search(r'[{,]\s*(?P<quote>"?)(?P<typed>[^",:{}]*)\Z', body)
    if key is not None:
        used = set(re.findall(r'"([^"]+)"\s*:', body))
        names = [name for name in properties if name not in used]
        form = '{}": ' if key["quote"] else '"{}": '
        yield from ((form.format(name), "argument") for name in names if name.startswith(key["typed"]))
