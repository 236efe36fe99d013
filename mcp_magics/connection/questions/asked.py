"""What one server asks, answered: by what the call brought along, by a handler, by a person, in that order.

The requests a handshake server pushes and those a 2026-07-28 server puts into a result end here alike.
"""

from __future__ import annotations

import asyncio
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from mcp_magics.connection.questions.handler_call import arguments_for, run_aside, snake
from mcp_magics.connection.questions.handlers import QUESTIONS
from mcp_magics.connection.questions.question import Answer
from mcp_magics.connection.questions.returned import as_json, elicited, roots_of, sampled, sampling_answer, scripted
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

T = TypeVar("T")

INVALID_PARAMS, INTERNAL_ERROR = -32602, -32603
REFUSED = -1
"""The code of a sampling request that was rejected (client/sampling: error handling)."""
AT_ONCE = 16
"""Handlers of one server that run at the same time."""
_MOST_TRACED = 40
"""Lines of a handler's traceback."""


class RefusedError(Exception):
    """A question that gets a JSON-RPC error for an answer; ``ended`` is why, where its connection ended meanwhile."""

    def __init__(self, code: int, message: str, ended: MCPMagicsError | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.ended = ended


class Asked:
    """The questions of one server over one channel; belongs to the loop.

    ``tell`` gets what whoever connects should know; ``capabilities`` are the server's, once they are known;
    ``of_tasks`` are the calls that its tasks run.
    """

    def __init__(
        self, server: str, inbox: Inbox, log: ServerLog, deadlines: Deadlines, tell: Callable[[str], None]
    ) -> None:
        self.server = server
        self.inbox = inbox
        self.handlers = inbox.handlers
        self.log = log
        self.channel: Channel | None = None
        self.roots = RootsNews()
        self.capabilities: Mapping[str, Any] = {}
        self.of_tasks: dict[str, Hearing] = {}
        self._deadlines = deadlines
        self._tell = tell
        self._at_once = asyncio.Semaphore(AT_ONCE)
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
        raise RefusedError(-32601, "Method not found")

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
            raise RefusedError(REFUSED, _rejection(answer))
        try:
            return sampled(answer.content, "a person" if answer.by == "person" else answer.by)
        except TypeError as error:
            raise RefusedError(INTERNAL_ERROR, str(error)) from None

    async def _roots(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """What this client opens to the server (client/roots); nothing by default."""
        for handler in self.handlers.fitting("roots", self.server, self.capabilities):
            value = handler.function
            if callable(value):
                value = await self._called(handler, {"params": params, "server": self.server}, self.server)
            if value is not None:
                return {"roots": self._checked(handler, roots_of, value)}
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
        for handler in self.handlers.fitting(question.kind, self.server, self.capabilities):
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
            value = await self._called(handler, known, question, pair)
            if question.kind == "sampling":
                answer = self._checked(handler, sampling_answer, value, handler.name)
            else:
                answer = self._checked(handler, elicited, question, value)
        except RefusedError as error:
            self.inbox.note(question, str(error))
            if question.kind == "sampling":
                raise
            return Answer("decline", by="handler", note="")
        if answer is None:
            return None
        self.say_quietly(f"{question.kind} answered by the handler {handler.name}: {answer.action}")
        return self._noted(question, answer)

    async def _called(
        self, handler: Handler, known: Mapping[str, Any], alone: Any, pair: tuple[Any, Any] | None = None
    ) -> Any:
        """What ``handler`` returns; raises ``RefusedError`` with what it raised."""
        names = {snake(name): value for name, value in known.items()}
        try:
            positional, named = arguments_for(handler.function, names, alone, pair or (alone, known.get("params")))
            async with self._at_once:
                return await run_aside(lambda: handler.function(*positional, **named))
        except Exception as error:  # noqa: BLE001  a handler is the user's: it may raise anything
            raise self._failed(handler, error) from None

    def _checked(self, handler: Handler, reading: Callable[..., T], *returned: Any) -> T:
        """What ``reading`` makes of what ``handler`` returned; raises ``RefusedError`` where it makes nothing."""
        try:
            return reading(*returned)
        except (TypeError, ValueError) as error:
            raise self._failed(handler, error) from None

    def _failed(self, handler: Handler, error: Exception) -> RefusedError:
        self.log.add("client", f"handler {handler.name} of {handler.kind} failed", level="error")
        for line in _traced(error):
            self.log.add("client", line, level="error")
        text = f"the handler {handler.name} failed: {type(error).__name__}: {str(error)[:300]}"
        return RefusedError(INTERNAL_ERROR, text)

    # -- other requests and notifications --------------------------------------------------------------------

    async def custom(self, method: str, params: Mapping[str, Any]) -> Any:
        """The result of a request this specification does not know, from its handler; raises ``RefusedError``."""
        for handler in self.handlers.fitting(method, self.server, self.capabilities):
            value = await self._called(handler, self._custom_material(method, params), params)
            self.say_quietly(f"{method} answered by {handler.name}")
            return self._checked(handler, _as_result, value)
        raise RefusedError(-32601, "Method not found")

    async def told(self, handler: Handler, method: str, params: Mapping[str, Any]) -> None:
        """A notification for ``handler``; what it raises is a line of the log."""
        try:
            await self._called(handler, self._custom_material(method, params), params)
        except RefusedError as error:
            self.say(str(error))

    def _custom_material(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return {"params": params, "method": method, "server": self.server}

    def handles(self, method: str) -> tuple[Handler, ...]:
        """The handlers for a method that is none of the specification's questions."""
        return () if method in QUESTIONS else self.handlers.fitting(method, self.server, self.capabilities)

    async def greet(self) -> None:
        """The connection is ready: call the handlers of ``connected``, side by side."""
        fitting = self.handlers.fitting("connected", self.server, self.capabilities)
        await asyncio.gather(*(self._greeted(handler) for handler in fitting))

    async def _greeted(self, handler: Handler) -> None:
        from mcp_magics.connection.questions.handlers import declared

        settings = declared(handler.capability, self.capabilities) if handler.capability else self.capabilities
        server = self.handlers.server_named(self.server)
        known = {"server": server, "settings": settings, "capabilities": self.capabilities}
        try:
            await self._called(handler, known, server, (server, settings))
        except RefusedError as error:
            self.say(str(error))

    # -- what is said about it -------------------------------------------------------------------------------

    def _note(self, question: Question, text: str) -> None:
        self.inbox.note(question, text)
        self.say(text)

    def note_under_way(self, text: str) -> None:
        """Tell every call of this server that is under way."""
        for hearing in self.inbox.under_way(self.server):
            hearing.notes += (text,)

    def say(self, text: str) -> None:
        """Say what went wrong in the log, and to whoever is connecting."""
        self._tell(text)

    def say_quietly(self, text: str) -> None:
        """Say what went well in the log."""
        self.log.add("client", text)

    @contextmanager
    def _clock_stopped(self) -> Iterator[None]:
        """While inside, no request in flight runs out of time, and no start-up either."""
        if self.channel is None:
            yield
            return
        with self.channel.clock_stopped(), self._deadlines.stopped():
            yield


_EMPTY: dict[str, Any] = {"action": "accept", "content": {}}


def _traced(error: Exception) -> list[str]:
    """The traceback of a handler, a line each, without the frames that called it; of a long one the end."""
    trace = error.__traceback__
    while (
        trace is not None and trace.tb_next is not None and "mcp_magics" in trace.tb_frame.f_globals.get("__name__", "")
    ):
        trace = trace.tb_next
    lines = "".join(traceback.format_exception(type(error), error, trace)).splitlines()
    return [line for line in lines if line.strip()][-_MOST_TRACED:]


def _rejection(answer: Answer) -> str:
    who = {"person": "a person", "handler": "a handler", "script": "a script", "nobody": "the client"}[answer.by]
    return f"The sampling request was {'cancelled' if answer.action == 'cancel' else 'rejected'} by {who}"


def _as_result(value: Any) -> Any:
    """What a handler returned as the result of a request: an object, an empty one for None. Raises ``TypeError``."""
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        value = dump(mode="json", by_alias=True, exclude_none=True)
    if value is None:
        return {}
    if not isinstance(value, dict):
        msg = f"it returned {type(value).__name__}; a result is a dict"
        raise TypeError(msg)
    return as_json(value, "result")


def _typed(question: Question) -> Any:
    """The params as the SDK's own type, where they fit it."""
    import mcp_types as types
    from pydantic import TypeAdapter, ValidationError

    kinds: Any = types.CreateMessageRequestParams if question.kind == "sampling" else types.ElicitRequestParams
    try:
        return TypeAdapter(kinds).validate_python(dict(question.params), by_name=False)
    except ValidationError:
        return question
