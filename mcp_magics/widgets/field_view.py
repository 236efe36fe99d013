"""One field of a form as a page draws it: JSON of cleaned, capped texts. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import clean, one_line
from mcp_magics.schema.argument_entries import LEFT_OUT, exact
from mcp_magics.schema.argument_values import Telling
from mcp_magics.schema.exact_value import exact_text
from mcp_magics.schema.field_rows import bounds_text, kind_of
from mcp_magics.schema.form import MISSING
from mcp_magics.schema.sensitive import is_sensitive
from mcp_magics.schema.text import beginning

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
            "title": label_of(field),
            "fixed": _fixed(field),
            "fields": [drawn_argument(each, telling) for each in field.fields],
            "item": drawn_argument(field.item, telling) if field.item is not None else None,
            "variants": [drawn_argument(each, telling) for each in field.variants],
            "begun": [begun(each) for each in parts] or ([begun(_added(field))] if field.kind == "object" else []),
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


def label_of(field: Field) -> str:
    """What an argument is called: its name, for that is what one writes, and a title that says more beside it."""
    title = one_line(field.title, LONGEST_TITLE) or (_called(field) if field.path else "the arguments")
    name = one_line(field.name, LONGEST_TITLE) or (_called(field) if field.name else "")
    return " · ".join(dict.fromkeys(filter(None, (name, "" if _alike(name, title) else title))))


def _alike(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but case, spaces, underscores and hyphens."""
    return re.sub(r"[\s_-]", "", one).casefold() == re.sub(r"[\s_-]", "", other).casefold()


def _fixed(field: Field) -> str:
    """The one value a field may have, as JSON; empty where there are several, or none that JSON has, or a long one."""
    if field.kind != "choice" or len(field.choices) != 1:
        return ""
    only = field.choices[0].value
    value = exact(only) if len(beginning(only, _LONGEST_TEXT + 1)) <= _LONGEST_TEXT else LEFT_OUT
    return "" if value is LEFT_OUT else exact_text(value)


def _added(field: Field) -> Field:
    """``field`` as it is once a person has added it: no longer left out, and not null."""
    return replace(field, required=True, default=MISSING if field.default is None else field.default)


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
    said += [_as_json(field)] if field.kind == "json" else []
    if field.begins_empty:
        said.append("null unless filled in" if field.default is None else "an empty text unless filled in")
    return ", ".join(filter(None, said))


def _as_json(field: Field) -> str:
    kind = kind_of(replace(field, nullable=False, format="", encoding=""))
    return {"object": "a JSON object", "array": "a JSON array"}.get(kind, "as JSON")


def _drawable(bound: float | None) -> float | None:
    return bound if bound is not None and abs(bound) <= _EXACT else None


def capped(text: str, longest: int) -> str:
    """The first ``longest`` characters of ``text``, cleaned, and how many there are."""
    return clean(text[:longest]) + (f"… ({len(text):,} characters)" if len(text) > longest else "")
