"""What one server asks, answered: by what the call brought along, by a handler, by a person, in that order.

The requests a handshake server pushes and those a 2026-07-28 server puts into a result end here alike.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.questions.handler_call import run_aside
from mcp_magics.connection.questions.handling import Handling
from mcp_magics.connection.questions.question import Answer
from mcp_magics.connection.questions.refused import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    REJECTED,
    RefusedError,
)
from mcp_magics.connection.questions.returned import elicited, roots_of, sampled, sampling_answer, scripted
from mcp_magics.connection.questions.roots_news import RootsNews
from mcp_magics.connection.tasks.task import RELATED
from mcp_magics.errors import CommandError
from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mcp_magics.connection.deadlines import Deadlines
    from mcp_magics.connection.questions.handlers import Handler
    from mcp_magics.connection.questions.inbox import Inbox
    from mcp_magics.connection.questions.question import Hearing, Question
    from mcp_magics.connection.serverlog import ServerLog
    from mcp_magics.errors import MCPMagicsError
    from mcp_magics.wire.transport import Channel


class Asked:
    """The questions of one server over one channel; belongs to the loop.

    ``tell`` gets what whoever connects should know; ``of_tasks`` are the calls that its tasks run.
    """

    def __init__(
        self, server: str, inbox: Inbox, log: ServerLog, deadlines: Deadlines, tell: Callable[[str], None]
    ) -> None:
        self.server = server
        self.inbox = inbox
        self.handling = Handling(server, inbox.handlers, log, tell)
        self.channel: Channel | None = None
        self.roots = RootsNews()
        self.of_tasks: dict[str, Hearing] = {}
        self._deadlines = deadlines
        self._tell = tell
        self._standing: dict[asyncio.Future[Answer], MCPMagicsError | None] = {}

    def belongs_to_task(self, meta: object) -> None:
        """A request with such ``_meta`` is answered from here on: where it names a task we follow, its call hears."""
        task = meta.get(RELATED) if isinstance(meta, dict) else None
        hearing = self.of_tasks.get(str(task.get("taskId"))) if isinstance(task, dict) else None
        if hearing is not None:
            hearing.begin()

    async def answer(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a request of the specification; raises ``RefusedError``."""
        match method:
            case "elicitation/create":
                return await self._elicitation(params)
            case "sampling/createMessage":
                return await self._sampling(params)
            case "roots/list":
                try:
                    return await self._roots(params)
                finally:
                    self.roots.answered()
        raise RefusedError(METHOD_NOT_FOUND, "Method not found")

    async def _elicitation(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Accept, decline and cancel are three things (client/elicitation)."""
        mode = params.get("mode", "form")
        if mode not in ("form", "url") or (mode == "url" and not isinstance(params.get("url"), str)):
            raise RefusedError(INVALID_PARAMS, f"no elicitation mode this client knows: {str(mode)[:80]}")
        question = self.inbox.question("elicitation", self.server, str(params.get("message", "")), params)
        answer = await self._answered(question)
        content = answer.content if answer.action == "accept" and question.mode == "form" else None
        if content is None:
            return {"action": answer.action} if question.mode == "url" or answer.action != "accept" else _EMPTY
        await self._hold(question, content)
        return {"action": "accept", "content": dict(content)}

    async def _hold(self, question: Question, content: Mapping[str, Any]) -> None:
        """Say how ``content`` breaks the form, or that nobody knows; it was sent as it is."""
        from mcp_magics.schema.form_notes import form_notes

        for note in await run_aside(lambda: form_notes(content, question.schema)):
            self._note(question, note)

    async def _sampling(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A reply, or an error where none is to be had (client/sampling)."""
        if not isinstance(params.get("messages"), list):
            raise RefusedError(INVALID_PARAMS, "messages is no array")
        question = self.inbox.question("sampling", self.server, "The server asks for a completion", params)
        answer = await self._answered(question)
        if answer.action != "accept" or answer.content is None:
            raise RefusedError(REJECTED, _rejection(answer))
        try:
            return sampled(answer.content, "a person" if answer.by == "person" else answer.by)
        except TypeError as error:
            raise RefusedError(INTERNAL_ERROR, str(error)) from None

    async def _roots(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """What this client opens to the server (client/roots); nothing by default."""
        for handler in self.handling.fitting("roots"):
            value = handler.function
            if callable(value):
                value = await self.handling.called(handler, {"params": params, "server": self.server}, self.server)
            if value is not None:
                return {"roots": self.handling.checked(handler, roots_of, value)}
        return {"roots": []}

    # -- the cascade -----------------------------------------------------------------------------------------

    async def _answered(self, question: Question) -> Answer:
        with self._clock_stopped():
            answer = await self._without_person(question)
            if answer is None:
                answer = await self._put(question)
        if answer.note:
            self.say(answer.note)
        return answer

    async def _put(self, question: Question) -> Answer:
        """What a person says; raises ``RefusedError`` where the connection ends before."""
        asking = asyncio.ensure_future(self.inbox.ask(question))
        self._standing[asking] = None
        try:
            return await asking
        except asyncio.CancelledError:
            asking.cancel()
            ended = self._standing[asking]
            if ended is None:
                raise
        finally:
            del self._standing[asking]
        raise RefusedError(INTERNAL_ERROR, ended.failure.message, type(ended).of(ended.failure))

    def end(self, error: MCPMagicsError) -> None:
        """The connection ends with ``error``: what stands open is asked no longer."""
        for asking in tuple(self._standing):
            self._standing[asking] = error
            asking.cancel()

    async def _without_person(self, question: Question) -> Answer | None:
        for hearing in self.inbox.askers(question):
            if hearing.script is not None:
                return self._scripted(question, hearing)
        for handler in self.handling.fitting(question.kind):
            answer = await self._handled(handler, question)
            if answer is not None:
                return answer
        return self._sensitive(question)

    def _scripted(self, question: Question, hearing: Hearing) -> Answer:
        """What the call brought along; raises ``RefusedError`` for what is no answer, and the call fails."""
        assert hearing.script is not None
        try:
            return self._noted(question, scripted(question, hearing.script.next()))
        except CommandError as error:
            hearing.failed = error
        raise RefusedError(INTERNAL_ERROR, "the answer given beforehand is none to this question", hearing.failed)

    def _noted(self, question: Question, answer: Answer) -> Answer:
        """``answer``, whose note the call gets too."""
        if answer.note:
            self.inbox.note(question, answer.note)
        return answer

    def _sensitive(self, question: Question) -> Answer | None:
        """A form that asks for a password is declined (client/elicitation: sensitive information)."""
        if question.kind != "elicitation" or question.mode != "form":
            return None
        from mcp_magics.schema.form import form_of
        from mcp_magics.schema.sensitive import is_sensitive

        form = form_of(question.schema)
        fields = [each for each in (*form.fields, *([form.whole] if form.whole else ())) if is_sensitive(each)]
        if not fields:
            return None
        what, field = clean(question.message[:120]), clean(fields[0].title[:80])
        why = f"{field!r} is not to be asked for in a form; --answer or a handler may still give it"
        note = f"elicitation “{what}” declined: {why}"
        return self._noted(question, Answer("decline", by="nobody", note=note))

    async def _handled(self, handler: Handler, question: Question) -> Answer | None:
        """What ``handler`` makes of ``question``; one that fails declines, and a note says why."""
        from mcp_magics.connection.questions.material import material

        known = material(question)
        pair = (question, _typed(question))
        try:
            value = await self.handling.called(handler, known, question, pair)
            if question.kind == "sampling":
                answer = self.handling.checked(handler, sampling_answer, value, handler.name)
            else:
                answer = self.handling.checked(handler, elicited, question, value)
        except RefusedError as error:
            self.inbox.note(question, str(error))
            if question.kind == "sampling":
                raise
            return Answer("decline", by="handler", note="")
        if answer is None:
            return None
        self.handling.say(f"{question.kind} answered by the handler {handler.name}: {answer.action}")
        return self._noted(question, answer)

    # -- what is said about it -------------------------------------------------------------------------------

    def _note(self, question: Question, text: str) -> None:
        self.inbox.note(question, text)
        self.say(text)

    def note_under_way(self, text: str) -> None:
        """Tell every call of this server that is under way."""
        for hearing in self.inbox.under_way(self.server):
            hearing.note(text)

    def say(self, text: str) -> None:
        """Say what went wrong in the log, and to whoever is connecting."""
        self._tell(text)

    @contextmanager
    def _clock_stopped(self) -> Iterator[None]:
        """While inside, no request in flight runs out of time, and no start-up either."""
        if self.channel is None:
            yield
            return
        with self.channel.clock_stopped(), self._deadlines.stopped():
            yield


_EMPTY: dict[str, Any] = {"action": "accept", "content": {}}


def _rejection(answer: Answer) -> str:
    who = {"person": "a person", "handler": "a handler", "script": "a script", "nobody": "the client"}[answer.by]
    return f"The sampling request was {'cancelled' if answer.action == 'cancel' else 'rejected'} by {who}"


def _typed(question: Question) -> Any:
    """The params as the SDK's own type, where they fit it."""
    import mcp_types as types
    from pydantic import TypeAdapter, ValidationError

    kinds: Any = types.CreateMessageRequestParams if question.kind == "sampling" else types.ElicitRequestParams
    try:
        return TypeAdapter(kinds).validate_python(dict(question.params), by_name=False)
    except ValidationError:
        return question
