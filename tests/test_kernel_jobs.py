"""Jobs in a kernel: the result arrives in the output of the cell that began it, while other cells run."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient
from support.kernel import Kernel
from support.notebook import ADA, FORM, S1, at_most, done, with_s1
from support.page import PLACE, VIEW, Page

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A kernel with S1 connected in each protocol era."""
    directory = tmp_path_factory.mktemp("notebook")
    (directory / "home").mkdir()
    with Kernel(directory, home=directory / "home") as kernel:
        with_s1(kernel, "--protocol 2026-07-28")
        done(kernel.run(f"%mcp add old --protocol legacy --quiet -- {S1}"))
        done(kernel.run("%mcp call s1.progress steps=1 seconds=0"))  # a first result imports what showing one takes
        yield kernel


both_eras = pytest.mark.parametrize("server", ["s1", "old"])


@both_eras
@pytest.mark.parametrize("form", ["awaited", "synchronous"])
def test_the_result_arrives_in_the_cell_that_began_the_call_while_others_run(notebook, server, form, tmp_path):
    line = f"%mcp call {server}.progress steps=4 seconds=0.4 --no-wait -o job"
    code = line if form == "awaited" else f"def f():\n    {line}\nf()"
    cell = notebook.start(code)
    done(cell.wait())
    assert "progress running" in cell.outcome.text
    seen = tmp_path / "seen"
    busy = notebook.start(f"import os\nwhile not os.path.exists({str(seen)!r}): pass")
    cell.until(lambda outcome: " of 4)" in outcome.text)
    cell.until(lambda outcome: "4 steps done" in outcome.text)
    seen.touch()
    assert "succeeded after" in cell.outcome.text
    assert len(cell.outcome.outputs) == 1
    assert done(busy.wait()).text == ""


@both_eras
def test_waiting_and_awaiting_can_be_interrupted_and_the_job_goes_on(notebook, server):
    done(notebook.run(f"%mcp call {server}.slow seconds=60 --no-wait -o job"))
    for code in ("job.wait()", "await job"):
        cell = notebook.start(f"print('begun')\n{code}")
        cell.until(lambda outcome: "begun" in outcome.stdout)
        with at_most(10):
            notebook.interrupt()
            assert cell.wait().error.ename in ("KeyboardInterrupt", "CancelledError")
        assert notebook.value("job.state") == "running"
    done(notebook.run("job.cancel()"))
    assert "cancelled" in notebook.run("job.wait(30)").error.text
    assert notebook.value("job.state") == "cancelled"


@both_eras
def test_a_question_of_a_job_is_asked_where_somebody_answers_it(notebook, server):
    done(notebook.run(f"%mcp call {server}.elicitation --no-wait -o job", stdin=[]))
    code = "import time\nwhile job.state != 'waiting': time.sleep(0.01)"
    done(notebook.run(f"{code}\nfrom mcp_magics.connection.questions.inbox import inbox", stdin=[]))
    number = notebook.value("inbox.standing()[0].number")
    outcome = done(notebook.run(f"%mcp jobs answer {number}", stdin=FORM))
    assert f"question {number} of {server}: settled" in outcome.text
    assert len(outcome.prompts) >= 3
    assert notebook.value("job.wait(30).data") == ADA


def test_where_a_page_answers_a_running_job_has_a_button_that_cancels_it(kernel):
    page = Page(with_s1(kernel))
    cell = kernel.start("%mcp call s1.slow seconds=60 --no-wait -o job", stdin=[])
    done(cell.wait())
    cell.until(lambda outcome: PLACE in str(outcome.outputs))
    page.draw(page.cancels()[0])
    kernel.until(lambda: [view["name"] for view in page.views()] == ["job 1: s1.slow"])
    page.act(page.cancels()[0], do="cancel")
    cell.until(lambda outcome: "s1.slow cancelled after" in outcome.text)
    kernel.until(lambda: page.models == {})
    assert PLACE not in str(cell.outcome.outputs)
    assert kernel.value("servers['s1'].call('cancellations', at_least=1).data['cancelled'][0]['tool']") == "slow"


def test_a_notebook_that_is_run_by_itself_keeps_the_result_and_no_widget(tmp_path):
    cells = [
        f"%load_ext mcp_magics\n%mcp add s1 --quiet -- {S1}",
        "%mcp call s1.slow seconds=0.3 --no-wait -o job",
        "job.wait(30).text",
    ]
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    NotebookClient(document, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = "\n".join(str(output.get("data", "")) for output in document.cells[1].outputs)
    assert "awake after 0.3 s" in shown
    assert VIEW not in shown
