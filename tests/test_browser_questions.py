"""A server's questions in a real browser: JupyterLab in Chromium, the form in the output of the cell that waits."""

from __future__ import annotations

import os
import re
import signal
from time import monotonic

import pytest
from support.notebook import S1

pytestmark = [pytest.mark.kernel, pytest.mark.browser, pytest.mark.usefixtures("without_complaints")]

START = f"%load_ext mcp_magics\n%mcp add s1 --protocol 2026-07-28 --quiet -- {S1}\n"
START += f"%mcp add old --protocol legacy --quiet -- {S1}\nprint('connected')"
ADA = "{'name': 'Ada', 'age': 36, 'colour': 'blue', 'subscribe': True}"
WIDE = """%%mcp_call s1.elicitation
message: Which tea shall we send?
schema: {"type": "object", "required": ["name"], "properties": {
  "name": {"type": "string", "title": "Name", "description": "As on the door", "minLength": 2},
  "count": {"type": "integer", "title": "How many", "minimum": 1, "maximum": 9, "default": 2},
  "day": {"type": "string", "format": "date", "title": "Day"},
  "mail": {"type": "string", "format": "email", "title": "E-mail"},
  "tea": {"type": "string", "title": "Tea", "default": "d",
    "oneOf": [{"const": "a", "title": "Assam"}, {"const": "d", "title": "Darjeeling"}]},
  "extras": {"type": "array", "title": "With it", "maxItems": 2,
    "items": {"anyOf": [{"const": "m", "title": "Milk"}, {"const": "s", "title": "Sugar"}]}},
  "gift": {"type": "boolean", "title": "It is a gift", "default": false},
  "note": {"type": "string", "title": "A note", "maxLength": 500}}}
"""
CELLS = {
    "start": START,
    "legacy": "r = %mcp call old.elicitation\nr.data",
    "modern": "r = %mcp call s1.elicitation\nr.data",
    "sampling": "r = %mcp call old.sampling prompt='Write a line about rain.'\nr.data['content']['text']",
    "url": "r = %mcp call s1.elicitation_url url=https://xn--pple-43d.com/pay?id=7\nr.data",
    "wide": WIDE,
    "stopped": "import os\nprint('process', os.getpid())\nr = %mcp call s1.elicitation\nr.data",
    "after": "r = %mcp call s1.add a=1 b=2\nr.data",
}


@pytest.fixture
def desk(one_desk):
    return one_desk


def asked(desk, name):
    """Run a cell; its output once the question is there."""
    desk.wait_until_idle()
    desk.run(name)
    output = desk.output(name)
    output.get_by_text("waiting for an answer").wait_for()
    output.locator("form").wait_for()
    return output


def gone(output):
    output.locator("form").wait_for(state="detached")


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_a_form_is_filled_in_by_clicks_and_keys_and_accepted(desk, era):
    output = asked(desk, era)
    output.get_by_label("Your name").click()
    desk.page.keyboard.type("Ada")
    output.get_by_label("Age in years").click()
    desk.page.keyboard.type("36")
    output.get_by_label("colour").select_option("blue")
    output.get_by_label("Send me news").click()
    output.get_by_role("button", name="Accept").click()
    output.get_by_text(ADA).wait_for()
    gone(output)
    output.get_by_text("→ accepted at").wait_for()


@pytest.mark.parametrize(("button", "action"), [("Decline", "decline"), ("Cancel", "cancel")])
def test_a_form_is_declined_or_cancelled_with_buttons_of_their_own(desk, button, action):
    output = asked(desk, "modern")
    output.get_by_role("button", name=button).click()
    output.get_by_text(f"{{'action': '{action}'}}").wait_for()
    gone(output)


def test_what_is_wrong_stands_at_its_field_and_the_keyboard_is_enough_to_mend_it(desk):
    output = asked(desk, "legacy")
    name, age = output.get_by_label("Your name"), output.get_by_label("Age in years")
    name.focus()
    desk.page.keyboard.press("Enter")
    output.get_by_text("needs a value").wait_for()
    assert name.evaluate("box => box === document.activeElement")
    described = name.get_attribute("aria-describedby").split()
    assert any("needs a value" in output.locator(f"#{each}").inner_text() for each in described)
    desk.page.keyboard.type("Ada")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.type("200")
    desk.page.keyboard.press("Escape")
    assert age.input_value() == "200"
    desk.page.keyboard.press("Enter")
    output.get_by_text("has to be at most").wait_for()
    output.get_by_role("button", name="Send anyway").click()
    output.get_by_text("'age': 200").wait_for()
    gone(output)


def test_half_a_date_is_said_to_be_one_and_is_not_left_out(desk):
    output = asked(desk, "wide")
    output.get_by_label("Name").fill("Ada")
    output.get_by_label("Day").click()
    desk.page.keyboard.type("12")
    output.get_by_role("button", name="Accept").click()
    output.get_by_role("alert").filter(has_text="a date is half there: fill it in, or empty it").wait_for()
    output.get_by_role("button", name="Cancel").click()
    gone(output)


def test_letters_in_a_select_are_no_commands_to_the_notebook(desk):
    output = asked(desk, "modern")
    output.get_by_label("colour").focus()
    desk.page.keyboard.type("dd")
    desk.page.keyboard.type("00")
    assert desk.page.locator(".jp-Notebook .jp-CodeCell").count() == len(CELLS)
    assert desk.page.locator(".jp-Dialog").count() == 0
    output.get_by_role("button", name="Decline").click()
    gone(output)


def test_a_request_for_a_completion_is_answered_by_hand(desk):
    output = asked(desk, "sampling")
    assert output.locator("dd").get_by_text("Write a line about rain.").is_visible()
    output.get_by_label("Your reply").fill("It rains.")
    output.get_by_role("button", name="Send").click()
    output.get_by_text("'It rains.'").wait_for()
    gone(output)


def test_an_address_is_opened_by_a_click_only(desk):
    visited = []
    desk.page.context.on("request", lambda request: visited.append(request.url))
    output = asked(desk, "url")
    assert output.get_by_text("https://xn--pple-43d.com/pay?id=7").is_visible()
    assert output.get_by_text("may look like another one").is_visible()
    link = output.get_by_role("link", name="Open xn--pple-43d.com")
    assert (link.get_attribute("rel"), link.get_attribute("target")) == ("noopener noreferrer", "_blank")
    output.get_by_role("button", name="Accept").click()
    output.get_by_text("{'action': 'accept'}").wait_for()
    gone(output)
    assert [url for url in visited if "xn--" in url] == []


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_stop_button_ends_the_cell_the_form_is_gone_and_the_next_call_works(desk, era):
    output = asked(desk, era)
    pressed = monotonic()
    desk.stop()
    output.get_by_text("KeyboardInterrupt").first.wait_for()
    assert monotonic() - pressed < 10
    gone(output)
    output.get_by_text(re.compile("→ (cancelled|no longer asked)")).wait_for()  # whichever is first to end it
    desk.wait_until_idle()
    desk.run("after")
    desk.output("after").get_by_text("{'sum': 3}").wait_for()


def test_a_kernel_that_does_not_answer_is_said_to_and_what_was_sent_still_counts(desk):
    output = asked(desk, "stopped")
    output.get_by_label("Your name").fill("Ada")
    (process,) = re.findall(r"process (\d+)", output.inner_text())
    os.kill(int(process), signal.SIGSTOP)
    try:
        output.get_by_role("button", name="Accept").click()
        assert output.get_by_role("button", name="Accept").is_disabled()
        output.get_by_role("status").get_by_text("the kernel does not answer").first.wait_for()
        assert output.get_by_role("button", name="Accept").is_enabled()
    finally:
        os.kill(int(process), signal.SIGCONT)
    output.get_by_text("'name': 'Ada'").wait_for()
    gone(output)


def test_the_form_is_readable_in_both_themes_and_at_twice_the_size(desk):
    output = asked(desk, "wide")
    form = output.locator("form")
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        desk.wear(theme)
        # A theme's sheets come one after the other: the colours are looked at until they are all there.
        desk.page.wait_for_function(f"form => ({_CONTRAST})(form) > 4.5", arg=form.element_handle())
    desk.page.evaluate("() => { document.body.style.zoom = 2; }")
    fits = form.evaluate("form => form.scrollWidth <= form.clientWidth + 1")
    desk.page.evaluate("() => { document.body.style.zoom = 1; }")
    assert fits
    output.get_by_label("Name").fill("Ada")
    output.get_by_label("Day").fill("2026-11-21")
    output.get_by_label("Milk").click()
    output.get_by_role("button", name="Accept").click()
    output.get_by_text('"2026-11-21"').first.wait_for()
    gone(output)


def test_a_saved_notebook_holds_the_lines_and_neither_a_form_nor_what_was_entered(desk, lab):
    output = asked(desk, "modern")
    output.get_by_label("Your name").fill("Augusta Byron")
    desk.save()
    assert "→ waiting for an answer" in lab.saved()
    assert "Augusta Byron" not in lab.saved()
    assert "widget-view" not in lab.saved()
    output.get_by_role("button", name="Decline").click()
    gone(output)
    output.get_by_text("→ declined at").wait_for()
    desk.save()
    saved = lab.saved()
    assert "→ declined at" in saved
    assert "widget-view" not in saved


_CONTRAST = """(form) => {
  const light = (colour) => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).slice(0, 3).map((each) => {
      const share = each / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const read = 'label, legend, input, select, textarea, button, .mcpq-help';
  const ratios = [...form.querySelectorAll(read)].map((each) => {
    let ground = each;
    while (/rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    const [one, other] = [getComputedStyle(each).color, getComputedStyle(ground).backgroundColor].map(light);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  });
  return Math.min(...ratios);
}"""
