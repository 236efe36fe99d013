"""The shop: a small server as real ones are, typed, described and annotated, with SQLite behind it.

Written on the SDK's high-level ``MCPServer``; a good place to copy from.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import anyio
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
    ToolAnnotations,
)
from pydantic import Field

from mcp_magics.playground.completing import completed
from mcp_magics.playground.serve import Served
from mcp_magics.playground.shop.chart import bar_chart, logo
from mcp_magics.playground.shop.models import (
    Category,
    Export,
    Month,
    Order,
    Orders,
    Product,
    Products,
    Report,
    Status,
)
from mcp_magics.playground.shop.store import Store
from mcp_magics.playground.shop.tables import Format, as_csv, as_text

if TYPE_CHECKING:
    from mcp_magics.playground import Options

_INSTRUCTIONS = (
    "A small shop with 200 products, 100 customers and the 1,000 orders of 2025. Prices are in euros. "
    "Find products with search_products and orders with list_orders; place_order changes the stock until the server "
    "ends. For big questions there are sales_report, which takes a while, and full_export, which is large."
)
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False)
_CATALOGUE_URI = "shop://catalogue.csv"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Limit = Annotated[int, Field(ge=1, le=1_000, description="How many to return, at most.")]


def build(options: Options) -> Served:
    """The shop whose data comes from ``options.seed``."""
    server = MCPServer(
        "shop", title="The corner shop", version="1.0.0", instructions=_INSTRUCTIONS, log_level="WARNING"
    )
    store = Store(options.seed)
    _add_queries(server, store)
    _add_order_desk(server, store)
    _add_reports(server, store)
    _add_resources(server, store)
    _add_advice(server, store)
    return Served(server)


def _add_queries(server: MCPServer, store: Store) -> None:
    @server.tool(title="Search the catalogue", annotations=_READS)
    async def search_products(
        query: Annotated[str, Field(description="Words to find; empty for everything.")] = "",
        category: Category | None = None,
        max_price: Annotated[float | None, Field(ge=0, description="In euros.")] = None,
        limit: Limit = 20,
    ) -> Products:
        """Find products by words in their name, category or description, cheapest first."""
        return Products(products=store.search(query, category, max_price, limit))

    @server.tool(title="One product", annotations=_READS)
    async def get_product(sku: Annotated[str, Field(description="As in CO-0001.")]) -> Product:
        """Tell everything about one product."""
        return store.product(sku)

    @server.tool(title="List orders", annotations=_READS)
    async def list_orders(
        status: Status | None = None,
        since: Annotated[date | None, Field(description="First day, as in 2025-11-01.")] = None,
        limit: Limit = 20,
    ) -> Orders:
        """List orders, newest first."""
        return Orders(orders=store.orders(status, since, limit))


def _add_order_desk(server: MCPServer, store: Store) -> None:
    @server.tool(title="Place an order", annotations=_WRITES)
    async def place_order(
        sku: Annotated[str, Field(description="As in CO-0001.")],
        quantity: Annotated[int, Field(ge=1, le=100)],
        customer: Annotated[str, Field(description="Id, as in C001, e-mail address or full name.")],
        ctx: Context,
    ) -> Order:
        """Order a product for a customer: its stock goes down by the quantity."""
        order = store.place(sku, quantity, customer)
        await ctx.notify_resource_updated(_CATALOGUE_URI)
        return order


def _add_reports(server: MCPServer, store: Store) -> None:
    @server.tool(title="Chart of sales", annotations=_READS)
    async def sales_chart(by: Literal["category", "month"] = "category") -> list[str | Image]:
        """Draw the revenue of 2025 as a bar chart (PNG)."""
        bars = store.revenue(by)
        total = sum(value for _, value in bars)
        best = max(bars, key=lambda pair: pair[1])[0]
        if by == "month":
            bars = [(_MONTHS[int(month[-2:]) - 1], value) for month, value in bars]
        png = bar_chart(f"Revenue by {by}", f"2025, euros, {total:,.0f} in all", bars)
        return [f"Revenue by {by}: {total:,.2f} euros, most in {best}.", Image(data=png, format="png")]

    @server.tool(title="Monthly report", annotations=_READS)
    async def sales_report(
        ctx: Context,
        months: Annotated[int, Field(ge=1, le=12, description="How many, up to December 2025.")] = 6,
        seconds_per_month: Annotated[float, Field(ge=0, le=60)] = 0.2,
    ) -> Report:
        """Work out the sales month by month, slowly, and report progress on the way."""
        rows: list[Month] = []
        for month in store.months()[-months:]:
            await ctx.report_progress(len(rows), months, f"adding up {month}")
            await anyio.sleep(seconds_per_month)
            rows.append(store.month(month))
        await ctx.report_progress(months, months, "done")
        return Report(months=rows)

    @server.tool(title="Orders as a file", annotations=_READS, structured_output=False)
    async def export_orders(
        format: Format = "csv",  # noqa: A002 - the word callers expect
        status: Status | None = None,
        limit: Limit = 1_000,
    ) -> str:
        """Write orders as text: CSV, JSON or a Markdown table."""
        return as_text([row.model_dump(mode="json") for row in store.orders(status, None, limit)], format)

    @server.tool(title="Everything", annotations=_READS)
    async def full_export() -> Export:
        """Send every line of every order with its customer and product: some megabytes."""
        return Export(lines=store.export())


def _add_resources(server: MCPServer, store: Store) -> None:
    @server.resource(_CATALOGUE_URI, name="catalogue", mime_type="text/csv", description="Every product, as CSV.")
    async def catalogue() -> str:
        return as_csv([product.model_dump(mode="json") for product in store.catalogue()])

    @server.resource("shop://logo.png", name="logo", mime_type="image/png", description="The shop's logo.")
    async def shop_logo() -> bytes:
        return logo()

    @server.resource("shop://about.md", name="about", mime_type="text/markdown", description="What the shop is.")
    async def about() -> str:
        return "# The corner shop\n\nCoffee, tea and useful things.\n\n* 200 products\n* 8 categories\n"

    @server.resource("shop://orders/{order_id}", name="order", mime_type="application/json", description="One order.")
    async def order(order_id: str) -> str:
        found = store.order(int(order_id)) if order_id.isdecimal() else None
        if found is None:
            message = f"there is no order {order_id}; the first is 1001"
            raise ResourceNotFoundError(message)
        return json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=1)


def _add_advice(server: MCPServer, store: Store) -> None:
    @server.prompt(title="What to restock")
    async def restock_advice(
        category: Annotated[str, Field(description="One of the shop's categories.")],
    ) -> str:
        """Ask which products of a category to order again."""
        products = [product for product in store.catalogue() if product.category == category]
        lowest = sorted(products, key=lambda product: (product.stock, product.sku))[:10]
        shelf = "\n".join(f"- {product.sku} {product.name}: {product.stock} left" for product in lowest)
        return f"These are the emptiest shelves in {category}:\n\n{shelf}\n\nWhich should we order again, and why?"

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]
    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        _context: CompletionContext | None,
    ) -> Completion | None:
        return completed(_completions(store, ref, argument.name), argument.value)


def _completions(store: Store, ref: PromptReference | ResourceTemplateReference, argument: str) -> list[str]:
    place = ref.name if isinstance(ref, PromptReference) else ref.uri
    match place, argument:
        case "restock_advice", "category":
            return list(get_args(Category))
        case "shop://orders/{order_id}", "order_id":
            return [str(row.id) for row in reversed(store.orders(None, None, None))]
    return []
