"""``%mcp browse`` and ``%mcp form``: tables where nobody is, and the kernel's half of the panels."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import support.browsing_server as source
from support.kernel import Kernel
from support.notebook import S1, done
from support.page import Page

from mcp_magics.connection.lists.catalog import Tool
from mcp_magics.magics.cards import ToolCard
from mcp_magics.widgets.offer import Offer
from mcp_magics.widgets.offer_index import MOST_ROWS, OfferIndex
from mcp_magics.widgets.open_form import OpenForm

SERVER = f"{sys.executable} {Path(source.__file__)}"
ADD = f"%mcp add many --protocol legacy --quiet -- {SERVER} "


def tool(name="order", **raw):
    found = next((each for each in source.ODD if each["name"] == name), {"name": name})
    return Offer("tool", "many", name, {**found, **raw})


# -- without a page ----------------------------------------------------------------------------------------------------


def test_browse_is_a_table_of_all_that_is_offered(shell):
    shell(f"{ADD}3")
    sheet = shell.value("%mcp browse many")
    assert sheet.title.startswith("10 tools, 1 prompt, 1 resource, 1 template of 1 server, as of ")
    assert [each["name"] for each in sheet if each["kind"] != "tool"] == ["greet", "note://one", "note://{id}"]
    assert list(sheet.df.columns) == ["kind", "server", "name", "title", "description"]
    assert len(str(sheet._repr_mimebundle_())) < 256 * 1024


def test_browse_alone_takes_what_is_connected_and_says_so_where_nothing_is(shell):
    assert "no server is connected" in shell("%mcp browse").text
    shell(f"{ADD}0")
    assert len(shell.value("%mcp browse")) == 10
    shell("%mcp disconnect many")
    assert len(shell.value("%mcp browse")) == 0


def test_form_is_a_table_of_the_arguments_and_a_cell_to_begin_with(shell):
    shell(f"{ADD}0")
    cell = shell("%mcp form many.order")
    rows = {each["argument"]: each for each in cell.result}
    assert rows["name"]["required"] == "yes"
    assert rows["name"]["allowed"] == "at least 2 characters"
    assert rows["colour"]["allowed"] == '"red" | "green"'
    assert rows["day"]["type"] == "string (date) or null"
    assert rows["shape"]["type"] == "one of 2"
    assert {"· (1) Circle", "· · r", "· town"} <= rows.keys()
    assert "%%mcp_call many.order" in cell.text
    shell(cell.result.example)


def test_a_tool_that_is_not_there_is_named(shell):
    shell(f"{ADD}0")
    assert "did you mean" in shell.fails("%mcp form many.ordr", "unknown_tool").failure.message


@pytest.mark.parametrize("name", ["hostile", "deep", "tree"])
def test_hostile_tools_are_shown_in_bounds_and_as_text(shell, name):
    shell(f"{ADD}0")
    cell = shell(f"%mcp form many.{name}")
    assert "<script>" not in cell.html
    assert "\u202e" not in cell.text
    assert len(cell.html) < 256 * 1024


def test_one_json_document_has_the_rows(shell):
    shell(f"{ADD}0")
    assert len(json.loads(shell("%mcp browse many --json").stdout)["rows"]) == 10


# -- finding -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def index():
    found = OfferIndex()
    found.fill(
        [*(tool(f"tool_{n}", description=f"about {n}") for n in range(10_000)), Offer("prompt", "p", "greet", {})]
    )
    return found


def test_a_name_that_begins_so_comes_before_one_that_has_it_and_before_a_description(index):
    index.fill([tool("a", description="say word"), tool("my_word"), tool("word_of"), tool("other")])
    assert [row["name"] for row in index.rows("Word", (), 0)["rows"]] == ["word_of", "my_word", "a"]


def test_every_word_has_to_be_there_and_kinds_narrow_what_is_found(index):
    assert index.rows("tool_99 about", (), 0)["matched"] == 111
    assert index.rows("many 123", (), 0)["matched"] == 20
    found = index.rows("", ("prompt",), 0)
    assert (found["matched"], found["total"], found["counts"]) == (1, 10_001, {"tool": 10_000, "prompt": 1})


def test_rows_are_given_fifty_at_a_time(index):
    rows = index.rows("", (), 9_990)["rows"]
    assert (len(rows), len(index.rows("", (), 0)["rows"])) == (11, MOST_ROWS)
    assert len(json.dumps(index.rows("", (), 0))) < 20_000


def test_an_offer_keeps_its_number_when_the_list_changes(index):
    number = index.number(tool("tool_7").key)
    index.fill([tool("new"), tool("tool_7")])
    assert index.number(tool("tool_7").key) == number
    assert index.number(tool("tool_8").key) is None


# -- an open form ------------------------------------------------------------------------------------------------------


class Desk:
    """One page before one open form."""

    def __init__(self, offer):
        self.ran, self.told = [], []
        self.form = OpenForm(offer, self.ran.append)

    def says(self, **content):
        self.told.clear()
        self.form.heard(content, self.told.append)
        return self.told[-1] if self.told else None


FILLED = {"name": "Ada", "price": "1.10", "shape": {"variant": 1, "entry": {"of": {"kind": 0, "w": "2"}, "more": ""}}}


def test_what_is_typed_into_fields_is_answered_with_its_json_and_its_cell():
    said = Desk(tool()).says(do="entries", entry={"of": FILLED, "more": ""})["written"]
    assert said["cell"] == f"%%mcp_call many.order\n{said['text']}"
    assert '"price": 1.10' in said["text"]
    assert said["problems"] == []


def test_what_is_typed_as_json_is_answered_with_the_fields_and_stays_as_typed_in_the_cell():
    typed = '{"name":   "Ada", "price": 1.10, "shape": {"kind": "square"}, "more": [1]}'
    said = Desk(tool()).says(do="text", text=typed)["read"]
    assert said["entry"]["of"]["price"] == "1.10"
    assert json.loads(said["entry"]["more"]) == {"more": [1]}
    assert said["cell"].endswith(typed)


def test_what_is_no_json_is_said_with_its_place_and_cannot_be_sent():
    desk = Desk(tool())
    said = desk.says(do="text", text='{"name": }')["read"]
    assert said["blocked"]
    assert "line 1, column 10" in said["problems"][0]["message"]
    assert desk.says(do="run", text='{"name": }', anyway=True)["refused"]["blocked"]
    assert desk.ran == []


def test_what_the_schema_does_not_allow_is_held_back_once_and_may_be_sent_anyway():
    desk = Desk(tool())
    refused = desk.says(do="run", entry={"of": {**FILLED, "name": "A"}, "more": ""})["refused"]
    assert [each["path"] for each in refused["problems"]] == [["name"]]
    assert not refused["blocked"]
    desk.says(do="run", entry={"of": {**FILLED, "name": "A"}, "more": ""}, anyway=True)
    assert json.loads(desk.ran[0])["name"] == "A"
    assert desk.form.cell.startswith("%%mcp_call many.order\n{")


def test_a_file_arrives_once_and_is_named_from_then_on():
    desk = Desk(tool())
    desk.says(do="file", name="f", data="AP8=")
    desk.says(do="run", entry={"of": {**FILLED, "photo": {"file": "f"}}, "more": ""})
    assert json.loads(desk.ran[0])["photo"] == "AP8="


@pytest.mark.parametrize(
    "odd", [{}, {"do": "entries"}, {"do": "text", "text": 3}, {"do": "file", "name": "f", "data": "?"}]
)
def test_a_message_that_means_nothing_does_nothing(odd):
    desk = Desk(tool())
    assert desk.says(**odd) is None
    assert desk.ran == []


@pytest.mark.parametrize("entry", [None, 3, [], {"of": 3}, {"raw": None}, {"of": {"shape": {"variant": True}}}])
def test_entries_that_no_form_has_are_read_as_nothing(entry):
    assert Desk(tool()).says(do="entries", entry=entry)["written"]["problems"]


@pytest.mark.parametrize(
    ("name", "title", "label"),
    [
        ("ship_to", "Address", "ship_to · Address"),
        ("max_price", "Max Price", "max_price"),
        ("maxPrice", "Max price", "maxPrice"),
        ("page", None, "page"),
        (" ", "Title", '" " · Title'),
    ],
)
def test_a_label_holds_the_name_of_the_argument_and_a_title_that_says_more(name, title, label):
    schema = {"type": "object", "properties": {name: {"type": "string", **({"title": title} if title else {})}}}
    (field,) = Desk(tool("one", inputSchema=schema)).form.view()["form"]["fields"]
    assert field["title"] == label


def test_the_only_value_a_field_may_have_is_drawn_as_that_value():
    kind = {"const": "card", "title": "Kind", "default": "card"}
    view = Desk(tool("one", inputSchema={"type": "object", "properties": {"kind": kind}})).form.view()
    (field,) = view["form"]["fields"]
    assert (field["choices"], field["fixed"], view["entry"]["of"]["kind"]) == (["card"], '"card"', 0)


def test_what_may_be_null_is_added_as_the_object_it_may_be():
    inner = {"type": "object", "properties": {"a": {"type": "string"}}}
    schema = {"type": "object", "properties": {"to": {"anyOf": [inner, {"type": "null"}], "default": None}}}
    (field,) = Desk(tool("one", inputSchema=schema)).form.view()["form"]["fields"]
    assert field["begun"] == [{"of": {"a": ""}, "more": ""}]
    assert field["hint"] == "null unless filled in"


@pytest.mark.parametrize("name", ["hostile", "deep", "tree", "order"])
def test_what_a_page_is_sent_of_a_tool_is_bounded_and_cleaned(name):
    view = json.dumps(OpenForm(tool(name), lambda _text: None).view(), ensure_ascii=False)
    assert len(view) < 300_000
    assert "\u202e" not in view


def test_a_schema_too_large_to_be_drawn_is_one_box_for_json():
    many = {"type": "object", "properties": {f"p{n}": {"type": "string", "description": "y" * 990} for n in range(400)}}
    desk = Desk(tool("big", inputSchema=many))
    assert desk.form.view()["form"]["kind"] == "json"
    desk.says(do="run", entry='{"p1": "x"}')
    assert json.loads(desk.ran[0]) == {"p1": "x"}


@pytest.mark.parametrize(
    ("offer", "text", "answer"),
    [
        (tool(), '{"name": "a$b {c}", "price": 1.10, "shape": {"kind": "square"}}', '"price": 1.1'),
        (Offer("prompt", "many", "greet", source.PROMPTS[0]), '{"who": "Ada {x}"}', "Ada {x}"),
        (Offer("resource", "many", "note://one", {}), "{}", "read note://one"),
        (Offer("template", "many", "note://{id}", {}), '{"id": "7"}', "read note://7"),
    ],
)
def test_the_cell_of_an_offer_runs_as_it_stands(shell, offer, text, answer):
    shell(f"{ADD}0")
    assert answer in shell(offer.cell(text)).text


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x1c", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("kind", ["tool", "prompt", "resource"])
def test_no_name_goes_on_as_code_in_a_line_of_its_own(kind, end):
    cell = Offer(kind, "many", f"a{end}print(1)#", {}).cell("{}")
    assert len(cell.splitlines()) == 1
    assert ToolCard(Tool("many", {"name": f"a{end}print(1)#", "inputSchema": {}})).example.splitlines() == [
        f"%mcp call many.{json.dumps(f'a{end}print(1)#')}"
    ]


def test_a_name_with_a_line_end_is_asked_for_by_the_cell_it_has(shell):
    shell(f"{ADD}0")
    failure = shell.fails(tool("a\u2028b 🎈").cell("{}"), "unknown_tool").failure
    assert repr("a\u2028b 🎈") in failure.message


@pytest.mark.parametrize("text", ["[1]", '"x"', "5.0", "null", "true"])
def test_arguments_that_are_no_object_travel_from_the_cell_too(shell, text):
    shell(f"{ADD}0")
    cell = Offer("tool", "many", "order", {"name": "order"}).cell(text)
    assert shell(cell).result.arguments_text == text


def test_a_cell_looks_like_what_it_sends(shell):
    shell(f"{ADD}0")
    cell = Offer("prompt", "many", "greet", source.PROMPTS[0]).cell('{"who": "a\u202eb\u2066c\u200fd\u2028é"}')
    assert r'"a\u202eb\u2066c\u200fd\u2028é"' in cell
    assert json.loads(shell(cell).result.text) == {"who": "a\u202eb\u2066c\u200fd\u2028é"}


# -- the panels' kernel half -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    directory = tmp_path_factory.mktemp("notebook")
    (directory / "home").mkdir()
    with Kernel(directory, home=directory / "home") as kernel:
        done(kernel.run(f"%load_ext mcp_magics\n{ADD}10000"))
        yield kernel


@pytest.fixture
def page(notebook):
    page = Page(notebook)
    yield page
    notebook.listeners.remove(page._hear)


class Panel:
    """The newest panel of a kind, as a page uses it."""

    def __init__(self, notebook, page, widget):
        self.notebook, self.page = notebook, page
        self.id = page._named(widget)[-1]
        self.asks = 0

    def says(self, member, **content):
        """Send a message; the first answer that has ``member``."""
        before, self.asks = len(self.page.told), self.asks + 1
        self.notebook.send_comm(self.id, {"method": "custom", "content": {"ask": self.asks, "view": "v", **content}})
        self.notebook.until(lambda: any(member in each for each in self.page.told[before:]))
        return next(each[member] for each in self.page.told[before:] if member in each)


def test_the_browser_finds_opens_runs_and_leaves_the_cell_that_says_the_same(notebook, page):
    outcome = done(notebook.run("%mcp browse -o found", stdin=[]))
    panel = Panel(notebook, page, "BrowserWidget")
    first = panel.says("view", do="open")
    assert len(first["list"]["rows"]) == MOST_ROWS
    rows = panel.says("list", do="list", text="order", kinds=[], start=0, turn=1)["rows"]
    opened = panel.says("opened", do="pick", n=rows[0]["n"])
    assert opened["offer"]["hints"] == ["may change things", "may destroy"]
    panel.says("run", do="run", entry={"of": FILLED, "more": ""})
    notebook.until(lambda: "order was called" in outcome.text)
    marks = [each["run"]["mark"] for each in page.told if "run" in each]
    assert f'data-mcp-run="{marks[-1]}"' in str(outcome.outputs)
    assert "order was called" in panel.says("result", do="result")
    assert notebook.value("found.cell").startswith("%%mcp_call many.order\n{\n")
    assert "%%mcp_call many.order" in outcome.text
    assert notebook.value("found.result.data['got']['price']") == 1.1
    assert len(json.dumps([page.told, page.seen])) < 100_000


def test_nothing_of_a_panel_is_its_widgets_state_but_its_place(notebook, page):
    done(notebook.run("%mcp form many.order", stdin=[]))
    panel = Panel(notebook, page, "FormWidget")
    panel.says("written", do="entries", entry={"of": {"name": "Augusta Byron"}, "more": ""})
    own = {name: each for name, each in page.models[panel.id].items() if not name.startswith("_")}
    assert own.keys() <= {"place", "again", "layout", "tabbable", "tooltip"}
    assert "Augusta" not in json.dumps([page.models, page.seen])


def test_a_run_can_be_cancelled(notebook, page):
    done(notebook.run("%mcp form many.slow", stdin=[]))
    panel = Panel(notebook, page, "FormWidget")
    assert panel.says("run", do="run", entry={"of": {}, "more": ""})["state"] == "running"
    panel.says("run", do="cancel")
    notebook.until(lambda: any(each.get("run", {}).get("state") == "cancelled" for each in page.told))


def test_a_dead_server_is_said_and_one_that_is_back_too(notebook, page):
    done(notebook.run(ADD.replace(" many ", " mortal ") + "0"))
    done(notebook.run("%mcp form mortal.die", stdin=[]))
    panel = Panel(notebook, page, "FormWidget")
    panel.says("run", do="run", entry={"of": {}, "more": ""})
    notebook.until(lambda: any(each.get("run", {}).get("state") == "failed" for each in page.told))
    notebook.until(lambda: any("mortal" in each.get("states", {}) for each in page.told))
    assert panel.says("written", do="entries", entry={"of": {}, "more": '{"typed": 1}'})["size"] > 10
    done(notebook.run("%mcp connect mortal --quiet"))
    notebook.until(lambda: page.told[-1].get("states") == {})
    done(notebook.run("%mcp browse", stdin=[]))
    browser = Panel(notebook, page, "BrowserWidget")
    rows = browser.says("list", do="list", text="mortal order", kinds=[], start=0, turn=1)["rows"]
    browser.says("opened", do="pick", n=rows[0]["n"])
    page.told.clear()
    done(notebook.run("%mcp disconnect mortal --quiet"))
    notebook.until(lambda: any("mortal" in each.get("states", {}) and "stale" in each for each in page.told))
    assert not any("outdated" in each for each in page.told)
    browser.says("run", do="run", entry={"of": FILLED, "more": ""})
    notebook.until(lambda: any(each.get("run", {}).get("state") == "succeeded" for each in page.told))
    done(notebook.run("%mcp remove mortal --quiet"))


@pytest.mark.parametrize("protocol", ["legacy", "2026-07-28"])
def test_what_a_server_asks_during_a_run_has_its_panel_in_the_same_output(notebook, page, protocol):
    done(notebook.run(f"%mcp add asking --protocol {protocol} --quiet -- {S1}"))
    outcome = done(notebook.run("%mcp form asking.elicitation -o form", stdin=[]))
    panel = Panel(notebook, page, "FormWidget")
    panel.says("run", do="run", entry={"of": {}, "more": ""})
    notebook.until(lambda: page.questions() != [])
    page.answer("decline")
    notebook.until(lambda: "asking.elicitation succeeded" in outcome.text)
    assert notebook.value("form.result.data") == {"action": "decline"}
    assert "asking asks" in outcome.text
    done(notebook.run("%mcp remove asking --quiet"))


def test_a_list_that_changes_is_found_by_the_browser(notebook, page):
    done(notebook.run("%mcp browse", stdin=[]))
    panel = Panel(notebook, page, "BrowserWidget")
    asked = {"do": "list", "text": "grown", "kinds": ["tool"], "start": 0, "turn": 1}
    assert panel.says("list", **asked)["matched"] == 0
    before = len(page.told)
    done(notebook.run("%mcp call many.grow --quiet"))
    notebook.until(lambda: any("stale" in each for each in page.told[before:]))
    notebook.until(lambda: panel.says("list", **asked)["matched"] == 1)


def test_panels_displayed_again_and_again_leave_four(notebook, page):
    for _ in range(6):
        done(notebook.run("%mcp form many.order", stdin=[]))
    assert len(page._named("FormWidget")) <= 4
    done(notebook.run("from mcp_magics.widgets.newest import end_all\nend_all()"))
    notebook.until(lambda: page._named("FormWidget") == [])


def test_no_panel_is_made_where_nobody_is(notebook, page):
    outcome = done(notebook.run("%mcp form many.order"))
    assert page.models == {}
    assert "%%mcp_call many.order" in outcome.text
