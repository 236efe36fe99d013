"""``jobs``: what goes on while nobody waits; one job looked at or ended, one question answered."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.jobs.listing import jobs_table
from mcp_magics.connection.jobs.register import jobs
from mcp_magics.connection.questions.inbox import Answer, inbox
from mcp_magics.connection.questions.returned import scripted
from mcp_magics.connection.tasks.listing import server_tasks
from mcp_magics.connection.waiting import Until
from mcp_magics.errors import CommandError
from mcp_magics.magics.commands.answers import answer_in
from mcp_magics.magics.commands.named import server_named
from mcp_magics.magics.outcome import Note
from mcp_magics.magics.verbs.jobs import ACTIONS
from mcp_magics.wire.pending import Settling

if TYPE_CHECKING:
    from mcp_magics.auth.login import Link
    from mcp_magics.connection.questions.inbox import Question
    from mcp_magics.magics.context import Context
    from mcp_magics.magics.parse import Command
    from mcp_magics.magics.tokens import Token


async def do_jobs(context: Context, command: Command) -> Any:
    """All jobs and open questions; one job; a server's own tasks; or something done to one of them."""
    what, number = command.word(0), command.word(1)
    if what is None:
        return jobs_table(jobs, inbox.standing())
    if what in ACTIONS:
        return await _acted(context, command, what, _number(command, 1))
    if number is not None:
        near = get_close_matches(what, ACTIONS, n=1)
        raise command.line.error(
            f"{what!r} is nothing that can be done to a job; it is one of {', '.join(ACTIONS)}",
            command.words[0].column,
            next_step=f"%mcp jobs {' '.join([near[0], *(word.raw for word in command.words[1:])])}"
            if near
            else "%mcp jobs",
        )
    if what.isdecimal() and what not in context.names:
        return jobs[int(what)]
    if what not in context.names:
        raise _no_such(command, what)
    return await server_tasks(server_named(context, command))


def _no_such(command: Command, what: str) -> CommandError:
    return command.line.error(
        f"{what!r} is neither a job's number, nor a server, nor one of {', '.join(ACTIONS)}",
        command.words[0].column,
        next_step="%mcp jobs",
    )


def _number(command: Command, index: int) -> int:
    text = command.word(index) or ""
    if text.isdecimal() and len(text) < 10:
        return int(text)
    raise CommandError(
        f"{command.word(0)} takes a number" + (f", not {text!r}" if text else ""),
        phase="parse",
        evidence=("%mcp jobs has the numbers of all jobs and open questions",),
        next_step=_done_to_one(command.word(0) or ""),
    )


def _done_to_one(action: str) -> str:
    """The line that does ``action`` to what there is; the list where there is nothing to do it to."""
    if action == "cancel":
        numbers = [each.number for each in jobs if not each.done]
    else:
        numbers = [each.number for each in inbox.standing()]
    return f"%mcp jobs {action} {numbers[0]}" if numbers else "%mcp jobs"


async def _acted(context: Context, command: Command, action: str, number: int) -> Any:
    if action == "cancel":
        job = jobs[number]
        if job.done:
            return Note(f"job {number} has ended already: {job.line}", job.to_json())
        job.cancel()
        return Note(f"job {number}: {job.what} is being cancelled", {"job": number, "cancelled": True})
    question = _question(action, number)
    if action == "answer" and command.word(2) is None:
        return await _asked_here(context, question)
    answer = _given(context, question, command.words[2]) if action == "answer" else _ANSWERS[action]
    return _settled(question, answer)


_ANSWERS = {"decline": Answer("decline"), "dismiss": Answer("cancel")}


def _question(action: str, number: int) -> Question:
    standing = {each.number: each for each in inbox.standing()}
    if number not in standing:
        raise CommandError(
            f"no question {number} is open",
            class_="unknown_question",
            phase="call",
            evidence=(f"open are: {', '.join(map(str, standing))}" if standing else "none is open",),
            next_step=_done_to_one(action),
        )
    return standing[number]


def _settled(question: Question, answer: Answer) -> Note:
    """Settle it with ``answer``, and say whether that still counted."""
    counted = inbox.settle(question.number, answer)
    words = {"accept": "accepted", "decline": "declined", "cancel": "dismissed"}
    done = words[answer.action] if counted else "no longer open: it was settled elsewhere"
    data = {"question": question.number, "server": question.server, "action": answer.action, "counted": counted}
    return Note(f"question {question.number} of {question.server}: {done}", data)


def _given(context: Context, question: Question, word: Token) -> Answer:
    """The answer a line gives, which a person typed; raises ``CommandError`` where it is none to such a question."""
    text = word.text
    if question.kind == "login":
        return _pasted(question, text)
    if question.kind == "approval" and text in ("accept", "approve"):
        return Answer("accept")
    try:
        return replace(scripted(question, answer_in(word, context.evaluate)), by="person")
    except CommandError as error:
        failure = error.failure
    step = f'%mcp jobs answer {question.number} {{"field": "value"}}  # or accept, decline, cancel'
    raise CommandError.of(replace(failure, server=question.server, next_step=step))


def _pasted(question: Question, text: str) -> Answer:
    link: Link = question.params["link"]
    problem = link.arrival.paste(text)
    if problem is None:
        return Answer("accept")
    raise CommandError(problem, phase="login", server=question.server, next_step=f"%mcp jobs answer {question.number}")


async def _asked_here(context: Context, question: Question) -> Note:
    """Steps: have this cell's person asked, as a cell that waits for that server would."""
    if not context.attended:
        raise CommandError(
            "no one here can be asked",
            class_="unattended",
            phase="call",
            server=question.server,
            next_step=f"%mcp jobs answer {question.number} decline  # or a JSON object",
        )
    closed = _Closed()
    end_watching = inbox.watch(lambda: closed.settle() if question not in inbox.standing() else None)
    try:
        inbox.offer(question.server)
        if question in inbox.standing():
            await Until(closed, question.server)
    finally:
        end_watching()
    return Note(
        f"question {question.number} of {question.server}: settled",
        {"question": question.number, "server": question.server},
    )


class _Closed(Settling):
    """Settled when a question is."""

    __slots__ = ()

    def settle(self) -> None:
        if not self.done:
            self._settle()
