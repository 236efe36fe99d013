"""What a server answered to ``completion/complete`` (MCP "Completion": ``CompleteResult``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcp_magics.results.answer import Answer
from mcp_magics.results.document import Document, Grid, Item, Json, Line
from mcp_magics.results.listing import counted
from mcp_magics.results.tabular import Table, table_in_json
from mcp_magics.results.violations import Violation, in_completion


class Completions(Answer):
    """The suggestions for one argument; a sequence of texts."""

    @property
    def argument(self) -> str:
        """The argument whose values are suggested."""
        return self._subject

    @property
    def values(self) -> tuple[str, ...]:
        """The suggestions in the server's order of rank; at most a hundred in one answer."""
        sent = self._completion.get("values")
        return tuple(each for each in sent if isinstance(each, str)) if isinstance(sent, list) else ()

    @property
    def total(self) -> int | None:
        """How many there are in all, where the server says."""
        total = self._completion.get("total")
        return total if isinstance(total, int) and not isinstance(total, bool) else None

    @property
    def has_more(self) -> bool:
        """Whether the server has more than it sent."""
        return self._completion.get("hasMore") is True

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: int) -> str:
        return self.values[index]

    def to_json(self) -> dict[str, Any]:
        """The document of ``--json``."""
        return {
            "server": self.server,
            "argument": self.argument,
            "values": list(self.values),
            "total": self.total,
            "hasMore": self.has_more,
            "elapsed": self.elapsed,
            "notes": list(self.notes),
            "violations": [each.to_json() for each in self.violations],
        }

    def _check(self) -> Iterator[Violation]:
        return in_completion(self.raw, self.protocol_version)

    @property
    def _completion(self) -> dict[str, Any]:
        sent = self._member("completion")
        return sent if isinstance(sent, dict) else {}

    @property
    def _label(self) -> str:
        return f"{self.server} {self.argument}"

    def _rows(self) -> list[dict[str, str]]:
        return [{"value": value} for value in self.values]

    def _table(self) -> Table | None:
        return table_in_json(self._rows())

    def _document(self) -> Document:
        return Document(list(self._body()), self._footer())

    def _body(self) -> Iterator[Item]:
        yield Line(self._title(), "title")
        if not isinstance(self._completion.get("values"), list):
            yield Json(self.raw, "result.raw")
        elif self.values:
            yield Grid(("value",), self._rows(), "result.df")
        else:
            yield Line("(none)", "note")

    def _title(self) -> str:
        count = counted(len(self.values), "suggestion")
        if self.total is not None and self.total != len(self.values):
            count += f" of {self.total:,}"
        return f"{count}; the server has more" if self.has_more else count
