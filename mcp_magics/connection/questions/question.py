"""A server's question, what may answer it, and what one request hears about it: values that travel, no waiting."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcp_magics.connection.questions.script import Script
    from mcp_magics.errors import Failure, MCPMagicsError

MOST_NOTES = 100
"""Notes one request gets of its questions."""

Kind = Literal["approval", "elicitation", "sampling", "login"]
Action = Literal["accept", "decline", "cancel"]
Decider = Literal["person", "handler", "script", "nobody"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a question; ``by`` says who decided, ``note`` what whoever made the call should know of it.

    The ``content`` of an accepted elicitation is the form's; that of an accepted sampling request is ``{"text": …}``
    or a whole ``CreateMessageResult``.
    """

    action: Action
    content: Mapping[str, Any] | None = None
    by: Decider = "person"
    note: str = ""


NOBODY = Answer("decline", by="nobody")


class Hearing:
    """What one request is told about the questions that came while it was under way, and what it answers itself.

    ``unanswered`` is the kind of one that nobody could answer, ``failed`` why an answer given beforehand was none.
    ``thread`` makes the request: a cell's own, or the background loop's for a job.
    """

    __slots__ = ("_more", "_notes", "failed", "script", "server", "thread", "unanswered")

    def __init__(self, server: str, script: Script | None = None) -> None:
        self.server = server
        self.script = script
        self.thread = threading.get_ident()
        self._notes: list[str] = []
        self._more = 0
        self.unanswered: Kind | None = None
        self.failed: MCPMagicsError | None = None
        heard = _OVERHEARD.get()
        if heard is not None:
            heard.append(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What became of the questions."""
        more = f"{self._more:,} more notes of its questions are not kept" if self._more else ""
        return (*self._notes, more) if more else tuple(self._notes)

    def note(self, text: str) -> None:
        """Keep one more note, from any thread: of very many the first, for a server may ask without end."""
        if len(self._notes) < MOST_NOTES:
            self._notes.append(text)
        else:
            self._more += 1

    def begin(self) -> None:
        """From here on, questions of the running task (and of those it starts) belong to this request alone."""
        _HEARING.set(self)


_HEARING: ContextVar[Hearing | None] = ContextVar("hearing", default=None)
_OVERHEARD: ContextVar[list[Hearing] | None] = ContextVar("overheard", default=None)


def overhear() -> list[Hearing]:
    """A list of the requests that the running task, and those it starts, begin from here on: grows with each."""
    heard: list[Hearing] = []
    _OVERHEARD.set(heard)
    return heard


def current_hearing() -> Hearing | None:
    """The request the running task is for, where that is known."""
    return _HEARING.get()


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One thing to ask a person; ``params`` are the server's own, as sent, and ``question[name]`` is one of them.

    ``asker`` is the request it belongs to, where that is known: what a server pushes on its own account says no
    request it is for. ``asked_at`` is seconds since the epoch.
    """

    number: int
    kind: Kind
    server: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    asker: Hearing | None = None
    asked_at: float = field(default_factory=time.time)

    @property
    def mode(self) -> Literal["form", "url"]:
        """How an elicitation wants to be answered: a form here, or a visit to an address (client/elicitation)."""
        return "url" if self.params.get("mode") == "url" or "url" in self.params else "form"

    @property
    def schema(self) -> Mapping[str, Any]:
        """The ``requestedSchema`` of a form; empty where there is none that can be read."""
        found = self.params.get("requestedSchema")
        return found if isinstance(found, dict) else {}

    def __getitem__(self, name: str) -> Any:
        return self.params[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.params)

    def __contains__(self, name: object) -> bool:
        return name in self.params

    def __len__(self) -> int:
        return len(self.params)

    def keys(self) -> Any:
        """The names of the server's params."""
        return self.params.keys()

    def get(self, name: str, default: Any = None) -> Any:
        """One of the server's params, or ``default``."""
        return self.params.get(name, default)


def heard(failure: Failure, hearing: Hearing) -> Failure:
    """``failure`` of a request, with what it heard of its questions; an answer that was missing is what to do next."""
    if failure.class_ == "url_elicitation_required":  # it says itself what was asked, and what to do
        return failure
    evidence = tuple(dict.fromkeys((*hearing.notes, *failure.evidence)))  # a task may have said it already
    if hearing.unanswered is None:
        return replace(failure, evidence=evidence)
    reply = "'a reply'" if hearing.unanswered == "sampling" else """'{"field": "value"}'"""
    step = f"repeat it with --answer {reply}, or %mcp handle {hearing.unanswered} my_function"
    return replace(failure, evidence=evidence, next_step=step)
