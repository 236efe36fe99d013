"""The button that ends a line a cell waits for: there while it waits, where a page answers, and nowhere else."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient
from support.kernel import Kernel
from support.notebook import IN_A_FUNCTION, S1, all_gone, done, with_s1
from support.page import PLACE, VIEW, Page

pytestmark = pytest.mark.kernel

SLOW = "%mcp call {}.slow seconds=60"
"""A call that reports nothing."""
STEPS = "%mcp call {}.progress steps=400 seconds=0.2"
"""One that reports each step."""
both_eras = pytest.mark.parametrize("server", ["s1", "old"])


@pytest.fixture(scope="module")
def connected(tmp_path_factory):
    """A kernel with S1 connected in each protocol era, and a page that answers."""
    directory = tmp_path_factory.mktemp("notebook")
    (directory / "home").mkdir()
    with Kernel(directory, home=directory / "home") as kernel:
        with_s1(kernel, "--protocol 2026-07-28")
        done(kernel.run(f"%mcp add old --protocol legacy --quiet -- {S1}"))
        yield kernel, Page(kernel)


@pytest.fixture
def notebook(connected):
    return connected[0]


@pytest.fixture
def page(connected):
    page = connected[1]
    assert page.models == {}
    page.told.clear()
    return page


def begun(notebook: Kernel, page: Page, code: str, buttons: int = 1):
    """A cell that waits, as soon as so many buttons stand in its output and are drawn."""
    cell = notebook.start(code, stdin=[])
    cell.until(lambda outcome: len(places(outcome)) == buttons or cell.done)
    assert len(page.cancels()) == buttons, cell.outcome
    for each in page.cancels():
        page.draw(each)
    notebook.until(lambda: {view["name"] for view in page.views()} != set())
    return cell


def places(outcome) -> list[str]:
    """The outputs that hold the place of a live panel."""
    return [html for each in outcome.outputs if PLACE in (html := str(each.get("text/html", "")))]


@both_eras
@pytest.mark.parametrize("line", [SLOW, STEPS], ids=["silent", "reporting"])
def test_a_click_ends_the_call_as_the_stop_button_does(notebook, page, server, line):
    cell = begun(notebook, page, line.format(server))
    page.act(page.cancels()[0], do="cancel")
    error = cell.wait().error
    interrupt = "interrupted; a request under way was cancelled on its server, and the connection stays usable"
    assert (error.ename, error.text) == ("KeyboardInterrupt", f"KeyboardInterrupt: {interrupt}")
    notebook.until(lambda: page.models == {})
    assert cell.outcome.outputs == []
    assert "3" in done(notebook.run(f"%mcp call {server}.add a=1 b=2", stdin=[])).text


@both_eras
def test_the_server_sees_the_cancellation(notebook, page, server):
    cell = begun(notebook, page, f"%mcp call {server}.slow seconds=60 label=clicked")
    page.act(page.cancels()[0], do="cancel")
    cell.wait()
    seen = "[each['label'] for each in servers['{}'].call('cancellations', at_least=1).data['cancelled']]"
    assert "clicked" in notebook.value(seen.format(server))


def test_the_result_stands_where_the_button_was_and_nothing_beside_it(notebook, page):
    cell = begun(notebook, page, "%mcp call s1.slow seconds=2.5")
    assert "call s1.slow: under way since" in cell.outcome.text
    outcome = done(cell.wait())
    notebook.until(lambda: page.models == {})
    assert len(outcome.outputs) == 1
    assert "awake after 2.5 s" in outcome.text
    assert (PLACE in str(outcome.outputs), "under way" in outcome.text) == (False, False)


def test_progress_is_told_to_the_page_and_the_output_stands_still_under_the_mouse(notebook, page):
    cell = begun(notebook, page, "%mcp call s1.progress steps=60 seconds=0.1")
    before = list(cell.outcome.outputs)
    seen = len(page.views())
    notebook.until(lambda: len(page.views()) > seen + 5)
    assert cell.outcome.outputs == before
    shares = [view["bars"][0]["share"] for view in page.views() if view["bars"]]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] <= 1
    outcome = done(cell.wait())
    assert len(outcome.outputs) == 1
    assert "60 steps done" in outcome.text


def test_until_a_page_has_drawn_the_panel_the_output_itself_has_the_newest_progress(notebook, page):
    cell = notebook.start("%mcp call s1.progress steps=60 seconds=0.1", stdin=[])
    cell.until(lambda outcome: places(outcome) != [])
    before = cell.outcome.text
    cell.until(lambda outcome: outcome.text != before)
    assert places(cell.outcome) != []
    page.act(page.cancels()[0], do="cancel")
    assert cell.wait().error.ename == "KeyboardInterrupt"


def test_calls_side_by_side_have_a_button_each_and_one_ends_its_own_call_alone(notebook, page):
    code = (
        "import asyncio\n"
        "async def one(label, seconds):\n    r = %mcp call s1.slow seconds=$seconds label=$label\n    return r.text\n"
        "told = await asyncio.gather(one('a', 12), one('b', 12), return_exceptions=True)"
    )
    cell = begun(notebook, page, code, buttons=2)
    page.act(page.cancels()[0], do="cancel")
    done(cell.wait())
    ended, answered = notebook.value("[str(each) for each in sorted(told, key=lambda each: isinstance(each, str))]")
    assert ("cancelled by its button" in ended, "awake" in answered) == (True, True)
    assert notebook.value("{type(each).__name__ for each in told}") == {"RequestCancelledError", "str"}
    notebook.until(lambda: page.models == {})
    assert places(cell.outcome) == []


def test_many_calls_side_by_side_have_five_buttons_at_a_time(notebook, page):
    code = (
        "import asyncio\n"
        "async def one(n):\n    %mcp call s1.slow seconds=60 label=$n\n"
        "tasks = [asyncio.create_task(one(str(n))) for n in range(8)]\n"
        "await asyncio.wait(tasks)"
    )
    cell = begun(notebook, page, code, buttons=5)
    for gone in range(1, 9):
        page.act(page.cancels()[0], do="cancel")
        left = min(5, 8 - gone)
        used = set(page.cancels()[:1])
        notebook.until(lambda used=used, left=left: not used & set(page.cancels()) and len(page.cancels()) == left)
    done(cell.wait())
    assert notebook.value("{type(each.exception()).__name__ for each in tasks}") == {"RequestCancelledError"}


def test_a_connection_that_hangs_has_a_button_too(notebook, page):
    done(notebook.run("%mcp add mute --no-connect --quiet -- sleep 60"))
    cell = begun(notebook, page, "%mcp tools mute")
    assert page.views()[-1]["name"] == "tools mute"
    page.act(page.cancels()[0], do="cancel")
    assert cell.wait().error.ename == "KeyboardInterrupt"
    assert all_gone([each for each in notebook.children() if each.name() == "sleep"], within=20)


def test_while_a_person_is_asked_the_buttons_of_that_server_stand_aside(notebook, page):
    code = (
        "import asyncio\n"
        "async def slow():\n    %mcp call s1.slow seconds=60\n"
        "async def asking():\n    await asyncio.sleep(2)\n    r = %mcp call s1.elicitation\n    return r.data\n"
        "both = await asyncio.gather(slow(), asking(), return_exceptions=True)"
    )
    cell = begun(notebook, page, code)
    notebook.until(lambda: page.questions() != [])
    notebook.until(lambda: page.views()[-1]["aside"])
    page.answer("decline")
    notebook.until(lambda: not page.views()[-1]["aside"])
    assert len(page.cancels()) == 1
    page.act(page.cancels()[0], do="cancel")
    done(cell.wait())
    assert notebook.value("both[1]") == {"action": "decline"}


def test_a_short_call_a_blocking_cell_and_one_without_a_person_ask_nothing_of_the_page(notebook, page):
    seen = len(page.seen)
    for code in (IN_A_FUNCTION.format("%mcp call s1.slow seconds=2.5"), "%mcp call s1.slow seconds=0.3"):
        done(notebook.run(code, stdin=[]))
    done(notebook.run("%mcp call s1.slow seconds=2.5"))
    assert len(page.seen) == seen


def test_where_no_page_answers_there_is_the_result_alone(kernel):
    with_s1(kernel)
    outcome = done(kernel.start("%mcp call s1.slow seconds=3", stdin=[]).wait())
    assert (outcome.outputs, "awake after 3" in outcome.text) == ([outcome.result], True)


def test_a_notebook_that_is_run_by_itself_keeps_the_result_alone(tmp_path):
    cells = [f"%load_ext mcp_magics\n%mcp add s1 --quiet -- {S1}", "%mcp call s1.slow seconds=2.5"]
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    NotebookClient(document, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = document.cells[1].outputs
    assert "awake after 2.5 s" in output["data"]["text/plain"]
    assert (PLACE in str(output), VIEW in str(output)) == (False, False)
