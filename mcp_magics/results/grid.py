"""Tables as plain lines: cells are wrapped, not cut; the last column goes below its row where there is no room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from mcp_magics.results.document import Grid, cost
from mcp_magics.results.pretty import pretty
from mcp_magics.results.sanitise import columns_of, one_line, within

CELL_LENGTH = 600
"""Characters of one cell that are shown."""

MOST_COLUMNS = 60
"""Columns that are shown."""
_NAME_WIDTH = 36
"""Columns the first column, which names its row, keeps when others are narrowed."""
_OTHER_WIDTH = 16
_NARROWEST = 6
_GAP = "  "
_INDENT = "    "

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class _Layout:
    """The widths of the columns side by side, and that of the last one where it stands below, else 0."""

    widths: tuple[int, ...]
    below: int = 0

    @property
    def whole(self) -> int:
        """Columns of the longest line there can be."""
        return max(sum(self.widths) + len(_GAP) * (len(self.widths) - 1), self.below + len(_INDENT) * bool(self.below))


def cell_text(value: Any, width: int) -> str:
    """A value in a table: text as it is, nothing for None, the rest as JSON, on one line."""
    if value is None:
        return ""
    return one_line(value if isinstance(value, str) else pretty(value, 4 * width)[0], width)


def more_rows(count: int, grid: Grid) -> str:
    """The line beside a table that was cut; ``count`` rows are missing."""
    return (
        f"… {count:,} earlier; use {grid.where}" if grid.keeps == "last" else f"… and {count:,} more; use {grid.where}"
    )


def narrowed(grid: Grid) -> tuple[Grid, str]:
    """The first columns of ``grid``, and the line that says how many more it has, or nothing."""
    hidden = len(grid.columns) - MOST_COLUMNS
    if hidden <= 0:
        return grid, ""
    return replace(grid, columns=grid.columns[:MOST_COLUMNS]), f"… and {hidden:,} more columns; use {grid.where}"


def rows_to_show(grid: Grid) -> Iterator[Mapping[str, Any]]:
    """The rows, those first that are to be kept when there is too little room."""
    return iter(grid.rows) if grid.keeps == "first" else reversed(grid.rows)


def grid_lines(grid: Grid, room: int, width: int) -> list[str]:
    """``grid`` as lines of at most ``width`` columns (where its columns allow it) and ``room`` bytes of JSON together.

    A column without any value is left out; it is in the data.
    """
    grid, beyond = narrowed(grid)
    cells = list(_candidates(grid, room))
    chosen = [index for index in range(len(grid.columns)) if any(row[index] for row in cells)] or [0]
    header = [one_line(grid.columns[index], CELL_LENGTH) for index in chosen]
    rows = [[row[index] for index in chosen] for row in cells]
    layout = _best([header, *rows], width)
    top = [*_block(header, layout), "-" * min(_used([header, *rows], layout), width)]
    blocks = _fitting([_block(row, layout) for row in rows], room - sum(map(cost, top)) - 4, grid.lines)
    hidden = len(grid.rows) - len(blocks)
    more = [more_rows(hidden, grid)] if hidden else []
    top += [beyond] if beyond else []
    if grid.keeps == "last":
        return [*more, *top, *(line for block in reversed(blocks) for line in block)]
    return [*top, *(line for block in blocks for line in block), *more]


def _candidates(grid: Grid, room: int) -> Iterator[Cells]:
    """The cells of as many rows as there may be room for."""
    for count, row in enumerate(rows_to_show(grid)):
        if room < 0 or (grid.lines is not None and count >= grid.lines):
            return
        cells = [cell_text(row.get(column), CELL_LENGTH) for column in grid.columns]
        room -= sum(map(len, cells)) + 1
        yield cells


def _fitting(blocks: Sequence[list[str]], room: int, lines: int | None) -> list[list[str]]:
    """The first of ``blocks`` that fit: all of a row or nothing of it."""
    used = 0
    for index, block in enumerate(blocks):
        room -= sum(cost(line) + 2 for line in block)
        used += len(block)
        if room < 0 or (lines is not None and used > lines):
            return list(blocks[:index])
    return list(blocks)


def _best(rows: Sequence[Cells], width: int) -> _Layout:
    """The last column beside the others, or below them where that takes fewer lines."""
    natural = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    beside = _beside(natural, width)
    if sum(natural) == sum(beside.widths) or len(natural) == 1:
        return beside
    below = _below(natural, width)
    if beside.whole > width:
        return below
    return min(beside, below, key=lambda layout: sum(len(_block(row, layout)) for row in rows))


def _beside(natural: Sequence[int], width: int) -> _Layout:
    floors = [min(each, _OTHER_WIDTH) for each in natural]
    return _Layout(_narrowed(natural, [min(natural[0], _NAME_WIDTH), *floors[1:]], _room(natural, width)))


def _below(natural: Sequence[int], width: int) -> _Layout:
    beside = natural[:-1]
    floors = [min(natural[0], _NAME_WIDTH), *[_NARROWEST] * (len(beside) - 1)]
    return _Layout(_narrowed(beside, floors, _room(beside, width)), width - len(_INDENT))


def _room(widths: Sequence[int], width: int) -> int:
    return width - len(_GAP) * (len(widths) - 1)


def _narrowed(widths: Sequence[int], floors: Sequence[int], room: int) -> tuple[int, ...]:
    """``widths`` made to fit ``room`` by lowering the highest that is above its floor."""
    lowered = list(widths)
    while sum(lowered) > room:
        above = [index for index, floor in enumerate(floors) if lowered[index] > floor]
        if not above:
            break
        lowered[max(above, key=lowered.__getitem__)] -= 1
    return tuple(lowered)


def _used(rows: Sequence[Cells], layout: _Layout) -> int:
    """Columns of the longest line: what is below counts as far as it is long."""
    if not layout.below:
        return layout.whole
    longest = max(columns_of(row[-1]) for row in rows)
    beside = _Layout(layout.widths).whole
    return max(beside, min(longest, layout.below) + len(_INDENT))


def _block(cells: Cells, layout: _Layout) -> list[str]:
    """The lines of one row."""
    columns = [wrapped(cell, width) for cell, width in zip(cells, layout.widths, strict=False)]
    beside = [
        _GAP.join(_padded(part, width) for part, width in zip(parts, layout.widths, strict=True)).rstrip()
        for parts in zip_longest(*columns, fillvalue="")
    ]
    return [*beside, *(_INDENT + line for line in wrapped(cells[-1], layout.below) if line)] if layout.below else beside


def wrapped(text: str, width: int) -> list[str]:
    """``text`` as lines of at most ``width`` columns, broken at spaces, and inside what is longer than a line."""
    if columns_of(text) <= width:
        return [text]
    lines, line = list[str](), ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if columns_of(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, width)
        lines += full
    return [*lines, line]


def _pieces(word: str, width: int) -> list[str]:
    pieces = []
    while columns_of(word) > width:
        end = max(len(within(word, width + 1)) - 1, 1)
        pieces.append(word[:end])
        word = word[end:]
    return [*pieces, word]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - columns_of(cell))
