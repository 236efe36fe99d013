"""The live table in a real browser: JupyterLab in Chromium, sorted, found and scrolled by mouse and by keys."""

from __future__ import annotations

import re

import nbformat
import pytest
from support.commands import tables

pytestmark = [pytest.mark.kernel, pytest.mark.browser]

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
def notebook(one_desk):
    return one_desk


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


def test_a_filter_finds_words_of_any_column_and_sorts_what_it_found(shown):
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
    panel.get_by_label("filter rows by words").fill("no such tea")
    said(panel, re.compile("^0 of 400 rows"))
    assert panel.locator("tr.mcpd-row").count() == 0
    panel.get_by_label("filter rows by words").fill("")
    said(panel, re.compile(r"^400 rows · by stock"))


def test_a_table_is_sorted_scrolled_and_read_by_keys_alone(notebook, shown):
    panel, keys = shown("frame"), notebook.page.keyboard
    panel.get_by_role("region", name="the table").focus()
    for name in ("sku", "tea", "origin", "price", "stock"):
        keys.press("Tab")
        assert focused(notebook).startswith(name)
    keys.press("Enter")
    said(panel, "100,000 rows · by stock, ascending")
    assert focused(notebook).startswith("stock")
    keys.press("Enter")
    said(panel, "by stock, descending")
    assert column(panel, 5)[:3] == ["999"] * 3
    keys.press("Tab")
    keys.press("Tab")
    assert focused(notebook) == "T-00631"
    keys.press("Control+End")
    panel.locator('tr[aria-rowindex="100001"] td:last-child:focus').wait_for()
    panel.locator('tr[aria-rowindex="100001"] td', has_text=re.compile("^0$")).wait_for()
    assert panel.locator("tr.mcpd-row").count() < 80
    keys.press("Home")
    keys.press("PageUp")
    keys.press("ArrowDown")
    keys.press("ArrowRight")
    keys.press("Enter")
    box = panel.get_by_role("region", name="one cell whole")
    box.wait_for()
    assert box.locator("pre").inner_text() == focused(notebook)
    keys.press("Escape")
    box.wait_for(state="hidden")
    keys.press("Control+Home")
    panel.locator('tr[aria-rowindex="2"] td', has_text="T-00631").wait_for()


def focused(desk):
    """The text of what has the focus."""
    return desk.page.evaluate("document.activeElement.innerText")


def test_the_end_of_100000_rows_is_reached_by_scrolling_and_few_rows_are_in_the_page(notebook, shown):
    panel = shown("frame")
    said(panel, re.compile(r"^100,000 rows$"))
    panel.locator(".mcpd-scroll").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    panel.locator("tr.mcpd-row td", has_text="T-99999").wait_for()
    last = panel.locator('tr[aria-rowindex="100001"]')
    below = last.evaluate(
        "row => row.getBoundingClientRect().bottom - row.closest('.mcpd-scroll').getBoundingClientRect().bottom"
    )
    assert -2 <= below <= 1
    panel.locator(".mcpd-scroll").evaluate("box => { box.scrollTop = box.scrollHeight / 2; }")
    panel.locator('tr[aria-rowindex="50010"] td', has_text="T-50008").wait_for()
    assert panel.locator("tr.mcpd-row").count() < 80


def test_hostile_cells_are_text_and_a_huge_one_is_capped(notebook, shown):
    panel = shown("odd")
    said(panel, re.compile(r"^200 rows$"))
    assert "<script>window.hacked = 1</script><img" in column(panel, 3)[0]
    assert column(panel, 3)[1] == "user⟨U+202E⟩cod.exe⟨U+0000⟩"
    panel.locator('tr[aria-rowindex="4"] td:nth-of-type(3)').click()
    box = panel.get_by_role("region", name="one cell whole")
    box.get_by_text("934,464 more characters in .df").wait_for()
    assert len(box.locator("pre").inner_text()) <= 64 * 1024
    panel.locator('tr[aria-rowindex="2"] td:nth-of-type(3)').click()
    box.get_by_text("onerror=").wait_for()
    press(panel, "mixed")
    said(panel, "by mixed, ascending")
    press(panel, "n")
    said(panel, "by n, ascending")
    press(panel, "n")
    said(panel, "by n, descending")
    assert column(panel, 1)[:2] == [str(2**60 + 1), str(2**60)]
    assert notebook.page.evaluate("window.hacked") is None


def test_a_table_inside_prose_stands_beside_it_and_a_short_one_has_no_buttons(notebook, shown):
    panel = shown("prose")
    assert panel.get_by_text("These are in the shop today").is_visible()
    press(panel, "price")
    said(panel, "40 rows · by price, ascending")
    notebook.run(NUMBER["few"])
    few = notebook.output(NUMBER["few"])
    few.get_by_text("20 rows, 6 columns").wait_for()
    notebook.wait_until_idle()
    assert few.get_by_role("button").count() == 0
    assert few.get_by_text("Keemun 1").is_visible()


def test_in_a_narrow_page_the_table_scrolls_inside_itself(notebook, shown):
    panel = shown("teas")
    notebook.page.set_viewport_size({"width": 560, "height": 900})
    box = panel.locator(".mcpd-scroll")
    notebook.page.wait_for_function("box => box.scrollWidth > box.clientWidth + 50", arg=box.element_handle())
    assert panel.evaluate("output => output.scrollWidth <= output.clientWidth")
    notebook.page.set_viewport_size({"width": 1200, "height": 900})


def test_a_saved_notebook_has_the_static_table_and_nothing_of_the_live_one(notebook, shown, lab):
    shown("teas")
    notebook.save()
    saved = nbformat.reads(lab.saved(), as_version=4)
    (output,) = saved.cells[NUMBER["teas"]].outputs
    assert set(output.data) == {"text/plain", "text/html"}
    assert "Keemun 1" in output.data["text/html"]
    assert not re.search("<(button|input|script)", output.data["text/html"])
    assert "widgets" not in saved.metadata


def test_a_restarted_kernel_is_said_and_no_button_is_left_that_works(notebook, shown, lab):
    panel = shown("teas")
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    panel.get_by_text("run its cell again").wait_for()
    assert panel.locator("button:enabled, input:enabled").count() == 0
    notebook.wait_until_idle()
    lab.end_kernels()
