"""``$ref`` inside one schema; nothing is ever fetched (JSON Schema 2020-12 §8.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import unquote

_INDEX = re.compile(r"0|[1-9][0-9]*")


class Root:
    """A schema that references point into; its anchors are looked for once, however many references there are."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema

    def resolve(self, reference: object) -> Any:
        """What a local ``$ref`` points at; ``True`` (anything goes) when it is remote, broken or missing.

        Knows JSON pointers (RFC 6901), ``$anchor`` and the root's own ``$id``.
        """
        if not isinstance(reference, str):
            return True
        base, _, fragment = reference.partition("#")
        if base and not (isinstance(self._schema, Mapping) and base == str(self._schema.get("$id", "")).rstrip("#")):
            return True
        fragment = unquote(fragment)
        return _pointed(self._schema, fragment) if fragment[:1] in ("", "/") else self._anchors.get(fragment, True)

    @cached_property
    def _anchors(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for schema in _every(self._schema):
            for name in (schema.get("$anchor"), schema.get("$dynamicAnchor")):
                if isinstance(name, str):
                    found.setdefault(name, schema)
        return found


def resolve(root: Any, reference: object) -> Any:
    """What one local ``$ref`` points at in ``root``; see :meth:`Root.resolve`."""
    return Root(root).resolve(reference)


def _pointed(root: Any, pointer: str) -> Any:
    found = root
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and name in found:
            found = found[name]
        elif _is_array(found) and _INDEX.fullmatch(name) and len(name) < 10 and int(name) < len(found):
            found = found[int(name)]
        else:
            return True
    return found


def _every(root: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a schema, what holds others before these, the last member of one first."""
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Mapping):
            yield found
            waiting.extend(found.values())
        elif _is_array(found):
            waiting.extend(found)


def _is_array(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def schemas(value: object) -> tuple[Any, ...]:
    """The members of a list of schemas (``anyOf`` …), whatever a server put there."""
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else ()
