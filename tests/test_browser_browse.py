"""``%mcp browse`` and ``%mcp form`` in a real browser: JupyterLab in Chromium, ten thousand tools, keys and clicks."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import support.browsing_server as source

pytestmark = [pytest.mark.kernel, pytest.mark.browser, pytest.mark.usefixtures("without_complaints")]

SERVER = f"{sys.executable} {Path(source.__file__)} 10000"
CELLS = {
    "start": f"%load_ext mcp_magics\n%mcp add many --protocol legacy --quiet -- {SERVER}\nprint('connected')",
    "browse": "%mcp browse",
    "form": "%mcp form many.order",
    "slow": "%mcp form many.slow",
    "hostile": "%mcp form many.hostile",
    "deep": "%mcp form many.deep",
    "mortal": f"%mcp add mortal --protocol legacy --quiet -- {SERVER}\n%mcp form mortal.order",
    "die": "%mcp form mortal.die",
    "remove": "%mcp remove mortal",
}


@pytest.fixture
def desk(one_desk):
    return one_desk


def shown(desk, name, what="form"):
    """Run a cell; its output once the panel is there."""
    desk.wait_until_idle()
    desk.run(name)
    output = desk.output(name)
    output.locator(what).first.wait_for()
    return output


def listed(output, count):
    output.locator(".mcpb-left [role=status]").get_by_text(f"{count} of 10,010", exact=True).wait_for()


def fill(output):
    output.get_by_role("textbox", name="name (required)").fill("Ada")
    output.get_by_role("textbox", name="price", exact=True).fill("1.10")
    output.get_by_label("shape: which of 2").select_option("Square")


def cell_of(output, *parts):
    """The cell to copy, once it says all of ``parts``."""
    for part in parts:
        output.locator(".mcpf-cell", has_text=part).wait_for()
    return output.locator(".mcpf-cell").inner_text()


def test_ten_thousand_tools_are_filtered_while_one_types_and_opened_and_run_with_keys_alone(desk):
    output = shown(desk, "browse", ".mcpb-row")
    assert output.locator(".mcpb-row").count() < 40
    output.get_by_role("combobox", name="filter").focus()
    desk.page.keyboard.type("tool_99 ")
    listed(output, "111")
    desk.page.keyboard.press("ControlOrMeta+a")
    desk.page.keyboard.type("order")
    listed(output, "1")
    desk.page.keyboard.press("Enter")
    output.get_by_text("may destroy").wait_for()
    fill(output)
    output.get_by_role("textbox", name="price", exact=True).focus()
    cell_of(output, "1.10", "square")
    desk.page.keyboard.press("Enter")
    output.get_by_text("order was called").wait_for()
    output.get_by_text("the result is below").wait_for()
    assert desk.page.locator(".jp-Dialog").count() == 0


def test_the_list_is_walked_with_arrows_and_narrowed_by_kind(desk):
    output = shown(desk, "browse", ".mcpb-row")
    output.get_by_role("button", name="Prompts 1").click()
    listed(output, "1")
    output.get_by_role("listbox").focus()
    desk.page.keyboard.press("Enter")
    output.get_by_role("textbox", name="who (required)").fill("Grace")
    cell_of(output, "%%mcp prompt many.greet", "Grace")
    output.get_by_role("button", name="Run", exact=True).click()
    output.get_by_text("many.greet succeeded").wait_for()
    output.get_by_role("button", name="Prompts 1").click()
    output.get_by_role("listbox").focus()
    desk.page.keyboard.press("End")
    last = output.locator(".mcpb-row.mcpb-active")
    last.wait_for()
    assert last.get_attribute("aria-posinset") == "10010"


def test_a_copied_cell_is_what_was_clicked_digit_for_digit(desk):
    output = shown(desk, "form")
    fill(output)
    output.get_by_role("button", name="Add to lines · Line").click()
    output.get_by_role("textbox", name="item").fill("tea")
    output.get_by_role("button", name="Add to · Address").click()
    output.get_by_role("textbox", name="town (required)").fill("Bath")
    text = cell_of(output, "1.10", "Bath")
    output.get_by_role("button", name="Copy cell").click()
    output.get_by_text("Copied").wait_for()
    assert desk.page.evaluate("navigator.clipboard.readText()") == text
    head, _, body = text.partition("\n")
    assert head == "%%mcp_call many.order"
    assert json.loads(body, parse_float=str) == {
        "name": "Ada",
        "price": "1.10",
        "count": 2,
        "shape": {"kind": "square"},
        "lines": [{"item": "tea"}],
        "to": {"town": "Bath"},
    }


def test_json_and_fields_follow_each_other_and_what_is_no_json_stays(desk):
    output = shown(desk, "form")
    output.get_by_text("Edit as JSON").click()
    box = output.get_by_label("the arguments as JSON")
    typed = '{"name": "Bob", "price": 2.50, "shape": {"kind": "circle", "r": 1e3}, "more": true}'
    box.fill(typed)
    desk.page.wait_for_function(
        "() => [...document.querySelectorAll('.mcpf input')].some(each => each.value === '2.50')"
    )
    assert output.get_by_label("shape: which of 2").input_value() == "0"
    assert json.loads(output.get_by_label("Other members").input_value()) == {"more": True}
    assert box.input_value() == typed
    box.fill('{"name": ')
    output.get_by_text("line 1, column 10").wait_for()
    assert output.get_by_role("textbox", name="name (required)").input_value() == "Bob"
    assert box.input_value() == '{"name": '
    output.get_by_role("button", name="Back to the fields").click()
    output.get_by_role("textbox", name="price", exact=True).fill("3.00")
    cell_of(output, "3.00")
    assert '"r": 1e3' in box.input_value()


def test_a_field_becomes_json_and_null_is_a_button(desk):
    output = shown(desk, "form")
    fill(output)
    output.get_by_role("button", name="null for day").click()
    output.get_by_role("button", name="{ } as JSON: price").click()
    output.get_by_role("textbox", name="price", exact=True).fill('"cheap"')
    cell_of(output, '"day": null', '"price": "cheap"')
    output.get_by_role("button", name="Run", exact=True).click()
    output.get_by_text('"cheap" is no number').wait_for()
    output.get_by_role("button", name="Run anyway").click()
    output.get_by_text("order was called").wait_for()


def test_a_chosen_file_travels_as_base64(desk):
    output = shown(desk, "form")
    fill(output)
    file = {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": b"\x00\xff"}
    output.get_by_label("photo: a file").set_input_files(file)
    output.get_by_text("a.bin, 2 bytes").wait_for()
    cell_of(output, '"photo": "AP8="')


def test_a_run_is_cancelled_with_a_button(desk):
    output = shown(desk, "slow")
    output.get_by_role("button", name="Run", exact=True).click()
    output.get_by_role("button", name="Cancel").click()
    output.get_by_text("cancelled after").first.wait_for()
    output.locator("button[type=submit]:enabled").wait_for()


def test_hostile_words_are_text_and_a_schema_without_end_is_a_form(desk):
    output = shown(desk, "hostile")
    assert desk.page.evaluate("window.hacked") is None
    assert output.locator("script, img").count() == 0
    assert "⟨U+202E⟩" in output.inner_text()
    assert len(output.inner_text()) < 20_000
    output = shown(desk, "deep")
    assert output.locator("textarea.mcpq-json").count() >= 2


def test_what_was_typed_stays_when_the_server_dies(desk):
    output = shown(desk, "mortal")
    fill(output)
    dying = shown(desk, "die")
    dying.get_by_role("button", name="Run", exact=True).click()
    output.get_by_text("what is typed stays").wait_for()
    assert output.get_by_role("textbox", name="name (required)").input_value() == "Ada"
    output.get_by_role("button", name="Run", exact=True).click()
    output.get_by_text("order was called").wait_for()
    output.get_by_text("what is typed stays").wait_for(state="detached")
    desk.wait_until_idle()
    desk.run("remove")
    desk.output("remove").get_by_text("mortal").wait_for()


def test_a_form_is_readable_in_both_themes_and_fits_at_twice_the_size(desk):
    output = shown(desk, "form")
    output.get_by_role("button", name="Add to · Address").click()
    panel = output.locator(".mcpp")
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        desk.wear(theme)
        assert panel.evaluate(_CONTRAST) > 4.5, theme
    desk.page.evaluate("() => { document.body.style.zoom = 2; }")
    fits = panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth + 1")
    desk.page.evaluate("() => { document.body.style.zoom = 1; }")
    assert fits


def test_every_control_has_a_name(desk):
    for name, what in (("browse", ".mcpb-row"), ("form", "form")):
        nameless = shown(desk, name, what).locator(".mcpp").evaluate(_NAMELESS)
        assert nameless == []


def test_a_saved_notebook_holds_the_table_and_the_result_and_no_button(desk, lab):
    output = shown(desk, "form")
    output.get_by_role("textbox", name="name (required)").fill("Augusta Byron")
    cell_of(output, "Augusta")
    desk.save()
    saved = lab.saved()
    assert "Augusta" not in saved
    assert "widget-view" not in saved
    assert "<button" not in saved
    assert "a cell to begin with" in saved


_NAMELESS = """(panel) => [...panel.querySelectorAll('input, select, textarea, button')].filter((each) => {
  const label = each.labels && each.labels[0] && each.labels[0].textContent.trim();
  return !label && !each.getAttribute('aria-label') && !each.textContent.trim();
}).map((each) => each.outerHTML)"""
_CONTRAST = """(panel) => {
  const light = (colour) => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).slice(0, 3).map((each) => {
      const share = each / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const read = 'label, legend, input, select, textarea, summary, pre, .mcpq-help, .mcpf-name';
  const seen = [...panel.querySelectorAll(read)].filter((each) => each.checkVisibility());
  const ratios = seen.map((each) => {
    let ground = each;
    while (/rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    const [one, other] = [getComputedStyle(each).color, getComputedStyle(ground).backgroundColor].map(light);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  });
  return Math.min(...ratios);
}"""
