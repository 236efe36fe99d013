"""The button of a waiting call in a real browser: Chromium before JupyterLab, and before Notebook 7."""

from __future__ import annotations

import os
import re

import nbformat
import pytest
from support.notebook import S1

pytestmark = [pytest.mark.kernel, pytest.mark.browser]

START = f"%load_ext mcp_magics\n%mcp add s1 --protocol 2026-07-28 --quiet -- {S1}\n"
START += f"%mcp add old --protocol legacy --quiet -- {S1}"
STEPS = "%mcp call {}.progress steps=600 seconds=0.1"
AFTER = "r = %mcp call {}.add a=1 b=2\nr.data"
PICTURE = os.environ.get("MCP_MAGICS_PICTURE_OF_A_CALL", "")
"""Where a picture of the waiting call is put, for the documentation; nowhere where it is not said."""


def button(desk, cell=1):
    return desk.output(cell).get_by_role("button", name="cancel call")


def outputs(lab, cell=1):
    """What the saved notebook holds of a cell."""
    return nbformat.reads(lab.saved(), as_version=4).cells[cell].outputs


@pytest.mark.parametrize("server", ["s1", "old"])
def test_a_click_ends_the_call_and_the_next_one_works(desk, lab, server):
    this = desk(START, STEPS.format(server))
    button(this).wait_for()
    bar = this.output(1).locator("progress:visible")
    before = bar.evaluate("bar => bar.value")
    this.page.wait_for_function("([bar, before]) => bar.value > before", arg=[bar.element_handle(), before])
    if PICTURE:
        this.output(1).screenshot(path=PICTURE)
    button(this).click()
    this.output(1).get_by_text("KeyboardInterrupt: interrupted; a request under way was cancelled").wait_for()
    button(this).wait_for(state="detached")
    assert this.output(1).locator("progress").count() == 0
    this.save()
    assert [each.output_type for each in outputs(lab)] == ["error"]
    assert this.complaints == []


def test_the_keyboard_is_enough_and_a_notebook_saved_meanwhile_holds_no_button(desk, lab):
    this = desk(START, "%mcp call s1.slow seconds=60", AFTER.format("s1"))
    button(this).wait_for()
    assert re.fullmatch(r"Cancel\s*\d+ s", this.output(1).locator(".mcpp:visible").inner_text())
    this.save()
    (saved,) = outputs(lab)
    assert "call s1.slow: under way since" in saved["data"]["text/plain"]
    assert ("<button" in str(saved), "widget-view" in str(saved)) == (False, False)
    button(this).focus()
    this.page.keyboard.press("Enter")
    this.output(1).get_by_text("KeyboardInterrupt").first.wait_for()
    this.wait_until_idle()
    this.run(2)
    this.output(2).get_by_text("{'sum': 3}").wait_for()


def test_the_result_takes_the_place_of_the_button(desk, lab):
    this = desk(START, "%mcp call s1.slow seconds=4")
    button(this).wait_for()
    this.output(1).get_by_text("awake after 4").wait_for()
    assert button(this).count() == 0
    this.wait_until_idle()
    this.save()
    (result,) = outputs(lab)
    assert "awake after 4" in result["data"]["text/plain"]
    assert "data-mcp" not in str(result)
    assert this.complaints == []


def test_a_job_that_runs_has_the_same_button(desk, lab):
    this = desk(START, "%mcp call s1.slow seconds=60 --no-wait")
    one = this.output(1).get_by_role("button", name="cancel job 1: s1.slow")
    one.wait_for()
    this.wait_until_idle()
    this.save()
    assert "widget-view" not in lab.saved()
    one.click()
    this.output(1).get_by_text("s1.slow cancelled after").wait_for()
    one.wait_for(state="detached")


def test_a_kernel_that_is_gone_leaves_no_live_button(desk):
    this = desk(START, "%mcp call s1.slow seconds=60")
    button(this).wait_for()
    this.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    this.output(1).get_by_text("the kernel is gone; run the cell again").wait_for()
    assert button(this).is_disabled()
