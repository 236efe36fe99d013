"""A task of the extension of 2026-07-28: ``tasks/get`` carries its questions and, in the end, its result.

Source: ``io.modelcontextprotocol/tasks``, SEP-2663.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.questions.rounds import respond
from mcp_magics.connection.replies import request_error
from mcp_magics.connection.tasks.following import Following
from mcp_magics.errors import ProtocolError
from mcp_magics.results.exact import member_text
from mcp_magics.results.reply import Reply
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.exchange import Request
    from mcp_magics.connection.tasks.task import TaskState

MOST_QUESTIONS = 1000
"""Different questions one task may ask."""


class ModernTask(Following):
    """A task of the extension of 2026-07-28."""

    def __init__(self, connection: Connection, request: Request, reply: Reply, first: TaskState) -> None:
        super().__init__(connection, request, reply, first)
        self._questions: dict[str, asyncio.Task[None]] = {}

    async def _to_its_end(self) -> Reply:
        reply = self._created
        try:
            while True:
                self._ask(_result_of(reply))
                if not self.latest.is_final:
                    await self._pause()
                self._raise_refusal()
                seen = await self._look()
                reply = seen or reply
                if seen is not None and self.latest.is_final:
                    return self._result(reply, _result_of(reply))
        finally:
            for question in self._questions.values():
                if question.done() and not question.cancelled():
                    question.exception()  # raised above, or of no interest any more
                question.cancel()

    def _ask(self, raw: Mapping[str, Any]) -> None:
        """Have each question answered that is new (Task Update Requests: keys are unique over a task's life)."""
        requests = raw.get("inputRequests")
        if raw.get("status") != "input_required" or not isinstance(requests, dict):
            return
        for key, request in requests.items():
            if key in self._questions:
                continue
            if len(self._questions) >= MOST_QUESTIONS:
                raise self._refusal(f"the task asked {MOST_QUESTIONS} questions")
            self._questions[key] = asyncio.create_task(self._answer(key, request))
            self._questions[key].add_done_callback(lambda _: self.news.set())

    async def _answer(self, key: str, request: object) -> None:
        self.life.pause()
        try:
            answers = await respond(self.connection, {key: request})
        finally:
            self.life.resume()
        await self._asked("tasks/update", f'"inputResponses":{compact(answers)}')

    def _raise_refusal(self) -> None:
        """Raise the error of a question that could not be answered."""
        for question in self._questions.values():
            if question.done() and not question.cancelled() and (error := question.exception()) is not None:
                raise error

    def _result(self, reply: Reply, raw: Mapping[str, Any]) -> Reply:
        match self.latest.status:
            case "completed" if "result" in raw:
                return self._ended(_inner(reply, raw["result"]))
            case "failed" if "error" in raw:
                raise request_error(raw["error"], "tools/call", self.connection.spec.name)
            case "cancelled":
                raise self._was_cancelled()
        raise self._refusal(f"the task is {self.latest.status}, and what came of it is not there")

    def _refusal(self, message: str) -> ProtocolError:
        return ProtocolError(
            message,
            class_="no_task",
            phase="call",
            server=self.connection.spec.name,
            evidence=(self.note,),
            next_step=f"%mcp trace {self.connection.spec.name}",
        )


def _result_of(reply: Reply) -> Mapping[str, Any]:
    found = (reply.message or {}).get("result")
    return found if isinstance(found, dict) else {}


def _inner(reply: Reply, result: object) -> Reply:
    """The result that a completed task carries, as the answer it stands for; its text stays exact."""
    outer = member_text(reply.frame, "result") if reply.frame else None
    text = member_text(outer.encode("utf-8", "surrogateescape"), "result") if outer is not None else None
    number = (reply.message or {}).get("id")
    frame = b""
    if text is not None:
        frame = f'{{"jsonrpc":"2.0","id":{json.dumps(number)},"result":{text}}}'.encode("utf-8", "surrogateescape")
    return Reply(frame, {"jsonrpc": "2.0", "id": number, "result": result}, reply.elapsed)
