"""Where the tests find the repository and keep what is costly to make."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build"


def package_parent() -> Path:
    """The directory to put on a child's ``PYTHONPATH`` so that it imports the ``mcp_magics`` these tests import."""
    spec = find_spec("mcp_magics")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parents[1]
