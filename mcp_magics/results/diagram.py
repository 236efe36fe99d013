"""A sequence diagram: drawn as SVG, as plain text for a terminal, as Mermaid's text to paste elsewhere."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import escaped
from mcp_magics.results.sequence import MOST_ARROWS, Interaction, arrow_row
from mcp_magics.results.sequence_mermaid import sequence_mermaid
from mcp_magics.results.sequence_svg import sequence_svg
from mcp_magics.results.sequence_text import sequence_text
from mcp_magics.results.width import LINE_WIDTH, line_width

if TYPE_CHECKING:
    import pandas as pd

_REPR_LENGTH = 1900


@dataclass(frozen=True, repr=False)
class Diagram:
    """Who said what to whom. ``whole`` is all of it; at most ``most`` arrows are drawn, the newest.

    ``line`` is what was typed for it.
    """

    whole: Interaction
    line: str = ""
    most: int = MOST_ARROWS

    @property
    def drawn(self) -> Interaction:
        """What is drawn."""
        return self.whole.bounded(self.most)

    @property
    def title(self) -> str:
        """What is in it, in one line."""
        drawn = self.drawn
        names = ", ".join(each.name for each in drawn.participants)
        return f"sequence diagram: {len(drawn.arrows)} messages between {names}" if drawn.arrows else "nothing to draw"

    @property
    def note(self) -> str:
        """What was left out and how to see it, or ``""``."""
        drawn = self.drawn
        if not drawn.earlier:
            return ""
        last = drawn.arrows[0].n - 1
        shown = f"; {self.line} --to {last}" if self.line else ""
        return f"… {drawn.earlier:,} earlier messages left out, all are in .df{shown}"

    @property
    def svg(self) -> str:
        """As one ``svg`` element on a light ground."""
        return sequence_svg(self.drawn, self.title)

    @property
    def text(self) -> str:
        """As plain lines of 100 columns, without colours."""
        return self._text(LINE_WIDTH)

    def _text(self, width: int) -> str:
        return sequence_text(self.drawn, width) or "(nothing to draw)"

    @property
    def mermaid(self) -> str:
        """As Mermaid's ``sequenceDiagram``."""
        return sequence_mermaid(self.drawn)

    def as_file(self, suffix: str) -> str | None:
        """What ``--save`` writes: ``.svg``, ``.mmd``, ``.txt``; None for other suffixes."""
        forms = {".svg": lambda: self.svg, ".mmd": lambda: self.mermaid, ".txt": lambda: self.text + "\n"}
        form = forms.get(suffix)
        return form() if form else None

    @property
    def df(self) -> pd.DataFrame:
        """A row an arrow, those that are not drawn too: n, from, to, kind, label, ms, failed."""
        import pandas as pd

        names = {each.key: each.name for each in self.whole.participants}
        rows = [arrow_row(arrow, names) for arrow in self.whole.arrows]
        return pd.DataFrame(rows, columns=["n", "from", "to", "kind", "label", "ms", "failed"])

    def to_json(self) -> dict[str, Any]:
        """Participants, arrows, how many were left out before them, and the Mermaid text."""
        return {**self.drawn.to_json(), "mermaid": self.mermaid}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        note = f"\n{self.note}" if self.note else ""
        plain = {"text/plain": f"{self._text(line_width())}{note}"}
        if not self.drawn.arrows:
            return plain
        svg = self.svg
        source = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
        # An image runs no script and loads nothing, whatever shows it; and it survives where inline SVG is taken out.
        picture = f'<img src="{source}" alt="{escaped(self.title)}" style="max-width:none">'
        more = f"<div><small>{escaped(self.note)}</small></div>" if self.note else ""
        return {**plain, "text/html": f'<div style="overflow-x:auto">{picture}</div>{more}', "image/svg+xml": svg}

    def __repr__(self) -> str:
        shown = self._text(line_width())
        return shown if len(shown) <= _REPR_LENGTH else f"{shown[: _REPR_LENGTH - 1]}…"
