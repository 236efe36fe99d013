"""The house of ``docs/design.md``: rooms import from their own floor or below, and only the top two know IPython."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec, resolve_name
from pathlib import Path

import pytest

ROOMS = (
    ("errors", "redact"),
    ("config",),
    ("results", "schema"),
    ("wire",),
    ("auth",),
    ("connection",),
    ("workbench", "playground"),
    ("widgets",),
    ("magics",),
)
FLOORS = {room: floor for floor, rooms in enumerate(ROOMS) for room in rooms}
NOTEBOOK_FLOORS = {"widgets", "magics"}
NOTEBOOK_LIBRARIES = {"IPython", "traitlets", "ipywidgets", "ipykernel"}
PACKAGE = Path(find_spec("mcp_magics").origin).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(tree: ast.AST, module: str) -> Iterator[str]:
    """Every module that is imported anywhere in ``tree``, inside functions and under ``TYPE_CHECKING`` too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), module.rpartition(".")[0])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def complaints(module: str, source: str) -> list[str]:
    """Each import of ``module`` that points up, names an unknown room, or takes the notebook where it may not."""
    room, found = module.split(".")[1], []
    for name in imports(ast.parse(source), module):
        library, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if library in NOTEBOOK_LIBRARIES and room not in NOTEBOOK_FLOORS:
            found.append(f"{module} imports {library}")
        if library == "mcp_magics" and other != "__version__" and FLOORS.get(other, 99) > FLOORS[room]:
            found.append(f"{module} imports {name}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_imports_only_from_below(path):
    module = ".".join(["mcp_magics", *path.relative_to(PACKAGE).with_suffix("").parts])
    if module != "mcp_magics.__init__":  # the public names come from every floor, lazily
        assert complaints(module, path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "from mcp_magics.wire import pipe",
        "from ..magics.parse import parse",
        "def f():\n    import mcp_magics.connection.manager",
        "from mcp_magics import servers",
        "from IPython.display import display",
        "if TYPE_CHECKING:\n    import traitlets",
    ],
)
def test_an_import_that_points_up_is_found(source):
    assert len(complaints("mcp_magics.config.store", source)) == 1


@pytest.mark.parametrize("source", ["from . import model", "from mcp_magics.errors import Failure", "import json"])
def test_an_import_that_points_down_or_outside_is_not(source):
    assert complaints("mcp_magics.config.store", source) == []
