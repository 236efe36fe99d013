"""A sequence diagram as Mermaid's text, to paste where that is drawn: Markdown, wikis, issue trackers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from mcp_magics.results.sequence import Arrow, Interaction

_SIGNS = {"request": "->>", "answer": "-->>", "notice": "-)"}
_PLAIN = re.compile(r"[^\w ./,·→←✗…()-]")


def sequence_mermaid(interaction: Interaction) -> str:
    """``interaction`` as a ``sequenceDiagram``; whatever could be syntax or HTML in a label is an entity code.

    Source: https://mermaid.js.org/syntax/sequenceDiagram.html, "Entity codes to escape characters".
    """
    ids = {key: f"p{place}" for key, place in interaction.places.items()}
    lines = ["sequenceDiagram"]
    lines += [f"    participant {ids[each.key]} as {_text(each.name)}" for each in interaction.participants]
    if interaction.earlier and interaction.participants:
        lines.append(f"    Note over p0: {_text(f'{interaction.earlier:,} earlier messages left out')}")
    return "\n".join([*lines, *(f"    {_line(arrow, ids)}" for arrow in interaction.arrows)]) + "\n"


def _line(arrow: Arrow, ids: dict[str, str]) -> str:
    label = _text(arrow.text)
    if arrow.source == arrow.target or arrow.kind == "note":
        return f"Note over {ids[arrow.source]}: {label}"
    return f"{ids[arrow.source]}{_SIGNS[arrow.kind]}{ids[arrow.target]}: {label}"


def _text(text: str) -> str:
    """``text`` with all but letters, digits and a few signs as entity codes (``#59;``)."""
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", clean(text)).replace("__", "_#95;") or "…"
