"""One offer opened in a panel: its form, what was typed into it, the cell that says the same, and its run.

Kept on the kernel's loop. What a page types comes as a message, is answered with what it would send, and is no
widget's state; the newest cell that was run is in :attr:`OpenForm.cell`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from mcp_magics.results.sanitise import clean, one_line
from mcp_magics.schema.argument_entries import Written, checked, written
from mcp_magics.schema.argument_form import ArgumentForm, argument_form
from mcp_magics.schema.argument_values import Telling, begun, entry_from
from mcp_magics.schema.field_rows import field_rows
from mcp_magics.schema.form import Field
from mcp_magics.schema.text import fits, is_sendable
from mcp_magics.widgets.field_view import View, capped, drawn_argument

if TYPE_CHECKING:
    from mcp_magics.schema.problems import Path
    from mcp_magics.widgets.offer import Offer

Tell = Callable[[View], None]

LARGEST_TEXT = 200_000
"""Characters of arguments that are sent back to a page to be edited."""
LARGEST_FILE = 7_000_000
"""Bytes of a chosen file: with its encoding, what a message of Jupyter's server may have (10 MiB)."""
_LARGEST_FORM = 200_000
_MOST_FILES = 20
_PROBLEMS = 60
_DESCRIPTION, _SCHEMA, _TITLE = 8_000, 20_000, 200
_MOST_ROWS = 300
_NOTHING = {"type": "object"}
_NAMES = ("annotations", "mimeType", "size", "execution", "_meta")


class OpenForm:
    """What is open of one offer; ``run`` is called with the arguments' text, as JSON, when a person sends them."""

    def __init__(self, offer: Offer, run: Callable[[str], None]) -> None:
        self.offer = offer
        self.cell = offer.cell("{}")
        self._run = run
        self._form, self._drawn = _bounded(argument_form(offer.schema if offer.schema is not None else _NOTHING))
        self._files: dict[str, bytes] = {}

    def view(self) -> View:
        """All a page needs to draw it, once."""
        entry = begun(self._form.root)
        first = written(self._form, entry, {})
        return {
            "offer": _about(self.offer, self._form),
            "form": self._drawn if self.offer.schema is not None else None,
            "entry": entry,
            **self._said(replace(first, problems=())),
        }

    def heard(self, content: Mapping[str, Any], answer: Tell) -> None:
        """Do what a page asks for."""
        match content:
            case {"do": "entries", "entry": entry}:
                answer({"written": self._said(written(self._form, entry, self._files))})
            case {"do": "text", "text": str(text)}:
                answer({"read": self._read(text)})
            case {"do": "file", "name": str(name), "data": str(data)}:
                self._keep(name, data)
            case {"do": "run"}:
                self._begin(content, answer)

    def _read(self, text: str) -> View:
        """What a JSON text means to the fields; one that is no JSON stays as it was typed."""
        found = checked(self._form, text)
        if found.blocked:
            return {"problems": _told(found), "blocked": True}
        return {"entry": entry_from(self._form, text), **self._said(found)}

    def _begin(self, content: Mapping[str, Any], answer: Tell) -> None:
        text = content.get("text")
        ready = checked(self._form, text) if isinstance(text, str) else self._of_fields(content.get("entry"))
        if ready.blocked or (ready.problems and content.get("anyway") is not True):
            answer({"refused": {"problems": _told(ready), "blocked": ready.blocked, "note": clean(ready.note)}})
            return
        self.cell = self.offer.cell(ready.text)
        self._run(ready.text)

    def _of_fields(self, entry: Any) -> Written:
        return written(self._form, entry, self._files)

    def _keep(self, name: str, data: str) -> None:
        """Keep a chosen file; of many, the newest."""
        try:
            chosen = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            return
        if len(chosen) > LARGEST_FILE:
            return
        self._files[name[:100]] = chosen
        while len(self._files) > _MOST_FILES:
            del self._files[next(iter(self._files))]

    def _said(self, found: Written) -> View:
        """What would be sent, as far as a page has room for it."""
        fits = len(found.text) <= LARGEST_TEXT
        return {
            "text": found.text if fits else "",
            "cell": self.offer.cell(found.text) if fits else "",
            "size": len(found.text),
            "problems": _told(found),
            "blocked": found.blocked,
            "note": clean(found.note),
        }


def _told(found: Written) -> list[View]:
    return [{"path": _told_path(each.path), "message": clean(each.message)} for each in found.problems[:_PROBLEMS]]


def _told_path(path: Path) -> list[str | int]:
    """The way to a field, as far as a page can be told it: where it ends, the problem is shown."""
    return list(takewhile(is_sendable, path))


def _bounded(form: ArgumentForm) -> tuple[ArgumentForm, View]:
    """``form`` as it is drawn, or one box for JSON where it is too large."""
    telling = Telling()
    drawn = drawn_argument(form.root, telling)
    if not telling.is_full and fits(drawn, _LARGEST_FORM):
        return form, drawn
    whole = Field("", (), "json", "The form is too large to be drawn: write the arguments as JSON", required=True)
    whole = replace(whole, default={})
    return ArgumentForm(whole, form.schema), drawn_argument(whole, Telling())


def _about(offer: Offer, form: ArgumentForm) -> View:
    """What its server says of it, cleaned and capped."""
    schema = offer.schema
    told = {name: _json(offer.raw[name], 2_000) for name in _NAMES if name in offer.raw}
    rows = [
        {
            "depth": row.depth,
            "name": one_line(row.name, _TITLE),
            "type": one_line(row.type, _TITLE),
            "required": row.required,
            "default": one_line(row.default, _TITLE),
            "allowed": one_line(row.allowed, 400),
            "about": one_line(row.description, 400),
        }
        for row, _ in zip(field_rows(form.root), range(_MOST_ROWS), strict=False)
    ]
    return {
        "kind": offer.kind,
        "server": one_line(offer.server, _TITLE),
        "name": one_line(offer.name, 400),
        "title": one_line(offer.title, _TITLE),
        "description": capped(offer.description, _DESCRIPTION),
        "hints": _hints(offer),
        "told": told,
        "rows": rows if schema is not None else [],
        "schema": _json(schema, _SCHEMA) if schema is not None else "",
        "result": _json(offer.raw["outputSchema"], _SCHEMA) if "outputSchema" in offer.raw else "",
    }


_HINTS = {
    "readOnlyHint": ("read-only", "may change things"),
    "destructiveHint": ("may destroy", "destroys nothing"),
    "idempotentHint": ("twice is as once", ""),
    "openWorldHint": ("reaches the world outside", ""),
}


def _hints(offer: Offer) -> list[str]:
    """What the annotations say, as far as they are the specification's (server/tools); hints, no promises."""
    given = offer.raw.get("annotations")
    hints = given if isinstance(given, Mapping) else {}
    said = [
        words[0] if hints[name] else words[1] for name, words in _HINTS.items() if isinstance(hints.get(name), bool)
    ]
    return [each for each in said if each]


def _json(value: Any, longest: int) -> str:
    try:
        return capped(json.dumps(value, ensure_ascii=False, indent=1), longest)
    except (RecursionError, TypeError, ValueError):
        return "nested too deeply to be shown"
