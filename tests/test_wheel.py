"""Row 16: a source distribution gives a wheel, and the wheel works in an environment that has never seen the tree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.required import required

ROOT = Path(__file__).parents[1]
SMOKE = """
import pathlib, sys
import mcp_magics
from IPython.core.interactiveshell import InteractiveShell
assert pathlib.Path(mcp_magics.__file__).is_relative_to(sys.prefix), mcp_magics.__file__
shell = InteractiveShell.instance(colors="nocolor")
for line in ("%load_ext mcp_magics", "%mcp playground start s1", "%mcp call s1.add a=40 b=2 -o total"):
    assert shell.run_cell(line).success, line
print("total", shell.user_ns["total"].data["sum"])
mcp_magics.servers.close()
"""


def uv(*words: str, cwd: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "uv", *words], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode and "error sending request" in done.stderr:
        required("the package index cannot be reached")
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_wheel_made_from_the_source_distribution_works_in_a_clean_environment(tmp_path):
    uv("build", "--quiet", "--out-dir", str(tmp_path), cwd=ROOT)  # the wheel is built from the sdist
    (wheel,) = tmp_path.glob("*.whl")
    (sdist,) = tmp_path.glob("*.tar.gz")
    assert sdist.stat().st_size < 20_000_000
    uv("venv", "--quiet", "--python", sys.executable, str(tmp_path / "clean"), cwd=tmp_path)
    python = tmp_path / "clean" / "bin" / "python"
    uv("pip", "install", "--quiet", "--python", str(python), str(wheel), cwd=tmp_path)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "MCP_MAGICS_HOME": str(tmp_path)}
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", SMOKE], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "total 42" in done.stdout


@pytest.mark.parametrize("name", ["py.typed", "errors.py", "playground/faulty/__init__.py", "wire/reaper.py"])
def test_the_package_has_what_the_wheel_must_carry(name):
    assert (ROOT / "mcp_magics" / name).is_file()
