"""The verbs of ``%mcp`` as one table, a file a group: parsing, help and completion read nothing else."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from mcp_magics.magics.verb import Option, Positional, Verb
from mcp_magics.magics.verbs import (
    connection,
    content,
    evidence,
    jobs,
    learn,
    look,
    messages,
    permission,
    servers,
    tools,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GROUPS", "VERBS", "Option", "Positional", "Verb", "near_verbs"]

_ROOMS = (servers, connection, permission, tools, content, messages, jobs, evidence, look, learn)
_TABLE = tuple(verb for room in _ROOMS for verb in room.VERBS)

VERBS: Mapping[str, Verb] = MappingProxyType({verb.name: verb for verb in _TABLE})
"""Every verb by name, in the order of the help screen."""

GROUPS: Mapping[str, tuple[Verb, ...]] = MappingProxyType(
    {group: tuple(verb for verb in _TABLE if verb.group == group) for group in dict.fromkeys(v.group for v in _TABLE)}
)
"""The verbs by group, in the order of the help screen."""


def near_verbs(name: str) -> tuple[str, ...]:
    """The verbs someone who typed ``name`` may have meant, the likeliest first."""
    from difflib import get_close_matches

    meant = [verb.name for verb in _TABLE if name.lower() in (verb.name, *verb.synonyms)]
    return tuple(dict.fromkeys([*meant, *get_close_matches(name.lower(), VERBS, n=3, cutoff=0.6)]))
