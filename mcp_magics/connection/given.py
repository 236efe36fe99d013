"""What Python gives to a server: arguments as JSON text, and the tools that params of a request name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mcp_magics.errors import CommandError
from mcp_magics.schema.values import to_json_text


def arguments_text(arguments: Mapping[str, Any] | None, kwargs: Mapping[str, Any]) -> str:
    """The arguments as JSON text; raises ``CommandError`` for what JSON cannot hold."""
    if arguments is not None and not isinstance(arguments, Mapping):
        if kwargs:
            message = f"a {type(arguments).__name__} has no room for keyword arguments"
            raise CommandError(message, phase="call", next_step="put all of them into one dict")
        return to_json_text(arguments, path="arguments")
    both = set(arguments or ()) & set(kwargs)
    if both:
        raise CommandError(f"given twice: {', '.join(sorted(both))}", phase="call", next_step="leave one of them out")
    return to_json_text({**(arguments or {}), **kwargs}, path="arguments")


def tools_named(members: str) -> set[str]:
    """Every ``name`` in the members of params, should there be several; none where they are no JSON."""
    try:
        pairs = json.loads(f"{{{members}}}", object_pairs_hook=list)
    except (ValueError, RecursionError):
        return set()
    return {value for key, value in pairs if key == "name" and isinstance(value, str)}
