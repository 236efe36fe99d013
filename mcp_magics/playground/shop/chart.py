"""The shop's pictures: a bar chart and the logo."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcp_magics.playground.images import Canvas, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHITE, _GRID, _AXIS, _INK, _BAR, _BEST, _SOFT = range(7)
_PALETTE = (
    (255, 255, 255),
    (226, 232, 240),
    (148, 163, 184),
    (30, 41, 59),
    (96, 165, 250),
    (29, 78, 216),
    (100, 116, 139),
)
_WIDTH, _HEIGHT = 1120, 640
_LEFT, _RIGHT, _TOP, _BOTTOM = 110, 40, 120, 60
_TICKS = 5
_LOGO = 96


def bar_chart(title: str, subtitle: str, bars: Sequence[tuple[str, float]]) -> bytes:
    """A PNG of 1120 by 640 pixels with a bar for each pair of label and value; the highest stands out.

    Values are zero or more; labels are cut to the width of their bar.
    """
    canvas = Canvas(_WIDTH, _HEIGHT, _PALETTE)
    canvas.text(_LEFT, 34, title, _INK, scale=4)
    canvas.text(_LEFT, 76, subtitle, _SOFT)
    highest = max((value for _, value in bars), default=0)
    step = _tick(highest)
    top_tick = max(math.ceil(highest / step), 1)
    _draw_grid(canvas, step, top_tick)
    _draw_bars(canvas, bars, highest, step * top_tick)
    canvas.rectangle(_LEFT, _HEIGHT - _BOTTOM, _WIDTH - _LEFT - _RIGHT, 2, _AXIS)
    return canvas.to_png()


def logo() -> bytes:
    """The shop's logo, a PNG of 96 by 96 pixels: a bag with a smile."""
    canvas = Canvas(_LOGO, _LOGO, ((255, 255, 255), (29, 78, 216), (250, 204, 21)))
    for left, width in ((34, 5), (57, 5)):
        canvas.rectangle(left, 14, width, 22, 1)
    canvas.rectangle(38, 10, 20, 5, 1)
    canvas.bar(16, 30, 64, 56, 1)
    for left in (34, 56):
        canvas.rectangle(left, 44, 6, 8, 2)
    for step, down in enumerate((0, 3, 5, 6, 6, 5, 3, 0)):
        canvas.rectangle(32 + 4 * step, 64 + down, 4, 5, 2)
    return canvas.to_png()


def _draw_grid(canvas: Canvas, step: float, top_tick: int) -> None:
    for tick in range(top_tick + 1):
        height = _y(tick * step, top_tick * step)
        label = f"{tick * step:,.0f}"
        canvas.rectangle(_LEFT, height, _WIDTH - _LEFT - _RIGHT, 1, _GRID)
        canvas.text(_LEFT - 14 - text_width(label), height - 7, label, _SOFT)


def _draw_bars(canvas: Canvas, bars: Sequence[tuple[str, float]], highest: float, scale: float) -> None:
    slot = (_WIDTH - _LEFT - _RIGHT) / max(len(bars), 1)
    width = int(slot * 0.66)
    for place, (label, value) in enumerate(bars):
        middle = int(_LEFT + slot * (place + 0.5))
        top = _y(value, scale)
        canvas.bar(middle - width // 2, top, width, _HEIGHT - _BOTTOM - top, _BEST if value == highest else _BAR)
        _centred(canvas, middle, top - 22, f"{value:,.0f}", _INK, slot)
        _centred(canvas, middle, _HEIGHT - _BOTTOM + 16, label, _INK, slot)


def _centred(canvas: Canvas, middle: int, top: int, line: str, colour: int, room: float) -> None:
    shown = line[: max(int(room / text_width("m")), 1)] if text_width(line) > room else line
    left = middle - text_width(shown) // 2
    canvas.rectangle(left - 4, top, text_width(shown) + 8, 16, _WHITE)
    canvas.text(left, top, shown, colour)


def _y(value: float, scale: float) -> int:
    return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / scale)


def _tick(highest: float) -> float:
    """A round distance (1, 2 or 5 times a power of ten) that divides ``highest`` into about five parts."""
    rough = highest / _TICKS or 1.0
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
