"""A question as its panel draws it: JSON of cleaned, capped texts. Pure; holds no answer and no secret of a person."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcp_magics.auth.visit import visit_of
from mcp_magics.results.sampling import parts_of
from mcp_magics.results.sanitise import clean, one_line
from mcp_magics.schema.form import Field, Form, form_of
from mcp_magics.schema.form_content import entry_of, prefilled

if TYPE_CHECKING:
    from mcp_magics.connection.questions.question import Question

View = dict[str, Any]

_LONGEST_MESSAGE = 8_000
_LONGEST_TEXT = 1_000
_LONGEST_TITLE = 200
_LARGEST = 200_000
"""Characters of a form's state; a larger one is a box for JSON."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What is drawn, and the form that reads what comes back; None where the answer has no content."""

    view: View
    form: Form | None = None


def panel_of(question: Question) -> Panel:
    """The panel of any question but a login's."""
    asked = {"server": clean(question.server), "message": _capped(question.message, _LONGEST_MESSAGE)}
    if question.kind == "approval":
        return Panel({**asked, "kind": "approval"})
    if question.kind == "sampling":
        parts = [{"label": each.label, "text": each.text, "role": each.role} for each in parts_of(question.params)]
        return Panel({**asked, "message": "", "kind": "sampling", "parts": parts})
    if question.mode == "url":
        return Panel({**asked, "kind": "url", "visit": _visit(question.params.get("url"))})
    form = _bounded(form_of(question.params.get("requestedSchema")))
    return Panel({**asked, "kind": "form", **_fields(form)}, form)


def headline(question: Question) -> str:
    """One short line that says what is asked."""
    asks, said = {"approval": "asks for approval", "sampling": "asks for a completion"}.get(question.kind, "asks"), ""
    if question.kind == "sampling":
        said = next((each.text for each in reversed(parts_of(question.params)) if each.role), "")
    return f"{clean(question.server)} {asks}: “{one_line(said or question.message, 100)}”"


def _visit(url: object) -> View:
    visit = visit_of(url)
    return {
        "address": visit.address,
        "host": visit.host,
        "refusal": visit.refusal,
        "warnings": list(visit.warnings),
        "opens": url if not visit.refusal else "",
    }


def _bounded(form: Form) -> Form:
    """``form``, or one box for JSON where it is too large to be drawn."""
    if len(json.dumps(_fields(form))) <= _LARGEST:
        return form
    whole = Field("", (), "json", "The form is too large to be drawn: write its content as JSON", required=True)
    return replace(form, fields=(), whole=whole)


def _fields(form: Form) -> View:
    fields = (form.whole,) if form.whole is not None else form.fields
    entries = {"": entry_of(form.whole)} if form.whole is not None else prefilled(form)
    return {
        "title": one_line(form.title, _LONGEST_TITLE),
        "description": _capped(form.description, _LONGEST_TEXT),
        "fields": [_field(each) for each in fields],
        "entries": entries,
    }


def _field(field: Field) -> View:
    """One field; what is None or empty is left out."""
    bounds = field.bounds
    drawn: View = {
        "name": field.name,
        "kind": field.kind,
        "title": one_line(field.title, _LONGEST_TITLE) or ("value" if not field.path else ""),
        "description": _capped(field.description, _LONGEST_TEXT),
        "required": field.required,
        "hint": _hint(field),
        "format": field.format if field.format in _DRAWN else "",
        "choices": [one_line(each.title, _LONGEST_TITLE) for each in field.choices],
        "least": _drawable(bounds.least),
        "most": _drawable(bounds.most),
        "step": _drawable(bounds.step) or (1 if field.kind == "integer" else None),
        "long": field.kind == "string" and (bounds.longest or 0) > 200,
        "fields": [_field(each) for each in field.fields],
        "item": _field(field.item) if field.item is not None else None,
    }
    return {name: each for name, each in drawn.items() if each not in (None, "", [], False)}


_DRAWN = frozenset({"email", "uri", "date", "date-time", "time"})


def _hint(field: Field) -> str:
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


def _capped(text: str, longest: int) -> str:
    return clean(text[:longest]) + (f"… ({len(text):,} characters)" if len(text) > longest else "")
