"""A sequence diagram as plain lines: a column a lifeline where they fit, else a line a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.results.sanitise import clean, columns_of, within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.results.sequence import Arrow, Interaction

_NARROWEST = 18
"""Columns between two lifelines below which messages are listed instead."""
_WIDEST = 64
_NUMBER = 6
_MARGIN = 4
_EDGE = 12
"""Columns kept right of the last lifeline for the half of its name."""


def sequence_text(interaction: Interaction, width: int) -> str:
    """``interaction`` as lines of at most ``width`` columns; what was left out before it is counted first."""
    first = [f"… {interaction.earlier:,} earlier messages left out"] if interaction.earlier else []
    count = len(interaction.participants)
    step = min((width - _NUMBER - 2 * _EDGE) // max(count - 1, 1), _WIDEST)
    lines = _listed(interaction, width) if count < 2 or step < _NARROWEST else _drawn(interaction, step, width)
    return "\n".join([*first, *lines])


def _listed(interaction: Interaction, width: int) -> list[str]:
    names = {each.key: clean(each.name) for each in interaction.participants}
    return [_one(arrow, names, width) for arrow in interaction.arrows]


def _one(arrow: Arrow, names: dict[str, str], width: int) -> str:
    sign = {"request": "→", "answer": "⇢", "notice": "⇾", "note": "·"}[arrow.kind]
    whom = "" if arrow.source == arrow.target else f" {sign} {names[arrow.target]}"
    head = within(f"{arrow.n:>{_NUMBER - 1}} {names[arrow.source]}{whom}", width // 2)
    return f"{head}: {arrow.fitted(width - columns_of(head) - 2)}"


def _drawn(interaction: Interaction, step: int, width: int) -> list[str]:
    at = [_NUMBER + _EDGE + place * step for place in range(len(interaction.participants))]
    names = [within(clean(each.name), min(step - 2, 2 * _EDGE)) for each in interaction.participants]
    roles = [within(each.role, min(step - 2, 2 * _EDGE)) for each in interaction.participants]
    head = [_centred(names, at), *([_centred(roles, at)] if any(roles) else [])]
    places = interaction.places
    drawn = (_arrow(arrow, places[arrow.source], places[arrow.target], at, width) for arrow in interaction.arrows)
    return [*head, *(line for lines in drawn for line in lines)]


def _centred(texts: Sequence[str], at: Sequence[int]) -> str:
    line = ""
    for text, column in zip(texts, at, strict=True):
        line = _to(line, max(column - columns_of(text) // 2, columns_of(line) + 1)) + text
    return line


def _arrow(arrow: Arrow, source: int, target: int, at: Sequence[int], width: int) -> list[str]:
    number = f"{arrow.n:>{_NUMBER - 1}}"
    if source == target:
        return [_over(number, at, at[source] + 2, arrow.fitted(max(width - at[source] - 2, _MARGIN)))]
    left, right = sorted((source, target))
    room = at[right] - at[left] - 1
    fits = columns_of(arrow.text) + 2 * _MARGIN <= room
    label = [] if fits else [_over(number, at, at[left] + 2, arrow.fitted(max(width - at[left] - 2, _MARGIN)))]
    shaft = _shaft(arrow, room, f" {arrow.text} " if fits else "")
    ends = f"├{shaft}▶│" if source < target else f"│◀{shaft}┤"
    line = _to(_lifelines(number if fits else "", at[:left]), at[left]) + ends
    return [*label, _lifelines(line, at[right + 1 :])]


def _shaft(arrow: Arrow, room: int, label: str) -> str:
    """Between two lifelines: solid for what is asked, dashed for an answer."""
    dash = "╌" if arrow.kind == "answer" else "─"
    rest = room - 1 - columns_of(label)
    before = min(2, rest)
    return dash * before + label + dash * (rest - before)


def _over(number: str, at: Sequence[int], start: int, text: str) -> str:
    """``text`` from column ``start`` on, over whatever lifelines are below it; those right of it go on."""
    line = _to(_lifelines(number, [column for column in at if column < start]), start) + text
    return _lifelines(line, [column for column in at if column > columns_of(line)])


def _lifelines(line: str, columns: Sequence[int]) -> str:
    for column in columns:
        line = _to(line, column) + "│"
    return line


def _to(line: str, column: int) -> str:
    return line + " " * (column - columns_of(line))
