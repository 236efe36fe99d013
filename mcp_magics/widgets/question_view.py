"""A question as its panel draws it: JSON of cleaned, capped texts. Pure; holds no answer and no secret of a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcp_magics.auth.visit import visit_of
from mcp_magics.connection.questions.approval import approval_text
from mcp_magics.results.sampling import parts_of
from mcp_magics.results.sanitise import clean, one_line
from mcp_magics.schema.form import Field, Form, form_of
from mcp_magics.schema.form_content import entry_of, prefilled
from mcp_magics.schema.text import fits
from mcp_magics.widgets.field_view import LONGEST_TITLE, View, capped, drawn_field

if TYPE_CHECKING:
    from mcp_magics.connection.questions.question import Question

_LONGEST_MESSAGE = 8_000
_LONGEST_TEXT = 1_000
_LARGEST = 200_000
"""Characters of a form as it is drawn; a larger one is a box for JSON."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What is drawn, and the form that reads what comes back; None where the answer has no content."""

    view: View
    form: Form | None = None


def panel_of(question: Question) -> Panel:
    """The panel of any question but a login's."""
    asked = {"server": clean(question.server), "message": capped(question.message, _LONGEST_MESSAGE)}
    if question.kind == "approval":
        return Panel({**asked, "message": approval_text(question), "kind": "approval"})
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
    if fits(_fields(form), _LARGEST):
        return form
    whole = Field("", (), "json", "The form is too large to be drawn: write its content as JSON", required=True)
    return replace(form, fields=(), whole=whole)


def _fields(form: Form) -> View:
    fields = (form.whole,) if form.whole is not None else form.fields
    entries = {"": entry_of(form.whole)} if form.whole is not None else prefilled(form)
    return {
        "title": one_line(form.title, LONGEST_TITLE),
        "description": capped(form.description, _LONGEST_TEXT),
        "fields": [drawn_field(each) for each in fields],
        "entries": entries,
    }
