"""Every live panel as a person finds it: the cells that show it, and what is done until there is most to see of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from support.commands import apps, tables
from support.lab import Desk
from support.notebook import S1
from support.screen import make_room

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from support.lab import Lab

LOAD = "%load_ext mcp_magics\n"
WITH_S1 = f"{LOAD}%mcp add s1 --protocol legacy --quiet -- {S1}"
WITH_L2 = f"{LOAD}%mcp playground start l2 --quiet"
MANY = f"{sys.executable} {Path(__file__).with_name('browsing_server.py')} 200"
WITH_MANY = f"{LOAD}%mcp add many --protocol legacy --quiet -- {MANY}"
WITH_BROKEN = (
    f"{WITH_L2}\n%mcp add s1 --quiet -- {S1}\n%mcp add broken --no-connect --quiet -- no-such-program-anywhere"
)
ASKING = """%%mcp_call s1.elicitation
message: Which tea shall we send?
schema: {"type": "object", "required": ["name", "count"], "properties": {
  "name": {"type": "string", "title": "Name", "description": "As on the door", "minLength": 2},
  "count": {"type": "integer", "title": "How many", "minimum": 1, "maximum": 9, "default": 2},
  "day": {"type": "string", "format": "date", "title": "Day"},
  "moment": {"type": "string", "format": "date-time", "title": "Moment"},
  "tea": {"type": "string", "title": "Tea", "default": "d",
    "oneOf": [{"const": "a", "title": "Assam"}, {"const": "d", "title": "Darjeeling"}]},
  "extras": {"type": "array", "title": "With it", "maxItems": 2,
    "items": {"anyOf": [{"const": "m", "title": "Milk"}, {"const": "s", "title": "Sugar"}]}},
  "gift": {"type": "boolean", "title": "It is a gift", "default": false},
  "note": {"type": "string", "title": "A note", "maxLength": 500}}}"""


def cards(output: Locator) -> None:
    """One server ready, one failed, one with a login under way."""
    _card(output, "s1").locator("dd", has_text="ready").wait_for()
    _press(output, "Connect broken")
    _card(output, "broken").locator("dd", has_text="failed").wait_for()
    _press(output, "Log in l2")
    output.get_by_role("link", name="log in to l2").wait_for()
    output.get_by_text("resource metadata").first.wait_for()


def login(output: Locator) -> None:
    """Waiting for the browser, after an address that was not the one."""
    output.get_by_role("link", name="log in to l2").wait_for()
    box = output.get_by_label("address the browser ended on")
    box.fill("http://127.0.0.1/elsewhere")
    box.press("Enter")
    output.get_by_role("alert").filter(has_text="http").wait_for()


def question_form(output: Locator) -> None:
    """A form with a name that is too short."""
    name = output.get_by_label("Name")
    name.fill("A")
    name.press("Enter")
    output.get_by_role("button", name="Send anyway").wait_for()


def asked(output: Locator) -> None:
    """A question that is there."""
    output.locator("form").wait_for()


def browse(output: Locator) -> None:
    """A tool found and opened."""
    output.get_by_role("combobox", name="filter").fill("o")
    output.locator(".mcpb-row", has_text="order").first.click()
    order(output)


def order(output: Locator) -> None:
    """A form with a group, a variant and a row, each opened, and a value that is not allowed."""
    output.get_by_role("textbox", name="price", exact=True).fill("-1")
    output.get_by_label("shape: which of 2").select_option("Circle")
    output.get_by_role("button", name="Add to lines · Line").click()
    output.get_by_role("textbox", name="item").fill("tea")
    output.get_by_role("button", name="Add to · Address").click()
    output.get_by_text("Edit as JSON").click()
    output.get_by_text("Arguments", exact=True).click()
    output.get_by_role("button", name="Run", exact=True).click()
    output.get_by_role("button", name="Run anyway").wait_for()


def flow(output: Locator) -> None:
    """Two requests made, one of them chosen, the next one's fields to change."""
    for name in ("anonymous", "resource metadata", "server metadata", "registration"):
        output.get_by_role("button", name="make the next request").click()
        output.get_by_role("button", name=f", {name}:").last.wait_for()
        output.locator("button.mcpp-main:enabled").wait_for()
    output.get_by_role("button", name=", resource metadata:").last.click()
    output.get_by_role("region", name="the chosen step").get_by_role("table").first.wait_for()


def trace(output: Locator) -> None:
    """Requests, a failure, one message whole."""
    rows = output.locator("tr.mcpt-row")
    rows.filter(has_text="tools/nope").nth(1).wait_for()
    rows.filter(has_text="tools/call add").nth(1).get_by_role("button").click()
    output.locator("tr.mcpt-whole").wait_for()
    output.locator(".mcpt-scroll").evaluate("(node) => { node.scrollTop = 0; }")


def table(output: Locator) -> None:
    """A dozen rows found and sorted, one cell whole."""
    output.get_by_label("filter rows by words").fill("row 19")
    output.get_by_role("status").filter(has_text="of 200 rows").wait_for()
    output.get_by_role("button", name="text", exact=True).click()
    output.get_by_role("status").filter(has_text="by text, ascending").wait_for()
    output.locator("tr.mcpd-row td").nth(2).click()
    output.get_by_role("region", name="one cell whole").wait_for()


def job(output: Locator) -> None:
    """A call that is left to run."""
    output.get_by_role("button", name="cancel").wait_for()


def app(output: Locator) -> None:
    """An app that asks whether it may call a tool, and offers a link."""
    document = output.frame_locator("iframe").frame_locator("iframe")
    document.get_by_role("button", name="Order ten").click()
    output.get_by_role("button", name="Allow").wait_for()
    document.get_by_role("button", name="Manual").click()
    output.get_by_role("button", name="Dismiss").wait_for()


@dataclass(frozen=True)
class Panel:
    """A panel in the output of the second cell; ``root`` is a selector of the element it is all in."""

    cells: tuple[str, ...]
    until: Callable[[Locator], None]
    root: str = ".mcpp"

    def opened(self, lab: Lab, browser: Browser) -> Desk:
        """A notebook of these cells before a person with the side bar closed; the first has run."""
        lab.write(f"{self.cells[0]}\nprint('all is there')", *self.cells[1:])
        desk = Desk.at(browser, lab)
        make_room(desk.page)
        desk.run(0)
        desk.output(0).get_by_text("all is there").wait_for()
        desk.wait_until_idle()
        return desk

    def shown(self, desk: Desk) -> Locator:
        """The panel in its output, all other cells running, when there is all to see of it."""
        for number in range(1, len(self.cells)):
            desk.run(number)
        output = desk.output(1)
        output.locator(self.root).first.wait_for()
        self.until(output)
        return output.locator(self.root).first


PANELS = {
    "cards": Panel((WITH_BROKEN, "%mcp list"), cards),
    "login": Panel((WITH_L2, "%mcp login l2"), login),
    "question-form": Panel((WITH_S1, ASKING), question_form, ".mcpq"),
    "question-url": Panel(
        (WITH_S1, "%mcp call s1.elicitation_url url=https://xn--pple-43d.com/pay?id=7"), asked, ".mcpq"
    ),
    "question-sampling": Panel((WITH_S1, "%mcp call s1.sampling prompt='Write a line about rain.'"), asked, ".mcpq"),
    "approval": Panel(
        (WITH_S1.replace("add s1", "add s1 --approval prompt"), "%mcp call s1.add a=40 b=2"), asked, ".mcpq"
    ),
    "browse": Panel((WITH_MANY, "%mcp browse"), browse),
    "form": Panel((WITH_MANY, "%mcp form many.order"), order),
    "flow": Panel((WITH_L2, "%mcp oauth l2 -o flow"), flow),
    "trace-live": Panel(
        (
            f"{WITH_S1}\nfrom mcp_magics import servers\nservers.journal.clear()",
            "%mcp trace --live",
            "%mcp call s1.add a=40 b=2 --quiet\n%mcp request s1 tools/nope --expect-error --quiet",
        ),
        trace,
    ),
    "table": Panel((f"{LOAD}%mcp add t --quiet -- {tables()}", "%mcp call t.odd"), table),
    "job": Panel((WITH_S1, "%mcp call s1.slow seconds=600 --no-wait"), job, ".jp-OutputArea-output:has(button)"),
    "app": Panel(
        (f"{LOAD}%mcp add stock --quiet --approval writes -- {apps()}", "%mcp call stock.stock item=tea"),
        app,
        "[data-mcp-app]",
    ),
}


def _card(output: Locator, name: str) -> Locator:
    return output.get_by_role("listitem", name=name, exact=True)


def _press(output: Locator, name: str) -> None:
    output.get_by_role("button", name=name, exact=True).click()
