"""What there is to say about the content of a form that nobody typed into it: notes, for it is sent as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mcp_magics.schema import violations
from mcp_magics.schema.form import form_of
from mcp_magics.schema.formats import format_problem
from mcp_magics.schema.text import one_line

if TYPE_CHECKING:
    from mcp_magics.schema.form import Field

_MOST = 5
_PLAIN = frozenset({"$schema", "type", "title", "description", "properties", "required"})
"""Members of a schema whose properties are all it names."""


def form_notes(content: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, ...]:
    """How ``content`` breaks ``schema``, its formats too, and what it says that no field asks for; never raises.

    The last is whether it could be looked at. Source: client/elicitation, "requested schema".
    """
    found = violations.find(dict(content), schema, most=_MOST)
    broken = [violations.note_of(error, "content") for error in found.errors]
    broken += [*_misformed(form_of(schema).fields, content, "content"), *_unasked(content, schema)]
    notes = [f"the answer breaks the form, and was sent as it is: {'; '.join(broken[:_MOST])}"] if broken else []
    if found.trouble:
        notes.append(f"the answer was sent without being held against the form: {found.trouble}")
    return tuple(notes)


def _misformed(fields: tuple[Field, ...], content: Mapping[str, Any], path: str) -> Iterator[str]:
    """Texts that are not of their field's format, which JSON Schema alone does not hold them to (§7.2.1)."""
    for field in fields:
        value, where = content.get(field.name), f"{path}.{one_line(field.name)}"
        if field.kind == "object" and isinstance(value, Mapping):
            yield from _misformed(field.fields, value, where)
        elif isinstance(value, str) and field.format and (problem := format_problem(value, field.format)):
            yield f"{where} is {problem}"


def _unasked(content: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    names = schema.get("properties")
    if not isinstance(names, Mapping) or schema.keys() - _PLAIN:
        return
    for name in content:
        if name not in names:
            near = get_close_matches(name, map(str, names), n=1, cutoff=0.6)
            hint = f"; did you mean {one_line(near[0])!r}?" if near else ""
            yield f"content.{one_line(name)}: the form has no such field{hint}"
