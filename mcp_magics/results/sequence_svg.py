"""A sequence diagram as SVG: text is escaped, there is no script, no link, no font and no style from elsewhere.

It brings its own light ground, so that it reads the same on a dark page and in a saved file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcp_magics.results.sanitise import columns_of, escaped, within

if TYPE_CHECKING:
    from mcp_magics.results.sequence import Arrow, Interaction, Participant

_CHARACTER = 6.65
"""Pixels a character of 11 px takes in a monospaced font."""
_GUTTER = 64
_NEAREST, _FARTHEST, _WIDE = 190, 430, 1000
"""Pixels: between neighbours at least, at most, and from the first lifeline to the last where that can be."""
_HEAD, _ROW, _FOOT = 58, 34, 18
_BOX = 34
_INK, _FAINT, _PAPER, _BOXED, _RED, _NOTE = "#1f2328", "#656d76", "#ffffff", "#eef2f6", "#b00020", "#fff8c5"
_FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
_LINE = "#8c959f"
_DASH = ' stroke-dasharray="5 4"'
_NO_XML = re.compile("[\ufffe\uffff]")
"""What no XML document may hold, of all that is shown as it is."""
_MIDDLE = f' text-anchor="middle" paint-order="stroke" stroke="{_PAPER}" stroke-width="3"'


def sequence_svg(interaction: Interaction, title: str) -> str:
    """``interaction`` as one ``svg`` element (SVG 1.1), ``title`` for who cannot see it."""
    step = _step(interaction)
    half = _half(interaction, step)
    at = {key: _GUTTER + half + place * step for key, place in interaction.places.items()}
    note = 18 if interaction.earlier else 0
    width = max(at.values(), default=_GUTTER) + half + 14
    width = max(width, max((_end(arrow, at) for arrow in interaction.arrows), default=0) + 14)
    height = _HEAD + note + len(interaction.arrows) * _ROW + _FOOT
    rows = [_arrow(arrow, at, _HEAD + note + 24 + row * _ROW) for row, arrow in enumerate(interaction.arrows)]
    parts = [
        _opening(width, height, title),
        *(_lifeline(each, at[each.key], step, height) for each in interaction.participants),
        _earlier(interaction.earlier) if note else "",
        *rows,
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _step(interaction: Interaction) -> float:
    """Pixels between two lifelines: so that labels between neighbours fit, within bounds."""
    places = interaction.places
    longest = 0.0
    for arrow in interaction.arrows:
        apart = abs(places[arrow.source] - places[arrow.target])
        if apart:
            longest = max(longest, _wide(arrow.text) / apart)
    farthest = min(_FARTHEST, _WIDE / max(len(places) - 1, 1))
    return max(min(longest + 36, farthest), _NEAREST)


def _half(interaction: Interaction, step: float) -> float:
    """Pixels left of the first lifeline and right of the last: half of the widest box."""
    return max((_box(each, step) for each in interaction.participants), default=0.0) / 2


def _box(participant: Participant, step: float) -> float:
    text = max(_wide(participant.name), _wide(participant.role) * 0.9)
    return min(max(text + 20, 90), step - 16)


def _wide(text: str) -> float:
    return columns_of(text) * _CHARACTER


def _end(arrow: Arrow, at: dict[str, float]) -> float:
    return at[arrow.source] + _NEAREST if arrow.source == arrow.target else 0


def _opening(width: float, height: float, title: str) -> str:
    said = _escaped(title)
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    ground = f'x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="4"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{said}" '
        f'font-family="{_FONT}" font-size="11"><title>{said}</title>'
        f'<rect {ground} fill="{_PAPER}" stroke="#d0d7de"/>'
    )


def _lifeline(participant: Participant, x: float, step: float, height: float) -> str:
    box = _box(participant, step)
    room = int((box - 8) / _CHARACTER)
    y = 22 if participant.role else 29
    ends = f'y1="{8 + _BOX}" y2="{height - 8:.0f}"'
    place = f'x="{x - box / 2:.0f}" y="8" width="{box:.0f}" height="{_BOX}" rx="3"'
    lines = [
        f'<line x1="{x:.0f}" x2="{x:.0f}" {ends} stroke="{_LINE}" stroke-dasharray="2 3"/>',
        f'<rect {place} fill="{_BOXED}" stroke="{_LINE}"/>',
        _text(x, y, within(participant.name, room), _INK, ' text-anchor="middle" font-weight="600"'),
    ]
    if participant.role:
        lines.append(_text(x, 36, within(participant.role, room), _FAINT, ' text-anchor="middle" font-size="10"'))
    return "".join(lines)


def _earlier(count: int) -> str:
    return _text(8, _HEAD + 8, f"… {count:,} earlier messages left out", _FAINT)


def _arrow(arrow: Arrow, at: dict[str, float], y: float) -> str:
    number = _text(_GUTTER - 12, y, str(arrow.n), _FAINT, ' text-anchor="end" font-size="10"')
    start, end = at[arrow.source], at[arrow.target]
    return number + (_note(arrow, start, y) if start == end else _shaft(arrow, start, end, y))


def _note(arrow: Arrow, x: float, y: float) -> str:
    label = arrow.fitted(int((_NEAREST - 20) / _CHARACTER))
    width = _wide(label) + 14
    box = f'<rect x="{x + 6:.0f}" y="{y - 14:.0f}" width="{width:.0f}" height="19" fill="{_NOTE}" stroke="#d4a72c"/>'
    return box + _text(x + 13, y, label, _colour(arrow))


def _shaft(arrow: Arrow, start: float, end: float, y: float) -> str:
    colour, way = _colour(arrow), 1 if end > start else -1
    label = arrow.fitted(int((abs(end - start) - 16) / _CHARACTER))
    line = f'<line x1="{start:.0f}" y1="{y}" x2="{end - way:.0f}" y2="{y}" stroke="{colour}"'
    dashed = _DASH if arrow.kind == "answer" else ""
    tip = f"{end:.0f},{y} {end - 8 * way:.0f},{y - 4} "
    back = f"{end - 8 * way:.0f},{y + 4}"
    head = (
        f'<polyline points="{end - 8 * way:.0f},{y - 4} {end:.0f},{y} {back}" fill="none" stroke="{colour}"/>'
        if arrow.kind == "notice"
        else f'<polygon points="{tip}{back}" fill="{colour}"/>'
    )
    return f"{_text((start + end) / 2, y - 5, label, colour, _MIDDLE)}{line}{dashed}/>{head}"


def _colour(arrow: Arrow) -> str:
    return _RED if arrow.failed else _INK


def _text(x: float, y: float, text: str, colour: str, more: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}"{more}>{_escaped(text)}</text>'


def _escaped(text: str) -> str:
    return escaped(_NO_XML.sub("\ufffd", text))
