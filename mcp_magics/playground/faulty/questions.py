"""Faults of asking: at the wrong time, too often, or under an id that is taken.

A handshake connection is asked with requests of the server's own, a 2026-07-28 one by results that require input.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from mcp_magics.playground.faulty.on_calls import OnCalls
from mcp_magics.playground.plain_server import ECHO, Message, WellBehaved, mapping, object_schema, text_result

if TYPE_CHECKING:
    from mcp_magics.playground.channel import Channel
    from mcp_magics.playground.plain_server import Settings

_MANY = 100
_ANSWERS: Message = {
    "name": "answers",
    "description": "Tell what came back to the questions, how often each.",
    "inputSchema": {"type": "object"},
}


def _form(message: str) -> Message:
    return {"message": message, "requestedSchema": object_schema({"name": {"type": "string"}})}


_QUESTIONS: tuple[tuple[str, Message], ...] = (
    ("ping", {}),
    ("roots/list", {}),
    ("elicitation/create", _form("Your name?")),
)


class _AsksDuringList(WellBehaved):
    """Asks for ping, roots and a form before it answers tools/list; in the handshake era it waits for each answer."""

    name = "asks-during-list"

    def respond(self, request: Message) -> None:
        if request["method"] == "tools/list":
            reply = self.reply(request)
            for number, (method, params) in enumerate(_QUESTIONS, start=1):
                self.send({"jsonrpc": "2.0", "id": f"faulty-{number}", "method": method, "params": params})
                if not self.is_modern:
                    self.await_answer(f"faulty-{number}")
            self.send(reply)
        else:
            super().respond(request)

    def await_answer(self, request_id: str) -> None:
        """Read on until the answer has come, serving nothing else meanwhile."""
        for line in self.channel.lines():
            message = json.loads(line)
            if isinstance(message, dict) and message.get("id") == request_id and "method" not in message:
                return


class _Asking(OnCalls):
    """Asks when echo is called, and remembers what came back; its tool answers tells that."""

    def __init__(self, settings: Settings, channel: Channel | None = None) -> None:
        super().__init__(settings, channel)
        self.came: Counter[str] = Counter()

    def tools(self, _params: Message) -> Message:
        return {"tools": [ECHO, _ANSWERS]}

    def call(self, params: Message) -> Message:
        if params.get("name") != "answers":
            return super().call(params)
        return text_result(json.dumps(self.came)) | {"structuredContent": dict(self.came)}

    def spoil(self, request: Message) -> None:
        reply = self.reply(request)
        if mapping(request.get("params")).get("name") == "echo":
            self.ask(request, reply)
        else:
            self.send(reply)

    def ask(self, request: Message, reply: Message) -> None:
        """Ask what this fault asks about a call of echo; ``reply`` is what would answer it."""
        raise NotImplementedError

    def push(self, request_id: Any, message: str) -> None:
        """Ask with a request of the server's own."""
        params = _form(message)
        self.send({"jsonrpc": "2.0", "id": request_id, "method": "elicitation/create", "params": params})

    def note(self, message: Message) -> None:
        if "method" not in message:
            self.came[_outcome(message.get("result"))] += 1


class _AsksAHundred(_Asking):
    """Asks 100 forms at once about each call of echo, and answers it when all of them are answered."""

    name = "asks-a-hundred"
    waiting: Message | None = None
    missing = 0

    def ask(self, request: Message, reply: Message) -> None:
        if self.is_modern:
            self.require(request, reply)
            return
        self.waiting, self.missing = reply, _MANY
        for number in range(1, _MANY + 1):
            self.push(f"hundred-{request['id']}-{number}", f"Question {number} of {_MANY}")

    def require(self, request: Message, reply: Message) -> None:
        """Answer with the questions, or, where their answers are there, as asked."""
        responses = mapping(mapping(request.get("params")).get("inputResponses"))
        self.came.update(map(_outcome, responses.values()))
        if not responses:
            questions = {
                f"q{number}": {"method": "elicitation/create", "params": _form(f"Question {number} of {_MANY}")}
                for number in range(1, _MANY + 1)
            }
            reply["result"] = self.dressed({"resultType": "input_required", "inputRequests": questions})
        self.send(reply)

    def note(self, message: Message) -> None:
        super().note(message)
        if "method" in message or self.waiting is None:
            return
        self.missing -= 1
        if self.missing == 0:
            reply, self.waiting = self.waiting, None
            self.send(reply)


class _AsksAfterCancel(_Asking):
    """Never answers a call of echo, and asks about it once it was cancelled."""

    name = "asks-after-cancel"

    def ask(self, request: Message, reply: Message) -> None:
        """Wait for the cancellation."""

    def note(self, message: Message) -> None:
        super().note(message)
        if message.get("method") == "notifications/cancelled":
            request_id = mapping(message.get("params")).get("requestId")
            self.push(f"late-{request_id}", "Are you still there?")


class _DuplicateQuestionIds(_Asking):
    """Asks two forms under one id about each call of echo, and answers it at once."""

    name = "duplicate-question-ids"

    def ask(self, request: Message, reply: Message) -> None:
        for message in ("The first?", "The second?"):
            self.push(f"same-{request['id']}", message)
        self.send(reply)


def _outcome(answer: Any) -> str:
    """What a person did, as the answer tells it; ``error`` where it is none."""
    return str(mapping(answer).get("action", "error"))


KINDS: tuple[type[WellBehaved], ...] = (_AsksDuringList, _AsksAHundred, _AsksAfterCancel, _DuplicateQuestionIds)
"""The faults of this file."""
