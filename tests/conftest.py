"""Every test has a home of its own, knows no working directory, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.kernel import Kernel
from support.lab import LAB, Desk, Lab, Visits, chromium, running_lab, seated
from support.leaks import belongings, left_over
from support.node import node_server as find_node_server
from support.notebook import done
from support.odd_http import OddServer, odd_server
from support.overlay import overlay
from support.page import Page
from support.required import pytest_runtest_makereport  # noqa: F401  pytest finds the hook here
from support.shell import Shell, new_shell
from support.visitor import Visitor, visiting

OLDER_KERNELS = ("ipykernel==6.31.0", "ipykernel==7.0.1", "ipykernel==7.3.0")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a kernel or Node is marked so, whether its file says it or not: tests are chosen by these marks."""
    for item in items:
        for fixture in _MARK_OF.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(_MARK_OF[fixture])


_MARK_OF = {"new_kernel": "kernel", "notebook": "kernel", "node_server": "node"}


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """Fail a test that leaves a process, a thread, a task or a network socket."""
    before = belongings()
    yield
    if lines := left_over(before):
        pytest.fail("left behind: " + "; ".join(lines), pytrace=False)


@pytest.fixture(autouse=True)
def home(nothing_leaks: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own ``MCP_MAGICS_HOME``, and no keyring but one that refuses."""
    directory = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MCP_MAGICS_HOME", str(directory))
    monkeypatch.setenv("IPYTHONDIR", str(directory / ".ipython"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return directory


@pytest.fixture(autouse=True)
def no_session_secrets(home: Path) -> Iterator[None]:
    """No secret of this session is left for the next test."""
    yield
    from mcp_magics.config.secrets import session_secrets

    for name in session_secrets().names():
        session_secrets().delete(name)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: the test's own, never the repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def new_kernel(tmp_path: Path, home: Path) -> Iterator[Callable[..., Kernel]]:
    """Start kernels that end with the test: ``new_kernel(env={…}, overlays=[…], under_pytest=True)``."""
    started: list[Kernel] = []

    def start(**options: Any) -> Kernel:
        started.append(Kernel(tmp_path, **{"home": home, **options}))
        return started[-1]

    yield start
    for kernel in started:
        kernel.shutdown()


@pytest.fixture
def kernel(new_kernel: Callable[..., Kernel]) -> Kernel:
    """A kernel of the installed ipykernel."""
    return new_kernel()


@pytest.fixture(params=OLDER_KERNELS)
def older_kernel(request: pytest.FixtureRequest, new_kernel: Callable[..., Kernel]) -> Kernel:
    """A kernel of each older ipykernel line."""
    return new_kernel(overlays=[overlay(request.param)])


@pytest.fixture
def node_server() -> Callable[[str], list[str]]:
    """The command of a Node server: ``node_server("server-everything")``."""
    return find_node_server


@pytest.fixture
def shell(nothing_leaks: None, home: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """An IPython shell in this process, the extension loaded, no server registered, nobody at the keyboard."""
    with new_shell(monkeypatch) as fresh:
        yield fresh


@pytest.fixture(params=["legacy", "2026-07-28"])
def era(request: pytest.FixtureRequest) -> str:
    """Each protocol era: the handshake up to 2025-11-25, and the stateless one of 2026-07-28."""
    return str(request.param)


@pytest.fixture
def odd(nothing_leaks: None) -> Iterator[OddServer]:
    """An HTTP server whose every answer the test may replace."""
    yield from odd_server()


@pytest.fixture(scope="module")
def l2() -> Iterator[Visitor]:
    """The playground's L2 in a process of its own, until the module's last test."""
    with visiting() as visitor:
        yield visitor


@pytest.fixture
def notebook(kernel: Kernel, l2: Visitor) -> Kernel:
    """A kernel with the extension loaded and L2 added."""
    done(kernel.run(f"%load_ext mcp_magics\n%mcp add l2 {l2.mcp} --quiet"))
    return kernel


@pytest.fixture
def page(notebook: Kernel) -> Page:
    """A page before that kernel."""
    return Page(notebook)


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab, or the ``FRONT_END`` the module names, until its last test."""
    with running_lab(tmp_path_factory.mktemp("lab"), getattr(request.module, "FRONT_END", LAB)) as running:
        yield running


@pytest.fixture
def browser(nothing_leaks: None) -> Iterator[Any]:
    """Chromium, for one test."""
    with chromium() as running:
        yield running


@pytest.fixture
def desk(lab: Lab, browser: Any) -> Iterator[Visits]:
    """Call it with cells: the notebook of these, open before a person, all of them running."""
    visits = Visits(lab, browser)
    yield visits
    visits.end()


@pytest.fixture(scope="module")
def one_desk(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Desk]:
    """One notebook for the module's tests: of its ``CELLS``, the first of which has said ``connected``."""
    with seated(lab, request.module.CELLS) as desk:
        yield desk


@pytest.fixture
def without_complaints(desk: Desk | Visits) -> Iterator[None]:
    """Fail a test before whose desk the browser's console says that something is wrong."""
    before = len(desk.complaints)
    yield
    assert desk.complaints[before:] == []
