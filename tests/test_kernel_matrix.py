"""Older kernels, and runs without a front end: the same lines, on the fallbacks."""

from __future__ import annotations

import subprocess
import sys
from time import monotonic

import nbformat
import pytest
from nbclient import NotebookClient
from support.notebook import ADA, FORM, S1, all_gone, done, family, with_s1

pytestmark = pytest.mark.kernel


@pytest.mark.overlay
def test_an_older_kernel_loads_adds_calls_interrupts_and_asks(older_kernel):
    kernel = with_s1(older_kernel)
    processes = family(kernel)
    assert done(kernel.run("%mcp call s1.add a=40 b=2")).plain[0].startswith("42")
    assert len(done(kernel.run("for i in range(2):\n    %mcp call s1.echo text=x")).outputs) == 2
    assert done(kernel.run("x = %mcp call s1.add a=1 b=2")).outputs == []

    running = kernel.start("print('up', flush=True)\n%mcp call s1.slow seconds=60 label=here")
    running.until(lambda outcome: "up" in outcome.stdout)
    pressed = monotonic() + 0.5
    kernel.until(lambda: monotonic() > pressed)
    began = monotonic()
    kernel.interrupt()
    assert running.wait(20).error.ename == "KeyboardInterrupt"
    assert monotonic() - began < 5
    done(kernel.run("seen = %mcp call s1.cancellations at_least=1"))
    assert kernel.value("seen.data['cancelled'][0]['label']") == "here"

    done(kernel.run("result = %mcp call s1.elicitation", stdin=FORM))
    assert kernel.value("result.data") == ADA
    done(kernel.run("result = %mcp call s1.elicitation"))
    assert kernel.value("result.data") == {"action": "decline"}
    assert kernel.complete("%mcp call s1.ec") == ["s1.echo"]

    kernel.kill()
    assert all_gone(processes, within=5)


CELLS = (
    "%load_ext mcp_magics",
    f"%mcp add s1 --quiet -- {S1}",
    "%mcp call s1.image_scenario scenario=multiple_valid_images",
    "%mcp call s1.progress steps=8 seconds=0.15",
    "%mcp call s1.elicitation",
    "%mcp disconnect s1 --quiet",
)


def notebook():
    """The notebook of these cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])


def check(executed):
    """What an executed notebook must hold."""
    nbformat.validate(executed)
    outputs = {cell.source: cell.get("outputs", []) for cell in executed.cells}
    assert [sorted(each.data) for each in outputs[CELLS[2]]] == [["image/png", "text/plain"]] * 2
    (progressed,) = outputs[CELLS[3]]
    assert progressed.data["text/plain"].startswith("8 steps done")
    asked = "".join(
        str(each.get("text", "")) + each.get("data", {}).get("text/plain", "") for each in outputs[CELLS[4]]
    )
    assert '"action": "decline"' in asked
    assert "declined: no one here can answer" in asked
    assert outputs[CELLS[5]] == []


def test_nbclient_runs_a_notebook_and_questions_are_declined_with_a_note(elsewhere):
    made = notebook()
    NotebookClient(made, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(elsewhere)}}).execute()
    check(made)


def test_nbconvert_runs_a_notebook_too(elsewhere):
    nbformat.write(notebook(), elsewhere / "cells.ipynb")
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "cells.ipynb"]
    ran = subprocess.run([*command, "--output", "executed.ipynb"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    check(nbformat.read(elsewhere / "executed.ipynb", as_version=4))
