"""What the shop's tools send: the shapes its output schemas are made of. Money is in euros, days are ISO dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Category = Literal["Coffee", "Games", "Garden", "Kitchen", "Lighting", "Stationery", "Tea", "Textiles"]
Status = Literal["pending", "paid", "shipped", "delivered", "returned", "cancelled"]
Euros = Annotated[float, Field(ge=0, description="Euros.")]


class Product(BaseModel):
    """Something the shop sells."""

    sku: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{4}$", description="Stock-keeping unit, as in CO-0001.")]
    name: str
    category: Category
    price: Euros
    stock: Annotated[int, Field(ge=0, description="Pieces on the shelf.")]
    rating: Annotated[float, Field(ge=1, le=5, description="Stars, one to five.")]


class Products(BaseModel):
    """Products that were found, cheapest first."""

    products: list[Product]


class Line(BaseModel):
    """One product in an order."""

    sku: str
    name: str
    quantity: Annotated[int, Field(ge=1)]
    unit_price: Euros


class OrderRow(BaseModel):
    """An order in a list."""

    id: int
    placed_on: date
    customer: str
    status: Status
    items: Annotated[int, Field(description="Pieces in the order.")]
    total: Euros


class Orders(BaseModel):
    """Orders that were found, newest first."""

    orders: list[OrderRow]


class Order(OrderRow):
    """An order with all of its lines."""

    city: str
    lines: list[Line]


class Month(BaseModel):
    """The sales of one month."""

    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    orders: int
    revenue: Euros
    average_order: Euros
    best_category: Category


class Report(BaseModel):
    """Sales, month by month."""

    months: list[Month]


class ExportLine(BaseModel):
    """One order line with everything the shop knows about it."""

    order_id: int
    placed_on: date
    status: Status
    customer_id: str
    customer: str
    email: str
    city: str
    country: str
    sku: str
    product: str
    category: Category
    description: str
    quantity: int
    unit_price: Euros
    line_total: Euros


class Export(BaseModel):
    """Every line of every order."""

    lines: list[ExportLine]
