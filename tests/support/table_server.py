"""A stdio server of long tables, in every form a table comes in: ``python table_server.py``."""

from __future__ import annotations

import json
from typing import Any

from mcp_magics.playground.plain_server import Message, Settings, WellBehaved

BIG = 2**60
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
SPOOFED = "user\u202ecod.exe\x1b[31m\x00"
TEAS = ("Assam", "Sencha", "Darjeeling", "Oolong", "Keemun", "Lapsang", "Rooibos", "Matcha", "Pu-erh", "Gunpowder")
ORIGINS = ("India", "Japan", "India", "Taiwan", "China", "China", "South Africa", "Japan", "China", "China")


def teas(count: int) -> list[dict[str, Any]]:
    """So many teas; the price falls and rises, the note is missing in every third."""
    return [
        {
            "sku": f"T-{n:05}",
            "tea": f"{TEAS[n % 10]} {n // 10 + 1}",
            "origin": ORIGINS[n % 10],
            "price": (n * 7919 % 4000) / 100,
            "stock": n * 104729 % 1000,
            "note": None if n % 3 else f"picked on day {n % 365}",
        }
        for n in range(count)
    ]


def csv(count: int) -> str:
    """The same as CSV."""
    rows = [",".join("" if cell is None else str(cell) for cell in tea.values()) for tea in teas(count)]
    return "\n".join(["sku,tea,origin,price,stock,note", *rows, ""])


def markdown(count: int) -> str:
    """The same as a Markdown table."""
    rows = [f"| {tea['tea']} | {tea['price']} |" for tea in teas(count)]
    return "\n".join(["| tea | price |", "|---|---|", *rows])


def odd(count: int) -> list[dict[str, Any]]:
    """Rows whose members try to be more than text."""
    first: list[dict[str, Any]] = [
        {"n": BIG + 1, "mixed": None, "text": HOSTILE, HOSTILE: 1},
        {"n": BIG, "mixed": "9", "text": SPOOFED, HOSTILE: 2},
        {"n": 3, "mixed": 10, "text": "long " * 200_000, HOSTILE: 3},
        {"n": None, "mixed": [1, 2], "text": "", HOSTILE: 4},
    ]
    return [*first, *({"n": k, "mixed": k % 2 == 0, "text": f"row {k}", HOSTILE: k} for k in range(4, count))]


def _text(value: str) -> Message:
    return {"content": [{"type": "text", "text": value}]}


def _structured(**members: list[dict[str, Any]]) -> Message:
    (rows,) = members.values()
    return {**_text(f"{len(rows):,} rows"), "structuredContent": members}


ANSWERS = {
    "teas": lambda: _structured(teas=teas(400)),
    "frame": lambda: _structured(teas=teas(100_000)),
    "few": lambda: _structured(teas=teas(20)),
    "csv": lambda: _text(csv(40)),
    "markdown": lambda: _text(markdown(40)),
    "prose": lambda: _text(f"These are in the shop today:\n\n{markdown(40)}\n\nMore on Monday."),
    "nested": lambda: _text(json.dumps([{"tea": tea, "lots": [{"n": 1}]} for tea in teas(30)])),
    "odd": lambda: _structured(rows=odd(200)),
}


class Tables(WellBehaved):
    """Tools that answer with a table, and a CSV resource of 100,000 rows."""

    name = "tables"

    def capabilities(self) -> Message:
        return {"tools": {}, "resources": {}}

    def tools(self, _params: Message) -> Message:
        return {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in ANSWERS]}

    def call(self, params: Message) -> Message:
        return ANSWERS[params["name"]]()

    def result(self, method: str, params: Message) -> Message:
        match method:
            case "resources/list":
                return self.cacheable({"resources": [{"uri": "table://teas.csv", "name": "teas.csv"}]})
            case "resources/read":
                found = {"uri": params["uri"], "mimeType": "text/csv", "text": csv(100_000)}
                return self.cacheable({"contents": [found]})
            case _:
                return super().result(method, params)


if __name__ == "__main__":
    Tables(Settings()).run()
