"""A notebook's first cells: the extension loaded, the workbench server S1 connected."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import psutil

from support.kernel import Kernel
from support.outcome import CellOutcome

PLAYGROUND = f"{sys.executable} -m mcp_magics.playground"
S1 = f"{PLAYGROUND} s1"
FORM = ["Ada", "36", "blue", "", "", ""]
"""What a person types into the form of S1's ``elicitation``."""
ADA = {"action": "accept", "content": {"name": "Ada", "age": 36, "colour": "blue", "subscribe": False}}
"""What the server then has."""
IN_A_FUNCTION = "def f():\n    r = {}\n    return r\nresult = f()"
AWAITED = "result = {}"
WAYS = {"awaited": AWAITED, "synchronous": IN_A_FUNCTION}
"""The two ways a line runs in a cell."""


def with_s1(kernel: Kernel, options: str = "") -> Kernel:
    """``kernel`` with the extension loaded and ``s1`` connected over stdio; ``options`` of the ``add``."""
    done(kernel.run("%load_ext mcp_magics\nfrom mcp_magics import servers"))
    done(kernel.run(f"%mcp add s1 {options} --quiet -- {S1}"))
    return kernel


def done(outcome: CellOutcome) -> CellOutcome:
    """``outcome`` of a cell that must have succeeded."""
    assert outcome.status == "ok", outcome.error
    return outcome


def family(kernel: Kernel, session: str = "same") -> list[psutil.Process]:
    """S1's process and a grandchild it left in the ``same`` session or in one of its ``own``."""
    done(kernel.run(f"p = %mcp call s1.pid\ng = %mcp call s1.fork_grandchild session={session}"))
    return [psutil.Process(kernel.value("p.data['pid']")), psutil.Process(kernel.value("g.data['pid']"))]


def all_gone(processes: list[psutil.Process], within: float) -> bool:
    """Whether every process ends ``within`` so many seconds."""
    _, alive = psutil.wait_procs(processes, timeout=within)
    return not [each for each in alive if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail if what is inside takes longer."""
    began = monotonic()
    yield
    took = monotonic() - began
    assert took < seconds, f"took {took:.2f} s"
