"""The shop's data, made from a seed: 200 products, 100 customers, 1,000 orders of the year 2025.

The same seed gives the same rows on every machine: only ``random.Random.random`` is used, whose sequence Python keeps.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import product
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Item = TypeVar("Item")
ProductRow = tuple[str, str, str, str, int, int, float]
CustomerRow = tuple[str, str, str, str, str]
OrderRow = tuple[int, str, str, str]
LineRow = tuple[int, str, int, int]

PRODUCTS = 200
CUSTOMERS = 100
ORDERS = 1_000
FIRST_ORDER = 1_001
FIRST_DAY = date(2025, 1, 1)
TODAY = date(2026, 1, 1)

_STYLES = ("Everyday", "Nordic", "Vintage", "Compact", "Reserve")
_KINDS = {
    "Coffee": ("Espresso Beans", "Filter Roast", "Pour-over Set", "Hand Grinder", "Moka Pot"),
    "Games": ("Chess Set", "Card Deck", "Puzzle 1000", "Dice Tower", "Go Board"),
    "Garden": ("Pruning Shears", "Watering Can", "Seed Box", "Trowel", "Plant Lamp"),
    "Kitchen": ("Chef's Knife", "Mixing Bowl", "Cast-iron Pan", "Bread Tin", "Spice Mill"),
    "Lighting": ("Desk Lamp", "Candle Trio", "String Lights", "Lantern", "Reading Light"),
    "Stationery": ("Notebook A5", "Fountain Pen", "Ink Bottle", "Pencil Case", "Letter Set"),
    "Tea": ("Green Tea", "Earl Grey", "Herbal Mix", "Teapot", "Matcha Kit"),
    "Textiles": ("Linen Towel", "Wool Blanket", "Tote Bag", "Cushion", "Apron"),
}
_LETTERS = {
    "Coffee": "CO", "Games": "GM", "Garden": "GD", "Kitchen": "KI",
    "Lighting": "LI", "Stationery": "ST", "Tea": "TE", "Textiles": "TX",
}  # fmt: skip
_FIRST_NAMES = ("Ada", "Björn", "Chloé", "Dario", "Elif", "Farid", "Grace", "Hana", "Ines", "Jonas")
_LAST_NAMES = ("Andersen", "Bianchi", "Costa", "Dubois", "Eriksson", "Fischer", "García", "Horváth", "Ito", "Jansen")
_CITIES = (
    ("Oslo", "Norway"), ("Milan", "Italy"), ("Lisbon", "Portugal"), ("Lyon", "France"), ("Malmö", "Sweden"),
    ("Leipzig", "Germany"), ("Seville", "Spain"), ("Pécs", "Hungary"), ("Kyoto", "Japan"), ("Utrecht", "Netherlands"),
)  # fmt: skip
_DEAREST_CENTS = 12_000
_CHEAPEST_CENTS = 250
_MOST_STOCK = 120
_MOST_LINES = 4
_OPEN_DAYS = 14
_ORIGINS = ("a family workshop", "a small cooperative", "a third-generation maker", "a studio by the sea")


def products(random: Random) -> list[ProductRow]:
    """Rows of sku, name, category, description, price in cents, stock, rating; a SKU's letters are its category's."""
    rows: list[ProductRow] = []
    for category, kinds in _KINDS.items():
        for number, (style, kind) in enumerate(product(_STYLES, kinds), start=1):
            cents = _CHEAPEST_CENTS + int((_DEAREST_CENTS - _CHEAPEST_CENTS) * random.random() ** 2)
            rows.append(
                (
                    f"{_LETTERS[category]}-{number:04d}",
                    f"{style} {kind}",
                    category,
                    _description(random, style, kind),
                    cents // 10 * 10 + 9,
                    int(random.random() * _MOST_STOCK),
                    round(3 + 2 * random.random() ** 0.7, 1),
                )
            )
    return rows


def customers() -> list[CustomerRow]:
    """Rows of id, name, e-mail address, city, country; the same for every seed."""
    rows: list[CustomerRow] = []
    for number, (first, last) in enumerate(product(_FIRST_NAMES, _LAST_NAMES)):
        city, country = _CITIES[(number * 7 + number // 10) % len(_CITIES)]
        rows.append((f"C{number + 1:03d}", f"{first} {last}", f"customer{number + 1}@example.org", city, country))
    return rows


def orders(
    random: Random, sold: Sequence[ProductRow], buyers: Sequence[CustomerRow]
) -> Iterator[tuple[OrderRow, list[LineRow]]]:
    """Orders with their lines, oldest first: id, customer, day, status; and id, sku, quantity, unit price in cents."""
    days = sorted(_day(random) for _ in range(ORDERS))
    for number, day in enumerate(days, start=FIRST_ORDER):
        chosen = {_pick(random, sold)[0:5:4] for _ in range(1 + int(random.random() * _MOST_LINES))}
        lines = [(number, str(sku), 1 + int(random.random() ** 2 * 5), int(cents)) for sku, cents in sorted(chosen)]
        yield (number, _pick(random, buyers)[0], day.isoformat(), _status(random, day)), lines


def _day(random: Random) -> date:
    """A day of the year: more of them late in it, most of all before its end."""
    share = random.random()
    bend = share - 0.06 * math.sin(2 * math.pi * share)
    return FIRST_DAY + timedelta(days=min(int(365 * bend**0.8), 364))


def _status(random: Random, day: date) -> str:
    chance = random.random()
    if (TODAY - day).days <= _OPEN_DAYS:
        return ("pending", "paid", "shipped")[int(chance * 3)]
    return "cancelled" if chance < 0.05 else "returned" if chance < 0.09 else "delivered"


def _description(random: Random, style: str, kind: str) -> str:
    origin = _pick(random, _ORIGINS)
    return (
        f"{style} {kind.lower()} from {origin}: made in small numbers, packed without plastic, "
        f"guaranteed for {1 + int(random.random() * 5)} years and repaired afterwards."
    )


def _pick(random: Random, among: Sequence[Item]) -> Item:
    return among[int(random.random() * len(among))]
