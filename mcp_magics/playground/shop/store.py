"""The shop's database: SQLite in memory, filled from a seed, and the questions the tools put to it."""

from __future__ import annotations

import sqlite3
from datetime import date
from difflib import get_close_matches
from random import Random
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver.exceptions import ToolError

from mcp_magics.playground.shop import seed as seeding
from mcp_magics.playground.shop.models import ExportLine, Line, Month, Order, OrderRow, Product

if TYPE_CHECKING:
    from collections.abc import Iterable

_SCHEMA = """
create table product (sku text primary key, name text, category text, description text, cents int, stock int,
                      rating real);
create table customer (id text primary key, name text, email text, city text, country text);
create table "order" (id integer primary key, customer text references customer, placed_on text, status text);
create table line ("order" int references "order", sku text references product, quantity int, cents int);
create index line_order on line ("order");
create view order_row as
  select o.id, o.placed_on, c.name as customer, c.city, o.status, sum(l.quantity) as items,
         sum(l.quantity * l.cents) as cents
  from "order" o join customer c on c.id = o.customer join line l on l."order" = o.id
  group by o.id;
create view sale as
  select substr(o.placed_on, 1, 7) as month, p.category, l.quantity * l.cents as cents, o.id as "order"
  from line l join "order" o on o.id = l."order" join product p on p.sku = l.sku
  where o.status not in ('cancelled', 'returned') and o.placed_on < '{today}';
"""


class Store:
    """One shop; ``seed`` decides what is in it. Prices are kept in cents and told in euros."""

    def __init__(self, seed: int) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(_SCHEMA.format(today=seeding.TODAY))
        self._fill(Random(seed))  # noqa: S311 - data to play with

    def search(self, query: str, category: str | None, max_price: float | None, limit: int) -> list[Product]:
        """Products with every word of ``query`` in their name, category or description; cheapest first."""
        conditions: list[tuple[str, Any]] = [
            ("name || ' ' || category || ' ' || description like ? escape '\\'", f"%{_literal(word)}%")
            for word in query.split()
        ]
        conditions += [("category = ?", category)] if category is not None else []
        conditions += [("cents <= ?", round(max_price * 100))] if max_price is not None else []
        rows = self._where("product", conditions, "order by cents, sku limit ?", limit)
        return [_product(row) for row in rows]

    def product(self, sku: str) -> Product:
        """The product of that SKU.

        Raises:
            ToolError: there is none; the message names the nearest.
        """
        row = self._database.execute("select * from product where sku = ?", (sku.strip().upper(),)).fetchone()
        if row is None:
            message = f"there is no product {sku!r}{self._nearest(sku)}"
            raise ToolError(message)
        return _product(row)

    def orders(self, status: str | None, since: date | None, limit: int | None) -> list[OrderRow]:
        """Orders, newest first; all of them without a ``limit``."""
        conditions: list[tuple[str, Any]] = [("status = ?", status)] if status is not None else []
        conditions += [("placed_on >= ?", since.isoformat())] if since is not None else []
        rows = self._where("order_row", conditions, "order by id desc limit ?", -1 if limit is None else limit)
        return [OrderRow(total=row["cents"] / 100, **_without(row, "cents", "city")) for row in rows]

    def order(self, number: int) -> Order | None:
        """An order with its lines, or None."""
        row = self._database.execute("select * from order_row where id = ?", (number,)).fetchone()
        if row is None:
            return None
        lines = self._database.execute(
            'select l.*, p.name from line l join product p using (sku) where "order" = ? order by sku', (number,)
        )
        return Order(
            total=row["cents"] / 100,
            lines=[
                Line(sku=line["sku"], name=line["name"], quantity=line["quantity"], unit_price=line["cents"] / 100)
                for line in lines
            ],
            **_without(row, "cents"),
        )

    def place(self, sku: str, quantity: int, customer: str) -> Order:
        """Take ``quantity`` pieces off the shelf and write the order down, dated the first day after the data.

        Raises:
            ToolError: there is no such product or customer, or not enough stock.
        """
        product = self.product(sku)
        buyer = self._customer(customer)
        if quantity > product.stock:
            message = f"only {product.stock} pieces of {product.sku} ({product.name}) are left"
            raise ToolError(message)
        with self._database as transaction:
            transaction.execute("update product set stock = stock - ? where sku = ?", (quantity, product.sku))
            placed = transaction.execute(
                'insert into "order" (customer, placed_on, status) values (?, ?, ?)',
                (buyer, seeding.TODAY.isoformat(), "pending"),
            )
            line = (placed.lastrowid, product.sku, quantity, round(product.price * 100))
            transaction.execute("insert into line values (?, ?, ?, ?)", line)
        order = self.order(placed.lastrowid or 0)
        assert order is not None
        return order

    def revenue(self, by: str) -> list[tuple[str, float]]:
        """Euros of sales by ``category`` or ``month``, in the order of their names."""
        column = {"category": "category", "month": "month"}[by]
        rows = self._database.execute(f"select {column}, sum(cents) from sale group by 1 order by 1")  # noqa: S608 - one of two words
        return [(name, cents / 100) for name, cents in rows]

    def month(self, month: str) -> Month:
        """The sales of ``month``, written as in 2025-11."""
        count, cents = self._database.execute(
            'select count(distinct "order"), coalesce(sum(cents), 0) from sale where month = ?', (month,)
        ).fetchone()
        (best,) = self._database.execute(
            "select category from sale where month = ? group by 1 order by sum(cents) desc, 1 limit 1", (month,)
        ).fetchone()
        average = round(cents / count) / 100
        return Month(month=month, orders=count, revenue=cents / 100, average_order=average, best_category=best)

    def months(self) -> list[str]:
        """The months of the data, oldest first."""
        return [month for month, _ in self.revenue("month")]

    def catalogue(self) -> list[Product]:
        """Every product, by SKU."""
        return [_product(row) for row in self._database.execute("select * from product order by sku")]

    def export(self) -> list[ExportLine]:
        """Every line of every order with its order, customer and product."""
        rows = self._database.execute(
            "select o.id as order_id, o.placed_on, o.status, c.id as customer_id, c.name as customer, c.email, c.city,"
            " c.country, p.sku, p.name as product, p.category, p.description, l.quantity,"
            " l.cents / 100.0 as unit_price, l.quantity * l.cents / 100.0 as line_total"
            ' from line l join "order" o on o.id = l."order"'
            " join customer c on c.id = o.customer join product p on p.sku = l.sku order by o.id, p.sku"
        )
        return [ExportLine(**dict(row)) for row in rows]

    def _fill(self, random: Random) -> None:
        sold, buyers = seeding.products(random), seeding.customers()
        with self._database as transaction:
            transaction.executemany("insert into product values (?, ?, ?, ?, ?, ?, ?)", sold)
            transaction.executemany("insert into customer values (?, ?, ?, ?, ?)", buyers)
            for order, lines in seeding.orders(random, sold, buyers):
                transaction.execute('insert into "order" values (?, ?, ?, ?)', order)
                transaction.executemany("insert into line values (?, ?, ?, ?)", lines)

    def _where(self, table: str, conditions: list[tuple[str, Any]], tail: str, limit: int) -> Iterable[sqlite3.Row]:
        clause = " and ".join(condition for condition, _ in conditions) or "true"
        values = (*(value for _, value in conditions), limit)
        return self._database.execute(f"select * from {table} where {clause} {tail}", values)  # noqa: S608 - our own words

    def _customer(self, wanted: str) -> str:
        row = self._database.execute(
            "select id from customer where id = ?1 or email = ?1 or name = ?1 order by id", (wanted.strip(),)
        ).fetchone()
        if row is None:
            message = f"there is no customer {wanted!r}; give an id from C001 to C{seeding.CUSTOMERS}, or a name"
            raise ToolError(message)
        return str(row["id"])

    def _nearest(self, sku: str) -> str:
        known = [row["sku"] for row in self._database.execute("select sku from product order by sku")]
        near = get_close_matches(sku.strip().upper(), known, n=1)
        return f"; did you mean {near[0]}?" if near else "; SKUs look like CO-0001"


def _product(row: sqlite3.Row) -> Product:
    return Product(price=row["cents"] / 100, **_without(row, "cents", "description"))


def _without(row: sqlite3.Row, *names: str) -> dict[str, Any]:
    return {key: row[key] for key in row.keys() if key not in names}  # noqa: SIM118 - a Row iterates over its values


def _literal(word: str) -> str:
    """``word`` for LIKE, its wildcards taken literally."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
