"""One step of a flow as it may be shown: request, answer, decision and section, secrets as placeholders."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlunsplit

from mcp_magics.auth.address import split
from mcp_magics.redact import redactor

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


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step in plain values; ``fields`` are the parameters of the request, ``answer`` those of what came back."""

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

    @property
    def row(self) -> dict[str, object]:
        """One row of the table of a flow."""
        names = ("number", "name", "method", "url", "status", "decision", "section")
        return {"step" if name == "number" else name: getattr(self, name) for name in names}


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
        _status(step.answer, step.callback),
        _answered(step.answer, step.callback, disguise),
        disguise("decision", step.decision),
    )


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
