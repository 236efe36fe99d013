"""Where things stand in ``%mcp browse``, on wide pages and narrow ones, and where the focus goes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import support.browsing_server as source
from support.screen import make_room, seen_at

pytestmark = [pytest.mark.kernel, pytest.mark.browser, pytest.mark.usefixtures("without_complaints")]

SERVER = f"{sys.executable} {Path(source.__file__)} 200"
CELLS = {
    "start": f"%load_ext mcp_magics\n%mcp add many --protocol legacy --quiet -- {SERVER}\nprint('connected')",
    "browse": "%mcp browse",
}
NARROW = 600
ROW = 46


@pytest.fixture
def desk(one_desk):
    make_room(one_desk.page)
    return one_desk


@pytest.fixture
def output(desk):
    """A browser in its output."""
    desk.wait_until_idle()
    desk.run("browse")
    desk.output("browse").locator(".mcpb-row").first.wait_for()
    return desk.output("browse")


def found(output, text, count):
    output.get_by_role("combobox", name="filter").fill(text)
    output.locator(".mcpb-left [role=status]").get_by_text(f"{count} of 210", exact=True).wait_for()


def opened(output, name, title):
    """Find it, open it with Enter, wait until it is there."""
    found(output, name, 1)
    output.locator(".mcpb-row strong").get_by_text(name, exact=True).wait_for()
    output.get_by_role("combobox", name="filter").press("Enter")
    output.locator(".mcpf-head", has_text=title).wait_for()


def is_seen(locator):
    """Whether nothing is before the middle of it, and it is on the screen."""
    return locator.evaluate(_IS_SEEN)


def has_focus(desk, name):
    desk.page.wait_for_function(_FOCUSED, arg=name)


def test_run_and_what_came_of_it_are_seen_wherever_the_form_is_scrolled_to(output):
    opened(output, "order", "Order tea")
    detail = output.get_by_role("region", name="what is picked")
    run = output.get_by_role("button", name="Run", exact=True)
    detail.evaluate("node => node.scrollIntoView({ block: 'start' })")
    assert detail.evaluate("node => node.scrollHeight > node.clientHeight + 100")
    run.click()
    output.get_by_role("button", name="Run anyway").wait_for()
    for share in (0, 0.5, 1):
        detail.evaluate("(node, share) => { node.scrollTop = share * node.scrollHeight; }", share)
        if share < 1:
            assert is_seen(run)
    detail.evaluate("node => { node.scrollTop = 0; }")
    output.get_by_role("button", name="Run anyway").click()
    output.get_by_text("the result is below").wait_for()
    assert is_seen(output.get_by_text("the result is below"))


def test_enter_goes_to_the_first_field_and_escape_back_to_the_filter(desk, output):
    opened(output, "order", "Order tea")
    has_focus(desk, "name")
    desk.page.keyboard.press("Escape")
    has_focus(desk, "filter")


def test_enter_goes_to_the_button_where_there_is_no_field(desk, output):
    opened(output, "note://one", "one")
    has_focus(desk, "Read")


def test_a_click_leaves_the_focus_in_the_list(desk, output):
    found(output, "order", 1)
    output.locator(".mcpb-row").click()
    output.locator(".mcpf-head", has_text="Order tea").wait_for()
    has_focus(desk, "what the servers offer")


def test_the_list_is_as_high_as_what_matches(output):
    box = output.get_by_role("listbox")
    whole = box.evaluate("node => node.clientHeight")
    found(output, "order", 1)
    assert box.evaluate("node => node.clientHeight") == ROW
    found(output, "no such thing", 0)
    assert box.evaluate("node => node.clientHeight") == ROW
    output.get_by_role("combobox", name="filter").fill("")
    output.locator(".mcpb-left [role=status]").get_by_text("210", exact=True).wait_for()
    assert box.evaluate("node => node.clientHeight") == whole > 4 * ROW


def test_on_a_narrow_page_what_is_clicked_comes_into_view(desk, output):
    with seen_at(desk.page, NARROW):
        output.get_by_role("listbox").evaluate("node => node.scrollIntoView({ block: 'end' })")
        output.locator(".mcpb-row").nth(1).click()
        head = output.locator(".mcpf-head")
        head.wait_for()
        assert is_seen(head)


def test_all_kinds_are_on_until_one_is_chosen(output):
    kinds = output.get_by_role("group", name="kinds")

    def pressed():
        return kinds.locator("[aria-pressed=true]").all_inner_texts()

    assert pressed() == ["All"]
    kinds.get_by_role("button", name="Prompts 1").click()
    assert pressed() == ["Prompts 1"]
    kinds.get_by_role("button", name="Resources 1").click()
    assert pressed() == ["Prompts 1", "Resources 1"]
    output.locator(".mcpb-left [role=status]").get_by_text("2 of 210", exact=True).wait_for()
    kinds.get_by_role("button", name="All").click()
    assert pressed() == ["All"]
    output.locator(".mcpb-left [role=status]").get_by_text("210", exact=True).wait_for()


def test_a_result_says_whose_it_is_while_another_tool_is_open(output):
    opened(output, "tool_111", "tool_111")
    output.get_by_role("button", name="Run", exact=True).click()
    output.get_by_text("the result is below").wait_for()
    opened(output, "tool_112", "tool_112")
    told = output.get_by_text("result of many.tool_111, ")
    told.wait_for()
    cell = output.locator("[data-mcp-run] pre")
    assert not cell.is_visible()
    told.click()
    assert cell.inner_text() == "%mcp call many.tool_111"


_IS_SEEN = """(node) => {
  const { left, top, width, height } = node.getBoundingClientRect();
  const there = document.elementFromPoint(left + width / 2, top + height / 2);
  return there !== null && (node === there || node.contains(there));
}"""
_FOCUSED = """(name) => {
  const at = document.activeElement;
  const named = at.labels?.[0]?.querySelector('.mcpf-label')?.textContent ?? at.labels?.[0]?.textContent;
  return (at.getAttribute('aria-label') ?? named ?? at.textContent).trim().split(' ')[0] === name.split(' ')[0];
}"""
