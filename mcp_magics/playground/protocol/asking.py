"""Asking a client in the middle of a request: one way to write it, both eras.

A handshake connection is asked with a request of the server's own. A 2026-07-28 one gets an ``InputRequiredResult``
and sends its request again with the answers (SEP-2322): the body then runs from its start, and what was answered
before is in the ``requestState`` that comes back with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mcp_types as types
from anyio import create_task_group
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from mcp_magics.playground.protocol.refused import complaint_about

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mcp.server.context import ServerRequestContext

Answer = dict[str, Any]
Question = types.ElicitRequest | types.CreateMessageRequest | types.ListRootsRequest
Asking = types.CallToolRequestParams | types.GetPromptRequestParams | types.ReadResourceRequestParams

_RESULTS: dict[str, type[types.Result]] = {
    "elicitation/create": types.ElicitResult,
    "sampling/createMessage": types.CreateMessageResult,
    "roots/list": types.ListRootsResult,
}


class NoAnswerError(MCPError):
    """The client refused to answer, or its answer cannot be used; the message says which, and of what."""

    def __init__(self, problem: str) -> None:
        super().__init__(types.INVALID_PARAMS, problem)


class _NeedsInputError(Exception):
    """The questions that have no answer yet."""

    def __init__(self, open_: dict[str, Question]) -> None:
        super().__init__("input required")
        self.open = open_


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks the client of one request; ``answers`` are those it has given to this request so far."""

    ctx: ServerRequestContext[Any, Any]
    answers: dict[str, Answer]

    async def ask(self, key: str, question: Question) -> Answer:
        """The client's answer to ``question``, as JSON; ``key`` tells its questions apart."""
        return (await self.ask_all({key: question}))[key]

    async def ask_all(self, questions: dict[str, Question]) -> dict[str, Answer]:
        """The answers to questions that are asked together.

        Raises:
            NoAnswerError: the client refused.
            MCPError: the client does not say that it can answer such a question (-32021 in 2026-07-28).
        """
        if self.ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return await self._push_all(questions)
        if missing := {key: each for key, each in questions.items() if key not in self.answers}:
            for question in missing.values():
                _check_declared(self.ctx, question)
            raise _NeedsInputError(missing)
        return {key: self.answers[key] for key in questions}

    async def _push_all(self, questions: dict[str, Question]) -> dict[str, Answer]:
        answers: dict[str, Answer] = {}

        async def one(key: str) -> None:
            answers[key] = await push(self.ctx, questions[key])

        try:
            async with create_task_group() as tasks:
                for key in questions:
                    tasks.start_soon(one, key)
        except* NoAnswerError as refused:
            first = _first(refused)
        else:
            return answers
        raise first


async def with_answers(
    ctx: ServerRequestContext[Any, Any], params: Asking, body: Callable[[Asker], Awaitable[types.Result]]
) -> types.Result:
    """The result of ``body``, or, where it asks something in 2026-07-28, the one that requires input."""
    answers: dict[str, Answer] = json.loads(params.request_state) if params.request_state else {}
    answers |= {key: plain(answer) for key, answer in (params.input_responses or {}).items()}
    try:
        return await body(Asker(ctx, answers))
    except _NeedsInputError as needs:
        state = json.dumps(answers) if answers else None
        return types.InputRequiredResult(input_requests=needs.open, request_state=state)


async def push(
    ctx: ServerRequestContext[Any, Any], question: Question, meta: Mapping[str, Any] | None = None
) -> Answer:
    """Ask a handshake connection on the stream of the request in ``ctx``; ``meta`` is the question's ``_meta``.

    Raises:
        NoAnswerError: the client refused, or answered what is no answer.
    """
    if meta and question.params is not None:
        params = question.params.model_copy(update={"meta": dict(meta)})
        question = question.model_copy(update={"params": params})
    related = ServerMessageMetadata(related_request_id=ctx.request_id)
    try:
        return plain(await ctx.session.send_request(question, _RESULTS[question.method], metadata=related))
    except ValidationError as error:
        problem = f"is no answer: {complaint_about(None, error)}"
    except MCPError as error:
        problem = f"was refused: {error.message} ({error.code})"
    raise NoAnswerError(f"{question.method} {problem}")


def plain(answer: types.Result) -> Answer:
    """An answer as JSON."""
    return answer.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"result_type"})


def _first(refused: BaseExceptionGroup[NoAnswerError]) -> NoAnswerError:
    """One of those refused together: the others say the same of other questions."""
    first = refused.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _check_declared(ctx: ServerRequestContext[Any, Any], question: Question) -> None:
    needed = types.ClientCapabilities.model_validate(_needed(question))
    if not ctx.session.check_client_capability(needed):
        data = {"requiredCapabilities": needed.model_dump(by_alias=True, exclude_none=True)}
        raise MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, "Missing required client capability", data)


def _needed(question: Question) -> dict[str, Any]:
    if isinstance(question, types.ElicitRequest):
        mode = "url" if isinstance(question.params, types.ElicitRequestURLParams) else "form"
        return {"elicitation": {mode: {}} if mode == "url" else {}}
    return {"sampling": {}} if isinstance(question, types.CreateMessageRequest) else {"roots": {}}
