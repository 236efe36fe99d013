"""One request from its caller's side: sent, waited for, answered — or given up so that the server knows.

Written as steps (:mod:`.waiting`). The plain case, a ready connection and nothing to ask first, sends from the
caller's own thread; everything else (connecting, reloading, approval, input rounds, a new session) runs on the loop.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from mcp_magics.connection.loop import background
from mcp_magics.connection.questions.rounds import asks_for_input, settle
from mcp_magics.connection.questions.visits import URL_REQUIRED, explained, visited
from mcp_magics.connection.replies import reply_of
from mcp_magics.connection.waiting import Patience, Until, run_awaiting
from mcp_magics.errors import ConnectionFailedError, RequestCancelledError, RequestError, RequestTimeoutError
from mcp_magics.wire.message import no_json

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from mcp_magics.connection.client import Connection
    from mcp_magics.connection.questions.inbox import Hearing
    from mcp_magics.results.reply import Reply
    from mcp_magics.wire.dispatcher import FrameDispatcher
    from mcp_magics.wire.pending import Pending
    from mcp_magics.wire.transport import Channel

T = TypeVar("T")

OTHERS_SECONDS = 1.0
"""How long the end of a forgotten session waits for the other requests in it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to send: ``members`` and ``meta`` are the members of JSON objects, as text.

    ``written`` is the part of it that a caller wrote; one may send what is no JSON.
    """

    method: str
    members: str = ""
    name: str | None = None
    meta: str = ""
    patience: Patience = Patience()  # noqa: RUF009  frozen
    mirrored: Mapping[str, str] | None = None
    hearing: Hearing | None = None
    written: str = ""


class Attempt:
    """Where one request stands, for whoever has to give it up."""

    def __init__(self, connection: Connection, request: Request) -> None:
        self.connection = connection
        self.request = request
        self.pending: Pending | None = None
        self.channel: Channel | None = None
        self._began: float | None = None

    def submit(self) -> Pending:
        """Put the request on the wire."""
        request = self.request
        self.channel = self.connection.channel
        self.pending = self.connection.submit(
            request.method, request.members, name=request.name, mirrored=request.mirrored, meta=request.meta
        )
        if self._began is None:
            self._began = self.pending.started
        return self.pending

    def overdue(self) -> RequestTimeoutError | None:
        """The error of having waited too long; between two rounds of input only ``max_time`` runs."""
        if self.pending is None:
            return None
        error = self.request.patience.exhausted(self.pending, self.connection.spec.name, self._began)
        return None if error is None else _with_what_was_wrong(error, self.request)

    def abandon(self, error: BaseException) -> None:
        """Tell the server that nobody waits any more."""
        if self.pending is not None and not self.pending.done and self.connection.channel is not None:
            reason = error if isinstance(error, RequestTimeoutError) else interrupted(self.connection.spec.name)
            self.connection.dispatcher.abandon(self.pending, reason)


def _with_what_was_wrong(error: RequestTimeoutError, request: Request) -> RequestTimeoutError:
    """``error``, of a text that is no JSON: many a server cannot answer that, for it has read no id."""
    why = no_json(f"{{{request.members}}}")
    if not why:
        return error
    failure = error.failure
    return RequestTimeoutError.of(
        replace(
            failure,
            message=f"{failure.message}: what was sent is no JSON",
            evidence=((no_json(request.written) if request.written else "") or why, *failure.evidence),
            next_step=f"mend the text, or leave --raw out to have it read before it is sent; %mcp log {failure.server}",
            retryable=False,
        )
    )


def interrupted(server: str) -> RequestCancelledError:
    """The error of a request that its own caller ended."""
    return RequestCancelledError("the request was interrupted", class_="interrupted", phase="call", server=server)


async def exchange(connection: Connection, request: Request) -> Reply:
    """Steps: send on a ready connection and wait; raises ``MCPMagicsError``."""
    attempt = Attempt(connection, request)
    try:
        pending = attempt.submit()
        await Until(pending, connection.spec.name, attempt.overdue)
    except BaseException as error:
        attempt.abandon(error)
        raise
    try:
        reply = reply_of(pending, connection.spec.name)
    except RequestError as error:
        if error.code != URL_REQUIRED:
            raise
        return await on_loop(connection.spec.name, _after_visits(attempt, error), attempt)
    except ConnectionFailedError as error:
        if error.failure.class_ != "session_expired":
            raise connection.explained(error, request.method) from None
        return await on_loop(connection.spec.name, _in_new_session(attempt), attempt)
    if asks_for_input(reply.message):
        return await on_loop(connection.spec.name, _rounds(attempt, reply), attempt)
    return reply


async def on_loop(server: str, work: Coroutine[Any, Any, T], attempt: Attempt | None = None) -> T:
    """Steps: run ``work`` on the background loop and wait for its result; an interrupt cancels it."""
    job = background.start(work)
    try:
        await Until(job, server, attempt.overdue if attempt else None, (lambda: attempt.pending) if attempt else None)
    except BaseException as error:
        if attempt is not None:
            attempt.abandon(error)
        job.cancel()
        raise
    if isinstance(job.error, asyncio.CancelledError):
        raise interrupted(server)
    return job.result()


async def _rounds(attempt: Attempt, reply: Reply) -> Reply:
    request = attempt.request
    if request.hearing is not None:
        request.hearing.begin()

    async def again(extra: str) -> Reply:
        attempt.request = replace(request, members=",".join(filter(None, (request.members, extra))))
        return await _sent_again(attempt)

    return replace(await settle(attempt.connection, reply, again), after_questions=True)


async def _after_visits(attempt: Attempt, refused: RequestError) -> Reply:
    """The request once more, after the addresses its server wants visited; raises ``RequestError`` otherwise."""
    if attempt.request.hearing is not None:
        attempt.request.hearing.begin()
    again = await visited(attempt.connection, refused)
    if again:
        try:
            return await _sent_again(attempt)
        except RequestError as error:
            refused = error
    raise explained(refused, attempt.connection.spec.name)


async def _in_new_session(attempt: Attempt) -> Reply:
    """The server forgot the session, so it did not act: begin a new one and send again, once (transports: 404)."""
    connection = attempt.connection
    await _others_heard(connection.dispatcher if connection.channel is attempt.channel else None)
    if connection.channel is attempt.channel:  # else another call has begun one already
        await connection.close()
    await connection.open()
    connection.log.add("client", f"{_FORGOTTEN}; a new one was begun", level="warning")
    reply = await _sent_again(attempt)
    return replace(reply, notes=(f"{_FORGOTTEN}: a new one was begun and the request sent again", *reply.notes))


async def _others_heard(dispatcher: FrameDispatcher | None) -> None:
    """Wait a moment for the answers to what went out beside: they too say that the session is forgotten."""
    loop = asyncio.get_running_loop()
    end = loop.time() + OTHERS_SECONDS
    while dispatcher is not None and dispatcher.in_flight and loop.time() < end:  # noqa: ASYNC110  they tell their own waiters
        await asyncio.sleep(OTHERS_SECONDS / 50)


_FORGOTTEN = "the server had forgotten the session (404)"


async def _sent_again(attempt: Attempt) -> Reply:
    """Send what the attempt now says, on the loop; its clock and its giving up are the attempt's."""
    pending, server = attempt.submit(), attempt.connection.spec.name
    await run_awaiting(_arrival(pending, server))
    return reply_of(pending, server)


async def _arrival(pending: Pending, server: str) -> None:
    await Until(pending, server)
