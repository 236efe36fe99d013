"""Forms of odd schemas in a real browser: what is there is given back as it is, and nothing complains."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import support.wild_server as source

pytestmark = [pytest.mark.kernel, pytest.mark.browser, pytest.mark.usefixtures("without_complaints")]

SERVER = f"{sys.executable} {Path(source.__file__)}"
CELLS = {
    "start": f"%load_ext mcp_magics\n%mcp add constructor --protocol legacy --quiet -- {SERVER}\nprint('connected')",
    "plain": "%mcp form constructor.plain",
    "names": "%mcp form constructor.names",
    "names-of-objects": "%mcp form constructor.names-of-objects",
    "lines-in-a-default": "%mcp form constructor.lines-in-a-default",
    "change": "%mcp call constructor.change --quiet",
}
NUMBER = {name: number for number, name in enumerate(CELLS)}


@pytest.fixture(scope="module")
def desk(one_desk):
    return one_desk


def shown(desk, name):
    """Run a cell; its output once the form is there."""
    desk.wait_until_idle()
    desk.run(NUMBER[name])
    output = desk.output(NUMBER[name])
    output.locator("form").first.wait_for()
    return output


def filled(desk, output, arguments):
    """Type ``arguments`` as JSON, and touch the fields they then stand in: what the fields say now."""
    output.get_by_text("Edit as JSON").click()
    box, cell = output.get_by_label("the arguments as JSON"), output.locator(".mcpf-cell").element_handle()
    typed = json.dumps(arguments)
    box.fill(typed)
    desk.page.wait_for_function("([cell, typed]) => cell.textContent.endsWith(typed)", arg=[cell, typed])
    box.evaluate("box => box.blur()")
    output.locator(".mcpf-fields").dispatch_event("input")
    desk.page.wait_for_function("box => box.value.includes('\\n')", arg=box.element_handle())
    return json.loads(box.input_value())


@pytest.mark.parametrize(
    "arguments",
    [
        {"note": "two\nlines"},
        {"day": "2025-02-30", "mail": " ada@example.org "},
    ],
    ids=["lines", "no-date"],
)
def test_what_native_inputs_would_spoil_is_given_back_as_it_was(desk, arguments):
    assert filled(desk, shown(desk, "plain"), arguments) == arguments


def test_an_address_is_sent_with_the_letters_that_were_typed(desk):
    output = shown(desk, "plain")
    output.get_by_role("textbox", name="mail").press_sequentially("ada@exämple.org")
    output.locator(".mcpf-cell", has_text="ada@exämple.org").wait_for()


def test_a_number_that_is_none_stays_when_another_row_goes(desk):
    output = shown(desk, "plain")
    for number, typed in enumerate(["0x10", " 5 ", "+7"], 1):
        output.get_by_role("button", name="Add to numbers").click()
        output.get_by_role("textbox", name=f"numbers {number}").fill(typed)
    output.get_by_role("button", name="Remove numbers 2").click()
    assert output.get_by_role("textbox", name="numbers 1").input_value() == "0x10"
    assert output.get_by_role("textbox", name="numbers 2").input_value() == "+7"


def test_half_a_date_is_said_to_be_one_and_is_not_left_out(desk):
    output = shown(desk, "plain")
    output.get_by_label("day", exact=True).focus()
    desk.page.keyboard.type("12")
    output.get_by_role("button", name="Run", exact=True).click()
    output.get_by_text("a date is half there").wait_for()
    assert output.get_by_text("did not arrive").count() == 0


@pytest.mark.parametrize("name", ["names", "names-of-objects"])
def test_members_of_any_name_are_filled_in_and_sent(desk, name):
    output = shown(desk, name)
    schema = source.ODD[name]
    arguments = {each: "x" for each, inner in schema["properties"].items() if inner == source.TEXT} | {"other": 1}
    assert filled(desk, output, arguments) == arguments
    unnamed = output.locator(".mcpf-fields").evaluate(
        "fields => [...fields.querySelectorAll('label, legend')].filter((each) => !each.textContent.trim()).length"
    )
    assert unnamed == 0
    assert "object Object" not in output.inner_text()
    assert "\u202e" not in output.locator(".mcpf-fields").inner_text()
    output.get_by_role("button", name="Run", exact=True).click()
    output.get_by_text(f"{name} got").first.wait_for()
    assert output.get_by_text("is not connected").count() == 0


def test_a_default_of_several_lines_is_run_as_it_is(desk):
    output = shown(desk, "lines-in-a-default")
    output.get_by_role("button", name="Run", exact=True).click()
    output.get_by_text("lines-in-a-default got").first.wait_for()


def test_a_form_says_that_its_tool_has_changed(desk):
    output = shown(desk, "plain")
    output.get_by_role("textbox", name="note").fill("kept")
    desk.wait_until_idle()
    desk.run(NUMBER["change"])
    output.get_by_text("plain has changed").wait_for()
    assert output.get_by_role("textbox", name="note").input_value() == "kept"
