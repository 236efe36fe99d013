"""Panels whose kernel is restarted under them, and notebooks open in two windows: JupyterLab in Chromium."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import support.browsing_server as source
from support.notebook import S1

pytestmark = [pytest.mark.kernel, pytest.mark.browser, pytest.mark.usefixtures("without_complaints")]

START = f"%load_ext mcp_magics\n%mcp add many --protocol legacy --quiet -- {sys.executable} {Path(source.__file__)} 10"
WITH_L2 = f"{START}\n%mcp playground start l2 --quiet"
PANELS = ("%mcp browse many", "%mcp form many.order", "%mcp trace many --live", "%mcp oauth l2 -o flow")
CALL = "%mcp call many.grow --quiet"
LIVE = "button:enabled, input:enabled, select:enabled, textarea:enabled, a[href], [role=listbox]:not([aria-disabled])"


def dead(output, line):
    """The panel of an output, once it says that its kernel is gone; nothing in it can be pressed or typed into."""
    output.evaluate("node => node.scrollIntoView()")  # what is far away, JupyterLab does not draw
    output.get_by_role("status").get_by_text(f"the kernel is gone; run {line} again", exact=True).wait_for()
    panel = output.locator(".mcpp").first
    assert panel.locator(LIVE).count() == 0
    return panel


def test_every_panel_says_that_its_kernel_was_restarted_and_asks_nobody_any_more(desk):
    this = desk(WITH_L2, *PANELS, CALL)
    browse, form, trace, flow = (this.output(number) for number in range(1, 5))
    browse.locator(".mcpb-row", has_text="order").click()
    browse.get_by_text("may destroy").wait_for()
    form.get_by_role("textbox", name="name (required)").fill("Ada")
    form.locator(".mcpf-cell", has_text="Ada").wait_for()
    trace.locator("tr.mcpt-row").nth(1).wait_for()
    flow.get_by_role("button", name="make all requests that follow").click()
    flow.get_by_role("link", name="log in to l2").wait_for()
    this.restart()
    dead(browse, PANELS[0]).locator(".mcpb-row", has_text="tool_3").dispatch_event("click")
    browse.get_by_text("may destroy").wait_for()
    assert dead(form, PANELS[1]).get_by_role("textbox", name="name (required)").input_value() == "Ada"
    dead(trace, PANELS[2]).locator("tr.mcpt-row").first.dispatch_event("click")
    assert trace.locator("tr.mcpt-whole, [aria-expanded=true]").count() == 0
    assert dead(flow, "%mcp oauth l2 -o flow").get_by_text("log in to l2").is_visible()
    this.run(0)
    this.run(2)
    form.get_by_role("button", name="Run", exact=True).and_(this.page.locator(":enabled")).wait_for()
    assert form.get_by_text("the kernel is gone").count() == 0


def test_a_question_says_that_its_kernel_was_restarted_and_what_was_typed_can_be_read(desk):
    this = desk(f"{START}\n%mcp add s1 --protocol legacy --quiet -- {S1}", "%mcp call s1.elicitation")
    question = this.output(1)
    question.get_by_label("Your name").fill("Ada")
    this.restart()
    panel = question.locator(".mcpp").filter(has=this.page.locator("form"))
    panel.get_by_role("status").get_by_text("the kernel is gone; run the cell again", exact=True).wait_for()
    assert panel.locator(LIVE).count() == 0
    assert question.get_by_label("Your name").input_value() == "Ada"


def test_a_question_saved_while_it_is_open_leaves_its_line_and_nothing_dead_where_its_kernel_is_no_more(desk, lab):
    this = desk(f"{START}\n%mcp add s1 --protocol legacy --quiet -- {S1}", "%mcp call s1.elicitation")
    this.output(1).get_by_label("Your name").fill("Ada")
    this.save()
    this.page.context.close()
    assert "widget-view" not in lab.saved()
    lab.end_kernels()
    again = desk.again().output(1)
    again.get_by_text("waiting for an answer").wait_for()
    lines = [each for each in again.inner_text().splitlines() if each.strip() and "under way since" not in each]
    assert lines == ["s1 asks: “Who are you?” → waiting for an answer"]
    assert again.locator(".mcpp, form, button, input, a[href]").count() == 0


def test_two_windows_show_a_question_and_what_one_entered_is_no_problem_of_the_other(desk):
    this = desk(f"{START}\n%mcp add s1 --protocol legacy --quiet -- {S1}", "%mcp form s1.elicitation")
    this.output(1).get_by_role("button", name="Run", exact=True).click()
    this.output(1).get_by_label("Your name").wait_for()
    this.save()
    there = desk.again().output(1).locator("form.mcpq:not(.mcpf)")
    here = this.output(1).locator("form.mcpq:not(.mcpf)")
    there.get_by_label("Your name").fill("Grace")
    here.get_by_role("button", name="Accept").click()
    here.get_by_text("needs a value").wait_for()
    assert there.get_by_text("needs a value").count() == 0
    assert there.get_by_label("Your name").input_value() == "Grace"
    there.get_by_role("button", name="Accept").click()
    this.output(1).get_by_text("Grace").first.wait_for()
    for each in (here, there):
        each.wait_for(state="detached")


def test_two_windows_have_a_form_each_and_are_told_of_one_run(desk):
    this = desk(START, PANELS[1])
    this.output(1).locator("form").wait_for()
    this.save()
    other = desk.again()
    for each, name in ((this, "Ada"), (other, "Grace")):
        form = each.output(1)
        form.get_by_role("textbox", name="name (required)").fill(name)
        form.get_by_role("textbox", name="price", exact=True).fill("1.10")
        form.get_by_label("shape: which of 2").select_option("Square")
        form.locator(".mcpf-cell", has_text="square").filter(has_text=name).wait_for()
    assert this.output(1).get_by_role("textbox", name="name (required)").input_value() == "Ada"
    assert "Grace" not in this.output(1).locator(".mcpf-cell").inner_text()
    other.output(1).get_by_role("button", name="Run", exact=True).click()
    for each in (this, other):
        each.output(1).get_by_text("the result is below").wait_for()
        each.output(1).get_by_text("order was called").wait_for()
    other.output(1).get_by_role("region", name="the result as text").get_by_text("Grace").wait_for()
    assert this.output(1).get_by_role("region", name="the result as text").count() == 0


def calls(output):
    """The rows of a trace that are a call of ``grow`` and its answer."""
    return output.locator("tr.mcpt-row").filter(has_text="tools/call grow")


def test_two_windows_show_one_live_trace_its_filter_and_its_pause(desk):
    this = desk(START, PANELS[2], CALL)
    here = this.output(1)
    calls(here).nth(1).wait_for()
    this.save()
    there = desk.again().output(1)
    calls(there).nth(1).wait_for()
    there.get_by_label("filter messages by words").fill("no such word")
    for each in (here, there):
        each.get_by_text(re.compile("^0 messages shown")).wait_for()
    assert here.get_by_label("filter messages by words").input_value() == "no such word"
    here.get_by_role("button", name="pause the live trace").click()
    there.get_by_role("button", name="resume the live trace").wait_for()
    there.get_by_role("button", name="close the live trace").click()
    for each in (here, there):
        each.get_by_label("filter messages by words").wait_for(state="detached")
