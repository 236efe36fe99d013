"""Who said what to whom, in order: what a sequence diagram is drawn from (UML 2.5.1 §17, an interaction)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.results.sanitise import one_line, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind = Literal["request", "answer", "notice", "note"]
"""A message that wants an answer, that answer, a message that wants none, words beside one participant."""

MOST_ARROWS = 100
MOST_PARTICIPANTS = 10
LABEL_LENGTH = 160
_NAME_LENGTH = 60
_REST = "others"


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody with a lifeline; ``key`` tells it from others of the same ``name``, ``role`` says what it is."""

    key: str
    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One message from ``source`` to ``target`` (keys of participants); of a note both are the same.

    ``n`` is its number in the wire log or the flow, ``at`` seconds since the epoch, ``ms`` the time since its request.
    """

    source: str
    target: str
    label: str
    kind: Kind
    n: int
    at: float | None = None
    ms: float | None = None
    failed: bool = False

    @property
    def text(self) -> str:
        """The label with the time it took, on one line, safe to show."""
        return self.fitted(2 * LABEL_LENGTH)

    def fitted(self, columns: int) -> str:
        """The same in so many columns: the label is cut, the time is not."""
        label = one_line(self.label, LABEL_LENGTH)
        marked = f"✗ {label}" if self.failed else label
        took = "" if self.ms is None else f" · {duration_text(self.ms)}"
        return within(marked, max(columns - len(took), 2)) + took if marked else took.removeprefix(" · ")


@dataclass(frozen=True, slots=True)
class Interaction:
    """Participants from left to right and arrows from top to bottom; ``earlier`` arrows were left out before them."""

    participants: tuple[Participant, ...]
    arrows: tuple[Arrow, ...]
    earlier: int = 0

    @property
    def places(self) -> dict[str, int]:
        """The column of each participant, by key."""
        return {each.key: place for place, each in enumerate(self.participants)}

    def bounded(self, most: int = MOST_ARROWS) -> Interaction:
        """The last ``most`` arrows, and whoever has a part in them; too many participants share one lifeline."""
        arrows = self.arrows[-most:]
        used = {key for arrow in arrows for key in (arrow.source, arrow.target)}
        present = [each for each in self.participants if each.key in used]
        earlier = self.earlier + len(self.arrows) - len(arrows)
        if len(present) <= MOST_PARTICIPANTS:
            return Interaction(tuple(present), arrows, earlier)
        kept, rest = present[: MOST_PARTICIPANTS - 1], present[MOST_PARTICIPANTS - 1 :]
        moved = {each.key: _REST for each in rest}
        shared = tuple(
            replace(arrow, source=moved.get(arrow.source, arrow.source), target=moved.get(arrow.target, arrow.target))
            for arrow in arrows
        )
        return Interaction((*kept, Participant(_REST, f"{len(rest)} others")), shared, earlier)

    def to_json(self) -> dict[str, Any]:
        """Participants and arrows as plain values."""
        names = {each.key: each.name for each in self.participants}
        return {
            "participants": [{"name": each.name, "role": each.role} for each in self.participants],
            "arrows": [arrow_row(arrow, names) for arrow in self.arrows],
            "left_out": self.earlier,
        }


def interaction(participants: Iterable[Participant], arrows: Sequence[Arrow]) -> Interaction:
    """The ``participants``, their names made short and visible, and what passed between them."""
    shown = {each.key: replace(each, name=one_line(each.name, _NAME_LENGTH) or "?") for each in participants}
    return Interaction(tuple(shown.values()), tuple(arrows))


def arrow_row(arrow: Arrow, names: dict[str, str]) -> dict[str, Any]:
    """One row of the table of arrows."""
    return {
        "n": arrow.n,
        "from": names.get(arrow.source, arrow.source),
        "to": names.get(arrow.target, arrow.target),
        "kind": arrow.kind,
        "label": one_line(arrow.label, LABEL_LENGTH),
        "ms": arrow.ms,
        "failed": arrow.failed,
    }


def duration_text(ms: float) -> str:
    """``0.4 ms``, ``12 ms``, ``3.4 s``, ``2 min 5 s``."""
    if ms < 10:
        return f"{ms:.1f} ms"
    if ms < 1000:
        return f"{ms:.0f} ms"
    minutes, seconds = divmod(ms / 1000, 60)
    return f"{minutes:.0f} min {seconds:.0f} s" if minutes else f"{seconds:.1f} s"
