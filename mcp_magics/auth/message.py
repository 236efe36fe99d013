"""One request to an authorization server or a resource server and its whole answer, as values.

An :class:`Ask` is not yet sent and may be changed; an :class:`Answer` keeps everything that came back. Both hold
secrets as they are: what is shown of them goes through :mod:`.showing`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self
from urllib.parse import parse_qsl, urlencode, urlunsplit

from mcp_magics.auth.address import split
from mcp_magics.redact import redactor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.errors import Failure

Fields = tuple[tuple[str, str], ...]
"""Names and values in order; a name may stand more than once (RFC 8707 §2: ``resource``)."""


@dataclass(frozen=True, slots=True, repr=False)
class Ask:
    """A request: ``form`` is sent as ``application/x-www-form-urlencoded``, ``body`` as JSON, at most one of them.

    ``browser`` means that a person's browser makes it: the authorization request (RFC 6749 §4.1.1).
    """

    method: Literal["GET", "POST", "DELETE"]
    url: str
    headers: Fields = ()
    form: Fields | None = None
    body: Mapping[str, Any] | None = None
    browser: bool = False

    def __repr__(self) -> str:
        return f"<Ask {self.method} {redactor().url(self.url)}>"

    @property
    def fields(self) -> Fields:
        """What it says: the form, the members of the JSON body, or the parameters of the query."""
        if self.form is not None:
            return self.form
        if self.body is not None:
            return tuple((name, _as_text(value)) for name, value in self.body.items())
        return tuple(parse_qsl(split(self.url).query, keep_blank_values=True))

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """The same request with fields replaced, added, or (None) left out; a list repeats its name."""
        if self.body is not None:
            body = {**self.body, **changes}
            return replace(
                self, body={name: value for name, value in body.items() if name not in changes or value is not None}
            )
        fields = _changed(self.fields, changes)
        if self.form is not None:
            return replace(self, form=fields)
        return replace(self, url=with_query(self.url, fields))


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back: ``status`` is None, and ``failure`` says why, where nothing did.

    ``elapsed`` is seconds; ``headers`` have lower-case names, one that came twice joined by ``", "``.
    """

    url: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    elapsed: float = 0.0
    failure: Failure | None = None

    def __repr__(self) -> str:
        return f"<Answer {self.status} from {redactor().url(self.url)}, {len(self.body)} bytes>"

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The body as a JSON object, or None where it is none; half of a surrogate pair in its text makes it none."""
        try:
            parsed = json.loads(self.body)
            json.dumps(parsed, ensure_ascii=False).encode()  # what cannot be written cannot be asked with either
        except (ValueError, RecursionError):  # deep nesting, from a hostile server
            return None
        return parsed if isinstance(parsed, dict) else None


class Conversation(Protocol):
    """Whoever sends requests: one at a time, never raising for what the other side does."""

    async def send(self, ask: Ask) -> Answer:
        """Send ``ask`` and return the whole answer."""


def with_query(url: str, fields: Fields) -> str:
    """``url`` with its query replaced by ``fields``."""
    return urlunsplit(split(url)._replace(query=urlencode(fields)))


def _changed(fields: Fields, changes: Mapping[str, Any]) -> Fields:
    given: dict[str, Any] = {}
    for name, value in fields:
        given.setdefault(name, []).append(value)
    kept = []
    for name, value in {**given, **changes}.items():
        values = value if isinstance(value, list | tuple) else [] if value is None else [value]
        kept += [(name, _as_text(each)) for each in values]
    return tuple(kept)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
