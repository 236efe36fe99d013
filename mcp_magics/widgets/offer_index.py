"""Ten thousand offers, found while somebody types: which ones match, and a few of them as rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mcp_magics.results.sanitise import one_line
from mcp_magics.widgets.offer import KINDS, Key, Offer

MOST_ROWS = 50
"""Rows that are sent at a time."""
_SEARCHED = 20_000
"""Characters of a description that are looked through."""
_LONGEST_FILTER = 500
_NAME, _TITLE, _ABOUT = 120, 100, 140


class OfferIndex:
    """The offers of all servers; each keeps its number for as long as the index lives, however the lists change."""

    def __init__(self) -> None:
        self._numbers: dict[Key, int] = {}
        self._offers: dict[int, Offer] = {}
        self._texts: dict[int, tuple[str, str]] = {}
        self._asked: tuple[str, tuple[str, ...]] | None = None
        self._found: list[int] = []
        self._counts: Mapping[str, int] = {}

    def fill(self, offers: Iterable[Offer]) -> None:
        """Hold ``offers``, and no others."""
        self._offers, self._asked = {}, None
        texts: dict[int, tuple[str, str]] = {}
        for offer in offers:
            number = self._numbers.setdefault(offer.key, len(self._numbers))
            same = self._offers.get(number)
            self._offers[number] = same or offer
            texts[number] = _searched(offer)
        self._texts = texts

    def __len__(self) -> int:
        return len(self._offers)

    def get(self, number: int) -> Offer | None:
        """The offer of that number, where it is still there."""
        return self._offers.get(number)

    def number(self, key: Key) -> int | None:
        """The number of an offer."""
        number = self._numbers.get(key)
        return number if number in self._offers else None

    def rows(self, text: str, kinds: Sequence[str], start: int) -> dict[str, Any]:
        """At most :data:`MOST_ROWS` rows from ``start`` of those that match, how many match, and of which kinds."""
        self._find(text, kinds)
        start = max(0, min(start, len(self._found)))
        shown = self._found[start : start + MOST_ROWS]
        return {
            "total": len(self._offers),
            "matched": len(self._found),
            "counts": dict(self._counts),
            "start": start,
            "rows": [_row(number, self._offers[number]) for number in shown],
        }

    def _find(self, text: str, kinds: Sequence[str]) -> None:
        """Look for every word of ``text``; a name that has the first one stands before a description that has."""
        asked = (text[:_LONGEST_FILTER], tuple(sorted(set(kinds))))
        if asked == self._asked:
            return
        words = asked[0].casefold().split()
        matching = [
            n for n, (name, about) in self._texts.items() if all(word in name or word in about for word in words)
        ]
        self._counts = Counter(self._offers[number].kind for number in matching)
        wanted = set(kinds) or set(KINDS)
        found = [number for number in matching if self._offers[number].kind in wanted]
        if words:
            found.sort(key=lambda number: _rank(self._texts[number][0], words[0]))
        self._asked, self._found = asked, found


def _searched(offer: Offer) -> tuple[str, str]:
    name = f"{offer.name}\n{offer.title[:_SEARCHED]}"
    return name.casefold(), f"{offer.server} {offer.description[:_SEARCHED]}".casefold()


def _rank(name: str, word: str) -> int:
    return 0 if name.startswith(word) else 1 if word in name else 2


def _row(number: int, offer: Offer) -> dict[str, Any]:
    row = {
        "n": number,
        "kind": offer.kind,
        "server": one_line(offer.server, 60),
        "name": one_line(offer.name, _NAME),
        "title": one_line(offer.title, _TITLE),
        "about": one_line(offer.description, _ABOUT),
    }
    return {name: each for name, each in row.items() if each != ""}
