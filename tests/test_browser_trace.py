"""The live trace in a real browser: JupyterLab in Chromium, messages of other cells arriving in the panel."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from support.notebook import S1

pytestmark = [pytest.mark.kernel, pytest.mark.browser, pytest.mark.usefixtures("without_complaints")]

PICTURES = os.environ.get("MCP_MAGICS_PICTURES_OF_THE_TRACE", "")
"""Where pictures of the panel are put, for the documentation; nowhere where it is not said."""

CELLS = {
    "start": f"%load_ext mcp_magics\nfrom mcp_magics import servers\n%mcp add s1 --quiet -- {S1}\n"
    f"%mcp add other --quiet -- {S1}\nprint('connected')",
    "live": "servers.journal.clear()\n%mcp trace --live",
    "call": "%mcp call s1.add a=40 b=2 --quiet\n%mcp call other.echo message='a green word' --quiet",
    "fail": "%mcp request s1 tools/nope --expect-error --quiet",
    "busy": "import time\nfor n in range(3):\n    %mcp call s1.add a={n} b=1 --quiet\nend = time.time() + 3\n"
    "while time.time() < end: pass\nprint('done')",
    "flood": "for n in range(700):\n    servers.journal.frame('s1', 'received', 'stdio', '{\"method\":\"n\"}')",
}


@pytest.fixture
def desk(one_desk):
    """The notebook with a live trace that begins with the test."""
    one_desk.wait_until_idle()
    one_desk.run("live")
    one_desk.output("live").get_by_text("0 messages shown").wait_for()
    return one_desk


def panel(desk):
    return desk.output("live")


def row(desk, text):
    return panel(desk).locator("tr.mcpt-row").filter(has_text=text)


def done(desk, name):
    desk.run(name)
    desk.wait_until_idle()


def test_messages_of_later_cells_arrive_paired_with_their_requests(desk):
    done(desk, "call")
    row(desk, "tools/call add").nth(1).wait_for()
    asked, answered = row(desk, "tools/call add").all()
    number = asked.get_by_role("button").inner_text()
    assert f"↳ {number} tools/call add" in answered.inner_text()
    assert asked.locator(".mcpt-track > span").count() == 1
    asked.hover()
    assert panel(desk).locator("tr.mcpt-pair").count() == 2
    if PICTURES:
        done(desk, "fail")
        row(desk, "tools/nope").nth(1).wait_for()
        row(desk, "tools/call add").nth(1).get_by_role("button").click()
        panel(desk).locator("tr.mcpt-whole").wait_for()
        for theme in ("Dark", "Light"):
            desk.wear(f"JupyterLab {theme}")
            panel(desk).locator(".mcpt-scroll").evaluate("node => { node.scrollTop = 0; }")
            Path(PICTURES, f"trace-live-{theme.lower()}.png").write_bytes(panel(desk).screenshot())


def test_a_filter_is_applied_while_messages_come_and_to_those_that_were_there(desk):
    done(desk, "call")
    row(desk, "green").first.wait_for()
    panel(desk).get_by_label("filter messages by words").fill("green RESULT")
    panel(desk).get_by_text("1 message shown").wait_for()
    assert "↳" in row(desk, "green").inner_text()
    panel(desk).get_by_label("filter messages by words").fill("")
    row(desk, "tools/call add").first.wait_for()
    panel(desk).get_by_role("combobox", name="server").select_option("other")
    row(desk, "tools/call add").first.wait_for(state="detached")
    panel(desk).get_by_role("combobox", name="server").select_option("")
    panel(desk).get_by_label("failures only").check()
    panel(desk).get_by_text("0 messages shown").wait_for()
    done(desk, "fail")
    row(desk, "✗ error -32601").wait_for()
    assert row(desk, "").count() == 1


def test_a_paused_trace_says_how_many_have_passed_and_shows_them_when_it_goes_on(desk):
    panel(desk).get_by_role("button", name="pause the live trace").click()
    panel(desk).get_by_text("paused").wait_for()
    done(desk, "call")
    panel(desk).get_by_text("paused, 4 have passed since").wait_for()
    assert row(desk, "tools/call").count() == 0
    panel(desk).get_by_role("button", name="resume the live trace").click()
    row(desk, "tools/call").nth(3).wait_for()


def test_one_message_is_expanded_with_its_pair_by_keys_alone(desk):
    done(desk, "call")
    row(desk, "tools/call echo").nth(1).wait_for()
    first = row(desk, "").first.get_by_role("button")
    first.focus()
    desk.page.keyboard.press("End")
    desk.page.keyboard.press("Enter")
    whole = panel(desk).locator("tr.mcpt-whole")
    whole.wait_for()
    assert '"message": "a green word"' in whole.inner_text()
    assert "answers" in whole.inner_text()
    desk.page.keyboard.press("Enter")
    whole.wait_for(state="detached")
    desk.page.keyboard.press("Home")
    assert first.evaluate("box => box === document.activeElement")


def test_rows_arrive_while_a_cell_keeps_the_kernel_busy(desk):
    desk.run("busy")
    row(desk, "tools/call add").nth(5).wait_for()
    assert desk.output("busy").get_by_text("done").count() == 0
    desk.output("busy").get_by_text("done").wait_for()


def test_a_flood_is_counted_and_the_page_keeps_few_rows(desk):
    desk.run("flood")
    panel(desk).get_by_text("skipped: %mcp trace has what is kept").wait_for()
    assert row(desk, "").count() <= 200


def test_closing_leaves_the_table_as_it_is_then_and_nothing_else_in_the_notebook(desk, lab):
    done(desk, "call")
    row(desk, "green").first.wait_for()
    assert panel(desk).locator("[data-mcp-static]").is_hidden()
    panel(desk).get_by_role("button", name="close the live trace").click()
    panel(desk).get_by_role("button").first.wait_for(state="detached")
    panel(desk).get_by_text('tools/call echo {"message": "a green word"}').wait_for()
    desk.save()
    outputs = nbformat.reads(lab.saved(), as_version=4).cells[desk.number("live")].outputs
    assert [set(output.data) for output in outputs] == [{"text/plain", "text/html"}] * len(outputs)
    assert '{"message": "a green' in outputs[0].data["text/plain"]


def test_a_restarted_kernel_is_said_and_no_button_is_left_that_works(desk, lab):
    done(desk, "call")
    row(desk, "green").first.wait_for()
    desk.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    panel(desk).get_by_text("run %mcp trace --live again").wait_for()
    assert panel(desk).locator("button:enabled").count() == 0
    desk.wait_until_idle()
    lab.end_kernels()
