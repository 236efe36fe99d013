"""The same request twice, of two servers or in two eras: what differs, and how the times compare."""

from __future__ import annotations

import bisect
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from mcp_magics.errors import DifferenceError
from mcp_magics.results import mime
from mcp_magics.results.answer import Answer
from mcp_magics.results.difference import MISSING, Difference, Differences, differences
from mcp_magics.results.discreet import discreet
from mcp_magics.results.document import Contrast, Document, Facing, Item, Line
from mcp_magics.results.listing import Listing, counted
from mcp_magics.results.outputs import parts
from mcp_magics.results.sanitise import one_line
from mcp_magics.results.side import ENVELOPE, Side
from mcp_magics.results.text import plain

if TYPE_CHECKING:
    import pandas as pd

_REPR_LENGTH = 1900
_SHOWN = 100
_CONTEXT = 60
"""Characters of two texts that are shown before they part."""


class Comparison:
    """Two sides of one request, asked one after the other so that neither's time is the other's.

    ``ignored`` paths (``structuredContent.time``, ``content[*].text``) and what lies below them are left out of
    ``differences``; nothing else is, but what only one era demands of a result, and the stamp of who answered.
    """

    def __init__(self, what: str, left: Side, right: Side, ignored: Sequence[str] = ()) -> None:
        self.what = what
        self.sides = (left, right)
        self._ignored = tuple(ignored)

    @property
    def left(self) -> Any:
        """What came first: an answer, a list, or the failure instead."""
        return self.sides[0].value

    @property
    def right(self) -> Any:
        """What came second."""
        return self.sides[1].value

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self._found

    @property
    def ratio(self) -> float | None:
        """The right side's time over the left's; None where one of them was not asked."""
        left, right = (side.seconds for side in self.sides)
        return right / left if left and right is not None else None

    @cached_property
    def differences(self) -> Listing:
        """Where they differ: path, left, right; what only one side has is missing on the other."""
        rows = [each.to_json() for each in self._found]
        title = f"{self.what}: {counted(len(rows), 'difference')}"
        return Listing(title, ("path", "left", "right"), rows, self._found, where="comparison.differences.df")

    @property
    def df(self) -> pd.DataFrame:
        """The differences as a DataFrame: path, left, right."""
        return self.differences.df

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say about how it was compared."""
        return tuple(self._say())

    def raise_for_difference(self) -> Self:
        """This comparison, or :class:`~mcp_magics.errors.DifferenceError` where anything differs."""
        if self.same:
            return self
        first = [f"{each.path}: {_short(each.left)} ≠ {_short(each.right)}" for each in self._found[:2]]
        error = DifferenceError(
            f"{self.what}: {self._verdict}",
            phase="compare",
            evidence=tuple(first),
            next_step="the same line without --fail shows both sides; --ignore PATH leaves one place out",
        )
        error.comparison = self
        raise error

    def to_json(self) -> dict[str, Any]:
        """The document of ``--json``."""
        left, right = self.sides
        return {
            "request": self.what,
            "same": self.same,
            "ratio": self.ratio,
            "differences": [each.to_json() for each in self._found],
            "left": left.to_json(),
            "right": right.to_json(),
            "notes": list(self.notes),
        }

    def display_parts(self) -> list[mime.Bundle]:
        """MIME bundles, each an output of its own."""
        return parts(self._shown())

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> mime.Bundle:
        return mime.selected(mime.bundle(self._shown()), include, exclude)

    def __repr__(self) -> str:
        return f"<Comparison {one_line(plain(self._shown(), 8 * _REPR_LENGTH), _REPR_LENGTH)}>"

    # -- what differs --------------------------------------------------------------------------------------

    @cached_property
    def _all(self) -> Differences:
        left, right = self.sides
        if (left.error is None) is not (right.error is None):
            return Differences((Difference("outcome", left.kind, right.kind),))
        one, other = (self._without_envelope(side.compared) for side in self.sides)
        result = differences(one, other, self._ignored)
        broken = differences({"violations": left.violations}, {"violations": right.violations}, self._ignored)
        named = {*broken.unmatched} - {*self._left_out}
        unmatched = tuple(path for path in result.unmatched if path in named)
        return Differences((*result.found, *broken.found), result.is_whole and broken.is_whole, unmatched)

    @property
    def _found(self) -> tuple[Difference, ...]:
        return self._all.found

    def _without_envelope(self, value: Any) -> Any:
        if not self._left_out or not isinstance(value, dict):
            return value
        return {key: each for key, each in value.items() if key not in ENVELOPE}

    @property
    def _left_out(self) -> tuple[str, ...]:
        """The members of the eras' envelopes that are not compared: those of results, between two revisions."""
        left, right = self.sides
        if left.revision == right.revision or not all(isinstance(side.outcome, Answer) for side in self.sides):
            return ()
        raws = [side.outcome.raw for side in self.sides]
        return tuple(name for name in ENVELOPE if any(isinstance(raw, dict) and name in raw for raw in raws))

    # -- what is shown -------------------------------------------------------------------------------------

    @property
    def _verdict(self) -> str:
        labels = " and ".join(side.label for side in self.sides)
        if silent := [side for side in self.sides if not side.spoke]:
            return f"{' and '.join(side.label for side in silent)} could not be asked"
        return f"{labels} give the same" if self.same else f"{labels} differ in {counted(len(self._found), 'place')}"

    def _say(self) -> Iterator[str]:
        for side in self.sides:
            if side.error is not None:
                yield f"{side.label}: {side.error.failure.message}"
        if self._left_out:
            yield f"not compared, for only one era has them: {', '.join(self._left_out)}"
        if self._all.unmatched:
            yield f"--ignore matched nothing: {', '.join(self._all.unmatched)}"
        if not self._all.is_whole:
            yield "there is more that differs: looking was given up"

    def _shown(self) -> Document:
        """The document, in which what is known to be secret is a placeholder."""
        left, right = map(_discreet, self.sides)
        if (left, right) == self.sides:
            return self._document()
        return Comparison(self.what, left, right, self._ignored)._document()  # noqa: SLF001  one of its own

    def _document(self) -> Document:
        left, right = self.sides
        title = Line(f"{self.what}: {self._verdict}", "title")
        table = Contrast((left.label, right.label), list(self._rows()), "comparison.differences.df")
        return Document([title, table, *self._common()], [Line(f"note: {note}", "note") for note in self.notes])

    def _rows(self) -> Iterator[Facing]:
        left, right = self.sides
        yield Facing("outcome", left.kind, right.kind, left.kind != right.kind)
        if left.revision != right.revision:
            yield Facing("protocol", left.revision, right.revision)
        ratio = f" (x {self.ratio:.3g})" if self.ratio is not None else ""
        yield Facing("time", _time(left.seconds), f"{_time(right.seconds)}{ratio}")
        for each in self._found[:_SHOWN]:
            if each.path != "outcome":
                yield Facing(each.path, *_around(_short(each.left), _short(each.right)), is_different=True)
        if len(self._found) > _SHOWN:
            yield Facing("…", "", f"{len(self._found) - _SHOWN:,} more: comparison.differences.df", is_different=True)

    def _common(self) -> Sequence[Item]:
        """What both gave where that is the same, or what the one gave that could be asked."""
        gave = [side.outcome for side in self.sides if side.error is None]
        if not gave or not (self.same or len(gave) == 1):
            return ()
        document: Document = gave[0]._document()  # noqa: SLF001  the one form every result has
        return document.body


def _discreet(side: Side) -> Side:
    if not isinstance(side.outcome, Answer):
        return side
    reply = discreet(side.outcome.reply)
    return side if reply is side.outcome.reply else replace(side, outcome=side.outcome.retold(reply))


def _time(seconds: float | None) -> str:
    return "not asked" if seconds is None else f"{seconds * 1000:,.1f} ms"


def _around(left: Any, right: Any) -> tuple[Any, Any]:
    """Two long texts from a little before the place where they part; anything else as it is."""
    if not isinstance(left, str) or not isinstance(right, str):
        return left, right
    shorter = min(len(left), len(right))
    shared = bisect.bisect_right(range(1, shorter + 1), 0, key=lambda length: left[:length] != right[:length])
    if shared <= 2 * _CONTEXT:
        return left, right
    return f"… {left[shared - _CONTEXT :]}", f"… {right[shared - _CONTEXT :]}"


def _short(value: Any) -> Any:
    return repr(MISSING) if value is MISSING else "null" if value is None else value
