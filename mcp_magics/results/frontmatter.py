"""The YAML frontmatter of a Markdown file as a JSON value (Agent Skills: "SKILL.md format"; YAML 1.2.2 §10.3).

Unquoted dates are texts, as in JSON. What JSON has no value for (NaN, bytes, sets, tags) is refused, never guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mcp_magics.errors import ProtocolError
from mcp_magics.results.sanitise import one_line

_LONGEST = 256 * 1024
"""Characters of frontmatter that are read: what is longer is no description of a file."""
_MOST_VALUES = 20_000
"""Values after aliases are expanded: enough for any frontmatter, too few for a "billion laughs"."""
_DEEPEST = 64

_BLOCK = re.compile(r"\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?(?:\n|\Z)", re.DOTALL | re.MULTILINE)


def frontmatter(text: str) -> dict[str, Any]:
    """The object that ``text`` begins with, between two lines of ``---``.

    Raises :class:`ProtocolError` (``frontmatter_invalid``) where there is none, or none that is an object of JSON.
    """
    found = _BLOCK.match(text[: _LONGEST + 1])
    if found is None:
        raise _invalid("the file does not begin with frontmatter between two lines of ---")
    value = _json(_parsed(found["yaml"]), _Budget(), 0)
    if not isinstance(value, dict):
        raise _invalid("the frontmatter is no object of names and values")
    return value


def body_of(text: str) -> str:
    """What follows the frontmatter of ``text``; all of it where there is none."""
    found = _BLOCK.match(text[: _LONGEST + 1])
    return text[found.end() :] if found is not None else text


def differences(told: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """The fields in which two frontmatters differ, in the order of ``told``, then of ``found``."""
    for name in dict.fromkeys([*told, *found]):
        if name not in told or name not in found or not _same(told[name], found[name]):
            yield name


def _same(one: Any, other: Any) -> bool:
    """JSON's own equality: 1 and 1.0 are one number, true is none."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _parsed(yaml: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    class Constructor(SafeConstructor):
        """Dates stay the texts they are written as."""

    Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = Constructor
    try:
        return reader.load(yaml)
    except MarkedYAMLError as error:
        problem = str(error.problem or error.context)
    except RecursionError:
        problem = "it nests too deep"
    except (YAMLError, ValueError, TypeError) as error:
        problem = str(error)
    raise _invalid(f"the frontmatter is no YAML: {one_line(problem, 200)}")


class _Budget:
    """How many values may still come."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def spend(self, depth: int) -> None:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise _invalid("the frontmatter is too large, or refers to itself")


def _json(value: Any, budget: _Budget, depth: int) -> Any:
    budget.spend(depth)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict):
        return {_key(key): _json(each, budget, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_json(each, budget, depth + 1) for each in value]
    raise _invalid(f"the frontmatter holds a value that JSON has not ({type(value).__name__})")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, (int, float)):
        return str(key)
    raise _invalid("the frontmatter has a name that is no text")


def _invalid(problem: str) -> ProtocolError:
    return ProtocolError(problem, class_="frontmatter_invalid", phase="result")
