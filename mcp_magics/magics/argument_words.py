"""Names and values of arguments at a cursor: on a line, in a YAML body, in a JSON body. Pure: text and schema in.

Each function returns the fragment before the cursor, the words that could take its place, and what they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

from mcp_magics.schema.resolve import Root, schemas

Found = tuple[str, list[str], str]
Schema = Mapping[str, Any]
"""The schema of all arguments."""

_NOTHING: Found = ("", [], "")

_YAML_KEY = re.compile(r"(?P<key>[^\s:#-][^:]*?|\"[^\"]*\")\s*:\s+(?P<value>.*)\Z")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|"(?:[^"\\]|\\.)*\Z|[{}\[\],:]|[^\s{}\[\],:"]+')
_BARE = re.compile(r"[A-Za-z_][\w-]*\Z")
_UNQUOTED = re.compile(r"[\w./:@+-]+\Z")
_YAML_WORDS = frozenset({"true", "false", "null", "python"})
_MOST_SCHEMAS = 500  # looked at for the values of one argument: a server's may contain itself
_ODD = re.compile(r"""[\s={}$#;"']""")
"""What makes more of a name on a line than a name."""


def key_or_value(typed: str, schema: Schema, used: Collection[str]) -> Found:
    """On a line: ``name=`` or, after it, what the schema lists."""
    key, equals, value = typed.partition("=")
    if equals:
        return value, [_on_line(each) for each in _values(schema, key.removesuffix(":"))], "value"
    return typed, [f"{name}=" for name in _properties(schema) if name not in used and not _ODD.search(name)], "argument"


def in_yaml(body: str, schema: Schema) -> Found:
    """At the start of a line a key, after it what the schema lists; nothing inside nested values."""
    *before, line = body.split("\n")
    if (pair := _YAML_KEY.match(line)) is not None:
        return pair["value"], [_in_yaml(each) for each in _values(schema, pair["key"].strip('"'))], "value"
    if line.startswith((" ", "-", "#")) or ":" in line:
        return _NOTHING
    used = {each.partition(":")[0].strip().strip('"') for each in before if not each.startswith(" ")}
    return line, [f"{_in_yaml(name)}: " for name in _properties(schema) if name not in used], "argument"


def in_json(body: str, schema: Schema) -> Found:
    """Where the outermost object wants a key or a value; nothing inside nested values."""
    tokens = [match.group() for match in _JSON_TOKEN.finditer(body)]
    typed = "" if not tokens or body[-1:].isspace() or tokens[-1] in "{}[],:" else tokens.pop()
    if _depth(tokens) != 1 or (len(typed) > 1 and typed[0] == typed[-1] == '"'):
        return _NOTHING
    if tokens[-1] == ":":
        found = _values(schema, json.loads(tokens[-2])) if tokens[-2].startswith('"') else []
        return typed, [json.dumps(each, ensure_ascii=False) for each in found], "value"
    if tokens[-1] not in "{,":
        return _NOTHING
    used = _keys(tokens)
    names = (json.dumps(name, ensure_ascii=False) for name in _properties(schema) if name not in used)
    return typed, [f"{name}: " for name in names], "argument"


def _depth(tokens: Collection[str]) -> int:
    return sum(each in ("{", "[") for each in tokens) - sum(each in ("}", "]") for each in tokens)


def _keys(tokens: list[str]) -> set[str]:
    return {each.strip('"') for each, following in pairwise(tokens) if following == ":"}


def _properties(schema: Schema) -> Schema:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _values(schema: Schema, name: str) -> list[Any]:
    return listed(_properties(schema).get(name), schema)


def listed(schema: Any, root: Schema) -> list[Any]:
    """The values a schema lists: ``enum``, ``const``, booleans, in ``anyOf``, ``oneOf`` and behind ``$ref`` too."""
    values: list[Any] = []
    places, waiting = Root(root), [schema]
    for _ in range(_MOST_SCHEMAS):
        if not waiting:
            break
        each = waiting.pop()
        if not isinstance(each, dict):
            continue
        if "$ref" in each:
            waiting.append(places.resolve(each["$ref"]))
        elif (own := _own_values(each)) is not None:
            values += own
        else:
            waiting += reversed(schemas(each.get("anyOf") or each.get("oneOf")))
    return values


def _own_values(schema: Schema) -> list[Any] | None:
    """The values that a schema lists itself; None where it lists none."""
    if isinstance(schema.get("enum"), list):
        return list(schema["enum"])
    if "const" in schema:
        return [schema["const"]]
    return [True, False] if schema.get("type") == "boolean" else None


def _on_line(value: Any) -> str:
    plain = isinstance(value, str) and _UNQUOTED.match(value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _in_yaml(value: Any) -> str:
    plain = isinstance(value, str) and _BARE.match(value) and value.lower() not in _YAML_WORDS
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
