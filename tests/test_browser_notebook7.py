"""Every panel in Notebook 7, with Chromium before it: what a person does in JupyterLab can be done here too."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
import support.browsing_server as source
from support.lab import NOTEBOOK_7
from support.notebook import S1

pytestmark = [pytest.mark.kernel, pytest.mark.browser, pytest.mark.usefixtures("without_complaints")]

SERVER = f"{sys.executable} {Path(source.__file__)} 100"
FRONT_END = NOTEBOOK_7
WAITS_IN_THE_SECOND_CELL = """() => {
  const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
  const cell = content.model.cells.get(1);
  return sessionContext.session.kernel.status === 'busy' && cell.executionState === 'running';
}"""
START = f"%load_ext mcp_magics\n%mcp add s1 --quiet -- {S1}"


def test_servers_are_added_and_the_one_that_wants_a_login_has_it_in_another_window(desk, l2):
    this = desk("%load_ext mcp_magics", f"%mcp add s1 -- {S1}", f"%mcp add l2 {l2.mcp}", "%mcp login l2")
    this.output(1).get_by_text("requirement none, credential none, connection ready").wait_for()
    this.output(2).get_by_text("requirement required, credential none, connection failed").wait_for()
    this.output(2).get_by_text("→ %mcp login l2").first.wait_for()
    window = this.visit(this.output(3).get_by_role("link", name="log in to l2"))
    window.get_by_role("button", name="Approve").click()
    this.output(3).get_by_text("3 tools: whoami, read_stock, place_order").first.wait_for()


def test_a_tool_is_found_filled_in_run_copied_and_inserted(desk, lab):
    this = desk(f"%load_ext mcp_magics\n%mcp add many --protocol legacy --quiet -- {SERVER}", "%mcp browse")
    this.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    output = this.output(1)
    output.get_by_role("combobox", name="filter").fill("order")
    output.locator(".mcpb-left [role=status]").get_by_text("1 of 110", exact=True).wait_for()
    output.get_by_role("combobox", name="filter").press("Enter")
    output.get_by_text("may destroy").wait_for()
    output.get_by_role("textbox", name="name (required)").fill("Ada")
    output.get_by_role("textbox", name="price", exact=True).fill("1.10")
    output.get_by_label("shape: which of 2").select_option("Square")
    output.get_by_role("button", name="Run", exact=True).click()
    output.get_by_text("order was called").wait_for()
    output.get_by_role("button", name="Copy cell").click()
    output.get_by_text("Copied").wait_for()
    copied = this.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("%%mcp_call many.order\n")
    output.get_by_role("button", name="Insert below").click()
    output.get_by_text("inserted below as a cell").wait_for()
    assert this.sources()[2:] == [copied]
    this.run(2)
    this.output(2).get_by_text("order was called").wait_for()
    this.save()
    saved = nbformat.reads(lab.saved(), as_version=4).cells[2]
    assert (saved.source, "order was called" in str(saved.outputs)) == (copied, True)


def test_the_browser_is_not_put_into_a_small_frame_for_a_table_that_is_hidden(desk):
    this = desk(f"%load_ext mcp_magics\n%mcp add many --protocol legacy --quiet -- {SERVER}", "%mcp browse")
    this.output(1).locator(".mcpb-row").first.wait_for()
    this.page.locator(".jp-mod-outputsScrolled").wait_for(state="detached")


def test_a_question_is_answered_in_the_cell_that_waits_and_a_card_leaves_its_server(desk):
    this = desk(START, "r = %mcp call s1.elicitation\nr.data", "%mcp list")
    output = this.output(1)
    output.get_by_label("Your name").fill("Ada")
    output.get_by_label("Age in years").fill("36")
    output.get_by_label("colour").select_option("blue")
    output.get_by_role("button", name="Accept").click()
    output.get_by_text("'name': 'Ada', 'age': 36, 'colour': 'blue'").wait_for()
    cards = this.output(2)
    cards.get_by_role("button", name="Disconnect s1", exact=True).click()
    cards.get_by_text("s1: disconnected").wait_for()


def test_the_button_of_a_long_call_ends_it_and_its_progress_stands_beside_it(desk):
    this = desk(START, "%mcp call s1.progress steps=600 seconds=0.1")
    cancel = this.output(1).get_by_role("button", name="cancel call s1.progress")
    cancel.wait_for()
    this.output(1).locator("progress:visible").wait_for()
    cancel.click()
    this.output(1).get_by_text("a request under way was cancelled on its server").wait_for()
    cancel.wait_for(state="detached")


def test_a_long_call_is_stopped_and_the_next_one_runs(desk):
    this = desk(f"{START}\nprint('connected')", "%mcp call s1.slow seconds=60", "r = %mcp call s1.add a=1 b=2\nr.data")
    this.output(0).get_by_text("connected").wait_for()
    this.page.wait_for_function(WAITS_IN_THE_SECOND_CELL)
    this.stop()
    this.output(1).get_by_text("interrupted").first.wait_for()
    this.run(2)
    this.output(2).get_by_text("3").first.wait_for()


def test_an_address_is_shown_whole_and_agreed_to_without_being_opened(desk):
    this = desk(START, "r = %mcp call s1.elicitation_url url=https://xn--pple-43d.com/pay?id=7\nr.data")
    visited = []
    this.page.context.on("request", lambda request: visited.append(request.url))
    output = this.output(1)
    output.get_by_role("link", name="Open xn--pple-43d.com").wait_for()
    assert output.get_by_text("https://xn--pple-43d.com/pay?id=7").is_visible()
    assert output.get_by_text("may look like another one").is_visible()
    output.get_by_role("button", name="Accept").click()
    output.get_by_text("{'action': 'accept'}").wait_for()
    assert [url for url in visited if "xn--" in url] == []


def test_messages_of_a_later_cell_arrive_in_the_live_trace_and_one_is_read_whole(desk):
    this = desk(f"{START}\n'ready'", "%mcp trace s1 --live", "%mcp call s1.add a=40 b=2 --quiet")
    output = this.output(1)
    rows = output.locator("tr.mcpt-row").filter(has_text="tools/call add")
    rows.nth(1).get_by_role("button").click()
    output.locator("tr.mcpt-whole").get_by_text('"sum": 42').wait_for()
    output.get_by_role("button", name="close the live trace").click()
    output.get_by_role("button").first.wait_for(state="detached")
    output.get_by_text("tools/call add").first.wait_for()


def test_a_flow_is_stepped_through_to_its_consent_and_its_token(desk):
    this = desk("%load_ext mcp_magics\n%mcp playground start l2 --quiet", "%mcp oauth l2 -o flow")
    output = this.output(1)
    output.get_by_role("button", name="make the next request").click()
    output.get_by_role("button", name=", anonymous:").wait_for()
    output.locator("button.mcpp-main:enabled").wait_for()
    output.get_by_role("button", name="make all requests that follow").click()
    window = this.visit(output.get_by_role("link", name="log in to l2"))
    window.get_by_role("button", name="Approve").click()
    output.get_by_text("granted", exact=True).wait_for()
    steps = output.get_by_role("list", name="steps of the flow").get_by_role("listitem")
    assert steps.count() == 6
