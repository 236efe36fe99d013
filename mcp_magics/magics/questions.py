"""A server's question put to a person with ``input()``: approval, an elicitation, sampling.

A form that asks for a password never comes here: it is declined before (:mod:`mcp_magics.connection.questions.asked`).
"""

from __future__ import annotations

import contextvars
import json
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mcp_magics.connection.questions.approval import approval_text
from mcp_magics.connection.questions.inbox import NOBODY, Answer
from mcp_magics.magics.typed_form import TooManyAttemptsError, TypedForm
from mcp_magics.results.sampling import parts_of
from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from mcp_magics.auth.login import Link
    from mcp_magics.connection.questions.inbox import Question

DECLINE, CANCEL = "/decline", "/cancel"
_NEAR = 0.8
LONGEST = 8_000
"""Characters of a message that are shown."""
aside: contextvars.ContextVar[bool] = contextvars.ContextVar("mcp_magics_aside", default=False)
"""Whether what a person has to read goes to stderr: stdout is one JSON document."""


class _Refused(Exception):  # noqa: N818  an answer, not an error
    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def ask_person(question: Question) -> Answer:
    """Put ``question`` through ``input()``; nobody answers where there is no stdin. KeyboardInterrupt passes."""
    ask = {"approval": _approval, "elicitation": _elicitation, "sampling": _sampling, "login": _address}[question.kind]
    try:
        return ask(question)
    except _Refused as refused:
        return refused.answer
    except (EOFError, OSError):  # no stdin, or one that is taken away
        return NOBODY
    except Exception as error:
        if type(error).__name__ == "StdinNotImplementedError":
            return NOBODY
        raise


def _approval(question: Question) -> Answer:
    typed = input(f"{approval_text(question)} [y/N] ").strip().lower()
    return Answer("accept" if typed in ("y", "yes") else "decline")


def _address(question: Question) -> Answer:
    """The address a login's browser ended on, hidden as it is typed; called off when the browser came back itself."""
    import warnings
    from getpass import GetPassWarning, getpass

    from mcp_magics.magics.interruptible import read_unless

    link: Link = question.params["link"]
    prompt = f"{clean(question.server)}: log in with the link, or paste here the address the browser ended on: "
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GetPassWarning)  # what is pasted where nobody looks may be echoed
            typed = read_unless(lambda: getpass(prompt), link.arrival.when_settled)
        if typed is None or not typed.strip():
            if link.arrival.settled:
                return Answer("accept", by="handler")
            continue
        problem = link.arrival.paste(typed)
        if problem is None:
            return Answer("accept")
        _say(f"  {clean(problem)}")


def _sampling(question: Question) -> Answer:
    """The whole request, and a line for the reply; with tools in it, the reply may be a JSON content block."""
    _say(f"{clean(question.server)} asks for a completion")
    for part in parts_of(question.params):
        _say(f"  {part.label}: {part.text}")
    typed = _typed(f"Reply (or {DECLINE}, {CANCEL}): ")
    block = _block(typed) if question.get("tools") else None
    return Answer("accept", {"text": typed} if block is None else {"content": block})


def _block(typed: str) -> object:
    """The content block, or several, that was typed as JSON; None where it is plain text."""
    try:
        found = json.loads(typed)
    except ValueError:
        return None
    blocks = found if isinstance(found, list) else [found]
    is_content = blocks and all(isinstance(each, dict) and isinstance(each.get("type"), str) for each in blocks)
    return found if is_content else None


def _elicitation(question: Question) -> Answer:
    from mcp_magics.schema.form import form_of

    _say(f"{clean(question.server)} asks: {clean(question.message[:LONGEST])}")
    if question.mode == "url":
        return _visit(question)
    form = form_of(question.get("requestedSchema"))
    if form.whole is None and not form.fields:
        return _confirm(f"Accept? (y, or {DECLINE}, {CANCEL}) ")
    _say(f"  ({DECLINE} and {CANCEL} at any prompt)")
    try:
        content = TypedForm(form, _typed, _say).fill_in()
    except TooManyAttemptsError:
        _say("  cancelled: that was not right three times")
        return Answer("cancel")
    return Answer("accept", content if isinstance(content, dict) else {"value": content})


def _visit(question: Question) -> Answer:
    """The whole address, its host apart, and what is odd about it; nothing is opened here (client/elicitation)."""
    from mcp_magics.auth.visit import visit_of

    visit = visit_of(question.get("url"))
    _say(f"It wants you to open: {visit.address}")
    if visit.host:
        _say(f"  on the host: {visit.host}")
    for line in (*((f"do not open it: {visit.refusal}",) if visit.refusal else ()), *visit.warnings):
        _say(f"  careful: {line}")
    return _confirm("Have you opened it, and agree? [y/N] ")


def _confirm(prompt: str) -> Answer:
    return Answer("accept" if _typed(prompt).lower() in ("y", "yes") else "decline")


def _typed(prompt: str) -> str:
    typed = input(prompt).strip()
    while typed not in (DECLINE, CANCEL) and (near := get_close_matches(typed, (DECLINE, CANCEL), n=1, cutoff=_NEAR)):
        _say(f"  did you mean {near[0]}?")
        typed = input(prompt).strip()
    if typed in (DECLINE, CANCEL):
        raise _Refused(Answer("decline" if typed == DECLINE else "cancel"))
    return typed


def _say(line: str) -> None:
    print(line, file=sys.stderr if aside.get() else None)  # read in the cell
