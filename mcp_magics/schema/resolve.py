"""``$ref`` inside one schema; nothing is ever fetched (JSON Schema 2020-12 §8.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

_INDEX = re.compile(r"0|[1-9][0-9]*")


def resolve(root: Any, reference: object) -> Any:
    """What a local ``$ref`` points at; ``True`` (anything goes) when it is remote, broken or missing.

    Knows JSON pointers (RFC 6901), ``$anchor`` and the root's own ``$id``.
    """
    if not isinstance(reference, str):
        return True
    base, _, fragment = reference.partition("#")
    if base and not (isinstance(root, Mapping) and base == str(root.get("$id", "")).rstrip("#")):
        return True
    fragment = unquote(fragment)
    return _pointed(root, fragment) if fragment[:1] in ("", "/") else _anchored(root, fragment)


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


def _anchored(root: Any, name: str) -> Any:
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Mapping):
            if name in (found.get("$anchor"), found.get("$dynamicAnchor")):
                return found
            waiting.extend(found.values())
        elif _is_array(found):
            waiting.extend(found)
    return True


def _is_array(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def schemas(value: object) -> tuple[Any, ...]:
    """The members of a list of schemas (``anyOf`` …), whatever a server put there."""
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else ()
