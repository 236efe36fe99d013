"""The lesson on logging in runs from its first cell to its last with nobody at it, and keeps no secret."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from support.paths import REPOSITORY

OAUTH = REPOSITORY / "notebooks" / "oauth.ipynb"
PATIENCE = 300
JWT = re.compile(r"\beyJ[\w-]{10,}\.")
TELL = "from mcp_magics.redact import redactor\nimport json\nprint(json.dumps(sorted(redactor()._registered)))"
"""A last cell that tells every secret that this kernel was told."""

pytestmark = pytest.mark.kernel


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def read():
    return nbformat.read(OAUTH, as_version=4)


def test_the_lesson_runs_without_a_person_and_shows_no_secret(read, tmp_path):
    notebook = nbformat.from_dict(read)
    notebook.cells = [*notebook.cells, nbformat.v4.new_code_cell(TELL)]
    NotebookClient(notebook, timeout=PATIENCE, resources={"metadata": {"path": str(tmp_path)}}).execute()
    *lesson, told = code_cells(notebook)
    secrets = json.loads(told.outputs[0].text)
    shown = json.dumps([cell.outputs for cell in lesson], ensure_ascii=False)
    assert len(secrets) > 20
    assert [secret for secret in secrets if secret in shown] == []
    assert not JWT.search(shown)
    assert "refused: access_denied" in shown
    assert "code_verifier is missing" in shown
    assert "step_up_required" in shown


def test_the_lesson_runs_under_nbval(read, tmp_path):
    words = ["-c", os.devnull, "--rootdir", tmp_path, "-p", "no:cacheprovider", "-q", "--nbval-lax", OAUTH]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *map(str, words)], env=env, capture_output=True, text=True, timeout=PATIENCE
    )
    assert f"{len(code_cells(read))} passed" in done.stdout, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


def test_the_lesson_is_saved_with_what_it_showed_and_nothing_else(read):
    silent = [cell.source.splitlines()[0] for cell in code_cells(read) if not cell.outputs]
    assert silent == ["%load_ext mcp_magics", "import time"]
    assert [cell.source for cell in code_cells(read) if any(each.output_type == "error" for each in cell.outputs)] == []
    saved = OAUTH.read_text("utf-8")
    assert not JWT.search(saved)
    assert not re.search(r"[?&](code|state)=", saved)
    for place in ("/work/", "/home/", "/tmp/"):
        assert place not in saved
