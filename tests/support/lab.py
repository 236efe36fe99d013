"""JupyterLab or Notebook 7 as a hub serves them, below a path, behind a token, with a proxy; and Chromium."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import httpx2
import nbformat

from support.paths import package_parent
from support.required import required

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

BASE = "/user/alice/"
NOTEBOOK = "login.ipynb"
PATIENCE = 60.0
"""Seconds that any one thing may take in the browser; a bound, not an expectation."""


@dataclass(frozen=True)
class FrontEnd:
    """A front end: the ``module`` that serves it, its ``settings`` class, the ``path`` of its pages.

    ``own`` is in what it says of itself in the browser's console, whatever a notebook does.
    """

    module: str
    settings: str
    path: str
    own: tuple[str, ...]


_OWN = ("Canceled future", "Failed to initialize model")
"""What both say of their own messages to a kernel that is restarted; of a model that a busy page loads for over 2 s."""
LAB = FrontEnd("jupyterlab", "LabApp", "lab/tree/", _OWN)
NOTEBOOK_7 = FrontEnd("notebook", "JupyterNotebookApp", "notebooks/", (*_OWN, "reading 'schema'"))


@dataclass(frozen=True)
class Lab:
    """A server at ``origin`` that serves the notebooks in ``directory`` below :data:`BASE`."""

    origin: str
    token: str
    directory: Path
    front_end: FrontEnd = LAB

    @property
    def url(self) -> str:
        """Its address, without the token."""
        return f"{self.origin}{BASE}"

    def write(self, *cells: str) -> None:
        """Make :data:`NOTEBOOK` of these cells."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.directory / NOTEBOOK)

    def saved(self) -> str:
        """The notebook as it stands on the disk."""
        return (self.directory / NOTEBOOK).read_text("utf-8")

    def end_kernels(self) -> None:
        """Shut every kernel down, as the list of running kernels does."""
        with httpx2.Client(base_url=self.url, headers={"Authorization": f"token {self.token}"}) as http:
            for session in http.get("api/sessions").json():
                assert http.delete(f"api/sessions/{session['id']}", timeout=PATIENCE).status_code == 204


@contextmanager
def running_lab(directory: Path, front_end: FrontEnd = LAB) -> Iterator[Lab]:
    """The front end until the block ends, with its own configuration and runtime below ``directory``."""
    port, token, root = free_port(), secrets.token_hex(16), directory / "notebooks"
    root.mkdir()
    command = [sys.executable, "-m", front_end.module, "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += [f"--ServerApp.base_url={BASE}", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"]
    command += ["--ServerApp.port_retries=0", f"--{front_end.settings}.expose_app_in_browser=True"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    lab = Lab(f"http://127.0.0.1:{port}", token, root, front_end)
    with (directory / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, env=_environment(directory), stdout=log, stderr=log, cwd=root)
        try:
            _wait_until_it_answers(lab, process)
            yield lab
        finally:
            process.terminate()
            process.wait(PATIENCE)


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def _environment(directory: Path) -> dict[str, str]:
    home = directory / "home"
    home.mkdir()
    own = {f"JUPYTER_{kind}_DIR": str(directory / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"MCP_MAGICS_HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "JUPYTER"))}
    return {**kept, **own, "IPYTHONDIR": str(home / ".ipython"), "PYTHONPATH": str(package_parent())}


def _wait_until_it_answers(lab: Lab, process: subprocess.Popen[bytes]) -> None:
    deadline, turn = monotonic() + PATIENCE, threading.Event()
    while monotonic() < deadline:
        assert process.poll() is None, (lab.directory.parent / "lab.log").read_text()
        try:
            if httpx2.get(f"{lab.url}api/status", headers={"Authorization": f"token {lab.token}"}).is_success:
                return
        except httpx2.TransportError:
            turn.wait(0.05)
    raise TimeoutError(f"{lab.front_end.module} did not answer within {PATIENCE} s")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a screen; leaves the test where it, or playwright, is missing."""
    program = shutil.which("chromium") or required("chromium is not on PATH")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        required("playwright is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Desk:
    """One person's browser with the notebook open; ``complaints`` are the errors of its console so far.

    A cell is named by its number, from 0, or by its name in ``names``.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    names: Mapping[str, int] = field(default_factory=dict)
    own: tuple[str, ...] = ()

    @classmethod
    def at(cls, browser: Browser, lab: Lab, names: Mapping[str, int] | None = None) -> Desk:
        """Open the notebook and wait for its kernel."""
        context = browser.new_context(viewport={"width": 1200, "height": 900})
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        desk = cls(page, names=names or {}, own=lab.front_end.own)
        page.on("console", lambda message: desk._hear(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: desk._hear(str(error)))
        page.goto(f"{lab.url}{lab.front_end.path}{NOTEBOOK}?token={lab.token}&reset")
        page.locator(".jp-NotebookPanel .jp-Notebook").wait_for()
        page.wait_for_function(_KERNEL_IS_IDLE)
        return desk

    def _hear(self, complaint: str) -> None:
        if not any(each in complaint for each in self.own):
            self.complaints.append(complaint)

    def number(self, cell: int | str) -> int:
        """The number of a cell, from 0."""
        return self.names[cell] if isinstance(cell, str) else cell

    def run_all(self) -> None:
        """Run every cell, and do not wait for them."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")

    def run(self, cell: int | str) -> None:
        """Run the cell, and do not wait for it."""
        self.page.evaluate(_RUN_CELL, self.number(cell))

    def stop(self) -> None:
        """Press the stop button of the notebook's toolbar."""
        self.page.locator('.jp-NotebookPanel-toolbar [data-command="notebook:interrupt-kernel"]').first.click()

    def wait_until_idle(self) -> None:
        """Wait until the kernel has nothing to do."""
        self.page.wait_for_function(_KERNEL_IS_IDLE)

    def wear(self, theme: str) -> None:
        """Change JupyterLab's theme: ``JupyterLab Light`` or ``JupyterLab Dark``."""
        light = "true" if theme.endswith("Light") else "false"
        self.page.evaluate(_WEAR, theme)
        self.page.locator(f'body[data-jp-theme-light="{light}"]').wait_for(state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")  # a second one at once is taken away twice

    def wait_for_last_output(self) -> None:
        """Wait until the last cell shows something, whether it is on the screen or not."""
        self.page.wait_for_function(_LAST_CELL_HAS_OUTPUT)

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def restart(self) -> None:
        """Restart the kernel, as the menu does once that is confirmed; wait until the new one has nothing to do."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
        self.wait_until_idle()

    def sources(self) -> list[str]:
        """The cells of the notebook as it is open, the source of each."""
        found: list[str] = self.page.evaluate(_SOURCES)
        return found

    def output(self, cell: int | str) -> Locator:
        """The output of the cell."""
        cells = self.page.locator(".jp-Notebook .jp-CodeCell")
        return cells.nth(self.number(cell)).locator(".jp-Cell-outputArea")

    def visit(self, link: Locator) -> Page:
        """Click a link that opens another window, and look at that."""
        with self.page.context.expect_page() as opened:
            link.click()
        return opened.value


@contextmanager
def seated(lab: Lab, cells: Mapping[str, str]) -> Iterator[Desk]:
    """A person before a notebook of these ``cells``, the first of which has run and said ``connected``."""
    lab.write(*cells.values())
    with chromium() as browser:
        desk = Desk.at(browser, lab, {name: number for number, name in enumerate(cells)})
        desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        desk.run(0)
        desk.output(0).get_by_text("connected").wait_for()
        yield desk
        desk.page.context.close()
        lab.end_kernels()


class Visits:
    """Notebooks opened one after the other in one browser; ``open`` are their desks."""

    def __init__(self, lab: Lab, browser: Browser) -> None:
        self.open: list[Desk] = []
        self._lab = lab
        self._browser = browser

    def __call__(self, *cells: str) -> Desk:
        """Open a notebook of these cells and run them all."""
        self._lab.write(*cells)
        self.open.append(Desk.at(self._browser, self._lab))
        self.open[-1].run_all()
        return self.open[-1]

    def again(self) -> Desk:
        """Open the newest notebook, as it is saved, in one window more."""
        self.open.append(Desk.at(self._browser, self._lab))
        return self.open[-1]

    @property
    def complaints(self) -> list[str]:
        """What the consoles of all of them said."""
        return [text for each in self.open for text in each.complaints]

    def end(self) -> None:
        """Close every window and end every kernel."""
        for each in self.open:
            each.page.context.close()
        self._lab.end_kernels()


_KERNEL_IS_IDLE = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  return panel?.sessionContext?.session?.kernel?.status === 'idle';
}"""
_RUN_CELL = """(number) => {
  window.jupyterapp.shell.currentWidget.content.activeCellIndex = number;
  window.jupyterapp.commands.execute('notebook:run-cell');
}"""
_WEAR = "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
_SOURCES = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
  return cells.map((cell) => cell.getSource());
}"""
_LAST_CELL_HAS_OUTPUT = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
  return cells.get(cells.length - 1).outputs.length > 0;
}"""
