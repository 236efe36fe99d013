"""One field of a form as a page draws it: JSON of cleaned, capped texts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import clean, one_line

if TYPE_CHECKING:
    from mcp_magics.schema.form import Field

View = dict[str, Any]

LONGEST_TITLE = 200
_LONGEST_TEXT = 1_000


def drawn_field(field: Field) -> View:
    """One field; what is None or empty is left out."""
    bounds = field.bounds
    drawn: View = {
        "name": field.name,
        "kind": field.kind,
        "title": one_line(field.title, LONGEST_TITLE) or ("value" if not field.path else ""),
        "description": capped(field.description, _LONGEST_TEXT),
        "required": field.required,
        "hint": hint(field),
        "format": field.format if field.format in _DRAWN else "",
        "choices": [one_line(each.title, LONGEST_TITLE) for each in field.choices],
        "least": _drawable(bounds.least),
        "most": _drawable(bounds.most),
        "step": _drawable(bounds.step) or (1 if field.kind == "integer" else None),
        "long": field.kind == "string" and (bounds.longest or 0) > 200,
        "fields": [drawn_field(each) for each in field.fields],
        "item": drawn_field(field.item) if field.item is not None else None,
    }
    return {name: each for name, each in drawn.items() if each not in (None, "", [], False)}


_DRAWN = frozenset({"email", "uri", "date", "date-time", "time"})


def hint(field: Field) -> str:
    """What the schema wants, in words."""
    bounds, said = field.bounds, []
    said += [f"at least {_number(bounds.least)}"] if bounds.least is not None else []
    said += [f"above {_number(bounds.above)}"] if bounds.above is not None else []
    said += [f"at most {_number(bounds.most)}"] if bounds.most is not None else []
    said += [f"below {_number(bounds.below)}"] if bounds.below is not None else []
    said += [f"in steps of {_number(bounds.step)}"] if bounds.step is not None else []
    said += [_range(bounds.shortest, bounds.longest, "character")]
    said += [_range(bounds.fewest, bounds.most_items, "item" if field.kind == "array" else "choice")]
    said += [f"a pattern: {one_line(field.pattern, 80)}"] if field.pattern else []
    said += ["as JSON"] if field.kind == "json" else []
    return ", ".join(filter(None, said))


_EXACT = 2**53  # beyond it, a page's numbers are others


def _drawable(bound: float | None) -> float | None:
    return bound if bound is not None and abs(bound) <= _EXACT else None


def _number(bound: float) -> str:
    return f"{bound:,}" if _drawable(bound) is not None else "a very large number"


def _range(least: int | None, most: int | None, what: str) -> str:
    if not least and most is None:
        return ""
    if least == most:
        return f"{_count(least or 0, what)}"
    if most is None:
        return f"at least {_count(least or 0, what)}"
    return f"{least} to {_count(most, what)}" if least else f"at most {_count(most, what)}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def capped(text: str, longest: int) -> str:
    """The first ``longest`` characters of ``text``, cleaned, and how many there are."""
    return clean(text[:longest]) + (f"… ({len(text):,} characters)" if len(text) > longest else "")
