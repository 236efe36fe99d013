"""A form as pydantic's schemas make it, in a real browser: quick to fill in, and clear about what is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import support.trip_server as source

pytestmark = [pytest.mark.kernel, pytest.mark.browser, pytest.mark.usefixtures("without_complaints")]

SERVER = f"{sys.executable} {Path(source.__file__)}"
CELLS = {
    "start": f"%load_ext mcp_magics\n%mcp add big --protocol legacy --quiet -- {SERVER}\nprint('connected')",
    "form": "%mcp form big.trip",
}


@pytest.fixture
def desk(one_desk):
    return one_desk


@pytest.fixture
def form(desk):
    """The form, opened anew."""
    desk.wait_until_idle()
    desk.run("form")
    output = desk.output("form")
    output.locator("form").wait_for()
    return output


def said(form, *parts):
    """The arguments, once their cell says all of ``parts``."""
    for part in parts:
        form.locator(".mcpf-cell", has_text=part).wait_for()
    return json.loads(form.locator(".mcpf-cell").inner_text().partition("\n")[2])


def test_what_may_be_null_opens_as_its_field_empty_and_null_is_a_button(form):
    assert form.locator("textarea.mcpq-json").filter(visible=True).count() == 0
    assert form.get_by_text("null unless filled in").count() == 6
    assert form.get_by_label("query", exact=True).input_value() == ""
    assert said(form, "pay") == {"pay": {"kind": "card"}, "stops": []}
    form.get_by_label("seat · Class", exact=True).select_option("second")
    form.get_by_label("day", exact=True).fill("2026-11-21")
    form.get_by_label("max_price", exact=True).fill("1.10")
    form.get_by_role("button", name="null for note").click()
    assert said(form, "1.10", "second", '"note": null')["day"] == "2026-11-21"
    form.get_by_role("button", name="as a field: note").click()
    form.get_by_label("note", exact=True).fill("by train")
    said(form, "by train")
    form.get_by_label("attachment: a file").set_input_files(
        {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": b"\xfb\xff"}
    )
    assert said(form, "attachment")["attachment"] == "-_8="


def test_a_label_holds_the_name_and_a_title_that_says_more(form):
    labels = form.locator(".mcpf-fields > * label, .mcpf-fields > * legend").all_inner_texts()
    assert {"query", "max_price", "ship_to · Address", "pay (required)"} <= set(labels)


def test_the_one_value_of_a_variant_is_text_that_can_be_made_another(form):
    kind = form.get_by_label("kind", exact=True)
    assert (kind.evaluate("each => each.tagName"), kind.inner_text()) == ("OUTPUT", "card")
    form.get_by_role("button", name="{ } as JSON: kind").click()
    form.get_by_label("kind", exact=True).fill('"cart"')
    said(form, '"cart"')
    form.get_by_role("button", name="Run", exact=True).click()
    form.get_by_text('has to be "card"').wait_for()


def test_what_is_wrong_is_told_at_its_field_and_a_new_row_is_not_blamed(form):
    form.get_by_label("traveller (required)").fill("Ada")
    form.get_by_label("number (required)").fill("12")
    form.get_by_role("button", name="Run", exact=True).click()
    number = form.get_by_label("number (required)")
    problem = form.locator(f"#{number.get_attribute('aria-describedby').split()[-1]}")
    problem.get_by_text("needs at least 4 characters").wait_for()
    form.get_by_role("button", name="Add to stops").click()
    said(form, '"stops": [\n    {}')
    problem.get_by_text("needs at least 4 characters").wait_for()
    assert form.get_by_text("needs a value").filter(visible=True).count() == 0
    form.get_by_role("button", name="Run", exact=True).click()
    form.get_by_text("needs a value, or remove the row").wait_for()


def test_what_a_run_came_to_is_no_longer_said_once_something_is_edited(form):
    form.get_by_label("traveller (required)").fill("Ada")
    form.get_by_label("number (required)").fill("1234")
    form.get_by_role("button", name="Run", exact=True).click()
    status = form.locator(".mcpf-status", has_text="succeeded")
    status.wait_for()
    form.get_by_label("number (required)").fill("12")
    status.wait_for(state="detached")


def test_fields_are_as_wide_whatever_style_came_first(desk, form):
    line = form.get_by_label("traveller (required)")
    before = line.evaluate(WIDTH)
    assert before != "100%"
    for start in (".mcpp input:not", ".mcpq input:not"):
        assert desk.page.evaluate(LAST, start) > 0
        assert line.evaluate(WIDTH) == before


WIDTH = "each => getComputedStyle(each).maxWidth"
LAST = """(start) => {
  for (const sheet of document.styleSheets) {
    const rules = [...sheet.cssRules].filter((each) => each.selectorText?.startsWith(start));
    if (rules.length === 0) continue;
    const last = document.createElement('style');
    last.textContent = rules.map((each) => each.cssText).join('');
    document.head.append(last);
    return rules.length;
  }
  return 0;
}"""
