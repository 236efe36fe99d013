"""A server asks in a cell whose page answers: a live panel a question, a line that stays, and the cell waits on."""

from __future__ import annotations

import json

import pytest
from support.kernel import Kernel
from support.notebook import IN_A_FUNCTION, S1, at_most, done, with_s1
from support.page import PLACE, Page

pytestmark = pytest.mark.kernel

ENTRIES = {"name": "Ada", "age": "36", "colour": 2, "height": "", "subscribe": False, "email": ""}
ADA = {"action": "accept", "content": {"name": "Ada", "age": 36, "colour": "blue", "subscribe": False}}
both_eras = pytest.mark.parametrize("server", ["s1", "old"])


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A kernel with S1 connected in each protocol era, and once so that calls need approval."""
    directory = tmp_path_factory.mktemp("notebook")
    (directory / "home").mkdir()
    with Kernel(directory, home=directory / "home") as kernel:
        with_s1(kernel, "--protocol 2026-07-28")
        done(kernel.run(f"%mcp add old --protocol legacy --quiet -- {S1}"))
        done(kernel.run(f"%mcp add careful --approval prompt --quiet -- {S1}"))
        yield kernel


@pytest.fixture(scope="module")
def the_page(notebook):
    return Page(notebook)


@pytest.fixture
def page(the_page):
    the_page.seen.clear()
    the_page.told.clear()
    yield the_page
    assert the_page.models == {}


def asked(notebook, page, line, panels=1):
    """A cell that waits, its panels open."""
    cell = notebook.start(line, stdin=[])
    cell.until(lambda outcome: len(views(outcome)) >= panels or cell.done)
    assert len(page.questions()) == panels, cell.outcome
    return cell


def views(outcome):
    return [each for each in outcome.outputs if each.get("text/html", "").startswith(f"<div {PLACE}=")]


def shown(notebook, page):
    """What a page is told to draw once it has found the place of the first panel."""
    page.told.clear()
    page.draw(page.questions()[0])
    notebook.until(lambda: any("kind" in each for each in page.views()))
    return next(each for each in page.views() if "kind" in each)


@both_eras
def test_a_form_is_answered_in_the_panel_while_the_cell_waits(notebook, page, server):
    cell = asked(notebook, page, f"result = %mcp call {server}.elicitation")
    view = shown(notebook, page)
    assert (view["kind"], view["server"], view["message"]) == ("form", server, "Who are you?")
    assert [each["kind"] for each in view["fields"]] == ["string", "integer", "choice", "number", "boolean", "string"]
    assert view["entries"]["colour"] == 1
    page.answer("accept", ENTRIES)
    outcome = done(cell.wait())
    assert notebook.value("result.data") == ADA
    assert outcome.prompts == []


def test_the_output_is_an_empty_place_and_the_state_its_name_alone(notebook, page):
    cell = asked(notebook, page, "result = %mcp call s1.elicitation")
    (place,) = views(cell.outcome)
    own = {name: each for name, each in page.models[page.questions()[0]].items() if not name.startswith("_")}
    assert place == {"text/plain": "", "text/html": f'<div {PLACE}="{own["place"]}"></div>'}
    assert {name for name, each in own.items() if each} == {"place", "again", "layout"}
    assert "Who are you?" not in json.dumps(page.seen)
    page.answer("decline")
    done(cell.wait())


def test_a_panel_says_at_once_that_it_was_heard(notebook, page):
    cell = asked(notebook, page, "result = %mcp call s1.elicitation")
    page.answer("accept", {"name": "Ada", "age": "-3"})
    notebook.until(lambda: page.judged() != [])
    assert [next(iter(each)) for each in page.told] == ["heard", "problems"]
    page.answer("decline")
    done(cell.wait())


@both_eras
@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_decline_and_cancel_are_two_buttons(notebook, page, server, action):
    cell = asked(notebook, page, f"result = %mcp call {server}.elicitation")
    page.answer(action)
    done(cell.wait())
    assert notebook.value("result.data") == {"action": action}


def test_what_stays_is_one_line_without_what_was_entered(notebook, page):
    cell = asked(notebook, page, "result = %mcp call s1.elicitation")
    assert "s1 asks: “Who are you?” → waiting for an answer" in cell.outcome.text
    page.answer("accept", {**ENTRIES, "name": "Augusta"})
    outcome = done(cell.wait())
    notebook.until(lambda: views(outcome) == [] and "s1 asks: “Who are you?” → accepted at " in outcome.text)
    assert outcome.text.rstrip().endswith(" UTC")
    assert "Augusta" not in json.dumps([outcome.outputs, page.seen, page.told])


def test_what_the_schema_does_not_allow_is_said_at_its_field_and_may_be_sent_anyway(notebook, page):
    cell = asked(notebook, page, "result = %mcp call s1.elicitation")
    page.answer("accept", {"name": "Ada", "age": "-3"})
    notebook.until(lambda: page.judged() != [])
    told = page.judged()[0]
    assert (told["blocked"], [each["path"] for each in told["problems"]]) == (False, [["age"]])
    assert "at least" in told["problems"][0]["message"]
    page.answer("accept", {"name": "Ada", "age": "-3"}, anyway=True)
    done(cell.wait())
    assert notebook.value("result.data['content']") == {"name": "Ada", "age": -3}


@both_eras
def test_a_request_for_a_completion_is_read_and_answered(notebook, page, server):
    cell = asked(notebook, page, f"result = %mcp call {server}.sampling prompt='Tell me a joke.'")
    view = shown(notebook, page)
    assert view["kind"] == "sampling"
    assert {"label": "user", "role": "user", "text": "Tell me a joke."} in view["parts"]
    assert {"label": "max tokens", "role": "", "text": "100"} in view["parts"]
    page.answer("accept", {"text": "  "})
    notebook.until(lambda: page.judged() != [])
    page.answer("accept", {"text": "No."})
    done(cell.wait())
    assert notebook.value("result.data['content']['text']") == "No."


@both_eras
def test_an_address_is_shown_whole_with_its_host_and_consented_to(notebook, page, server):
    cell = asked(notebook, page, f"result = %mcp call {server}.elicitation_url url=https://xn--pple-43d.com/pay?id=7")
    visit = shown(notebook, page)["visit"]
    assert (visit["address"], visit["host"]) == ("https://xn--pple-43d.com/pay?id=7", "xn--pple-43d.com")
    assert "look like another" in visit["warnings"][0]
    page.answer("accept")
    done(cell.wait())
    assert notebook.value("result.data") == {"action": "accept"}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://example.org/", "https://a:b@example.org/"])
def test_an_address_that_must_not_be_opened_has_no_link(notebook, page, url):
    cell = asked(notebook, page, f"result = %mcp call s1.elicitation_url url='{url}'")
    visit = shown(notebook, page)["visit"]
    assert visit["refusal"]
    assert visit["opens"] == ""
    page.answer("decline")
    done(cell.wait())


def test_approval_is_given_or_refused_in_the_panel(notebook, page):
    call = "result = %mcp call careful.add a=1 b=2"
    cell = asked(notebook, page, call)
    view = shown(notebook, page)
    assert view["kind"] == "approval"
    assert view["message"] == 'Call careful.add? It sends {"a":1,"b":2}'
    page.answer("accept")
    done(cell.wait())
    assert notebook.value("result.data") == {"sum": 3}
    cell = asked(notebook, page, call)
    page.answer("decline")
    assert "nothing was sent" in cell.wait().error.text


@both_eras
def test_an_interrupt_ends_the_cell_at_once_and_takes_the_panel_away(notebook, page, server):
    cell = asked(notebook, page, f"result = %mcp call {server}.elicitation")
    with at_most(1):
        notebook.interrupt()
        assert cell.wait().error.ename == "KeyboardInterrupt"
    notebook.until(lambda: page.models == {} and views(cell.outcome) == [])
    assert done(notebook.run(f"r = %mcp call {server}.add a=1 b=2\nr.data")).result["text/plain"] == "{'sum': 3}"


def test_the_end_of_the_absolute_time_takes_the_panel_away_and_says_so(notebook, page):
    cell = asked(notebook, page, "%mcp call s1.elicitation --max-time 0.6")
    outcome = cell.wait()
    assert "max_time" in outcome.error.text
    notebook.until(lambda: page.models == {} and views(outcome) == [])
    notebook.until(lambda: "waiting for an answer" not in outcome.text)


def test_a_question_that_is_answered_elsewhere_closes_its_panel(notebook, page):
    elsewhere = (
        "import threading\nfrom mcp_magics.connection.questions.inbox import Answer, inbox\n"
        "def settle():\n    while not inbox.standing() or not inbox._open[inbox.standing()[0].number].taken: pass\n"
        "    inbox.settle(inbox.standing()[0].number, Answer('accept', {'name': 'Grace'}, by='script'))\n"
        "timer = threading.Timer(0.3, settle); timer.start()\n"
    )
    outcome = done(notebook.run(f"{elsewhere}result = %mcp call s1.elicitation", stdin=[]))
    notebook.until(lambda: page.models == {})
    assert notebook.value("result.data['content']") == {"name": "Grace"}
    notebook.until(lambda: "accepted by a script at " in outcome.text)


def test_an_input_that_is_answered_elsewhere_is_called_off(notebook, page):
    cell = (
        "import threading\nfrom mcp_magics.connection.questions.inbox import Answer, inbox\n"
        "def settle():\n    inbox.settle(inbox.standing()[0].number, Answer('decline', by='script'))\n"
        "watching = inbox.watch(lambda: None)\n"
        "def f():\n    r = %mcp call s1.elicitation\n    return r\n"
        "timer = threading.Timer(1, settle); timer.start()\n"
        "result = f(); watching()"
    )
    running = notebook.start(cell, stdin=[])
    held = []
    notebook._on_stdin, before = held.append, notebook._on_stdin
    try:
        outcome = done(running.wait())
    finally:
        notebook._on_stdin = before
    assert held != []
    assert notebook.value("result.data") == {"action": "decline"}
    assert "no longer asked" in outcome.stdout
    assert page.seen == []


def test_several_questions_have_a_panel_each_and_the_rest_wait_their_turn(notebook, page):
    calls = "import asyncio\nresults = await asyncio.gather(*(servers['s1'].acall('elicitation') for _ in range(12)))"
    cell = asked(notebook, page, calls, panels=5)
    cell.until(lambda outcome: "7 more questions wait their turn" in outcome.text)
    answered = 0
    while answered < 12:
        notebook.until(lambda: page.questions() != [])
        assert len(page.questions()) <= 5
        panel = page.questions()[-1]
        page.answer("accept", {"name": f"n{answered}"}, panel=panel)
        notebook.until(lambda panel=panel: panel not in page.models)
        answered += 1
    outcome = done(cell.wait())
    names = notebook.value("sorted(each.data['content']['name'] for each in results)")
    assert names == sorted(f"n{number}" for number in range(12))
    assert len(outcome.outputs) == 6, "a line for all that was asked, and five places for panels"
    notebook.until(lambda: outcome.text.count("accepted at") == 12)


ASKS_IN_BETWEEN = """
from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel
app = MCPServer("mine")
class Name(BaseModel):
    name: str
@app.tool()
async def work(ctx: Context) -> str:
    await ctx.report_progress(1, 3, "begun")
    answer = await ctx.elicit("Go on?", Name)
    await ctx.report_progress(2, 3, "almost")
    return answer.action
servers.add("mine", object=app, protocol="legacy")
%config MCPMagics.progress_after = 0
"""


def test_a_bar_that_leaves_takes_no_line_of_a_question_with_it(notebook, page):
    done(notebook.run(ASKS_IN_BETWEEN))
    cell = asked(notebook, page, "result = %mcp call mine.work")
    cell.until(lambda outcome: "1/3 begun" in outcome.text)
    page.answer("decline")
    outcome = done(cell.wait())
    assert notebook.value("result.text") == "decline"
    notebook.until(lambda: "mine asks: “Go on?” → declined at" in outcome.text)
    assert "almost" not in outcome.text


def test_other_tasks_run_while_a_panel_is_open(notebook, page):
    code = "ticks = []\nasync def tick():\n    while True:\n        ticks.append(1); await asyncio.sleep(0.001)\n"
    code = f"import asyncio\n{code}task = asyncio.create_task(tick())\nresult = %mcp call s1.elicitation\ntask.cancel()"
    cell = asked(notebook, page, code)
    page.answer("decline")
    done(cell.wait())
    assert notebook.value("len(ticks)") > 3


def test_where_a_cell_blocks_it_is_asked_by_input_and_no_widget_is_made(notebook, page):
    outcome = done(notebook.run(IN_A_FUNCTION.format("%mcp call s1.elicitation"), stdin=["/decline"]))
    assert len(outcome.prompts) == 1
    assert page.seen == []


def test_a_form_for_a_password_is_no_panel(notebook, page):
    schema = '{"type": "object", "properties": {"password": {"type": "string"}}}'
    outcome = done(notebook.run(f"result = %mcp call s1.elicitation schema:='{schema}'\nresult", stdin=[]))
    assert notebook.value("result.data") == {"action": "decline"}
    assert page.seen == []
    assert outcome.prompts == []


HOSTILE = {"title": "<script>x</script>", "description": "a\u202eb<img onerror=x>" + "d" * 300_000, "type": "string"}


def test_hostile_texts_are_capped_and_what_cannot_be_seen_is_named(notebook, page):
    many = {"type": "object", "properties": {f"m{n}": HOSTILE | {"description": "y" * 900} for n in range(400)}}
    done(notebook.run(f"schema = {many!r}\none = {{'type': 'object', 'properties': {{'it': {HOSTILE!r}}}}}"))
    cell = asked(
        notebook, page, "result = %mcp call s1.elicitation schema:=$one message=$HOSTILE".replace("$HOSTILE", "hi")
    )
    view = shown(notebook, page)
    (drawn,) = view["fields"]
    assert drawn["title"] == "<script>x</script>"
    assert drawn["description"].startswith("a⟨U+202E⟩b<img onerror=x>")
    assert len(json.dumps(view)) < 5_000
    page.answer("accept", {"it": "x"})
    done(cell.wait())
    cell = asked(notebook, page, "result = %mcp call s1.elicitation schema:=$schema")
    assert [each["kind"] for each in shown(notebook, page)["fields"]] == ["json"]
    page.answer("accept", {"": '{"m1": "typed"}'})
    done(cell.wait())
    assert notebook.value("result.data['content']") == {"m1": "typed"}


def test_where_nobody_is_there_no_widget_is_opened(notebook, page):
    outcome = done(notebook.run("result = %mcp call s1.elicitation\nresult"))
    assert "declined: no one here can answer" in outcome.text
    assert page.seen == []
    assert views(outcome) == []
