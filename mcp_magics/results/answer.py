"""What every answer has in common: its exact form, its views, and how it is shown."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Container, Iterator
from copy import copy
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mcp_magics.results import mime
from mcp_magics.results.discreet import discreet, discreet_lines
from mcp_magics.results.document import Change, Document, Line, unchanged
from mcp_magics.results.outputs import parts
from mcp_magics.results.reply import Reply
from mcp_magics.results.sanitise import one_line
from mcp_magics.results.tabular import Table, table_in_texts
from mcp_magics.results.text import plain
from mcp_magics.results.violations import Violation

if TYPE_CHECKING:
    import pandas as pd

_REPR_LENGTH = 1000
_LISTED = 10
"""Violations and notes named under a result; the rest is counted."""


class Answer(ABC):
    """The result of one request, lossless; everything but ``raw`` is a view of it, made when asked for.

    ``subject`` is what the request was about: a tool, a URI, a prompt, a method.
    """

    _method: ClassVar[str]

    def __init__(
        self,
        reply: Reply,
        server: str,
        subject: str,
        *,
        notes: tuple[str, ...] = (),
        protocol_version: str | None = None,
    ) -> None:
        self.reply = reply
        self.server = server
        self._subject = subject
        self.protocol_version = protocol_version
        self._notes = (*notes, *reply.notes)

    @cached_property
    def raw(self) -> Any:
        """The ``result`` member as the server sent it, unknown members and ``_meta`` included."""
        return self.reply.result()

    @property
    def raw_text(self) -> str:
        """The exact text of the ``result`` member as it arrived."""
        return self.reply.result_text()

    @property
    def elapsed(self) -> float:
        """Seconds from sending the request to having the whole response."""
        return self.reply.elapsed

    @property
    def meta(self) -> Any:
        """The result's ``_meta``, or None."""
        return self._member("_meta")

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say about this answer that is nobody's fault."""
        return self._notes

    @property
    def cached(self) -> bool:
        """Whether it comes from memory, as its server allowed (2026-07-28 server/utilities/caching)."""
        return self.reply.is_cached

    @property
    def fresh_for(self) -> float:
        """Seconds for which the same request is answered from memory; 0 where the server allowed none."""
        until = self.reply.fresh_until
        return max(until - time.monotonic(), 0.0) if until is not None else 0.0

    @cached_property
    def violations(self) -> tuple[Violation, ...]:
        """Where the server broke the specification, in the order of the answer."""
        return tuple(self._check())

    @property
    def df(self) -> pd.DataFrame:
        """The answer as a DataFrame; raises :class:`ProtocolError` (``not_a_table``) where it is no table."""
        from mcp_magics.results.table import describe, frame, not_a_table

        table = self._table()
        if table is None:
            raise not_a_table(self._label, describe([text for text, _ in self._texts()]), self.server)
        return frame(table)

    def display_parts(self, change: Change = unchanged) -> list[mime.Bundle]:
        """MIME bundles, each to be published as an output of its own: first all text, then each image and sound."""
        return parts(change(self._shown()))

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> mime.Bundle:
        return mime.selected(mime.bundle(self._shown()), include, exclude)

    def __repr__(self) -> str:
        shown = one_line(plain(self._shown(), 8 * _REPR_LENGTH), _REPR_LENGTH)
        return f"<{type(self).__name__} {one_line(self._label, 200)}: {shown}>"

    def _shown(self) -> Document:
        """The document, in which what is known to be secret is a placeholder."""
        reply = discreet(self.reply)
        if reply is self.reply:
            return self._document()
        return Document(self.retold(reply)._document().body, discreet_lines(self._footer()))  # noqa: SLF001  one of its own

    def retold(self, reply: Reply) -> Self:
        """The same answer with ``reply`` in place of its own, and all that is derived of that."""
        other = copy(self)
        other.reply = reply
        for name in vars(self):
            if isinstance(getattr(type(self), name, None), cached_property):
                del vars(other)[name]
        return other

    @property
    @abstractmethod
    def _label(self) -> str:
        """What was asked, in one word: ``server.tool``, a URI, a method."""

    @property
    def _told(self) -> dict[str, Any]:
        """What ``--json`` says of every answer, behind what its server sent."""
        return {
            "_meta": self.meta,
            "elapsed": self.elapsed,
            "violations": [violation.to_json() for violation in self.violations],
            "notes": list(self.notes),
        }

    @abstractmethod
    def _document(self) -> Document:
        """What is shown."""

    def _check(self) -> Iterator[Violation]:
        return iter(())

    def _check_for_display(self) -> Iterator[Violation]:
        """What :attr:`violations` holds, as far as it is found in the time showing may take."""
        return iter(self.violations) if "violations" in vars(self) else self._check()

    def _texts(self) -> list[tuple[str, str]]:
        """The texts a table may stand in, each with its MIME type or ``""``."""
        return []

    def _table(self) -> Table | None:
        return table_in_texts(self._texts())

    def _member(self, name: str) -> Any:
        return self.raw.get(name) if isinstance(self.raw, dict) else None

    def _footer(self) -> list[Line]:
        """The violations and notes, a line each."""
        found = list(islice(self._check_for_display(), _LISTED + 1))
        revision = f"MCP {self.protocol_version}" if self.protocol_version else "the MCP specification"
        lines = [Line(f"⚠ violates {revision}: {violation}", "note") for violation in found[:_LISTED]]
        if len(found) > _LISTED:
            lines.append(Line("… and more violations; all of them are in .violations", "note"))
        lines.extend(Line(f"note: {note}", "note") for note in self.notes[:_LISTED])
        if len(self.notes) > _LISTED:
            lines.append(Line(f"… and {len(self.notes) - _LISTED:,} more in .notes", "note"))
        return lines
