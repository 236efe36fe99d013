"""Input-required rounds (2026-07-28 basic/patterns/mrtr): answer what the server asks, send the request again.

The first answer's ``requestState`` is echoed byte for byte, the questions go through the same callbacks as the
older push requests, and the last answer is handed back untouched.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.questions.handlers import QUESTIONS
from mcp_magics.connection.questions.refused import INVALID_PARAMS, RefusedError
from mcp_magics.errors import ProtocolError
from mcp_magics.wire.message import compact, told

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mcp_magics.connection.client import Connection
    from mcp_magics.results.reply import Reply

MAX_ROUNDS = 10
_MRTR = "basic/patterns/mrtr"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.25


def asks_for_input(message: Mapping[str, Any] | None) -> bool:
    """Whether an answer is a question."""
    result = (message or {}).get("result")
    return isinstance(result, dict) and result.get("resultType") == "input_required"


async def settle(connection: Connection, reply: Reply, again: Callable[[str], Awaitable[Reply]]) -> Reply:
    """Play rounds until ``reply`` is a result; raises ``ProtocolError`` after :data:`MAX_ROUNDS`.

    ``again`` sends the request once more, with these members added to its own.
    """
    pause = _FIRST_PAUSE
    for _ in range(MAX_ROUNDS):
        if not asks_for_input(reply.message):
            return reply
        result = (reply.message or {})["result"]
        extra = ""
        requests = _requests_in(connection, result)
        if requests:
            extra = f'"inputResponses":{compact(await respond(connection, requests))}'
            pause = _FIRST_PAUSE
        else:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        if "requestState" in result:
            extra = ",".join(filter(None, (extra, f'"requestState":{_state_in(connection, result)}')))
        elif not requests:
            connection.violation(f"{_MRTR}: InputRequiredResult", "has neither inputRequests nor requestState")
        reply = await again(extra)
    raise ProtocolError(
        f"the server asked for input {MAX_ROUNDS} times without giving a result",
        class_="too_many_rounds",
        phase="call",
        server=connection.spec.name,
        next_step=f"%mcp trace {connection.spec.name}",
    )


async def respond(connection: Connection, requests: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to the input ``requests`` of a server, by their names; all are asked at once.

    Raises ``ProtocolError`` for a request nobody can read, before any is asked, and for one that was refused: then the
    others are cancelled, for no answer to them would travel.
    """
    for name, request in requests.items():
        method = request.get("method") if isinstance(request, dict) else None
        if not isinstance(method, str) or method not in QUESTIONS:
            raise _unreadable(
                connection, f"{told(name, 80)} has the method {told(method, 80)}, which no client answers"
            )
    asked = [asyncio.ensure_future(_respond_one(connection, request)) for request in requests.values()]
    try:
        answers = await asyncio.gather(*asked)
    finally:
        for each in asked:
            each.cancel()
    return dict(zip(requests, answers, strict=True))


def _requests_in(connection: Connection, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """What ``result`` asks; empty where it only wants the request again. Raises ``ProtocolError``."""
    requests = result.get("inputRequests")
    if requests is not None and not isinstance(requests, dict):
        raise _unreadable(connection, f"inputRequests must be an object, is {told(requests, 80)}")
    return requests or {}


def _state_in(connection: Connection, result: Mapping[str, Any]) -> str:
    """The text of the ``requestState`` to echo; raises ``ProtocolError`` where JSON has none for it."""
    state = result["requestState"]
    if not isinstance(state, str):
        text = f"must be a string, is {told(state, 80)}"
        connection.violation(f"{_MRTR}: requestState", text, path="requestState", value=state)
    try:
        return compact(state)
    except (ValueError, RecursionError):
        problem = f"requestState is no JSON: {told(state, 80)}"
    raise _unreadable(connection, problem)


async def _respond_one(connection: Connection, request: Mapping[str, Any]) -> dict[str, Any]:
    method, params = str(request["method"]), request.get("params")
    try:
        return await connection.asked.answer(method, params if isinstance(params, dict) else {})
    except RefusedError as refused:
        if refused.ended is not None:
            raise refused.ended from None
        if refused.code == INVALID_PARAMS:
            raise _unreadable(connection, str(refused)) from None
        raise ProtocolError(
            f"the question was refused: {refused}",
            class_="input_refused",
            phase="call",
            server=connection.spec.name,
            next_step=f"%mcp log {connection.spec.name}",
        ) from None


def _unreadable(connection: Connection, why: str) -> ProtocolError:
    return ProtocolError(
        f"the server asks for input in a form this client cannot read: {why}",
        phase="call",
        server=connection.spec.name,
        next_step=f"%mcp trace {connection.spec.name}",
    )
