"""Tables as plain lines: cells are wrapped, not cut; columns for which there is no room go below their row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
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
_NARROWEST = 12
"""Columns that any column keeps."""
_WORD_WIDTH = 32
"""Columns of a word that is not broken: addresses, times, MIME types."""
_TRIED = 3
"""Layouts that are compared."""
_SAMPLE = 100
"""Rows that are laid out to compare them."""
_GAP = "  "
_INDENT = "    "
_BETWEEN = " · "

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which columns stand ``beside`` each other, and how wide; the others stand ``below``, in ``room`` columns.

    ``labels`` name those below in each row; without them the one below is named in the header.
    """

    beside: tuple[int, ...]
    widths: tuple[int, ...]
    below: tuple[int, ...]
    room: int
    labels: tuple[str, ...] = ()

    @property
    def whole(self) -> int:
        """Columns of the longest line that has all that stands beside each other."""
        return sum(self.widths) + len(_GAP) * (len(self.widths) - 1)


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
    """``grid`` as lines of at most ``width`` columns and ``room`` bytes of JSON together.

    A column without any value is left out; it is in the data.
    """
    grid, beyond = narrowed(grid)
    cells = list(_candidates(grid, room))
    chosen = [index for index in range(len(grid.columns)) if any(row[index] for row in cells)] or [0]
    header = [one_line(grid.columns[index], CELL_LENGTH) for index in chosen]
    rows = [[row[index] for index in chosen] for row in cells]
    layout = _best([header, *rows], width)
    top = [*_header(header, layout), "-" * min(_used([header, *rows], layout), width)]
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
    """All columns beside each other, or some below the others where that has no room or takes fewer lines."""
    natural = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    if sum(natural) <= _room(natural, width):
        return _Layout(tuple(range(len(natural))), tuple(natural), (), 0)
    sample = rows[: _SAMPLE + 1]
    possible = islice(_layouts(rows[0], natural, sample, width), _TRIED)
    return min(possible, key=lambda layout: sum(len(_block(row, layout)) for row in sample))


def _layouts(header: Cells, natural: Sequence[int], sample: Sequence[Cells], width: int) -> Iterator[_Layout]:
    """The layouts that keep to ``width``, the one with the most columns beside each other first."""
    columns = range(len(natural))
    floors = [min(natural[0], _NAME_WIDTH), *(_floor(natural[i], [row[i] for row in sample]) for i in columns[1:])]
    leaving = _leaving(natural, sample)
    for count in columns:
        below = tuple(sorted(leaving[:count]))
        beside = tuple(index for index in columns if index not in below)
        least, room = [floors[index] for index in beside], _room(beside, width)
        if sum(least) <= room or len(beside) == 1:
            labels = () if below == (columns[-1],) else header
            widths = _narrowed([natural[index] for index in beside], least, room)
            yield _Layout(beside, widths, below, width - len(_INDENT), tuple(labels))


def _leaving(natural: Sequence[int], sample: Sequence[Cells]) -> list[int]:
    """The columns in the order in which they go below: wide ones and those few rows have, then from the last."""
    many = len(sample) - 1
    filled = [sum(bool(row[index]) for row in sample[1:]) or 1 for index in range(len(natural))]

    def gain(index: int) -> tuple[float, int]:
        is_kept = natural[index] <= _WORD_WIDTH and 2 * filled[index] > many
        return 0 if is_kept else natural[index] / filled[index], index

    return sorted(range(1, len(natural)), key=gain, reverse=True)


def _floor(natural: int, cells: Cells) -> int:
    """The columns in which a column can be read: its words whole, but for those of unusual length."""
    longest = max(columns_of(word) for cell in cells for word in cell.split(" "))
    return min(natural, max(_NARROWEST, min(longest, _WORD_WIDTH)))


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
    longest = max(columns_of(_below(row, layout)) for row in rows)
    return max(layout.whole, min(longest, layout.room) + len(_INDENT))


def _header(cells: Cells, layout: _Layout) -> list[str]:
    """The names of the columns, without those that each row names itself."""
    return _block(cells, replace(layout, below=()) if layout.labels else layout)


def _block(cells: Cells, layout: _Layout) -> list[str]:
    """The lines of one row."""
    columns = [wrapped(cells[index], width) for index, width in zip(layout.beside, layout.widths, strict=True)]
    beside = [
        _GAP.join(_padded(part, width) for part, width in zip(parts, layout.widths, strict=True)).rstrip()
        for parts in zip_longest(*columns, fillvalue="")
    ]
    below = _below(cells, layout)
    return [*beside, *(_INDENT + line for line in wrapped(below, layout.room))] if below else beside


def _below(cells: Cells, layout: _Layout) -> str:
    """What stands below a row, on one line as yet."""
    if not layout.labels:
        return _BETWEEN.join(cells[index] for index in layout.below)
    return _BETWEEN.join(f"{layout.labels[index]}: {cells[index]}" for index in layout.below if cells[index])


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
