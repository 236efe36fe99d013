"""A stdio server with one tool, ``trip``, whose schema is as pydantic writes one; it answers with what it got."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.browsing_server import Server, tool  # noqa: E402  its directory has to be known first

NULL = {"type": "null"}
CARD = {"type": "object", "title": "Card", "required": ["number"], "properties": {}}
CARD["properties"] = {
    "kind": {"const": "card", "default": "card", "title": "Kind", "type": "string"},
    "number": {"type": "string", "title": "Number", "minLength": 4},
}
CASH = {"type": "object", "title": "Cash", "properties": {"kind": {"const": "cash", "title": "Kind"}}}
TRIP: dict[str, Any] = {
    "type": "object",
    "$defs": {"Class": {"enum": ["first", "second"], "title": "Class", "type": "string"}},
    "required": ["traveller", "pay"],
    "properties": {
        "traveller": {"type": "string", "title": "Traveller"},
        "query": {"type": "string", "title": "Query", "default": ""},
        "note": {"anyOf": [{"type": "string"}, NULL], "default": None, "title": "Note"},
        "max_price": {"anyOf": [{"type": "number"}, NULL], "default": None, "title": "Max Price"},
        "seat": {"anyOf": [{"$ref": "#/$defs/Class"}, NULL], "default": None},
        "day": {"anyOf": [{"type": "string", "format": "date"}, NULL], "default": None, "title": "Day"},
        "attachment": {"anyOf": [{"type": "string", "format": "base64url"}, NULL], "default": None},
        "ship_to": {"type": ["string", "null"], "title": "Address", "default": None},
        "pay": {"oneOf": [CARD, CASH], "title": "Pay"},
        "stops": {
            "type": "array",
            "title": "Stops",
            "default": [],
            "items": {"type": "object", "required": ["town"], "properties": {"town": {"type": "string"}}},
        },
    },
}


class Trip(Server):
    """The one tool."""

    def __init__(self) -> None:
        super().__init__(0)
        self.tools = [tool("trip", TRIP, "Book a trip.")]

    def called(self, name: str, arguments: Any) -> dict[str, Any]:
        """What a tool answers: its arguments."""
        return {"content": [{"type": "text", "text": f"{name} got {json.dumps(arguments)}"}]}


if __name__ == "__main__":
    Trip().serve()
