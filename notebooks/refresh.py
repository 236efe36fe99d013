"""Run notebooks in place and save them with their outputs, without what differs from run to run.

``python notebooks/refresh.py notebooks/quickstart.ipynb …``; a failing cell ends it and the file stays as it was.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient


def refresh(path: Path) -> None:
    """Execute the notebook at ``path`` in a home of its own and replace its outputs."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    with TemporaryDirectory() as home:
        os.environ["MCP_MAGICS_HOME"] = home
        client.execute()
    for cell in notebook.cells:
        _settle(cell)
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    nbformat.write(notebook, path)


def _settle(cell: Any) -> None:
    """Leave nothing of this one run in ``cell``: no times, no metadata."""
    cell.metadata = {}
    for output in cell.get("outputs", ()):
        output.pop("transient", None)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(Path(name))
