"""A request that is refused until its person has visited an address (2025-11-25 client/elicitation: -32042)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.questions.refused import RefusedError
from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.client import Connection
    from mcp_magics.errors import RequestError

URL_REQUIRED = -32042
MOST_ADDRESSES = 10


def wanted(refused: RequestError) -> tuple[Mapping[str, Any], ...]:
    """The visits a ``URLElicitationRequiredError`` names, as params of ``elicitation/create``."""
    listed = refused.data.get("elicitations") if isinstance(refused.data, dict) else None
    found = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return tuple({**each, "mode": "url"} for each in found[:MOST_ADDRESSES] if isinstance(each.get("url"), str))


async def visited(connection: Connection, refused: RequestError) -> bool:
    """Whether every address ``refused`` names was consented to, so that the request is worth sending again."""
    addresses = wanted(refused)
    for params in addresses:
        try:
            answer = await connection.asked.answer("elicitation/create", params)
        except RefusedError as error:
            raise error.ended or error from None
        if answer["action"] != "accept":
            return False
    return bool(addresses)


def explained(refused: RequestError, server: str) -> RequestError:
    """``refused`` with the addresses and what to do about them."""
    lines = [
        f"{clean(str(each.get('message', ''))[:200])} {clean(str(each['url'])[:2000])}" for each in wanted(refused)
    ]
    if not lines:
        return refused
    failure = replace(
        refused.failure,
        class_="url_elicitation_required",
        message=f"{server} wants an address visited before it answers: {clean(refused.rpc_message[:300])}",
        evidence=tuple(line.strip() for line in lines),
        next_step="open the address if you trust it, then run the cell again; or --answer accept once that is done",
    )
    error = type(refused).of(failure)
    error.code, error.rpc_message, error.data = refused.code, refused.rpc_message, refused.data
    return error
