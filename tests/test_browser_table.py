"""The live table in a real browser: JupyterLab in Chromium, sorted, found and scrolled by mouse and by keys."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from support.commands import tables
from support.lab import Desk, chromium

pytestmark = [pytest.mark.kernel, pytest.mark.browser]

PICTURES = os.environ.get("MCP_MAGICS_PICTURES_OF_TABLES", "")
"""Where pictures of the panel are put, for the documentation; nowhere where it is not said."""

CELLS = {
    "start": f"%load_ext mcp_magics\n%mcp add t --quiet -- {tables()}\nprint('connected')",
    "teas": "%mcp call t.teas",
    "frame": "%mcp call t.frame",
    "odd": "%mcp call t.odd",
    "prose": "%mcp call t.prose",
    "few": "%mcp call t.few",
}
NUMBER = {name: number for number, name in enumerate(CELLS)}


@pytest.fixture(scope="module")
def notebook(lab):
    """The notebook of these cells before a person, the server connected."""
    lab.write(*CELLS.values())
    with chromium() as browser:
        desk = Desk.at(browser, lab)
        desk.run(NUMBER["start"])
        desk.output(NUMBER["start"]).get_by_text("connected").wait_for()
        yield desk
        desk.page.context.close()
        lab.end_kernels()


@pytest.fixture
def shown(notebook):
    """Run the cell of that name; its output, once the live table is there."""

    def show(name):
        notebook.wait_until_idle()
        notebook.run(NUMBER[name])
        panel = notebook.output(NUMBER[name])
        panel.locator("table.mcpd").wait_for()
        return panel

    yield show
    assert notebook.complaints == []


def column(panel, number):
    """The cells of one column that are drawn, counted from 1."""
    return panel.locator(f"tr.mcpd-row td:nth-of-type({number})").all_inner_texts()


def order(panel, name):
    """How a column says it is sorted."""
    return head(panel, name).get_attribute("aria-sort")


def head(panel, name):
    return panel.locator("thead th").filter(has=panel.page.get_by_role("button", name=name, exact=True))


def press(panel, name):
    panel.get_by_role("button", name=name, exact=True).click()


def said(panel, words):
    panel.get_by_role("status").filter(has_text=words).wait_for()


def test_a_header_sorts_up_then_down_then_as_sent_and_says_so(shown):
    panel = shown("teas")
    said(panel, re.compile(r"^400 rows$"))
    assert panel.locator("[data-mcp-static]").is_hidden()
    sent = column(panel, 4)
    press(panel, "price")
    said(panel, "400 rows · by price, ascending")
    prices = [float(text) for text in column(panel, 4)]
    assert prices == sorted(prices)
    assert prices[0] == 0
    assert order(panel, "price") == "ascending"
    press(panel, "price")
    said(panel, "by price, descending")
    prices = [float(text) for text in column(panel, 4)]
    assert prices == sorted(prices, reverse=True)
    assert (order(panel, "price"), order(panel, "sku")) == ("descending", "none")
    press(panel, "price")
    said(panel, re.compile(r"^400 rows$"))
    assert column(panel, 4) == sent


def test_a_filter_finds_words_of_any_column_and_sorts_what_it_found(notebook, shown):
    panel = shown("teas")
    panel.get_by_label("filter rows by words").fill("JAPAN matcha")
    said(panel, "40 of 400 rows")
    assert {text.split()[0] for text in column(panel, 2)} == {"Matcha"}
    press(panel, "stock")
    said(panel, "40 of 400 rows · by stock, ascending")
    stock = [int(text) for text in column(panel, 5)]
    assert stock == sorted(stock)
    panel.locator("tr.mcpd-row td").nth(1).click()
    panel.get_by_role("region", name="one cell whole").wait_for()
    for theme in ("Dark", "Light") if PICTURES else ():
        notebook.wear(f"JupyterLab {theme}")
        notebook.page.mouse.move(0, 0)
        Path(PICTURES, f"table-{theme.lower()}.png").write_bytes(panel.screenshot())
    panel.get_by_label("filter rows by words").fill("no such tea")
    said(panel, "0 of 400 rows")
    assert panel.locator("tr.mcpd-row").count() == 0
    panel.get_by_label("filter rows by words").fill("")
    said(panel, re.compile(r"^400 rows · by stock"))
