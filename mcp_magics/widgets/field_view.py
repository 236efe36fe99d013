"""One field of a form as a page draws it: JSON of cleaned, capped texts. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import clean, one_line
from mcp_magics.schema.argument_values import Telling
from mcp_magics.schema.field_rows import bounds_text
from mcp_magics.schema.sensitive import is_sensitive

if TYPE_CHECKING:
    from mcp_magics.schema.form import Field

View = dict[str, Any]

LONGEST_TITLE = 200
_LONGEST_TEXT = 1_000


def drawn_field(field: Field) -> View:
    """One field of a question; what is None or empty is left out."""
    return _filled(
        {
            **_own(field),
            "fields": [drawn_field(each) for each in field.fields],
            "item": drawn_field(field.item) if field.item is not None else None,
        }
    )


def drawn_argument(field: Field, telling: Telling) -> View:
    """One field of the arguments of a tool: its parts too, and what each of them begins with where it is added."""
    begun = telling.begun
    parts = (field.item,) if field.item is not None else field.variants
    return _filled(
        {
            **_own(field),
            "fields": [drawn_argument(each, telling) for each in field.fields],
            "item": drawn_argument(field.item, telling) if field.item is not None else None,
            "variants": [drawn_argument(each, telling) for each in field.variants],
            "begun": [begun(each) for each in parts]
            or ([begun(replace(field, required=True))] if field.kind == "object" else []),
            "nullable": field.nullable,
            "encoding": field.encoding,
            "open": field.open_ended,
            "sensitive": is_sensitive(field),
        }
    )


def _filled(drawn: View) -> View:
    return {name: each for name, each in drawn.items() if each not in (None, "", []) and each is not False}


def _own(field: Field) -> View:
    bounds = field.bounds
    return {
        "name": field.name,
        "kind": field.kind,
        "title": one_line(field.title, LONGEST_TITLE) or _called(field),
        "description": capped(field.description, _LONGEST_TEXT),
        "required": field.required,
        "hint": hint(field),
        "format": field.format if field.format in _DRAWN else "",
        "choices": [one_line(each.title, LONGEST_TITLE) for each in field.choices],
        "least": _drawable(bounds.least),
        "most": _drawable(bounds.most),
        "step": _drawable(bounds.step) or (1 if field.kind == "integer" else None),
        "long": field.kind == "string" and (bounds.longest or 0) > 200,
    }


def _called(field: Field) -> str:
    """What a field without a title that can be seen is called: a member by its quoted name."""
    if not field.path:
        return "value"
    return one_line(json.dumps(field.name), LONGEST_TITLE) if field.name == field.path[-1] else ""


_DRAWN = frozenset({"email", "uri", "date", "date-time", "time"})
_EXACT = 2**53  # beyond it, a page's numbers are others


def hint(field: Field) -> str:
    """What the schema wants, in words."""
    said = [bounds_text(field.bounds, field.kind)]
    said += [f"a pattern: {one_line(field.pattern, 80)}"] if field.pattern else []
    said += ["as JSON"] if field.kind == "json" else []
    return ", ".join(filter(None, said))


def _drawable(bound: float | None) -> float | None:
    return bound if bound is not None and abs(bound) <= _EXACT else None


def capped(text: str, longest: int) -> str:
    """The first ``longest`` characters of ``text``, cleaned, and how many there are."""
    return clean(text[:longest]) + (f"… ({len(text):,} characters)" if len(text) > longest else "")
