"""Lists handed out a page at a time (MCP, server utilities, pagination)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_types import PaginatedRequestParams

Item = TypeVar("Item")

_PREFIX = "after:"


def page(
    items: Sequence[Item], params: PaginatedRequestParams | None, size: int | None
) -> tuple[list[Item], str | None]:
    """The page that ``params`` asks for and the cursor of the next one; everything when ``size`` is None.

    Raises:
        MCPError: the cursor is none that this function gave out (-32602, as the specification asks).
    """
    start = _start(params.cursor if params else None, len(items))
    stop = len(items) if size is None else start + size
    return list(items[start:stop]), f"{_PREFIX}{stop}" if stop < len(items) else None


def _start(cursor: str | None, count: int) -> int:
    if cursor is None:
        return 0
    digits = cursor.removeprefix(_PREFIX)
    if not cursor.startswith(_PREFIX) or not digits.isdecimal() or int(digits) >= count:
        from mcp.shared.exceptions import MCPError
        from mcp_types import INVALID_PARAMS

        raise MCPError(INVALID_PARAMS, "Invalid cursor", {"cursor": cursor})
    return int(digits)
