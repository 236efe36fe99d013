"""What is wrong with a request that the SDK cannot read, in one line.

The SDK says *Invalid request parameters* and no more. Answers to questions come in with a request (SEP-2322) and are a
union of three shapes: its complaint is about the shape the answer was meant to have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
    from pydantic_core import ErrorDetails

_RESPONSES = "inputResponses"


async def explaining(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: an error for what cannot be read names the place (-32602)."""
    try:
        return await call_next(ctx)
    except ValidationError as error:
        complaint = complaint_about(dict(ctx.params or {}), error)
        raise MCPError(types.INVALID_PARAMS, f"Invalid request parameters: {complaint}") from None


def complaint_about(value: Any, error: ValidationError) -> str:
    """The place in ``value`` that ``error`` is about, and what is wrong there; None: it is not at hand."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    detail = next((each for each in found if _is_meant(value, each["loc"])), found[0])
    path, missing = _path(value, detail["loc"])
    problem = f"{missing!r} is missing" if detail["type"] == "missing" else _problem(value, detail, found)
    return f"{'.'.join(path)}: {problem}" if path else problem


def _problem(value: Any, detail: ErrorDetails, found: Sequence[ErrorDetails]) -> str:
    """What the SDK says of the place, unless several shapes are allowed there and it is none of them."""
    place = _path(value, detail["loc"])[0]
    shapes = sum(_path(value, each["loc"])[0] == place for each in found)
    return detail["msg"] if shapes == 1 else "is nothing that may stand here"


def _is_meant(value: Any, loc: Sequence[int | str]) -> bool:
    """Whether ``loc`` leads into the shape that an answer was meant to have; so does any other place."""
    given = (value or {}).get(_RESPONSES)
    if not isinstance(given, dict) or _RESPONSES not in loc:
        return True
    name, *below = loc[loc.index(_RESPONSES) + 1 :]
    answer = given.get(name)
    if not isinstance(answer, dict):
        return True
    meant = "ElicitResult" if "action" in answer else "ListRootsResult" if "roots" in answer else "CreateMessageResult"
    return meant in below


def _path(value: Any, loc: Sequence[int | str]) -> tuple[list[str], str]:
    """The steps of ``loc`` that lead somewhere in ``value``, without the SDK's names of shapes; and its last step."""
    if value is None:
        return [str(step) for step in loc[:-1]], str(loc[-1]) if loc else ""
    path: list[str] = []
    for step in loc:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            continue
        path.append(str(step))
    return path, str(loc[-1]) if loc else ""
