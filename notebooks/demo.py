"""Run a notebook in a real kernel, show each cell as it ends, and keep the executed notebook as HTML.

``python demo.py NOTEBOOK HTML``; exit status 1 where a cell failed. The run has a home of its own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter


def main(source: Path, target: Path) -> int:
    """Execute ``source``, print it, write ``target``, and give the exit status."""
    notebook = nbformat.read(source, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(source.parent)}},
        on_cell_executed=lambda cell, **_: sys.stdout.write(shown(cell)),
    )
    status = 0
    with TemporaryDirectory() as home:
        os.environ["MCP_MAGICS_HOME"] = home
        try:
            client.execute()
        except CellExecutionError:
            status = 1
    page, _ = HTMLExporter().from_notebook_node(notebook)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, "utf-8")
    sys.stdout.write(f"\n{'failed; see' if status else 'done; the notebook with its outputs is'} {target}\n")
    return status


def shown(cell: Any) -> str:
    """A code cell as a person in a terminal reads it: what was typed, then what came."""
    typed = indent(cell.source, "    ").removeprefix("    ")
    outputs = "\n".join(filter(None, map(plain, cell.outputs)))
    return f"\n[{cell.execution_count}] {typed}\n{indent(outputs, '  │ ')}\n"


def plain(output: Any) -> str:
    """The plain text of one output."""
    if output.output_type == "stream":
        return str(output.text).rstrip()
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return str(output.data.get("text/plain", "")).rstrip()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
