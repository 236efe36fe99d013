"""The notebooks run wherever notebooks are run: in a kernel, under nbconvert, under nbval, and as plain IPython."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from support.node import node_server
from support.paths import BUILD, REPOSITORY
from support.required import required
from support.terminal import Terminal

QUICKSTART = REPOSITORY / "notebooks" / "quickstart.ipynb"
REALITY = REPOSITORY / "notebooks" / "reality.ipynb"
PATIENCE = 300

pytestmark = pytest.mark.kernel


@pytest.fixture
def servers_of_others():
    """Leaves the test where the four servers of the reality notebook are not installed."""
    for name in ("server-everything", "server-filesystem"):
        node_server(name)
    for program in ("npx", "git"):
        if shutil.which(program) is None:
            required(f"{program} is not on PATH")
    if not (BUILD / "servers" / "bin" / "mcp-server-git").exists():
        required(f"{BUILD / 'servers'} is not there: run `make servers`")


def run(*words):
    """Run a command of this interpreter's environment, to its end and without this test's pytest around it."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)], env=env, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def nbval(notebook, option, directory):
    return run("pytest", "-c", os.devnull, "--rootdir", directory, "-p", "no:cacheprovider", "-q", option, notebook)


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_the_quickstart_says_the_same_every_time(tmp_path):
    assert f"{len(code_cells(QUICKSTART))} passed" in nbval(QUICKSTART, "--nbval", tmp_path)


def test_a_changed_output_of_the_quickstart_would_be_noticed(tmp_path):
    notebook = nbformat.read(QUICKSTART, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"][:2]
    notebook.cells[1].outputs[0].data["text/plain"] += " and one more"
    changed = tmp_path / "changed.ipynb"
    nbformat.write(notebook, changed)
    with pytest.raises(AssertionError, match="1 failed, 1 passed"):
        nbval(changed, "--nbval", tmp_path)


def test_the_quickstart_is_saved_with_what_it_showed():
    silent = [cell.source for cell in code_cells(QUICKSTART) if not cell.outputs]
    assert silent == ["%load_ext mcp_magics", "budget = 30"]
    saved = QUICKSTART.read_text("utf-8")
    assert '"image/png"' in saved
    assert "/work/" not in saved
    assert "/home/" not in saved


@pytest.mark.node
def test_servers_of_other_people_work_under_nbclient(servers_of_others, tmp_path):
    demo = REPOSITORY / "notebooks" / "demo.py"
    done = subprocess.run(
        [sys.executable, demo, REALITY, tmp_path / "reality.html"], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "The sum of 40 and 2 is 42." in done.stdout
    assert "{'tools called': 19, 'prompts got': 4, 'resources read': 8}" in done.stdout
    page = (tmp_path / "reality.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") >= 2


@pytest.mark.node
def test_servers_of_other_people_work_under_nbconvert(servers_of_others, tmp_path):
    run("nbconvert", "--to", "markdown", "--execute", "--output-dir", tmp_path, REALITY)
    written = (tmp_path / "reality.md").read_text("utf-8")
    assert "![png](reality_files/" in written
    assert "The sum of 40 and 2 is 42." in written


@pytest.mark.node
def test_servers_of_other_people_work_under_nbval(servers_of_others, tmp_path):
    assert f"{len(code_cells(REALITY))} passed" in nbval(REALITY, "--nbval-lax", tmp_path)


@pytest.mark.node
@pytest.mark.terminal
def test_servers_of_other_people_work_in_ipython_in_a_terminal(servers_of_others, tmp_path):
    sources = [cell.source for cell in code_cells(REALITY)]
    with Terminal(REPOSITORY / "notebooks", env={"IPYTHONDIR": str(tmp_path)}) as terminal:
        terminal.run("import nbformat")
        terminal.run(f"read = nbformat.read({str(REALITY)!r}, as_version=4).cells")
        terminal.run("cells = [each.source for each in read if each.cell_type == 'code']")
        said = [
            terminal.run(f"assert get_ipython().run_cell(cells[{number}]).success") for number in range(len(sources))
        ]
    assert [text for text in said if "AssertionError" in text] == []
    whole = "\n".join(said)
    assert "The sum of 40 and 2 is 42." in whole
    assert "PNG 20×20" in whole
    assert "Asia/Kathmandu" in whole
    assert "Research Report: python (programming)" in whole
    assert "Begin with tea" in whole
