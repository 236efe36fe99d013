"""When each request began and how long it took, as bars below each other; idle times are drawn short."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mcp_magics.results.pairs import Pair, pairs_frame
from mcp_magics.results.sanitise import columns_of, escaped, one_line, within
from mcp_magics.results.sequence import duration_text
from mcp_magics.results.width import line_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

MOST = 100
"""Bars that are drawn: the newest."""
_IDLE_SHARE = 0.05
_LEAST_IDLE = 0.02
"""Seconds of idle time that are always drawn as they were."""
_REPR_LENGTH = 1900
_LABEL = 44
_BLUE, _RED, _GREY, _VIOLET = "#0969da", "#b00020", "#8c959f", "#8250df"


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds as they are drawn: idle times longer than ``room`` take ``room``."""

    starts: tuple[float, ...]
    shown: tuple[float, ...]
    lengths: tuple[float, ...]
    room: float
    shortened: int

    @classmethod
    def of(cls, spans: Sequence[tuple[float, float]]) -> Clock:
        """The clock of what is busy during ``spans`` (start and end in seconds)."""
        busy = _joined(spans)
        room = max(sum(end - start for start, end in busy) * _IDLE_SHARE, _LEAST_IDLE)
        shown, at, shortened = [], 0.0, 0
        for index, (start, end) in enumerate(busy):
            if index:
                idle = start - busy[index - 1][1]
                shortened += idle > room
                at += min(idle, room)
            shown.append(at)
            at += end - start
        return cls(
            tuple(start for start, _ in busy), tuple(shown), tuple(end - start for start, end in busy), room, shortened
        )

    def at(self, moment: float) -> float:
        """Where ``moment`` is drawn, in seconds from the left."""
        index = max(bisect.bisect_right(self.starts, moment) - 1, 0)
        return self.shown[index] + min(max(moment - self.starts[index], 0), self.lengths[index])

    @property
    def whole(self) -> float:
        """Seconds from the left to the right end."""
        return (self.shown[-1] + self.lengths[-1] if self.shown else 0) or 1e-9


def _joined(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


@dataclass(frozen=True, slots=True)
class Bar:
    """One request as it is drawn: ``left`` and ``width`` are shares of the whole."""

    pair: Pair
    left: float
    width: float

    @property
    def label(self) -> str:
        """What it is: a failure is marked, a server's own request has its arrow."""
        marks = ("✗ " if self.pair.error else "") + ("← " if self.pair.direction == "←" else "")
        name = self.pair.name.split("?", 1)[0].split("://", 1)[-1] if self.pair.kind == "http" else self.pair.name
        return one_line(f"{marks}{self.pair.server} {self.pair.method} {name}", 200)

    @property
    def took(self) -> str:
        """How long it took, or that no answer is known."""
        return "no answer" if self.pair.ms is None else duration_text(self.pair.ms)

    @property
    def colour(self) -> str:
        """Red where it failed, grey without an answer, violet for an HTTP exchange."""
        if self.pair.error:
            return _RED
        return _GREY if self.pair.ms is None else _VIOLET if self.pair.kind == "http" else _BLUE


@dataclass(frozen=True)
class Waterfall:
    """Bars of the newest :data:`MOST` of ``pairs``, which are in the order they began; ``df`` has them all."""

    pairs: tuple[Pair, ...]

    @cached_property
    def bars(self) -> list[Bar]:
        """What is drawn; one without an answer goes on to the right end."""
        shown = self.pairs[-MOST:]
        if not shown:
            return []
        clock = self._clock
        last = max(pair.at + (pair.ms or 0) / 1000 for pair in shown)
        drawn = []
        for pair in shown:
            left, right = clock.at(pair.at), clock.at(last if pair.ms is None else pair.at + pair.ms / 1000)
            drawn.append(Bar(pair, left / clock.whole, max(right - left, 0) / clock.whole))
        return drawn

    @cached_property
    def _clock(self) -> Clock:
        return Clock.of([(pair.at, pair.at + (pair.ms or 0) / 1000) for pair in self.pairs[-MOST:]])

    @property
    def df(self) -> pd.DataFrame:
        """All pairs, a row each."""
        return pairs_frame(self.pairs)

    def to_json(self) -> list[dict[str, Any]]:
        """All pairs as plain values."""
        return [pair.row for pair in self.pairs]

    @property
    def notes(self) -> list[str]:
        """What a reader has to know about the drawing."""
        hidden = len(self.pairs) - len(self.bars)
        notes = [f"… {hidden:,} earlier requests not drawn, all are in .df"] if hidden else []
        if self.bars and self._clock.shortened:
            notes.append(f"{self._clock.shortened} idle times are drawn as {duration_text(self._clock.room * 1000)}")
        return notes

    @property
    def text(self) -> str:
        """As plain lines, as wide as the line is."""
        if not self.bars:
            return "no requests"
        width = line_width()
        label = min(max(columns_of(bar.label) for bar in self.bars), _LABEL)
        track = width - label - 20
        lines = [
            f"{bar.pair.n:>5} {_padded(within(bar.label, label), label)} {bar.took:>11} {_drawn(bar, track)}"
            for bar in self.bars
        ]
        return "\n".join([*lines, *self.notes])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        rows = "".join(_row(bar) for bar in self.bars) or "<div>no requests</div>"
        notes = "".join(f"<div><small>{escaped(note)}</small></div>" for note in self.notes)
        return {"text/plain": self.text, "text/html": f'<div style="max-width:72em">{rows}{notes}</div>'}

    def __repr__(self) -> str:
        text = self.text
        return text if len(text) <= _REPR_LENGTH else f"{text[: _REPR_LENGTH - 1]}…"


def _drawn(bar: Bar, track: int) -> str:
    begin = min(int(bar.left * track), track - 1)
    length = max(round(bar.width * track), 1)
    return (" " * begin + ("░" if bar.pair.ms is None else "█") * min(length, track - begin)).rstrip()


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns_of(text))


def _row(bar: Bar) -> str:
    left, width = min(bar.left, 0.995) * 100, max(bar.width * 100, 0.4)
    text = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
    place = f"margin-left:{left:.2f}%;width:{min(width, 100 - left):.2f}%"
    said = escaped(f"{bar.pair.n} {bar.label}")
    return (
        f'<div style="display:flex;gap:8px;align-items:center;line-height:1.5">'
        f'<span style="flex:0 0 38%;{text}" title="{said}">{said}</span>'
        f'<span style="flex:0 0 6em;text-align:right">{bar.took}</span>'
        f'<span style="flex:1 1 auto;background:rgba(128,128,128,.15)">'
        f'<span style="display:block;height:10px;{place};background:{bar.colour}"></span></span></div>'
    )
