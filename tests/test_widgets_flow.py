"""The panel of a flow as its page sees it: requests in short and whole, fields to change, no secret in its state."""

from __future__ import annotations

import json
import re

import httpx2
import pytest
from support.notebook import done
from support.page import PLACE

from mcp_magics.auth.message import Ask
from mcp_magics.auth.showing import ShownStep
from mcp_magics.connection.login.step_view import NextStep
from mcp_magics.widgets.flow_view import step_detail

FORM = (("grant_type", "code"), ("code", "c-1"), ("resource", "https://a"), ("resource", "https://b"))
TOKEN = NextStep("token", "RFC 6749 §4.1.3", Ask("POST", "https://as.example.com/token", form=FORM), reveal=False)
CLIENT = {"client_name": "n", "redirect_uris": ["http://127.0.0.1/a"], "default_max_age": 3}
REGISTER = NextStep("registration", "RFC 7591 §3", Ask("POST", "https://as.example.com/r", body=CLIENT), reveal=False)


@pytest.mark.parametrize(
    ("following", "edited", "added", "changes"),
    [
        (TOKEN, {}, [], {}),
        (TOKEN, {0: "password"}, [], {"grant_type": "password"}),
        (TOKEN, {1: None}, [], {"code": None}),
        (TOKEN, {3: "https://c"}, [], {"resource": ["https://a", "https://c"]}),
        (TOKEN, {2: None}, [], {"resource": ["https://b"]}),
        (TOKEN, {2: None, 3: None}, [], {"resource": None}),
        (TOKEN, {99: "x"}, [("audience", "1"), ("", "x")], {"audience": "1"}),
        (REGISTER, {1: '["http://127.0.0.1/b"]'}, [], {"redirect_uris": ["http://127.0.0.1/b"]}),
        (REGISTER, {1: "no JSON"}, [], {"redirect_uris": "no JSON"}),
        (REGISTER, {0: "3"}, [], {"client_name": "3"}),
    ],
)
def test_what_a_person_typed_becomes_the_changes_of_a_step(following, edited, added, changes):
    assert following.changes(edited, added) == changes


def test_a_secret_field_is_shown_by_what_stands_for_it_and_sent_as_it_is():
    assert TOKEN.is_secret(1)
    assert "c-1" not in dict(TOKEN.fields)["code"]
    assert not TOKEN.is_secret(0)


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (json.dumps({"protocolVersion": "2026-07-28", "clientInfo": {"name": "n", "version": "1"}}), 7),
        ('{"name": "short"}', 1),
        ('["a list", "stays", "on", "its", "line", "for", "it", "is", "read", "in", "one"]', 1),
        ('{"cut in the middle": "so that it is no JSON any more, however it may have begun', 1),
    ],
)
def test_a_long_object_in_a_step_is_indented_and_everything_else_is_as_it_came(value, lines):
    answer = (("params", value),)
    ((_, text, _),) = step_detail(ShownStep(1, "n", "s", "POST", "u", {}, (), "200", answer, "d"))["came"]
    assert text.count("\n") + 1 == lines
    assert lines > 1 or text == value


def drawn(notebook, page):
    """The newest view of the flow's panel."""
    before = len(page.views())
    page.draw(page.flow())
    notebook.until(lambda: len(page.views()) > before)
    return page.views()[-1]


def stepped(notebook, page, rows, **content):
    """Press a button and wait until there are so many rows and nothing is under way."""
    page.act(page.flow(), **{"edited": [], "added": [], **content})
    notebook.until(lambda: len(page.views()[-1]["rows"]) == rows and not page.views()[-1]["busy"])
    return page.views()[-1]


def where_the_browser_ends(link: str) -> str:
    with httpx2.Client() as http:
        form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', http.get(link).text))
        origin = httpx2.URL(link)
        sent = http.post(origin.copy_with(query=None), data={**form, "decision": "approve"})
        return str(sent.headers["location"])


@pytest.mark.kernel
def test_a_flow_is_run_in_its_panel_and_neither_its_state_nor_its_messages_hold_a_secret(notebook, page):
    cell = done(notebook.run("%mcp oauth l2 -o flow", stdin=[]))
    assert any(PLACE in each.get("text/html", "") for each in cell.outputs)
    view = drawn(notebook, page)
    assert (view["rows"], view["next"]["name"], view["busy"]) == ([], "anonymous", False)
    view = stepped(notebook, page, 1, do="step")
    assert view["rows"][0]["name"] == "anonymous"
    assert view["rows"][0]["status"].startswith("401")
    page.act(page.flow(), do="run", edited=[], added=[])
    notebook.until(lambda: page.views()[-1]["link"] != "")
    page.act(page.flow(), do="paste", text="no address")
    notebook.until(lambda: any(page.problems()))
    address = where_the_browser_ends(page.views()[-1]["link"])
    page.act(page.flow(), do="paste", text=address)
    notebook.until(lambda: page.views()[-1]["ended"] and not page.views()[-1]["busy"])
    assert page.views()[-1]["outcome"] == "granted"
    page.act(page.flow(), do="choose", number=6)
    notebook.until(lambda: any(each.get("detail", {}).get("number") == 6 for each in page.told))
    secrets = notebook.value(
        "[v for s in flow._stepwise.driver.steps for n, v in s.ask.fields"
        " if n in ('code', 'code_verifier')] + [flow.state.credential.tokens.access_token]"
    )
    assert len(secrets) >= 3
    assert [each for each in secrets if each in json.dumps([page.seen, page.told])] == []
    assert json.dumps(page.seen).count("authorize?") == 0


@pytest.mark.kernel
def test_nobody_is_asked_for_an_address_any_more_once_the_browser_has_come_back_by_itself(notebook, page):
    done(notebook.run("%mcp oauth l2 -o flow", stdin=[]))
    drawn(notebook, page)
    page.act(page.flow(), do="run", edited=[], added=[])
    notebook.until(lambda: page.views()[-1]["link"] != "")
    httpx2.get(where_the_browser_ends(page.views()[-1]["link"]))
    notebook.until(lambda: page.views()[-1]["ended"] and not page.views()[-1]["busy"])
    done(notebook.run("from mcp_magics.connection.questions.inbox import inbox"))
    assert notebook.value("[question.kind for question in inbox.standing()]") == []


@pytest.mark.kernel
def test_a_step_made_in_a_cell_is_drawn_in_the_panel_and_a_field_changed_there_is_told_in_the_cell(notebook, page):
    done(notebook.run("%mcp oauth l2 -o flow", stdin=[]))
    drawn(notebook, page)
    done(notebook.run("flow.run(until='registration');"))
    notebook.until(lambda: len(page.views()[-1]["rows"]) == 3)
    place = [field["name"] for field in page.views()[-1]["next"]["fields"]].index("client_name")
    view = stepped(notebook, page, 4, do="step", edited=[[place, "somebody else"], ["no place", 1]])
    assert view["rows"][3]["changed"] == "client_name (changed)"
    page.act(page.flow(), do="again", name="anonymous")
    notebook.until(lambda: page.views()[-1]["next"]["name"] == "anonymous")
    assert notebook.value("[flow.next, flow.steps[3].changed]") == ["anonymous", "client_name (changed)"]


@pytest.mark.kernel
def test_the_hop_of_a_flow_is_called_off_in_its_panel_and_the_flow_stays_where_it_was(notebook, page):
    done(notebook.run("%mcp oauth l2 -o flow", stdin=[]))
    drawn(notebook, page)
    page.act(page.flow(), do="run", edited=[], added=[])
    notebook.until(lambda: page.views()[-1]["link"] != "")
    page.act(page.flow(), do="cancel")
    notebook.until(lambda: any("cancelled" in each.get("line", "") for each in page.told))
    notebook.until(lambda: not page.views()[-1]["busy"])
    assert page.views()[-1]["next"]["name"] == "authorize"
    assert page.views()[-1]["link"] == ""


@pytest.mark.kernel
def test_the_oldest_of_many_panels_of_flows_gives_way(notebook, page):
    for _ in range(6):
        done(notebook.run("%mcp oauth l2 -o flow", stdin=[]))
    notebook.until(lambda: len(page._named("FlowWidget")) == 4)
    done(notebook.run("%unload_ext mcp_magics"))
    notebook.until(lambda: page.models == {})


@pytest.mark.kernel
def test_what_the_notebook_keeps_of_a_flow_follows_it_and_is_named_for_the_page_that_hides_it(notebook, page):
    cell = done(notebook.run("%mcp oauth l2 -o lesson", stdin=[]))
    assert "next: anonymous · lesson.step() makes it" in cell.plain[-1]
    drawn(notebook, page)
    (place,) = re.findall(r'data-mcp-live="(\w+)"', "".join(each.get("text/html", "") for each in cell.outputs))
    assert f'data-mcp-static="{place}"' in cell.outputs[-1]["text/html"]
    done(notebook.run("lesson.run(until='registration');"))
    kept = cell.outputs[-1]["text/plain"]
    assert "next: registration · lesson.step() makes it" in kept
    assert "1. anonymous: initialize is refused" in kept
