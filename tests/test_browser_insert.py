"""A filled-in form put into the notebook as a cell: JupyterLab in Chromium, and its console, which has no notebook."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
import support.browsing_server as source

pytestmark = [pytest.mark.kernel, pytest.mark.browser, pytest.mark.usefixtures("without_complaints")]

START = f"%load_ext mcp_magics\n%mcp add many --protocol legacy --quiet -- {sys.executable} {Path(source.__file__)} 10"
FORM, LAST = "%mcp form many.order", "'last'"


def filled(output, price):
    """The button that inserts the cell, once the cell has the price."""
    output.get_by_role("textbox", name="name (required)").fill("Ada")
    output.get_by_role("textbox", name="price", exact=True).fill(price)
    output.get_by_label("shape: which of 2").select_option("Square")
    output.locator(".mcpf-cell", has_text="square").filter(has_text=price).wait_for()
    return output.get_by_role("button", name="Insert below")


def test_an_inserted_cell_says_what_the_form_says_runs_and_is_saved(desk, lab):
    this = desk(START, FORM, LAST)
    output = this.output(1)
    filled(output, "1.10").click()
    output.get_by_role("status").get_by_text("inserted below as a cell", exact=True).wait_for()
    shown = output.locator(".mcpf-cell").inner_text()
    assert this.sources() == [START, FORM, shown, LAST]
    assert output.get_by_text("order was called").count() == 0
    this.run(2)
    this.output(2).get_by_text("order was called").wait_for()
    this.save()
    cells = nbformat.reads(lab.saved(), as_version=4).cells
    assert [each.source for each in cells] == this.sources()
    (ran,) = cells[2].outputs
    assert '"price": 1.1' in ran.data["text/plain"]


def test_later_cells_stand_below_earlier_ones_and_each_is_undone_by_itself(desk):
    this = desk(START, FORM, LAST)
    output = this.output(1)
    for price in ("1.10", "2.20", "3.30"):
        button = filled(output, price)
        button.focus()
        this.page.keyboard.press("Enter")
        assert button.evaluate("button => button === document.activeElement")
    this.page.keyboard.press("Enter")
    output.get_by_text("inserted below as a cell, 4 by now").wait_for()
    assert prices(this) == ["1.10", "2.20", "3.30", "3.30"]
    this.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:undo-cell-action'); }")
    this.page.locator(".jp-Notebook .jp-CodeCell").nth(6).wait_for(state="detached")
    assert prices(this) == ["1.10", "2.20", "3.30"]


def prices(desk):
    """The price in each cell between the form's and the last."""
    assert (desk.sources()[1], desk.sources()[-1]) == (FORM, LAST)
    return [each.partition('"price": ')[2].partition(",")[0] for each in desk.sources()[2:-1]]


def test_a_page_without_a_notebook_has_a_cell_to_copy_and_none_to_insert(desk):
    this = desk("'nothing'")
    this.page.evaluate(_CONSOLE, [START, FORM])
    panel = this.page.locator(".jp-CodeConsole .mcpp")
    panel.get_by_role("button", name="Copy cell").wait_for()
    assert panel.get_by_role("button", name="Insert below").count() == 0


_CONSOLE = """async (cells) => {
  const { commands } = window.jupyterapp;
  const opened = await commands.execute('console:create', { kernelPreference: { name: 'python3' }, activate: true });
  await opened.sessionContext.ready;
  for (const each of cells) await opened.console.inject(each);
}"""
