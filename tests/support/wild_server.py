"""A stdio server whose tools have odd schemas, from :mod:`support.wild_schemas`; each answers with what it got.

``change`` gives ``plain`` another schema and says so.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.browsing_server import Server, say, tool  # noqa: E402  its directory has to be known first
from support.wild_schemas import MADE, ODD, TEXT, members  # noqa: E402

PLAIN = members(
    day={**TEXT, "format": "date"},
    mail={**TEXT, "format": "email"},
    note=TEXT,
    numbers={"type": "array", "items": {"type": "number"}},
)


class Wild(Server):
    """The wild tools, and two that are not."""

    def __init__(self) -> None:
        super().__init__(0)
        self.tools = [tool(name, schema, name) for name, schema in (MADE | ODD).items()]
        self.tools += [tool("plain", PLAIN, "Plain."), tool("change", members(), "Changes plain.")]

    def called(self, name: str, arguments: Any) -> dict[str, Any]:
        """What a tool answers: its arguments."""
        if name == "change":
            self.tools = [
                tool("plain", members(), "Other.") if each["name"] == "plain" else each for each in self.tools
            ]
            say(method="notifications/tools/list_changed")
        return {"content": [{"type": "text", "text": f"{name} got {json.dumps(arguments)}"}]}


if __name__ == "__main__":
    Wild().serve()
