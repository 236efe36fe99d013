"""One step of a flow as it may be shown: request, answer, decision and section, secrets as placeholders."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlunsplit

from mcp_magics.auth.address import split
from mcp_magics.auth.alteration import MarkedField, marked, misnamed, told
from mcp_magics.redact import redactor
from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp_magics.auth.callback import Callback
    from mcp_magics.auth.driver import Step
    from mcp_magics.auth.message import Answer, Ask, Fields

SECRET_FIELDS = frozenset(
    {
        "access_token",
        "assertion",
        "client_assertion",
        "client_secret",
        "code",
        "code_verifier",
        "id_token",
        "refresh_token",
        "registration_access_token",
        "state",
        "subject_token",
        "token",
    }
)
SHOWN_HEADERS = ("content-type", "www-authenticate", "dpop-nonce", "location", "cache-control", "mcp-session-id")
LONGEST_BODY = 4_000
MOST_MEMBERS = 100


COLUMNS = ("number", "name", "method", "url", "status", "error", "changed", "decision", "section")
"""What a row of the table of a flow tells; ``number`` is its column ``step``."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownStep:
    """A step in plain values; ``fields`` are the parameters of the request, ``answer`` those of what came back.

    ``marked`` are the fields once more, with those that a person changed or left out; ``error`` is the code of the
    server's own error, else the class of ours; ``notes`` tell which changes are no field of the step.
    """

    number: int
    name: str
    section: str
    method: str
    url: str
    headers: Mapping[str, str]
    fields: Fields
    status: str
    answer: Fields
    decision: str
    marked: tuple[MarkedField, ...] = ()
    error: str = ""
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> str:
        """What a person changed: ``code_verifier (left out)``."""
        return told(self.marked)

    @property
    def row(self) -> dict[str, object]:
        """One row of the table of a flow."""
        return {"step" if name == "number" else name: getattr(self, name) for name in COLUMNS}

    def __repr__(self) -> str:
        changed = f", {self.changed}" if self.changed else ""
        return clean(f"<{self.number}. {self.name}{changed}: {self.status}, {self.decision}>")


def shown(step: Step, *, reveal: bool = False) -> ShownStep:
    """``step`` for a person; ``reveal`` shows secrets as they are: for servers of the playground only."""
    disguise = _as_it_is if reveal else _disguised
    ask = step.ask
    return ShownStep(
        step.number,
        step.name,
        step.section,
        "browser" if ask.browser else ask.method,
        _address(ask.url, disguise),
        {name: _header(name, value, disguise) for name, value in ask.headers},
        _fields(ask, disguise),
        step.failure.class_ if step.failure is not None else _status(step.answer, step.callback),
        _answered(step.answer, step.callback, disguise),
        disguise("decision", step.decision),
        _marked(step, disguise),
        disguise("error", _error(step))[:LONGEST_BODY],
        misnamed(step.name, _own(step), step.changes),
    )


def shown_fields(ask: Ask, *, reveal: bool = False) -> Fields:
    """The parameters of a request that is yet to be made, for a person; ``reveal`` as for :func:`shown`."""
    return _fields(ask, _as_it_is if reveal else _disguised)


def shown_address(ask: Ask, *, reveal: bool = False) -> str:
    """Where it would go, without the query: that is a table of its own."""
    return _address(ask.url, _as_it_is if reveal else _disguised)


def _as_it_is(_name: str, value: str) -> str:
    return value


def _disguised(name: str, value: str) -> str:
    return redactor().found(value) if name in SECRET_FIELDS and value else redactor().text(value)


def _address(url: str, disguise: Callable[[str, str], str]) -> str:
    """The address without its query: that is a table of its own."""
    return disguise("url", urlunsplit(split(url)._replace(query="", fragment="")))


def _header(name: str, value: str, disguise: Callable[[str, str], str]) -> str:
    if disguise is _as_it_is:
        return value
    return redactor().headers({name: value})[name]


def _fields(ask: Ask, disguise: Callable[[str, str], str]) -> Fields:
    return tuple((name, disguise(name, value)) for name, value in ask.fields)


def _own(step: Step) -> Fields:
    return (step.own or step.ask).fields


def _marked(step: Step, disguise: Callable[[str, str], str]) -> tuple[MarkedField, ...]:
    fields = marked(_own(step), step.ask.fields, step.changes)
    return tuple(replace(each, value=disguise(each.name, each.value)) for each in fields)


def _error(step: Step) -> str:
    """The code of the server's error, else the class of the failure this step ended in."""
    document = step.answer.document if step.answer is not None else None
    theirs = step.callback.error if step.callback is not None else (document or {}).get("error")
    if isinstance(theirs, str) and theirs:
        return theirs
    failure = step.failure or getattr(step.after, "failure", None)
    return failure.class_ if failure is not None else ""


def _status(answer: Answer | None, callback: Callback | None) -> str:
    if callback is not None:
        return "error" if callback.error is not None else "code"
    if answer is None:
        return ""
    return str(answer.status) if answer.status is not None else answer.failure.class_ if answer.failure else ""


def _answered(answer: Answer | None, callback: Callback | None, disguise: Callable[[str, str], str]) -> Fields:
    if callback is not None:
        names = ("code", "state", "iss", "error", "error_description", "error_uri")
        given = ((name, getattr(callback, name)) for name in names)
        return tuple((name, disguise(name, value)) for name, value in given if value is not None)
    if answer is None:
        return ()
    headers = [(name, disguise(name, answer.headers[name])) for name in SHOWN_HEADERS if name in answer.headers]
    document = answer.document
    if document is None:
        body = redactor().data(answer.body[:LONGEST_BODY]).decode("utf-8", "replace")
        return (*headers, *((("body", body),) if body else ()))
    members = islice(document.items(), MOST_MEMBERS)
    return (*headers, *((name, disguise(name, _text(value))[:LONGEST_BODY]) for name, value in members))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
